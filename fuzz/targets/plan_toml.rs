//! Plans and their tables as operators write them: every fault has a line of its file, and a plan that is read prices
//! anything within the bounds of money.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use switchback_core::model::{Address, Currency, Money, Origin, PayerId, Service, Time};
use switchback_core::tariff::{Ask, Payer, Plan, Size, Tariffs, explain, price};

/// The files of a tariff, in the order in which an input has them, with this line between them.
const NAMES: [&str; 7] =
    ["plan", "networks.csv", "prefixes.csv", "zones.toml", "list.csv", "ported.csv", "list.json"];
const BETWEEN: &str = "\n=====\n";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let files: BTreeMap<&str, &str> = NAMES.into_iter().zip(text.split(BETWEEN)).collect();
    let tariffs = match Tariffs::parse(&files) {
        Ok(tariffs) => tariffs,
        Err(error) => {
            assert!(!error.faults.is_empty(), "refused without a reason");
            for fault in &error.faults {
                let lines = files[fault.file.as_str()].lines().count().max(1) + 1;
                assert!((1..=lines).contains(&fault.line) && !fault.message.is_empty(), "{fault:?}");
            }
            return;
        }
    };
    if files.len() == 1 {
        assert!(Plan::parse(text).is_ok(), "alone and in a set the same plan");
    }
    for (_, plan) in tariffs.all() {
        prices(plan);
    }
});

fn prices(plan: &Plan) {
    let mut payer = Payer::open(PayerId::new("anna"), plan);
    let _ = payer.credit(Money::from_nanos(plan.currency, i128::from(u64::MAX)));
    let at = plan.valid_from.unwrap_or(Time::from_millis(1_795_412_428_000));
    let _ = payer.adopt(plan, at);
    assert!(plan.steady_until(at).is_none_or(|until| until > at), "steady until the past");
    for recipient in ["+46701234567", "72404", "sip:bo@example.org"] {
        let recipient = Address::parse(recipient).expect("an address");
        for service in Service::ALL {
            for size in [
                Size { segments: 1, bytes: 1 },
                Size { segments: 255, bytes: 300_000 },
                Size { segments: u64::MAX, bytes: u64::MAX },
            ] {
                let origin = Origin::parse("wifi@24001").expect("an origin");
                let file = size.segments == 255;
                let ask = Ask { file, origin, ..Ask::from_home(service, &recipient, size, at) };
                let priced = price(plan, &payer, &ask);
                let amount = priced.price.as_next();
                assert!(amount.is_none_or(|amount| amount.nanos >= 0 && amount.currency == plan.currency));
                assert!(
                    priced.hold.as_ref().is_none_or(|hold| Some(hold.amount) == amount),
                    "held another amount than the price"
                );
                assert_eq!(explain(plan, &payer, &ask).priced, priced, "explained is another price");
            }
        }
    }
    assert!(Currency::parse(plan.currency.as_str()).is_some());
}
