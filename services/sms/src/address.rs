//! Addresses between the model and SMPP (T41): type of number and numbering plan are decided here and nowhere else.

use switchback_core::model::Address;
use wire_smpp::Address as WireAddress;

/// The wire form of a sender or a recipient. A SIP URI has none: an empty address makes the SMSC put its own.
pub(crate) fn to_wire(address: &Address) -> WireAddress<'_> {
    match address {
        Address::E164(digits) => WireAddress::international(digits),
        Address::ShortCode(digits) => WireAddress::short_code(digits),
        Address::Alphanumeric(name) => WireAddress::alphanumeric(name),
        Address::Sip(_) => WireAddress::default(),
    }
}

/// The recipient of an incoming message: a number or a short code of ours. `None`: nobody we could know.
pub(crate) fn recipient(wire: &WireAddress<'_>) -> Option<Address> {
    number(wire)
}

/// The sender of an incoming message. A sender is only shown, so anything readable will do: a name stays a name,
/// and what is no address at all is shown as `unknown`.
pub(crate) fn sender(wire: &WireAddress<'_>) -> Address {
    let name = || {
        let text = wire.text();
        let plain: String =
            text.chars().filter(|c| c.is_ascii_alphanumeric() || " -_.&".contains(*c)).take(11).collect();
        Address::parse(&plain).ok()
    };
    let read = if wire.ton == ALPHANUMERIC { name() } else { number(wire).or_else(name) };
    read.unwrap_or_else(|| Address::Alphanumeric("unknown".into()))
}

/// Type of number 5.
const ALPHANUMERIC: u8 = 5;

/// Digits: with TON 1, or long and without a type (many SMSCs leave it 0), international; 3 to 6 a short code. A
/// national number (TON 2) can't be made international without knowing the country: it is none.
fn number(wire: &WireAddress<'_>) -> Option<Address> {
    let text = wire.text();
    let digits = text.strip_prefix('+').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match wire.ton {
        2 => None,
        _ if wire.ton != 1 && (3..=6).contains(&digits.len()) => Address::parse(digits).ok(),
        _ => Address::parse(&format!("+{digits}")).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(ton: u8, digits: &str) -> WireAddress<'_> {
        WireAddress { ton, npi: 1, digits: digits.as_bytes() }
    }

    #[test]
    fn types_of_number_as_networks_expect_them() {
        let tons = |text: &str| {
            let address = Address::parse(text).unwrap();
            let wire = to_wire(&address);
            (wire.ton, wire.npi, String::from_utf8_lossy(wire.digits).into_owned())
        };
        assert_eq!(tons("+46701234567"), (1, 1, "46701234567".into()));
        assert_eq!(tons("72404"), (3, 0, "72404".into()));
        assert_eq!(tons("MyBank"), (5, 0, "MyBank".into()));
        assert_eq!(tons("sip:anna@example.net"), (0, 0, String::new()));
    }

    #[test]
    fn numbers_come_in_with_and_without_their_type() {
        let number = Address::parse("+46701234567").unwrap();
        for (ton, digits) in [(1, "46701234567"), (1, "+46701234567"), (0, "46701234567")] {
            assert_eq!(recipient(&wire(ton, digits)), Some(number.clone()));
            assert_eq!(sender(&wire(ton, digits)), number);
        }
        assert_eq!(recipient(&wire(3, "72404")), Some(Address::ShortCode("72404".into())));
        assert_eq!(recipient(&wire(2, "0701234567")), None);
        assert_eq!(recipient(&wire(0, "")), None);
    }

    #[test]
    fn a_sender_is_shown_whatever_it_is() {
        assert_eq!(sender(&wire(5, "MyBank")), Address::Alphanumeric("MyBank".into()));
        assert_eq!(sender(&wire(5, "A name far too long")), Address::Alphanumeric("A name far ".into()));
        assert_eq!(sender(&wire(0, "")), Address::Alphanumeric("unknown".into()));
        assert_eq!(sender(&wire(0, "\u{1}\u{2}")), Address::Alphanumeric("unknown".into()));
    }
}
