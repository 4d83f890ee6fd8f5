//! Stored records, damaged in any way: refused or read, never a panic, and what is read is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{Content, DecisionRecord, Event, Message, Report};
use switchback_core::tariff::Payer;
use switchback_ports::directory::Entry;
use switchback_ports::{IdempotencyRecord, RefusalRecord};
use switchback_ports::{decode, encode};

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 10 {
        0 => {
            if let Some(message) = identity::<Message>(bytes) {
                // What a reader of a stored message asks first.
                let _ =
                    (message.open_attempt(), message.limit(), message.status.as_str(), message.slot.holder());
            }
        }
        1 => {
            let _ = identity::<Payer>(bytes);
        }
        2 => {
            if let Some(record) = identity::<DecisionRecord>(bytes) {
                // A trace is made of these when it is read: words come out, whatever the numbers are.
                assert!(!record.sentence().is_empty());
                assert!(!record.for_sender().sentence().is_empty());
            }
        }
        3 => {
            let _ = identity::<Event>(bytes).map(|event| event.kind.name());
        }
        4 => drop(identity::<Content>(bytes)),
        5 => drop(identity::<LedgerEntry>(bytes)),
        6 => drop(identity::<Report>(bytes)),
        7 => {
            let _ = identity::<Entry>(bytes).map(|entry| (entry.kind(), entry.key()));
        }
        8 => drop(identity::<IdempotencyRecord>(bytes)),
        _ => drop(identity::<RefusalRecord>(bytes)),
    }
});

fn identity<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let noun: T = decode(bytes).ok()?;
    assert!(decode(&encode(&noun)).as_ref() == Ok(&noun), "written and read again it is another");
    Some(noun)
}
