//! The `;name=value` list of a URI (RFC 3261 19.1.1, RFC 3966 3), and the `name=value&...` of its headers.

use crate::octets::{PARAMS_MAX, Scan, URI_PARAM};
use crate::uri::escape::same_but_case;

/// Parameters of a URI as they stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UriParams<'a> {
    /// Without the first `;`; empty when there are none.
    text: &'a [u8],
}

impl<'a> UriParams<'a> {
    /// Takes the parameters that are next. `None`: one of them has no name, no value behind its `=`, or a namesake.
    pub(crate) fn read(scan: &mut Scan<'a>) -> Option<Self> {
        let all = scan.rest();
        let mut count = 0;
        while scan.eat(b';') {
            let name = scan.escaped(URI_PARAM);
            if name.is_empty() || scan.eat(b'=') && scan.escaped(URI_PARAM).is_empty() {
                return None;
            }
            let before = Self { text: all.get(1..)? }.iter().take(count);
            if count == PARAMS_MAX || before.map(|(other, _)| other).any(|other| same_but_case(other, name)) {
                return None;
            }
            count = count.saturating_add(1);
        }
        let taken = all.len().checked_sub(scan.rest().len())?;
        Some(Self { text: all.get(..taken)?.get(1..).unwrap_or_default() })
    }

    /// Names and values in their order, escapes left in.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + Clone + use<'a> {
        pairs(self.text, b';')
    }

    /// The value of a parameter, its name in any case: `None` when it is absent, `Some(None)` when it has no value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Option<&'a [u8]>> {
        self.find(name.as_bytes())
    }

    /// Whether a parameter is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        self.iter().find(|(found, _)| same_but_case(found, name)).map(|(_, value)| value)
    }

    /// As it stands in the URI, without the first `;`.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }
}

/// `name` or `name=value`, cut at `separator`; an empty text has none.
pub(crate) fn pairs(text: &[u8], separator: u8) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> + Clone {
    let pieces = (!text.is_empty()).then(|| text.split(move |octet| *octet == separator));
    pieces.into_iter().flatten().map(|piece| {
        let mut sides = piece.splitn(2, |octet| *octet == b'=');
        (sides.next().unwrap_or_default(), sides.next())
    })
}
