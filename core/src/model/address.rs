//! Where a message goes to or comes from.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::fmt;

/// An address: an E.164 number, a SIP URI, a short code, or an alphanumeric sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Address {
    /// An international number, digits only, without the plus sign; 7 to 15 digits (ITU-T E.164).
    E164(SmolStr),
    /// A short code: 3 to 6 digits, meaningful inside one network.
    ShortCode(SmolStr),
    /// An alphanumeric originator: at most 11 characters of the GSM default alphabet's ASCII part (TS 23.040, from memory).
    Alphanumeric(SmolStr),
    /// A SIP URI `sip:user@host`, as given; with `;gr=` it names one device of a person (a public GRUU, RFC 5627).
    Sip(SmolStr),
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address is +NUMBER (E.164), tel:+NUMBER, sip:USER@HOST, a short code of 3 to 6 digits, or up to 11 letters and digits"
)]
pub struct AddressError;

impl Address {
    /// Reads an address as people and programs write it. `+46 70-123` style separators are dropped;
    /// `tel:` URIs become numbers (their parameters are ignored).
    ///
    /// # Errors
    /// [`AddressError`] when the text fits no form.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > 256 {
            return Err(AddressError);
        }
        if let Some(user) = text.strip_prefix("sip:") {
            let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\');
            let (name, host) = user.split_once('@').ok_or(AddressError)?;
            let ok = !name.is_empty() && !host.is_empty() && user.chars().all(plain);
            return ok.then(|| Self::Sip(SmolStr::new(text))).ok_or(AddressError);
        }
        let number = text.strip_prefix("tel:").unwrap_or(text);
        let number = number.split(';').next().unwrap_or(number);
        if let Some(digits) = number.strip_prefix('+') {
            let digits: SmolStr =
                digits.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
            let ok = (7..=15).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0');
            return ok.then_some(Self::E164(digits)).ok_or(AddressError);
        }
        if number.bytes().all(|b| b.is_ascii_digit()) {
            return (3..=6)
                .contains(&number.len())
                .then(|| Self::ShortCode(SmolStr::new(number)))
                .ok_or(AddressError);
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '&');
        let ok = (1..=11).contains(&text.len())
            && text.chars().all(letter)
            && text.chars().any(|c| c.is_ascii_alphabetic());
        ok.then(|| Self::Alphanumeric(SmolStr::new(text))).ok_or(AddressError)
    }

    /// The device that it names: what stands behind `;gr=`.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        let Self::Sip(uri) = self else { return None };
        uri.split(';').find_map(|param| param.strip_prefix("gr="))
    }

    /// The address of the person whose device it names; itself, when it names none.
    #[must_use]
    pub fn of_person(&self) -> Cow<'_, Self> {
        match (self, self.device()) {
            (Self::Sip(uri), Some(_)) => {
                let person = uri.split(';').next().unwrap_or_default();
                let user = person.trim_start_matches("sip:").split('@').next().unwrap_or_default();
                let number = user.starts_with('+').then(|| Self::parse(user).ok()).flatten();
                Cow::Owned(number.unwrap_or_else(|| Self::Sip(SmolStr::new(person))))
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// The number with all but its country and last two digits hidden, for logs and support.
    #[must_use]
    pub fn masked(&self) -> String {
        let full = self.to_string();
        let (start, end) = (full.chars().take(4), full.chars().rev().take(2).collect::<Vec<_>>());
        if full.chars().count() <= 6 {
            "***".into()
        } else {
            start.chain("***".chars()).chain(end.into_iter().rev()).collect()
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::E164(digits) => write!(f, "+{digits}"),
            Self::ShortCode(text) | Self::Alphanumeric(text) | Self::Sip(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, printed) in [
            ("+46 70-123 45 67", "+46701234567"),
            ("tel:+46701234567;phone-context=x", "+46701234567"),
            ("72404", "72404"),
            ("MyBank", "MyBank"),
            ("sip:anna@example.org", "sip:anna@example.org"),
        ] {
            assert_eq!(Address::parse(text).map(|a| a.to_string()).as_deref(), Ok(printed));
        }
        for bad in [
            "",
            "+",
            "+0701234567",
            "0701234567",
            "+12345678901234567",
            "sip:@",
            "sip:a@b\r\nX: y",
            "<script>",
            "12",
        ] {
            assert_eq!(Address::parse(bad), Err(AddressError), "{bad}");
        }
    }

    #[test]
    fn an_address_of_a_device_is_its_person_s_too() {
        for (text, device, person) in [
            ("sip:anna@example.org;gr=urn:uuid:1", Some("urn:uuid:1"), "sip:anna@example.org"),
            ("sip:+46701234567@example.org;gr=urn:uuid:1", Some("urn:uuid:1"), "+46701234567"),
            ("sip:anna@example.org", None, "sip:anna@example.org"),
            ("+46701234567", None, "+46701234567"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.device(), address.of_person().to_string().as_str()), (device, person));
        }
    }

    #[test]
    fn masks_the_middle() {
        assert_eq!(Address::parse("+46701234567").unwrap().masked(), "+467***67");
    }

    proptest! {
        #[test]
        fn printing_then_reading_is_identity(text in ".{0,20}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
            }
        }
    }
}
