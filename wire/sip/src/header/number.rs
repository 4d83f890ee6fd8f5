//! Headers that are one number: Max-Forwards (RFC 3261 20.22), Expires, Min-Expires (20.19, 20.23) and their kin.

use crate::header::Value;
use crate::octets::decimal;

/// How many more hops a request may take, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxForwards(
    /// The number of hops.
    pub u8,
);

impl Value<'_> for MaxForwards {
    fn read(value: &[u8]) -> Option<Self> {
        decimal(value).and_then(|hops| u8::try_from(hops).ok()).map(Self)
    }
}

/// `delta-seconds`: Expires, Min-Expires, Session-Expires without its parameters.
///
/// A number that is beyond all bounds is one of them: what is too long for us is as good as for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(
    /// At most 2^32 - 1.
    pub u32,
);

impl Value<'_> for Seconds {
    fn read(value: &[u8]) -> Option<Self> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let seconds = decimal(value).and_then(|seconds| u32::try_from(seconds).ok());
        Some(Self(seconds.unwrap_or(u32::MAX)))
    }
}
