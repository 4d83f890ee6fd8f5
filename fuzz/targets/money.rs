//! Amounts: what is read prints as the same amount, and sums never wrap.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_core::model::{Currency, Money};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (code, amount) = text.split_at_checked(3).unwrap_or((text, ""));
    if let Some(currency) = Currency::parse(code) {
        assert_eq!(currency.as_str(), code);
    }
    let currency = Currency::parse(code).unwrap_or(Currency::EUR);
    for amount in [amount, text] {
        let Ok(money) = Money::parse(amount, currency) else { continue };
        assert!(money.nanos >= 0 && money.currency == currency);
        let printed = money.amount();
        assert_eq!(Money::parse(&printed, currency), Ok(money), "{amount:?} printed as {printed:?}");
        let twice = money.checked_add(money).expect("an amount that was read has room for its double");
        assert!(money.at_most(twice));
        assert_eq!(twice.checked_sub(money), Some(money));
        assert!(money.to_string().starts_with(&printed));
    }
});
