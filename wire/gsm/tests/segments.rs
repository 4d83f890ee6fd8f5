//! Counting and cutting, seen from outside: the lengths of the standard, golden octets, and the properties that
//! money depends on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use proptest::prelude::*;
use wire_gsm::{Encoding, Plan, RefWidth, Reference, Segment, TooLong, UserData, plan, segments};

fn parts(text: &str, width: RefWidth) -> (Encoding, u8) {
    let Plan { encoding, parts } = plan(text, width).unwrap();
    (encoding, parts)
}

#[test]
fn lengths_of_the_standard() {
    use Encoding::{Gsm7, Ucs2};
    use RefWidth::{Bits8, Bits16};
    // (character, how many, width) -> (encoding, parts)
    let table = [
        ("a", 0, Bits8, Gsm7, 1),
        ("a", 1, Bits8, Gsm7, 1),
        ("a", 160, Bits8, Gsm7, 1),
        ("a", 161, Bits8, Gsm7, 2),
        ("a", 306, Bits8, Gsm7, 2),
        ("a", 307, Bits8, Gsm7, 3),
        ("a", 160, Bits16, Gsm7, 1),
        ("a", 304, Bits16, Gsm7, 2),
        ("a", 305, Bits16, Gsm7, 3),
        ("€", 80, Bits8, Gsm7, 1),
        ("€", 81, Bits8, Gsm7, 2),
        // 153 is odd: 76 escape pairs a part, never half a pair.
        ("€", 152, Bits8, Gsm7, 2),
        ("€", 153, Bits8, Gsm7, 3),
        ("€", 152, Bits16, Gsm7, 2),
        ("Я", 70, Bits8, Ucs2, 1),
        ("Я", 71, Bits8, Ucs2, 2),
        ("Я", 134, Bits8, Ucs2, 2),
        ("Я", 135, Bits8, Ucs2, 3),
        ("Я", 132, Bits16, Ucs2, 2),
        ("Я", 133, Bits16, Ucs2, 3),
        ("😀", 35, Bits8, Ucs2, 1),
        ("😀", 36, Bits8, Ucs2, 2),
        // 67 is odd: 33 surrogate pairs a part.
        ("😀", 66, Bits8, Ucs2, 2),
        ("😀", 67, Bits8, Ucs2, 3),
        ("a", 153 * 255, Bits8, Gsm7, 255),
        ("Я", 67 * 255, Bits8, Ucs2, 255),
    ];
    for (character, count, width, encoding, expected) in table {
        assert_eq!(
            parts(&character.repeat(count), width),
            (encoding, expected),
            "{count} x {character}, {width:?}"
        );
    }
}

#[test]
fn more_than_255_parts_is_refused_not_truncated() {
    let text = "a".repeat(153 * 255 + 1);
    assert_eq!(plan(&text, RefWidth::Bits8), Err(TooLong));
    assert_eq!(segments(&text, Reference::Bits8(1)), Err(TooLong));
    assert_eq!(plan(&"Я".repeat(66 * 255 + 1), RefWidth::Bits16), Err(TooLong));
}

#[test]
fn one_part_has_no_header() {
    let one = segments("Hello {you}", Reference::Bits8(7)).unwrap();
    assert_eq!(one.len(), 1);
    assert!(!one[0].has_udh());
    assert_eq!(one[0].user_data(), b"Hello \x1B\x28you\x1B\x29");
    assert_eq!(one[0].data_coding, 0);
}

#[test]
fn golden_headers_of_a_long_message() {
    let text = "a".repeat(200);
    let short = segments(&text, Reference::Bits8(0xC5)).unwrap();
    assert_eq!(short[0].udh(), [0x05, 0x00, 0x03, 0xC5, 0x02, 0x01]);
    assert_eq!(short[1].udh(), [0x05, 0x00, 0x03, 0xC5, 0x02, 0x02]);
    assert_eq!(short[0].user_data().len(), 6 + 153);
    assert_eq!(short[1].payload(), "a".repeat(47).as_bytes());
    let wide = segments(&text, Reference::Bits16(0x0102)).unwrap();
    assert_eq!(wide[0].udh(), [0x06, 0x08, 0x04, 0x01, 0x02, 0x02, 0x01]);
    assert_eq!(wide[0].payload().len(), 152);
    let ucs2 = segments(&"Я".repeat(71), Reference::Bits8(0)).unwrap();
    assert_eq!(ucs2[0].data_coding, 8);
    assert_eq!(ucs2[0].payload().len(), 134);
    assert_eq!(ucs2[1].payload(), [0x04, 0x2F].repeat(4));
}

#[test]
fn an_escape_pair_at_the_cut_goes_whole_into_the_next_part() {
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(10));
    let cut = segments(&text, Reference::Bits8(1)).unwrap();
    assert_eq!(cut.len(), 2);
    assert_eq!(cut[0].payload().len(), 152);
    assert_eq!(cut[1].payload()[..2], [0x1B, 0x65]);
}

/// The encoding is told by `data_coding`, as a receiver would.
fn join(parts: &[Segment]) -> String {
    let octets: Vec<u8> = parts.iter().flat_map(|part| part.payload().to_vec()).collect();
    if parts[0].data_coding == 0 { Encoding::Gsm7.decode(&octets) } else { Encoding::Ucs2.decode(&octets) }
}

/// Fewest parts by dynamic programming over the costs of the characters: an oracle that is not greedy.
fn fewest(costs: &[usize], limit: usize) -> usize {
    let mut best = vec![usize::MAX; costs.len() + 1];
    best[0] = 0;
    for end in 1..=costs.len() {
        let mut sum = 0;
        for start in (0..end).rev() {
            sum += costs[start];
            if sum > limit {
                break;
            }
            best[end] = best[end].min(best[start].saturating_add(1));
        }
    }
    best[costs.len()]
}

fn gsm_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![8 => Just('a'), 2 => Just('é'), 3 => Just('€'), 1 => Just('['), 1 => Just('@'), 1 => Just('\n')],
        0..700,
    )
    .prop_map(String::from_iter)
}

fn any_text() -> impl Strategy<Value = String> {
    let rich = proptest::collection::vec(
        prop_oneof![4 => Just('x'), 4 => Just('Я'), 3 => Just('😀'), 1 => any::<char>()],
        0..300,
    );
    prop_oneof![gsm_text(), rich.prop_map(String::from_iter)]
}

fn any_reference() -> impl Strategy<Value = Reference> {
    prop_oneof![any::<u8>().prop_map(Reference::Bits8), any::<u16>().prop_map(Reference::Bits16)]
}

proptest! {
    #[test]
    fn join_of_split_is_the_text_and_every_part_reads_alone(text in any_text(), reference in any_reference()) {
        let parts = segments(&text, reference).unwrap();
        prop_assert_eq!(join(&parts), text.clone());
        // No pair is cut: the parts decoded one by one give the same text.
        let alone: String = parts.iter().map(|part| join(std::slice::from_ref(part))).collect();
        prop_assert_eq!(alone, text);
    }

    #[test]
    fn parts_keep_the_limit_and_are_as_few_as_can_be(text in any_text(), reference in any_reference()) {
        let Plan { encoding, parts: count } = plan(&text, reference.width()).unwrap();
        let parts = segments(&text, reference).unwrap();
        prop_assert_eq!(parts.len(), usize::from(count));
        let limit = reference.width().part_limit(encoding);
        let costs: Vec<usize> = text.chars().map(|c| match encoding {
            Encoding::Gsm7 => encoding.encode(&c.to_string()).unwrap().len(),
            Encoding::Ucs2 => c.len_utf16(),
        }).collect();
        let octets = if encoding == Encoding::Gsm7 { 1 } else { 2 };
        if costs.iter().sum::<usize>() <= encoding.single_limit() {
            prop_assert_eq!(count, 1);
            prop_assert!(!parts[0].has_udh());
        } else {
            prop_assert_eq!(usize::from(count), fewest(&costs, limit));
            for part in &parts {
                prop_assert!(part.payload().len() <= limit * octets);
                // 140 octets with the septets packed, header included.
                let packed = if octets == 1 { (part.payload().len() * 7).div_ceil(8) } else { part.payload().len() };
                prop_assert!(part.udh().len() + packed <= 140);
            }
        }
    }

    #[test]
    fn our_headers_read_back(text in any_text(), reference in any_reference()) {
        let parts = segments(&text, reference).unwrap();
        for (n, part) in parts.iter().enumerate().filter(|_| parts.len() > 1) {
            let data = UserData::parse(part.user_data());
            let found = data.concatenation().unwrap();
            prop_assert_eq!(found.reference(), reference);
            prop_assert_eq!(usize::from(found.total()), parts.len());
            prop_assert_eq!(usize::from(found.part()), n + 1);
            prop_assert_eq!(data.payload(), part.payload());
        }
    }

    #[test]
    fn any_octets_decode_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Encoding::Gsm7.decode(&octets);
        let _ = Encoding::Ucs2.decode(&octets);
        let data = UserData::parse(&octets);
        prop_assert!(data.payload().len() <= octets.len());
        if let Some(found) = data.concatenation() {
            prop_assert!(found.part() >= 1 && found.part() <= found.total() && found.total() >= 2);
        }
    }
}
