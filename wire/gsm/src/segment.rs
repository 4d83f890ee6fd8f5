//! Cutting a text into parts. Counting and encoding share one cutter, because a part costs money.

use crate::encoding::Encoding;
use crate::udh::Reference;

/// Most parts of one message: the part number is one octet (TS 23.040 9.2.3.24.1).
pub const MAX_PARTS: u8 = 255;

/// How wide the reference number of a message in several parts is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RefWidth {
    /// Information element `0x00`: 153 septets or 67 UCS-2 units a part.
    #[default]
    Bits8,
    /// Information element `0x08`: 152 septets or 66 UCS-2 units a part, and 65 536 references.
    Bits16,
}

impl RefWidth {
    /// Units in one part of several: what is left of 140 octets after the header.
    #[must_use]
    pub const fn part_limit(self, encoding: Encoding) -> usize {
        match (encoding, self) {
            (Encoding::Gsm7, Self::Bits8) => 153,
            (Encoding::Gsm7, Self::Bits16) => 152,
            (Encoding::Ucs2, Self::Bits8) => 67,
            (Encoding::Ucs2, Self::Bits16) => 66,
        }
    }
}

/// What a text will be on the wire: the fact that a price is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The encoding of every part.
    pub encoding: Encoding,
    /// Number of parts, 1 to 255.
    pub parts: u8,
}

/// The text needs more than [`MAX_PARTS`] parts. It is refused, never truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "text needs more than {MAX_PARTS} parts")
    }
}

impl std::error::Error for TooLong {}

/// One part of a message, ready for `short_message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    octets: Vec<u8>,
    header_len: usize,
    /// SMPP `data_coding` of this part: 0 or 8.
    pub data_coding: u8,
}

impl Segment {
    /// The user data header; empty when the message has one part only.
    #[must_use]
    pub fn udh(&self) -> &[u8] {
        self.octets.get(..self.header_len).unwrap_or_default()
    }

    /// The octets of the text of this part.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.octets.get(self.header_len..).unwrap_or_default()
    }

    /// Header and text together: what goes into `short_message`.
    #[must_use]
    pub fn user_data(&self) -> &[u8] {
        &self.octets
    }

    /// Whether `esm_class` needs the UDHI bit (`0x40`).
    #[must_use]
    pub const fn has_udh(&self) -> bool {
        self.header_len > 0
    }
}

/// How many parts `text` is and in which encoding. One pass for a single part, two for more; no allocation.
///
/// # Errors
/// [`TooLong`] beyond 255 parts.
pub fn plan(text: &str, width: RefWidth) -> Result<Plan, TooLong> {
    let (encoding, cut) = layout(text, width);
    let parts = match cut {
        Cut::Whole => 1,
        Cut::Parts(cutter) => count(cutter)?,
    };
    Ok(Plan { encoding, parts })
}

/// The parts of `text`, each with the given reference (when there are several).
///
/// No escape pair and no surrogate pair is cut; under that, the parts are as few as can be.
///
/// # Errors
/// [`TooLong`] beyond 255 parts.
pub fn segments(text: &str, reference: Reference) -> Result<Vec<Segment>, TooLong> {
    let (encoding, cut) = layout(text, reference.width());
    let data_coding = encoding.data_coding();
    let cutter = match cut {
        Cut::Whole => {
            let octets = encoding.encode(text).unwrap_or_default();
            return Ok(vec![Segment { octets, header_len: 0, data_coding }]);
        }
        Cut::Parts(cutter) => cutter,
    };
    let total = count(cutter.clone())?;
    let room = cutter.limit.saturating_mul(encoding.octets_per_unit());
    let mut parts = Vec::with_capacity(usize::from(total));
    for (part, text) in (1..=total).zip(cutter) {
        let header = reference.header(total, part);
        let mut octets = Vec::with_capacity(header.as_ref().len().saturating_add(room));
        octets.extend_from_slice(header.as_ref());
        let header_len = octets.len();
        // The encoding was chosen so that every character has a place in it.
        encoding.encode_into(text, &mut octets);
        parts.push(Segment { octets, header_len, data_coding });
    }
    Ok(parts)
}

enum Cut<'t> {
    Whole,
    Parts(Cutter<'t>),
}

/// Chooses the encoding and whether the text must be cut, in one pass: the one place where both are decided.
fn layout(text: &str, width: RefWidth) -> (Encoding, Cut<'_>) {
    let mut septets = Some(0_usize);
    let mut code_units = 0_usize;
    for character in text.chars() {
        code_units = code_units.saturating_add(character.len_utf16());
        septets =
            septets.and_then(|sum| Encoding::Gsm7.units(character).map(|units| sum.saturating_add(units)));
    }
    let (encoding, units) = septets.map_or((Encoding::Ucs2, code_units), |septets| (Encoding::Gsm7, septets));
    if units <= encoding.single_limit() {
        return (encoding, Cut::Whole);
    }
    (encoding, Cut::Parts(Cutter { rest: text, encoding, limit: width.part_limit(encoding) }))
}

fn count(mut cutter: Cutter<'_>) -> Result<u8, TooLong> {
    let mut parts = 0_u8;
    while cutter.next().is_some() {
        parts = parts.checked_add(1).ok_or(TooLong)?;
    }
    Ok(parts)
}

/// Cuts off as many whole characters as fit, again and again. Greedy is minimal here: a longer part never makes
/// a later one longer.
#[derive(Debug, Clone)]
struct Cutter<'t> {
    rest: &'t str,
    encoding: Encoding,
    limit: usize,
}

impl<'t> Iterator for Cutter<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        let mut room = self.limit;
        let mut end = self.rest.len();
        for (at, character) in self.rest.char_indices() {
            let Some(left) = room.checked_sub(self.encoding.units(character).unwrap_or(1)) else {
                end = at;
                break;
            };
            room = left;
        }
        let (part, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(part)
    }
}
