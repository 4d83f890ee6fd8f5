//! What can be wrong with a message of the peer, and what of ours can't be written.

use crate::{BLOCK_MAX, HEADERS_MAX};

/// Why a message is no CPIM. The peer's fault, always: the answer is 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A line among the headers that is no header, or a value that its header can't have.
    #[error("header line {line} (from 1) can't be read")]
    BadHeader {
        /// Which line of its block, from 1, empty lines before the block not counted.
        line: usize,
    },
    /// Content headers that are none, or with control characters.
    #[error("the content's headers can't be read")]
    BadContentHeader,
    /// A header that may stand once stands twice: two readers would believe different ones.
    #[error("{0} stands twice")]
    Duplicate(&'static str),
    /// The headers end with the message: there is no content, not even an empty one.
    #[error("the message ends within its headers")]
    NoContent,
    /// A CPIM inside a CPIM.
    #[error("a CPIM message inside a CPIM message")]
    Nested,
    /// One block has more than [`HEADERS_MAX`] headers.
    #[error("more than {HEADERS_MAX} headers")]
    TooManyHeaders,
    /// One block has more than [`BLOCK_MAX`] octets.
    #[error("more than {BLOCK_MAX} octets of headers")]
    HeadersTooLong,
    /// `Require` names what is no name, or has a prefix that no `NS` declared, so nobody can understand it.
    #[error("Require names a header that nobody can know")]
    UndeclaredPrefix,
    /// The transfer encoding is unknown, or the body does not keep to it.
    #[error("the content's transfer encoding can't be undone")]
    TransferEncoding,
}

/// Why a message of ours can't be written. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A message that says not from whom, or not to whom.
    #[error("a message without From or To")]
    NoParty,
    /// A URI that is empty or holds a space, an angle bracket or a control character.
    #[error("not a URI that stands between angle brackets")]
    Uri,
    /// A name of a header or a parameter with characters that no name has, or one that has a field of its own.
    #[error("not the name of a further header")]
    Name,
    /// A value that is written as it is, and is empty, or has control characters or spaces round it.
    #[error("not a value that can be written as it is")]
    Value,
    /// A content without `Content-Type`, or with several.
    #[error("a content without its one Content-Type")]
    NoContentType,
    /// A CPIM inside a CPIM.
    #[error("a CPIM message inside a CPIM message")]
    Nested,
    /// A notification that asks for notifications.
    #[error("a notification never asks for notifications")]
    WantsAboutImdn,
    /// Longer, or with more headers, than we would read.
    #[error("more headers than a reader takes")]
    TooLong,
}
