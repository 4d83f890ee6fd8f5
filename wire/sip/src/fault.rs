//! What is wrong with a message, in words that a peer can use, and the code that it is answered with.

use crate::name::HeaderName;
use crate::status::StatusCode;

/// Why a message is refused. The text says it in the protocol's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Neither a request line nor a status line.
    #[error("malformed start line")]
    StartLine,
    /// A request line or a status line of another version of SIP.
    #[error("SIP version is not 2.0")]
    Version,
    /// A Request-URI that does not follow the grammar of its scheme, or brings headers along.
    #[error("malformed Request-URI")]
    RequestUri,
    /// A line of the head that is no header field, or that CR LF does not end.
    #[error("malformed header line")]
    HeaderLine,
    /// The head has no empty line after it.
    #[error("no end of header")]
    NoEnd,
    /// A header field that every message must have is not there.
    #[error("missing {}", .0.as_str())]
    Missing(HeaderName),
    /// A header field that may be there only once is there again.
    #[error("more than one {}", .0.as_str())]
    Repeated(HeaderName),
    /// A header value that does not follow its grammar.
    #[error("malformed {}", .0.as_str())]
    Malformed(HeaderName),
    /// CSeq names another method than the request line.
    #[error("CSeq method is not the method of the request")]
    OtherMethod,
    /// Content-Length fields that differ, or one that is no number.
    #[error("bad Content-Length")]
    Length,
    /// A message on a stream without Content-Length: nobody knows where it ends (RFC 3261 18.3).
    #[error("no Content-Length on a stream")]
    NoLength,
    /// Content-Length is more than what the datagram or the frame holds, or less than what the frame holds.
    #[error("Content-Length is not the length of the body")]
    OtherLength,
    /// The message, a header field, or their number is beyond our limits.
    #[error("message too large")]
    TooLarge,
    /// The Request-URI is beyond our limit.
    #[error("Request-URI too long")]
    UriTooLong,
}

impl Fault {
    /// The code to answer with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Version => StatusCode::VERSION_NOT_SUPPORTED,
            Self::TooLarge => StatusCode::MESSAGE_TOO_LARGE,
            Self::UriTooLong => StatusCode::REQUEST_URI_TOO_LONG,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
