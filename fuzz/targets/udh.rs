//! User data headers of any sender: nothing is lost or invented, and a concatenation always makes sense.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_gsm::{Charset, Concatenation, UserData, decode_data_coding};

fuzz_target!(|data: &[u8]| {
    let parsed = UserData::parse(data);
    assert!(data.ends_with(parsed.payload()));
    let elements: usize = parsed.elements().map(|element| element.data.len() + 2).sum();
    assert!(elements + parsed.payload().len() <= data.len());
    if let Some(part) = parsed.concatenation() {
        assert!(part.total() >= 2 && (1..=part.total()).contains(&part.part()));
        assert_eq!(Concatenation::new(part.reference(), part.total(), part.part()), Some(part));
        assert!(parsed.payload().len() < data.len());
    }
    let Some((data_coding, octets)) = data.split_first() else { return };
    for default in [Charset::Gsm7, Charset::Latin1, Charset::Ascii] {
        if let Some(text) = decode_data_coding(*data_coding, octets, default) {
            assert!(text.len() <= 3 * octets.len(), "more text than octets can carry");
        }
    }
});
