//! Somebody named in an envelope.

use std::borrow::Cow;

use crate::EncodeError;
use crate::escape::{has, push_escaped, quoted, unescaped};
use crate::header::is_token;

/// A URI with the name somebody goes by (RFC 3862 4.1 `[ Formal-name ] "<" URI ">"`). What the sender wrote, and
/// proof of nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party<'a> {
    /// What they call themselves, escapes undone.
    pub name: Option<Cow<'a, str>>,
    /// `sip:`, `tel:`, `im:`, ... without its brackets.
    pub uri: Cow<'a, str>,
}

impl<'a> Party<'a> {
    /// Nobody's name, only a URI.
    #[must_use]
    pub fn of_uri(uri: impl Into<Cow<'a, str>>) -> Self {
        Self { name: None, uri: uri.into() }
    }

    /// Tolerates a URI without brackets, and whatever follows the closing one. `None` when there is no URI.
    pub(crate) fn parse(value: &'a str) -> Option<Self> {
        let (name, rest) = match value.strip_prefix('"') {
            Some(open) => {
                let (name, rest) = quoted(open)?;
                (unescaped(name), rest)
            }
            None => {
                let (name, _) = value.split_once('<').unwrap_or_default();
                (Cow::Borrowed(name.trim()), value)
            }
        };
        let uri = match rest.split_once('<') {
            Some((_, open)) => open.split_once('>')?.0,
            None => rest.trim(),
        };
        is_uri(uri)
            .then(|| Self { name: Some(name).filter(|name| !name.is_empty()), uri: Cow::Borrowed(uri) })
    }

    pub(crate) fn write(&self, out: &mut String) -> Result<(), EncodeError> {
        if let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) {
            // The standard has a space behind words and none behind a quoted name, and some readers insist.
            if name.split(' ').all(is_token) {
                out.extend([name, " "]);
            } else {
                out.push('"');
                push_escaped(name, true, out);
                out.push('"');
            }
        }
        push_uri(&self.uri, out)
    }
}

/// Writes a URI between its brackets.
pub(crate) fn push_uri(uri: &str, out: &mut String) -> Result<(), EncodeError> {
    if !is_uri(uri) {
        return Err(EncodeError::Uri);
    }
    out.extend(["<", uri, ">"]);
    Ok(())
}

/// What may stand between angle brackets: not empty, and nothing that would end it.
pub(crate) fn is_uri(text: &str) -> bool {
    let never = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"');
    !text.is_empty() && !has(text, never)
}
