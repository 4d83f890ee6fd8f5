//! Notifications of any client: total, no longer than what came, and what we can write again is the same notification.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_cpim::Imdn;

fuzz_target!(|data: &[u8]| {
    let Ok(imdn) = Imdn::parse(data) else { return };
    assert!(imdn.message_id.len() + imdn.date_time.len() < data.len(), "longer than its document");
    if let Ok(again) = imdn.encode() {
        assert_eq!(Imdn::parse(again.as_bytes()).expect("what we write is read"), imdn);
    }
});
