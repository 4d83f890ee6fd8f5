//! Warning (RFC 3261 20.43).

use std::borrow::Cow;

use crate::header::Value;
use crate::header::params::unquote;
use crate::octets::{Scan, decimal, is_space};

/// Why somebody on the way did not do what was asked.
#[derive(Debug, Clone, Copy)]
pub struct Warning<'a> {
    /// Three digits.
    pub code: u16,
    /// Who says so.
    pub agent: &'a [u8],
    text: &'a [u8],
}

impl<'a> Warning<'a> {
    /// The text, its escapes resolved.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        unquote(self.text)
    }
}

impl<'a> Value<'a> for Warning<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let code = scan.until(is_space);
        let code = if code.len() == 3 { decimal(code)? } else { return None };
        scan.skip_space();
        let agent = scan.until(is_space);
        scan.skip_space();
        let text = scan.quoted()?;
        let whole = scan.is_empty() && !agent.is_empty();
        u16::try_from(code).ok().filter(|_| whole).map(|code| Self { code, agent, text })
    }
}
