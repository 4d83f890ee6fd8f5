//! Texts to parts and back: the count that a price is made of is the count that is sent, each part fits, and the
//! parts joined are the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_gsm::{Encoding, Reference, UserData, plan, segments};

fuzz_target!(|data: &[u8]| {
    let text = switchback_fuzz::text(data);
    for reference in [Reference::Bits8(7), Reference::Bits16(0xABCD)] {
        let planned = plan(&text, reference.width());
        let cut = segments(&text, reference);
        let (Ok(planned), Ok(parts)) = (planned, cut.as_ref()) else {
            assert_eq!(planned.is_err(), cut.is_err(), "counted and cut differently");
            continue;
        };
        assert_eq!(usize::from(planned.parts), parts.len());
        assert_eq!(planned.encoding, Encoding::choose(&text));
        let mut joined = Vec::new();
        for (n, part) in (1_u8..).zip(parts) {
            let most = if planned.encoding == Encoding::Ucs2 { 140 } else { 160 };
            assert!(part.user_data().len() <= most && part.data_coding == planned.encoding.data_coding());
            assert_eq!(part.has_udh(), parts.len() > 1);
            if part.has_udh() {
                let found = UserData::parse(part.user_data()).concatenation().expect("our own header");
                assert_eq!((found.reference(), found.total(), found.part()), (reference, planned.parts, n));
                assert!(
                    part.payload().len()
                        <= reference.width().part_limit(planned.encoding) * octets(planned.encoding)
                );
            }
            assert!(
                !planned.encoding.decode(part.payload()).contains('\u{FFFD}') || text.contains('\u{FFFD}')
            );
            joined.extend_from_slice(part.payload());
        }
        assert_eq!(planned.encoding.decode(&joined), text);
    }
    for encoding in [Encoding::Gsm7, Encoding::Ucs2] {
        let read = encoding.decode(data);
        assert!(read.len() <= 3 * data.len());
        if let Some(octets) = encoding.encode(&read) {
            assert_eq!(encoding.decode(&octets), read, "a text that was read is not written the same");
        }
    }
});

const fn octets(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => 1,
        Encoding::Ucs2 => 2,
    }
}
