//! Retry-After (RFC 3261 20.33).

use crate::header::{Params, Seconds, Value};
use crate::octets::Scan;

/// When to come again.
#[derive(Debug, Clone, Copy)]
pub struct RetryAfter<'a> {
    /// How long to wait.
    pub wait: Seconds,
    /// `duration`: how long it will be possible then.
    pub params: Params<'a>,
}

impl<'a> Value<'a> for RetryAfter<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let wait = Seconds::read(scan.until(|octet| !octet.is_ascii_digit()))?;
        scan.skip_space();
        skip_comment(&mut scan)?;
        Some(Self { wait, params: Params::read(scan.rest())? })
    }
}

/// Steps over a comment in parentheses, which may nest, and the white space behind it; where none begins, over nothing.
fn skip_comment(scan: &mut Scan<'_>) -> Option<()> {
    let mut depth = 0_usize;
    loop {
        match scan.peek() {
            Some(b'(') => depth = depth.saturating_add(1),
            Some(b')') if depth > 0 => depth = depth.saturating_sub(1),
            Some(b'\\') if depth > 0 => scan.skip(1),
            Some(_) if depth > 0 => {}
            None if depth > 0 => return None,
            _ => break,
        }
        scan.skip(1);
    }
    scan.skip_space();
    Some(())
}
