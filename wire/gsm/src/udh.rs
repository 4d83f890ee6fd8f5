//! The user data header (TS 23.040 9.2.3.24): written for our own long messages, walked for those that come in.
//!
//! Senders put the concatenation element anywhere among others, repeat it, or lie about its numbers. A header
//! that makes no sense never loses a message: it is then a message of one part.

/// The number that the parts of one message share, with its width: 8-bit 5 and 16-bit 5 are different messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// Information element `0x00`.
    Bits8(u8),
    /// Information element `0x08`, or the `sar_msg_ref_num` TLV.
    Bits16(u16),
}

impl Reference {
    /// The width, which decides how much text fits into a part.
    #[must_use]
    pub const fn width(self) -> crate::RefWidth {
        match self {
            Self::Bits8(_) => crate::RefWidth::Bits8,
            Self::Bits16(_) => crate::RefWidth::Bits16,
        }
    }

    /// The whole user data header of one part: six or seven octets.
    pub(crate) fn header(self, total: u8, part: u8) -> Header {
        match self {
            Self::Bits8(reference) => Header::Six([0x05, 0x00, 0x03, reference, total, part]),
            Self::Bits16(reference) => {
                let [high, low] = reference.to_be_bytes();
                Header::Seven([0x06, 0x08, 0x04, high, low, total, part])
            }
        }
    }
}

/// A header of ours, without allocation.
pub(crate) enum Header {
    Six([u8; 6]),
    Seven([u8; 7]),
}

impl AsRef<[u8]> for Header {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Six(octets) => octets,
            Self::Seven(octets) => octets,
        }
    }
}

/// Which part of which long message this is. Valid by construction: `1 <= part <= total`, `total >= 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concatenation {
    reference: Reference,
    total: u8,
    part: u8,
}

impl Concatenation {
    /// From numbers of any source, such as the `sar_*` TLVs. `None` when they make no long message: total 0 or 1,
    /// part 0 or beyond the total.
    #[must_use]
    pub const fn new(reference: Reference, total: u8, part: u8) -> Option<Self> {
        if total < 2 || part == 0 || part > total { None } else { Some(Self { reference, total, part }) }
    }

    /// What the parts share.
    #[must_use]
    pub const fn reference(self) -> Reference {
        self.reference
    }

    /// How many parts, 2 to 255.
    #[must_use]
    pub const fn total(self) -> u8 {
        self.total
    }

    /// Which one, from 1.
    #[must_use]
    pub const fn part(self) -> u8 {
        self.part
    }
}

/// Octets of a message whose UDHI bit is set, split into header and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserData<'a> {
    elements: &'a [u8],
    payload: &'a [u8],
}

impl<'a> UserData<'a> {
    /// Splits off the header by its length octet. When the length runs over the end (or there is nothing at all),
    /// there is no header: everything is text.
    #[must_use]
    pub fn parse(octets: &'a [u8]) -> Self {
        let header = octets.split_first().and_then(|(len, rest)| rest.split_at_checked(usize::from(*len)));
        match header {
            Some((elements, payload)) => Self { elements, payload },
            None => Self { elements: &[], payload: octets },
        }
    }

    /// What follows the header.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The information elements in their order, up to the first that runs over the end of the header.
    #[must_use]
    pub const fn elements(&self) -> Elements<'a> {
        Elements { rest: self.elements }
    }

    /// The concatenation, wherever it stands in the header.
    ///
    /// Of several valid ones the last counts (23.040 9.2.3.24); one of the wrong length or with impossible numbers
    /// is as if it were not there.
    #[must_use]
    pub fn concatenation(&self) -> Option<Concatenation> {
        self.elements().filter_map(Element::concatenation).last()
    }
}

/// One information element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its identifier (23.040 9.2.3.24).
    pub id: u8,
    /// Its data.
    pub data: &'a [u8],
}

impl Element<'_> {
    fn concatenation(self) -> Option<Concatenation> {
        match (self.id, self.data) {
            (0x00, &[reference, total, part]) => Concatenation::new(Reference::Bits8(reference), total, part),
            (0x08, &[high, low, total, part]) => {
                Concatenation::new(Reference::Bits16(u16::from_be_bytes([high, low])), total, part)
            }
            _ => None,
        }
    }
}

/// Iterator over the information elements of a header.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[id, len], rest) = self.rest.split_first_chunk::<2>()?;
        let Some((data, rest)) = rest.split_at_checked(usize::from(len)) else {
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some(Element { id, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(octets: &[u8]) -> Option<(Reference, u8, u8)> {
        UserData::parse(octets).concatenation().map(|c| (c.reference(), c.total(), c.part()))
    }

    #[test]
    fn both_widths_are_found_at_the_front() {
        assert_eq!(found(&[5, 0, 3, 0xAB, 3, 2, b'x']), Some((Reference::Bits8(0xAB), 3, 2)));
        assert_eq!(found(&[6, 8, 4, 0xAB, 0xCD, 3, 3]), Some((Reference::Bits16(0xABCD), 3, 3)));
    }

    #[test]
    fn the_element_may_stand_behind_ports_and_others() {
        // Application port addressing first, then an unknown empty element, then the 8-bit concatenation.
        let octets = [0x0D, 0x05, 4, 0x15, 0x81, 0, 0, 0x24, 0, 0x00, 3, 0, 2, 1, b'h', b'i'];
        assert_eq!(found(&octets), Some((Reference::Bits8(0), 2, 1)));
        assert_eq!(UserData::parse(&octets).payload(), b"hi");
        assert_eq!(UserData::parse(&octets).elements().count(), 3);
    }

    #[test]
    fn reference_zero_is_a_reference_like_any_other() {
        assert_eq!(found(&[5, 0, 3, 0, 2, 2]), Some((Reference::Bits8(0), 2, 2)));
    }

    #[test]
    fn impossible_numbers_make_a_single_message_without_its_header() {
        for octets in [[5, 0, 3, 7, 1, 1], [5, 0, 3, 7, 0, 0], [5, 0, 3, 7, 2, 0], [5, 0, 3, 7, 2, 3]] {
            assert_eq!(found(&octets), None, "{octets:?}");
            assert!(UserData::parse(&octets).payload().is_empty());
        }
    }

    #[test]
    fn lying_lengths_keep_the_octets() {
        assert_eq!(found(&[]), None);
        assert_eq!(UserData::parse(&[9, 0, 3]).payload(), [9, 0, 3]);
        assert_eq!(found(&[5, 0, 9, 7, 2, 1]), None);
        assert_eq!(found(&[4, 0, 2, 2, 1]), None);
        assert_eq!(found(&[0, b'a']), None);
        assert_eq!(UserData::parse(&[0, b'a']).payload(), b"a");
    }

    #[test]
    fn the_last_valid_one_of_several_counts() {
        let twice = [11, 0, 3, 1, 2, 1, 8, 4, 0, 9, 2, 2];
        assert_eq!(found(&twice), Some((Reference::Bits16(9), 2, 2)));
        let then_bad = [10, 0, 3, 1, 2, 1, 0, 3, 2, 2, 9];
        assert_eq!(found(&then_bad), Some((Reference::Bits8(1), 2, 1)));
    }
}
