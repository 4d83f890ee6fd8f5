//! A place in the octets of a message.

use core::ops::Range;

/// From one octet to another, in four octets each: a message is far below 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(range: Range<usize>) -> Self {
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end) }
    }

    /// Where `part` lies in `whole`, of which it must be a slice; else nowhere.
    pub(crate) fn within(whole: &[u8], part: &[u8]) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        match start.checked_add(part.len()) {
            Some(end) if end <= whole.len() => Self::new(start..end),
            _ => Self::default(),
        }
    }

    /// Where it is when what ended at `old` ends at `new`: only what lies behind moves.
    pub(crate) fn moved(self, old: usize, new: usize) -> Self {
        let Range { start, end } = self.range();
        let moved = |at: usize| if at < old { at } else { at.saturating_sub(old).saturating_add(new) };
        Self::new(moved(start)..moved(end))
    }

    pub(crate) fn range(self) -> Range<usize> {
        let wide = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        wide(self.start)..wide(self.end)
    }

    pub(crate) fn of(self, octets: &[u8]) -> &[u8] {
        octets.get(self.range()).unwrap_or_default()
    }
}
