//! A body as it was before it was prepared for transport: the transfer encoding undone, the charset read.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Content;
use crate::Fault;

/// Senders forget the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Content<'_> {
    /// The body with its `Content-Transfer-Encoding` undone (RFC 2045 6): base64 occurs on plain text in the field.
    ///
    /// # Errors
    /// [`Fault::TransferEncoding`].
    pub fn decoded(&self) -> Result<Cow<'_, [u8]>, Fault> {
        let encoding = self.header("Content-Transfer-Encoding").unwrap_or("8bit");
        let is = |name: &str| encoding.eq_ignore_ascii_case(name);
        if is("base64") {
            let octets: Vec<u8> =
                self.body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            let decoded = BASE64.decode(octets).map_err(|_| Fault::TransferEncoding)?;
            Ok(Cow::Owned(decoded))
        } else if is("quoted-printable") {
            Ok(Cow::Owned(quoted_printable(&self.body)))
        } else if ["7bit", "8bit", "binary"].into_iter().any(is) {
            Ok(Cow::Borrowed(&self.body))
        } else {
            Err(Fault::TransferEncoding)
        }
    }

    /// The text, transfer encoding undone and its charset read: UTF-8 (also when none is named) or ISO 8859-1.
    /// `None` for another charset, octets that are not of it, or an encoding that can't be undone.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let octets = self.decoded().ok()?;
        let charset = self.charset();
        let is = |name: &str| charset.eq_ignore_ascii_case(name);
        if is("iso-8859-1") || is("latin1") {
            return Some(octets.iter().map(|octet| char::from(*octet)).collect());
        }
        if !is("utf-8") && !is("utf8") && !is("us-ascii") {
            return None;
        }
        match octets {
            Cow::Borrowed(octets) => str::from_utf8(octets).ok().map(Cow::Borrowed),
            Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
        }
    }

    fn charset(&self) -> &str {
        let value = self.header("Content-Type").unwrap_or_default();
        let named = value.split(';').skip(1).find_map(|param| {
            let (name, value) = param.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        named.unwrap_or("utf-8")
    }
}

/// RFC 2045 6.7. What is no escape stands for itself.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((octet, after)) = rest.split_first() {
        rest = after;
        if *octet != b'=' {
            decoded.push(*octet);
        } else if let Some(after) = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")) {
            rest = after;
        } else if let Some((value, after)) = hex(after) {
            decoded.push(value);
            rest = after;
        } else {
            decoded.push(b'=');
        }
    }
    decoded
}

fn hex(octets: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = octets.split_first_chunk::<2>()?;
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()))?;
    Some((u8::from_str_radix(digits, 16).ok()?, rest))
}
