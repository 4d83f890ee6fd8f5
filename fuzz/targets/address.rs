//! Addresses as anybody writes them: what is read prints as something that reads the same, and is safe in a header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_core::model::Address;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(address) = Address::parse(text) else { return };
    let printed = address.to_string();
    assert_eq!(Address::parse(&printed).as_ref(), Ok(&address));
    assert_eq!(address.to_string(), printed);
    assert!(
        printed.len() <= 256 && printed.bytes().all(|b| b.is_ascii_graphic() || b == b' '),
        "{printed:?}"
    );
    if let Address::E164(digits) = &address {
        assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        assert!(!address.masked().contains(digits.as_str()), "a number that is not masked");
    }
});
