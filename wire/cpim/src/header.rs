//! One header line of an envelope, not yet understood (RFC 3862 2.2): name, parameters, value.

use std::borrow::Cow;

use crate::EncodeError;
use crate::escape::{has, push_escaped, quoted, unescaped};
use crate::lines::is_plain;

/// A parameter of a header: `lang=fr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value, escapes undone.
    pub value: Cow<'a, str>,
}

/// A line taken apart.
pub(crate) struct Line<'a> {
    /// Before the first dot; none in most.
    pub(crate) prefix: Option<&'a str>,
    pub(crate) name: &'a str,
    params: &'a [u8],
    value: &'a [u8],
}

impl<'a> Line<'a> {
    /// `None` for what is no header: no colon, no name, a folded line (this format has none), a control character,
    /// a bare CR among them.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        if !is_plain(line) {
            return None;
        }
        let (name, after) = split_name(line)?;
        let name = str::from_utf8(name).ok()?;
        let (prefix, name) = match name.split_once('.') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, name),
        };
        if !is_name(name) || prefix.is_some_and(|prefix| !is_name(prefix)) {
            return None;
        }
        let (params, value) =
            if after.first() == Some(&b';') { split_params(after) } else { (&[][..], after) };
        Some(Self { prefix, name, params, value: value.trim_ascii() })
    }

    /// The value, when it is UTF-8 as it must be.
    pub(crate) fn value(&self) -> Option<&'a str> {
        str::from_utf8(self.value).ok()
    }

    /// A value for people: escapes undone, and an octet of some other charset costs one character, not the message.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        match String::from_utf8_lossy(self.value) {
            Cow::Borrowed(text) => unescaped(text),
            Cow::Owned(text) => Cow::Owned(unescaped(&text).into_owned()),
        }
    }

    /// The parameters; `None` when they are none.
    pub(crate) fn params(&self) -> Option<Vec<Param<'a>>> {
        let mut rest = str::from_utf8(self.params).ok()?;
        let mut params = Vec::new();
        while let Some(param) = rest.strip_prefix(';') {
            let (name, value) = param.split_once('=')?;
            let (value, after) = match value.strip_prefix('"') {
                Some(open) => {
                    let (value, after) = quoted(open)?;
                    (unescaped(value), after)
                }
                None => {
                    let end = value.find(';').unwrap_or(value.len());
                    let (value, after) = value.split_at_checked(end)?;
                    (Cow::Borrowed(value), after)
                }
            };
            let name = Some(name.trim()).filter(|name| is_name(name))?;
            params.push(Param { name: Cow::Borrowed(name), value });
            rest = after;
        }
        rest.is_empty().then_some(params)
    }
}

/// The name of a header line and what follows its colon. Space before the colon is tolerated.
pub(crate) fn split_name(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, after) = line.split_at_checked(colon)?;
    Some((name.trim_ascii_end(), after.get(1..)?))
}

/// Parameters end at the first space outside quotation marks.
fn split_params(after: &[u8]) -> (&[u8], &[u8]) {
    let (mut inside, mut escaped) = (false, false);
    let end = after.iter().position(|octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b' ' | b'\t' => return !inside,
            _ => {}
        }
        false
    });
    after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, &[]))
}

/// Writes the parameters of a header.
pub(crate) fn push_params(params: &[Param<'_>], out: &mut String) -> Result<(), EncodeError> {
    for param in params {
        if !is_name(&param.name) {
            return Err(EncodeError::Name);
        }
        out.extend([";", &*param.name, "="]);
        if is_token(&param.value) {
            out.push_str(&param.value);
        } else {
            out.push('"');
            push_escaped(&param.value, true, out);
            out.push('"');
        }
    }
    Ok(())
}

/// Whether a value can be written as it stands: no escape could say what a line can't hold.
pub(crate) fn is_verbatim(value: &str) -> bool {
    !value.is_empty() && value.trim().len() == value.len() && !has(value, char::is_control)
}

/// `Token` of RFC 3862: letters of any script, but nothing that is space in one of them.
pub(crate) fn is_token(text: &str) -> bool {
    let letter = |c: char| match u8::try_from(c).ok().filter(u8::is_ascii) {
        Some(octet) => is_name_char(octet) || octet == b'.',
        None => !c.is_whitespace() && !c.is_control(),
    };
    !text.is_empty() && text.chars().all(letter)
}

/// `Name` of RFC 3862.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_name_char)
}

const fn is_name_char(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}
