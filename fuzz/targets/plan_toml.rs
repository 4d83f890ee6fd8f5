//! Plans as operators write them: every fault has a line of the file, and a plan that is read prices anything within
//! the bounds of money.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_core::model::{Address, Currency, Money, PayerId, Service, Time};
use switchback_core::tariff::{Ask, Payer, Plan, Size, price};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let plan = match Plan::parse(text) {
        Ok(plan) => plan,
        Err(error) => {
            let lines = text.lines().count().max(1) + 1;
            assert!(!error.faults.is_empty(), "refused without a reason");
            assert!(
                error
                    .faults
                    .iter()
                    .all(|fault| (1..=lines).contains(&fault.line) && !fault.message.is_empty())
            );
            return;
        }
    };
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    let _ = payer.credit(Money::from_nanos(plan.currency, i128::from(u64::MAX)));
    for recipient in ["+46701234567", "72404", "sip:bo@example.org"] {
        let recipient = Address::parse(recipient).expect("an address");
        for service in Service::ALL {
            for size in [
                Size { segments: 1, bytes: 1 },
                Size { segments: 255, bytes: 300_000 },
                Size { segments: u64::MAX, bytes: u64::MAX },
            ] {
                let at = Time::from_millis(1_795_412_428_000);
                let priced = price(&plan, &payer, &Ask::from_home(service, &recipient, size, at));
                let amount = priced.price.as_next();
                assert!(amount.is_none_or(|amount| amount.nanos >= 0 && amount.currency == plan.currency));
                assert!(
                    priced.hold.is_none_or(|hold| Some(hold.amount) == amount),
                    "held another amount than the price"
                );
            }
        }
    }
    assert!(Currency::parse(plan.currency.as_str()).is_some());
});
