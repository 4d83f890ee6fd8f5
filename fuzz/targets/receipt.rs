//! Delivery receipts of any SMSC: total, the same when owned, and the spellings of an id are few and include it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_fuzz::script::Script;
use wire_smpp::{
    EsmClass, Receipt, ReceiptState, ShortMessage, SmppTime, Tlvs, id_candidates, relative_time,
};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let (esm_class, data_coding) = (EsmClass(script.octet()), script.octet());
    let tlvs = Tlvs::new(script.octets());
    let short_message = script.remainder();
    let message = ShortMessage { esm_class, data_coding, short_message, tlvs, ..ShortMessage::default() };
    let receipt = Receipt::read(&message);
    let input = short_message.len() + tlvs.as_bytes().len();
    if let Some(id) = &receipt.message_id {
        assert!(id.len() <= 3 * input, "an id longer than its receipt");
        candidates(id);
    }
    if let ReceiptState::Other(word) = &receipt.state {
        assert!(word.len() <= 3 * input.max(8));
    }
    let offset = |date: wire_smpp::LocalDate| (date.unix_seconds(i32::MIN), date.unix_seconds(i32::MAX));
    let _ = (receipt.is_final(), receipt.submit_date.map(offset), receipt.done_date.map(offset));
    assert_eq!(receipt.clone().into_owned(), receipt);
    if let Some(SmppTime::Relative(period)) = SmppTime::parse(short_message) {
        assert!(SmppTime::parse(&relative_time(period)).is_some());
    }
});

fn candidates(id: &str) {
    let found = id_candidates(id);
    assert!((1..=3).contains(&found.len()));
    assert_eq!(found[0], id, "the raw spelling comes first");
    assert!(found.iter().all(|one| one.len() <= 2 * id.len() + 1), "a spelling out of bounds");
}
