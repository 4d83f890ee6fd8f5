//! The two tables of 3GPP TS 23.038 6.2.1, kept apart so that they can be read against the standard.

/// Escape to the extension table.
pub(crate) const ESC: u8 = 0x1B;

/// The default alphabet by septet. `0x1B` is the escape and stands for no character of its own.
#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: the septet after the escape, and its character.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{000C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// What one character is in the default alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Septets {
    /// One septet of the default alphabet.
    One(u8),
    /// The escape and this septet of the extension table.
    Escaped(u8),
}

impl Septets {
    /// How many septets: an escaped character costs two.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Escaped(_) => 2,
        }
    }
}

/// Septets of the 128 ASCII characters, made from the two tables above when this crate is compiled.
static ASCII: [Option<Septets>; 128] = ascii_table();

#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "evaluated at compile time: a wrong index can't build"
)]
const fn ascii_table() -> [Option<Septets>; 128] {
    let mut table = [None; 128];
    let mut septet = 0;
    while septet < BASIC.len() {
        let code = BASIC[septet] as usize;
        if code < table.len() && septet != ESC as usize {
            table[code] = Some(Septets::One(septet as u8));
        }
        septet += 1;
    }
    let mut row = 0;
    while row < EXTENSION.len() {
        let (septet, character) = EXTENSION[row];
        if (character as usize) < table.len() {
            table[character as usize] = Some(Septets::Escaped(septet));
        }
        row += 1;
    }
    table
}

/// The septets of a character; `None` when the alphabet has no place for it.
pub(crate) fn septets(character: char) -> Option<Septets> {
    if let Some(known) = usize::try_from(u32::from(character)).ok().and_then(|code| ASCII.get(code)) {
        return *known;
    }
    if character == '€' {
        return Some(Septets::Escaped(0x65));
    }
    let at = BASIC.iter().position(|basic| *basic == character)?;
    u8::try_from(at).ok().map(Septets::One)
}

/// The character of a septet of the default alphabet. The escape has none, nor has an octet above `0x7F`.
pub(crate) fn basic(octet: u8) -> Option<char> {
    if octet == ESC { None } else { BASIC.get(usize::from(octet)).copied() }
}

/// The character of a septet that followed the escape.
///
/// A septet without an entry shows as in the default alphabet, and a second escape as a space (23.038 6.2.1.1).
pub(crate) fn escaped(octet: u8) -> Option<char> {
    if octet == ESC {
        return Some(' ');
    }
    EXTENSION.iter().find(|(septet, _)| *septet == octet).map_or_else(|| basic(octet), |(_, c)| Some(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_both_tables_goes_there_and_back() {
        for octet in (0..=0x7F_u8).filter(|octet| *octet != ESC) {
            let character = basic(octet).unwrap();
            assert_eq!(septets(character), Some(Septets::One(octet)), "{character:?}");
        }
        for (octet, character) in EXTENSION {
            assert_eq!(septets(character), Some(Septets::Escaped(octet)), "{character:?}");
            assert_eq!(escaped(octet), Some(character));
        }
    }

    #[test]
    fn characters_that_look_alike_are_not_in_the_alphabet() {
        for character in ['`', 'ç', 'á', 'Α', '\t', '\0', '\u{1B}', '’', '–', '😀'] {
            assert_eq!(septets(character), None, "{character:?}");
        }
    }
}
