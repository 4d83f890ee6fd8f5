//! Messages in CPIM of any client: total, no octet of a body made up, and what we can write again is the same message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_cpim::Cpim;

fuzz_target!(|data: &[u8]| {
    let Ok(cpim) = Cpim::parse(data) else { return };
    assert!(data.ends_with(&cpim.content.body), "a body that is not the end of the message");
    let _ = (cpim.content.decoded(), cpim.content.text(), cpim.not_understood().count());
    assert!(!cpim.is_imdn() || cpim.wants().is_none(), "a notification about a notification");
    let mut again = Vec::new();
    if cpim.encode(&mut again).is_ok() {
        assert_eq!(Cpim::parse(&again).expect("what we write is read"), cpim);
    } else {
        assert!(again.is_empty(), "half a message was written");
    }
});
