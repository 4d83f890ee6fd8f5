//! The `;name=value` list behind a header value (`generic-param`, RFC 3261 25.1).

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};

use crate::octets::{PARAM_VALUE, PARAMS_MAX, Scan};

/// Parameters of a header value as they stand in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Params<'a> {
    /// From the first `;` on; empty when there are none.
    text: &'a [u8],
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, in the peer's case.
    pub name: &'a [u8],
    /// Its value without quotes, escapes left in; `None` when it has none.
    pub value: Option<&'a [u8]>,
    /// Whether the value stood in quotes.
    pub quoted: bool,
}

impl<'a> Params<'a> {
    /// Parameters that were read before.
    pub(crate) const fn known(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// Takes everything from the first `;` on. `None`: an empty parameter, a name that is no token or has a namesake, a
    /// quote without its end.
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        let params = Self { text };
        let mut scan = Scan::new(text);
        let (mut count, mut lengths) = (0, 0_u64);
        while scan.eat_spaced(b';') {
            let name = read_param(&mut scan)?.name;
            // Nearly all names have a length of their own: those before need not be looked at again.
            let length = 1 << (name.len() % 64);
            let has_namesake =
                || params.iter().take(count).any(|other| other.name.eq_ignore_ascii_case(name));
            if count == PARAMS_MAX || lengths & length != 0 && has_namesake() {
                return None;
            }
            (count, lengths) = (count.saturating_add(1), lengths | length);
        }
        scan.skip_space();
        scan.is_empty().then_some(params)
    }

    /// The parameters in their order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + Clone + use<'a> {
        let mut scan = Scan::new(self.text);
        core::iter::from_fn(move || if scan.eat_spaced(b';') { read_param(&mut scan) } else { None })
    }

    /// A parameter by its name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of a parameter; `None` also where it is there without one.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).and_then(|param| param.value)
    }

    /// Whether a parameter is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Writes all parameters but those named.
    pub(crate) fn write_all_but(&self, names: &[&str], out: &mut BytesMut) {
        let left_out =
            |param: &Param<'_>| names.iter().any(|name| param.name.eq_ignore_ascii_case(name.as_bytes()));
        for param in self.iter().filter(|param| !left_out(param)) {
            out.put_u8(b';');
            out.put_slice(param.name);
            let Some(value) = param.value else { continue };
            let quote: &[u8] = if param.quoted { b"\"" } else { b"" };
            for part in [b"=", quote, value, quote] {
                out.put_slice(part);
            }
        }
    }

    /// As it stands in the value, from the first `;` on.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }
}

impl<'a> Param<'a> {
    /// The value with the escapes of its quotes resolved; empty when there is none.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        let value = self.value.unwrap_or_default();
        if self.quoted { unquote(value) } else { Cow::Borrowed(value) }
    }
}

/// What stands between quotes, its `\` escapes resolved.
pub(crate) fn unquote(inside: &[u8]) -> Cow<'_, [u8]> {
    if !inside.contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    let mut rest = inside.iter().copied();
    let letters = core::iter::from_fn(|| match rest.next()? {
        b'\\' => rest.next(),
        letter => Some(letter),
    });
    Cow::Owned(letters.collect())
}

/// `name [= value]`, the white space around `=` included.
pub(crate) fn read_param<'a>(scan: &mut Scan<'a>) -> Option<Param<'a>> {
    let name = scan.token()?;
    if !scan.eat_spaced(b'=') {
        return Some(Param { name, value: None, quoted: false });
    }
    let quoted = scan.peek() == Some(b'"');
    let value = if quoted { scan.quoted()? } else { scan.some(PARAM_VALUE)? };
    Some(Param { name, value: Some(value), quoted })
}
