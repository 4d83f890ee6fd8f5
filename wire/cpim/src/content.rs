//! The MIME object inside an envelope: its headers and its body, to the octet.

mod decode;

use std::borrow::Cow;

use crate::header::{is_verbatim, split_name};
use crate::lines::{Block, block, is_plain, next_line};
use crate::{BLOCK_MAX, EncodeError, Fault, HEADERS_MAX};

/// A header of the content. `Content-Length` is never among them: it is not believed when read (senders count
/// characters for octets), and computed when written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MimeHeader<'a> {
    /// As written.
    pub name: Cow<'a, str>,
    /// Unfolded, without space round it.
    pub value: Cow<'a, str>,
}

impl MimeHeader<'_> {
    /// Whether this is its name, whatever the case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// What is sent, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content<'a> {
    /// In the order of the message.
    pub headers: Vec<MimeHeader<'a>>,
    /// Everything after the headers, to the octet, its transfer encoding not undone.
    pub body: Cow<'a, [u8]>,
}

impl<'a> Content<'a> {
    /// A content of one type, such as `text/plain;charset=UTF-8`.
    #[must_use]
    pub fn of_type(content_type: &'a str, body: &'a [u8]) -> Self {
        let header = MimeHeader { name: Cow::Borrowed("Content-Type"), value: Cow::Borrowed(content_type) };
        Self { headers: vec![header], body: Cow::Borrowed(body) }
    }

    /// A disposition notification (RFC 5438 7.2.1.1): `document` is an [`Imdn`](crate::Imdn) as written.
    #[must_use]
    pub fn imdn(document: &'a str) -> Self {
        let mut content = Self::of_type("message/imdn+xml", document.as_bytes());
        content.headers.push(MimeHeader {
            name: Cow::Borrowed("Content-Disposition"),
            value: Cow::Borrowed("notification"),
        });
        content
    }

    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.is(name)).map(|header| &*header.value)
    }

    /// The type without its parameters, such as `text/plain`, which is what no type means too (RFC 2045 5.2).
    #[must_use]
    pub fn media_type(&self) -> &str {
        let value = self.header("Content-Type").unwrap_or("text/plain");
        value.split(';').next().unwrap_or_default().trim()
    }

    /// Whether the type without its parameters is this one, whatever its case.
    #[must_use]
    pub fn is(&self, media_type: &str) -> bool {
        self.media_type().eq_ignore_ascii_case(media_type)
    }

    /// The strict reading: MIME headers with a `Content-Type`, an empty line, the body.
    pub(crate) fn strict(input: &'a [u8]) -> Option<Self> {
        let Block { lines, after } = block(input).ok()?;
        let body = after?;
        let headers = unfolded(&lines)?;
        let typed = headers.iter().any(|header| header.is("Content-Type"));
        typed.then(|| Self::new(headers, body))
    }

    /// The loose reading: the `Content-...` lines at the front are headers, an empty line after them is skipped, and
    /// everything else is the body, so that no word is lost.
    pub(crate) fn loose(input: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = input;
        let mut lines: Vec<&[u8]> = Vec::new();
        loop {
            let mut after = rest;
            let Some(line) = next_line(&mut after) else { break };
            let folded = !lines.is_empty() && is_fold(line);
            if !folded && !is_content_line(line) {
                if line.is_empty() && !lines.is_empty() {
                    rest = after;
                }
                break;
            }
            if lines.len() == HEADERS_MAX {
                return Err(Fault::TooManyHeaders);
            }
            if input.len() - after.len() > BLOCK_MAX + 2 {
                return Err(Fault::HeadersTooLong);
            }
            lines.push(line);
            rest = after;
        }
        let headers = unfolded(&lines).ok_or(Fault::BadContentHeader)?;
        Ok(Self::new(headers, rest))
    }

    /// A content whose headers stand among those of the envelope, with no empty line between.
    pub(crate) fn adopted(lines: &[&'a [u8]], body: &'a [u8]) -> Option<Self> {
        unfolded(lines).map(|headers| Self::new(headers, body))
    }

    fn new(mut headers: Vec<MimeHeader<'a>>, body: &'a [u8]) -> Self {
        headers.retain(|header| !header.is("Content-Length"));
        Self { headers, body: Cow::Borrowed(body) }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let before = out.len();
        if self.headers.iter().filter(|header| header.is("Content-Type")).count() != 1 {
            return Err(EncodeError::NoContentType);
        }
        for header in &self.headers {
            let MimeHeader { name, value } = header;
            if !is_mime_name(name.as_bytes()) || header.is("Content-Length") {
                return Err(EncodeError::Name);
            }
            if !is_verbatim(value) {
                return Err(EncodeError::Value);
            }
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        for part in ["Content-Length: ", &self.body.len().to_string(), "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        if out.len() - before > BLOCK_MAX || self.headers.len() >= HEADERS_MAX {
            return Err(EncodeError::TooLong);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        Ok(())
    }
}

/// Whether a line is a header of MIME's own, so that it belongs to a content wherever it stands.
pub(crate) fn is_content_line(line: &[u8]) -> bool {
    split_name(line).is_some_and(|(name, _)| is_content_name(name) && is_mime_name(name))
}

/// `Content-...` or `MIME-Version`.
pub(crate) fn is_content_name(name: &[u8]) -> bool {
    let own = name.get(..8).is_some_and(|front| front.eq_ignore_ascii_case(b"content-"));
    own || name.eq_ignore_ascii_case(b"MIME-Version")
}

fn is_fold(line: &[u8]) -> bool {
    line.first().is_some_and(|first| matches!(first, b' ' | b'\t'))
}

/// The headers of these lines, folded ones put together; `None` when one is no header.
fn unfolded<'a>(lines: &[&'a [u8]]) -> Option<Vec<MimeHeader<'a>>> {
    let mut headers: Vec<MimeHeader<'a>> = Vec::with_capacity(lines.len());
    for line in lines {
        if !is_plain(line) {
            return None;
        }
        if is_fold(line) {
            let last = headers.last_mut()?.value.to_mut();
            last.push(' ');
            last.push_str(String::from_utf8_lossy(line).trim());
            continue;
        }
        let (name, value) = split_name(line)?;
        if !is_mime_name(name) {
            return None;
        }
        headers.push(MimeHeader {
            name: String::from_utf8_lossy(name),
            value: String::from_utf8_lossy(value.trim_ascii()),
        });
    }
    Some(headers)
}

fn is_mime_name(name: &[u8]) -> bool {
    let token = |octet: u8| {
        octet.is_ascii_alphanumeric()
            || octet.is_ascii_graphic()
                && !matches!(
                    octet,
                    b'(' | b')'
                        | b'<'
                        | b'>'
                        | b'@'
                        | b','
                        | b';'
                        | b':'
                        | b'\\'
                        | b'"'
                        | b'/'
                        | b'['
                        | b']'
                        | b'?'
                        | b'='
                )
    };
    !name.is_empty() && name.iter().all(|octet| token(*octet))
}
