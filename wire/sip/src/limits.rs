//! How much of a peer's input is taken.

/// Bounds of one message, in octets or in number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A whole message with its body: 64 KiB. Beyond: 513.
    pub message: usize,
    /// One header field with its folded lines: 8 KiB. Beyond: 513.
    pub line: usize,
    /// Header fields: 128. Beyond: 513.
    pub headers: usize,
    /// Via fields: 64, as RFC 4475 3.1.1.7 has 34. Beyond: 513.
    pub vias: usize,
    /// The Request-URI: 2 KiB. Beyond: 414.
    pub uri: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 64 * 1024, line: 8 * 1024, headers: 128, vias: 64, uri: 2 * 1024 }
    }
}
