//! Headers that are lists of tokens: Require, Proxy-Require, Supported, Unsupported (option tags, RFC 3261 19.2), Allow
//! (methods), Allow-Events, Content-Encoding.

use crate::header::Value;
use crate::method::Method;
use crate::octets::{TOKEN, all};

/// One element of such a list.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a>(
    /// As it is written.
    pub &'a [u8],
);

/// Option tags and most other tokens are compared without case (RFC 3261 7.3.1).
impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Token<'_> {}

impl<'a> Value<'a> for Token<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        all(value, TOKEN).then_some(Self(value))
    }
}

impl<'a> Value<'a> for Method<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        Method::read(value)
    }
}
