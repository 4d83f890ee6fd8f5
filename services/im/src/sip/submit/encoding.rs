//! `Content-Encoding`: a body that was compressed on its way. Linphone compresses every notification that it sends.

use super::{Unfit, unfit};
use std::borrow::Cow;
use wire_sip::header::Token;
use wire_sip::{HeaderName, Message};

/// What is undone here, as an `Accept-Encoding` says it.
pub(in crate::sip) const ACCEPTED: &str = "deflate";

/// The most that a body may become, in octets: what a whole request may have uncompressed.
const PLAIN_MAX: usize = 64 * 1024;

/// The body as its sender meant it (RFC 3261 20.12). `deflate` is the format of RFC 1950 (RFC 9110 8.4.1.2).
///
/// # Errors
/// 415 for an encoding that is not undone here, 413 when it becomes too much, 400 when it is broken.
pub(super) fn plain(request: &Message) -> Result<Cow<'_, [u8]>, Unfit> {
    let mut body = Cow::Borrowed(request.body());
    for encoding in request.each::<Token<'_>>(HeaderName::ContentEncoding) {
        let encoding = encoding.map_err(|_| unfit(400, "the Content-Encoding cannot be read"))?;
        if encoding.0.eq_ignore_ascii_case(b"identity") {
            continue;
        }
        let once = matches!(body, Cow::Borrowed(_));
        if !once || !encoding.0.eq_ignore_ascii_case(ACCEPTED.as_bytes()) {
            return Err(unfit(415, "that Content-Encoding cannot be undone here"));
        }
        body = Cow::Owned(inflated(request.body())?);
    }
    Ok(body)
}

fn inflated(body: &[u8]) -> Result<Vec<u8>, Unfit> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
    decompress_to_vec_zlib_with_limit(body, PLAIN_MAX).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => unfit(413, "the body becomes too long"),
        _ => unfit(400, "the body cannot be decompressed"),
    })
}
