//! Whole texts to octets and back, in the two encodings we send and the few more that come in.

use crate::alphabet::{self, ESC, Septets};

/// How the characters of an outgoing message are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7-bit default alphabet with the extension table, one octet a septet.
    Gsm7,
    /// UCS-2, written as UTF-16 big endian: characters outside the basic plane take a surrogate pair.
    Ucs2,
}

impl Encoding {
    /// GSM-7 when every character of `text` has a place in it, else UCS-2. Nothing is ever substituted.
    #[must_use]
    pub fn choose(text: &str) -> Self {
        if text.chars().all(|c| alphabet::septets(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// The SMPP `data_coding` of this encoding (SMPP 3.4 5.2.19): 0 (the default alphabet of the SMSC) or 8.
    #[must_use]
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm7 => 0x00,
            Self::Ucs2 => 0x08,
        }
    }

    /// Units (septets, or UTF-16 code units) in a message of one part: 160 or 70.
    #[must_use]
    pub const fn single_limit(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Octets of one unit on the wire, unpacked.
    pub(crate) const fn octets_per_unit(self) -> usize {
        match self {
            Self::Gsm7 => 1,
            Self::Ucs2 => 2,
        }
    }

    /// Units of one character; `None` when this encoding can't write it.
    pub(crate) fn units(self, character: char) -> Option<usize> {
        match self {
            Self::Gsm7 => alphabet::septets(character).map(Septets::count),
            Self::Ucs2 => Some(character.len_utf16()),
        }
    }

    /// Octets of `text`; `None` when a character has no place in this encoding (never with UCS-2).
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        let mut octets = Vec::with_capacity(text.len().saturating_mul(self.octets_per_unit()));
        self.encode_into(text, &mut octets).then_some(octets)
    }

    /// Appends the octets of `text`; false (and a half-written tail) when a character has no place.
    pub(crate) fn encode_into(self, text: &str, octets: &mut Vec<u8>) -> bool {
        for character in text.chars() {
            match self {
                Self::Gsm7 => match alphabet::septets(character) {
                    Some(Septets::One(septet)) => octets.push(septet),
                    Some(Septets::Escaped(septet)) => octets.extend_from_slice(&[ESC, septet]),
                    None => return false,
                },
                Self::Ucs2 => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        octets.extend_from_slice(&unit.to_be_bytes());
                    }
                }
            }
        }
        true
    }

    /// Text of received octets. Total: what has no meaning (an octet above `0x7F`, half a surrogate pair, an odd
    /// last octet) becomes U+FFFD, so that a caller can see that something was lost. For a message in several
    /// parts, join the octets first: other senders do cut surrogate pairs.
    #[must_use]
    pub fn decode(self, octets: &[u8]) -> String {
        match self {
            Self::Gsm7 => decode_gsm7(octets),
            Self::Ucs2 => decode_ucs2(octets),
        }
    }
}

/// What an SMSC means by "its default alphabet" (`data_coding` 0): it differs between SMSCs, so a route says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Charset {
    /// GSM 7-bit default alphabet, unpacked.
    #[default]
    Gsm7,
    /// ISO 8859-1.
    Latin1,
    /// ASCII (IA5); octets above `0x7F` become U+FFFD.
    Ascii,
}

/// Text of the payload of an incoming message by its `data_coding` (SMPP 3.4 5.2.19; the GSM groups of 23.038 4).
///
/// `default` is the meaning of 0. `None` for binary payloads and for alphabets that we can't read (JIS, Cyrillic,
/// Hebrew, Korean): the caller keeps the octets.
#[must_use]
pub fn decode_data_coding(data_coding: u8, octets: &[u8], default: Charset) -> Option<String> {
    let charset = match data_coding {
        0x00 => default,
        0x01 => Charset::Ascii,
        0x03 => Charset::Latin1,
        // Flash and other classes as some SMSCs pass them through: general group, alphabet in bits 3 and 2.
        0x10..=0x1F if data_coding & 0x0C == 0x00 => Charset::Gsm7,
        // Message class group: bit 2 says 8-bit data.
        0xF0..=0xFF if data_coding & 0x04 == 0 => Charset::Gsm7,
        0x08 => return Some(decode_ucs2(octets)),
        0x10..=0x1F if data_coding & 0x0C == 0x08 => return Some(decode_ucs2(octets)),
        _ => return None,
    };
    Some(match charset {
        Charset::Gsm7 => decode_gsm7(octets),
        Charset::Latin1 => octets.iter().map(|octet| char::from(*octet)).collect(),
        Charset::Ascii => {
            let ascii =
                |octet: &u8| if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER };
            octets.iter().map(ascii).collect()
        }
    })
}

fn decode_gsm7(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut rest = octets.iter().copied();
    while let Some(octet) = rest.next() {
        let character = if octet == ESC {
            // A lone escape at the very end shows as a space, like an escape of an escape.
            rest.next().map_or(Some(' '), alphabet::escaped)
        } else {
            alphabet::basic(octet)
        };
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

fn decode_ucs2(octets: &[u8]) -> String {
    let (pairs, odd) = octets.as_chunks::<2>();
    let mut text: String = char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gsm7_octets_as_the_standard_writes_them() {
        assert_eq!(
            Encoding::Gsm7.encode("Hi @£€[]").unwrap(),
            [0x48, 0x69, 0x20, 0x00, 0x01, 0x1B, 0x65, 0x1B, 0x3C, 0x1B, 0x3E]
        );
        assert_eq!(Encoding::Gsm7.encode("ça va"), None);
    }

    #[test]
    fn ucs2_octets_are_big_endian_and_use_surrogates() {
        assert_eq!(Encoding::Ucs2.encode("Я😀").unwrap(), [0x04, 0x2F, 0xD8, 0x3D, 0xDE, 0x00]);
    }

    #[test]
    fn lossless_gsm7_is_chosen_and_one_foreign_character_makes_it_ucs2() {
        assert_eq!(Encoding::choose(""), Encoding::Gsm7);
        assert_eq!(Encoding::choose("Prix: 5€ [net] ΔΩ ÄÖÜß"), Encoding::Gsm7);
        assert_eq!(Encoding::choose("it’s"), Encoding::Ucs2);
        assert_eq!(Encoding::choose("`"), Encoding::Ucs2);
    }

    #[test]
    fn bad_octets_show_and_never_fail() {
        assert_eq!(Encoding::Gsm7.decode(&[0x41, 0x80, 0xFF]), "A\u{FFFD}\u{FFFD}");
        assert_eq!(Encoding::Gsm7.decode(&[0x1B]), " ");
        assert_eq!(Encoding::Gsm7.decode(&[0x1B, 0x1B, 0x41]), " A");
        assert_eq!(Encoding::Gsm7.decode(&[0x1B, 0x41]), "A");
        assert_eq!(Encoding::Gsm7.decode(&[0x1B, 0x90]), "\u{FFFD}");
        assert_eq!(Encoding::Ucs2.decode(&[0xD8, 0x3D, 0x00, 0x41, 0x00]), "\u{FFFD}A\u{FFFD}");
    }

    #[test]
    fn data_coding_zero_is_what_the_route_says() {
        let octets = [0x00, 0x24, 0xE9];
        assert_eq!(decode_data_coding(0, &octets, Charset::Gsm7).unwrap(), "@¤\u{FFFD}");
        assert_eq!(decode_data_coding(0, &octets, Charset::Latin1).unwrap(), "\0$é");
        assert_eq!(decode_data_coding(0, &octets, Charset::Ascii).unwrap(), "\0$\u{FFFD}");
        assert_eq!(decode_data_coding(3, &octets, Charset::Gsm7).unwrap(), "\0$é");
    }

    #[test]
    fn data_coding_of_classes_and_binary() {
        assert_eq!(decode_data_coding(0x08, &[0x04, 0x2F], Charset::Gsm7).unwrap(), "Я");
        assert_eq!(decode_data_coding(0x18, &[0x04, 0x2F], Charset::Gsm7).unwrap(), "Я");
        assert_eq!(decode_data_coding(0xF0, &[0x00], Charset::Latin1).unwrap(), "@");
        assert_eq!(decode_data_coding(0x10, &[0x00], Charset::Latin1).unwrap(), "@");
        for binary in [0x02, 0x04, 0x05, 0x0E, 0x14, 0xF4] {
            assert_eq!(decode_data_coding(binary, &[0x00], Charset::Gsm7), None, "{binary:#x}");
        }
    }
}
