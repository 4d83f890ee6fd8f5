//! Message ids: one text for each id, and one id for each text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_core::model::{MessageId, SHARD_COUNT};

fuzz_target!(|data: &[u8]| {
    if let Ok(bytes) = <[u8; 16]>::try_from(data) {
        let id = MessageId::from_bytes(bytes);
        assert_eq!(id.to_bytes(), bytes);
        assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
        assert!(id.shard().number() < SHARD_COUNT);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = MessageId::parse(text) {
        assert_eq!(id.to_string(), text, "two texts for one id");
        assert_eq!(MessageId::new(id.made_at(), id.shard(), u128::from_be_bytes(id.to_bytes())), id);
    }
});
