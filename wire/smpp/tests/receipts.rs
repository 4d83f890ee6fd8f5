//! Receipts in the shapes that SMSCs write them.

use proptest::prelude::*;
use wire_smpp::{
    EsmClass, MessageKind, MessageState, Receipt, ReceiptState, ShortMessage, Tag, TlvBuf, id_candidates,
};

fn of_text(text: &[u8]) -> Receipt<'_> {
    Receipt::read(&ShortMessage {
        esm_class: EsmClass::RECEIPT,
        short_message: text,
        ..ShortMessage::default()
    })
}

/// (text, id, stat as kept, err)
type Row = (&'static str, Option<&'static str>, &'static str, Option<&'static str>);

#[rustfmt::skip]
const CORPUS: &[Row] = &[
    ("id:0123456789 sub:001 dlvrd:001 submit date:2611230542 done date:2611230543 stat:DELIVRD err:000 text:Hello", Some("0123456789"), "DELIVRD", Some("000")),
    ("id:7f3a sub:001 dlvrd:000 submit date:261123054210 done date:261123054310 stat:UNDELIV err:001 Text:", Some("7f3a"), "UNDELIV", Some("001")),
    ("ID:7F3A SUB:001 DLVRD:001 SUBMIT DATE:2611230542 DONE DATE:2611230543 STAT:DELIVRD ERR:000 TEXT:X", Some("7F3A"), "DELIVRD", Some("000")),
    ("id:1 stat:DELIVRD", Some("1"), "DELIVRD", None),
    ("stat:EXPIRED id:1", Some("1"), "EXPIRED", None),
    ("id:1 stat:delivrd err:0", Some("1"), "DELIVRD", Some("0")),
    ("id:1 Stat:Delivered err:0", Some("1"), "DELIVRD", Some("0")),
    ("id:1 stat:UNDELIVERABLE err:21", Some("1"), "UNDELIV", Some("21")),
    ("id:1 stat:UNDELIVRD", Some("1"), "UNDELIV", None),
    ("id:1 stat:UNDELIVERED", Some("1"), "UNDELIV", None),
    ("id:1 stat:REJECTD err:0c1", Some("1"), "REJECTD", Some("0c1")),
    ("id:1 stat:REJECTED", Some("1"), "REJECTD", None),
    ("id:1 stat:ACCEPTD", Some("1"), "ACCEPTD", None),
    ("id:1 stat:ACCEPTED", Some("1"), "ACCEPTD", None),
    ("id:1 stat:ENROUTE", Some("1"), "ENROUTE", None),
    ("id:1 stat:DELETED", Some("1"), "DELETED", None),
    ("id:1 stat:UNKNOWN", Some("1"), "UNKNOWN", None),
    ("id:1 stat:SCHEDULED", Some("1"), "SCHEDULED", None),
    ("id:1 stat:SKIPPED", Some("1"), "SKIPPED", None),
    // Words of vendors are kept and end nothing.
    ("id:1 stat:FAILED err:99", Some("1"), "?FAILED", Some("99")),
    ("id:1 stat:BUFFRED", Some("1"), "?BUFFRED", None),
    ("id:1 stat:DELIVRD2", Some("1"), "?DELIVRD2", None),
    ("id:1 stat:0", Some("1"), "?0", None),
    ("id:1 stat:Retry", Some("1"), "?Retry", None),
    // Fields missing or empty.
    ("id:1 sub: dlvrd: stat:DELIVRD err:", Some("1"), "DELIVRD", None),
    ("id:1 err: text:stat:DELIVRD", Some("1"), "-", None),
    ("stat:DELIVRD", None, "DELIVRD", None),
    ("id: stat:DELIVRD", None, "DELIVRD", None),
    ("", None, "-", None),
    ("Hello, how are you?", None, "-", None),
    // Spacing and separators.
    ("id: 42 stat: DELIVRD err: 000", Some("42"), "DELIVRD", Some("000")),
    ("id :42 stat : DELIVRD", Some("42"), "DELIVRD", None),
    ("  id:42   stat:DELIVRD  ", Some("42"), "DELIVRD", None),
    ("id:42\tstat:DELIVRD", Some("42"), "DELIVRD", None),
    ("id:42\r\nstat:DELIVRD\r\nerr:000", Some("42"), "DELIVRD", Some("000")),
    ("id:42,sub:001,dlvrd:001,stat:DELIVRD,err:000", Some("42"), "DELIVRD", Some("000")),
    ("id:42;stat:DELIVRD;err:000", Some("42"), "DELIVRD", Some("000")),
    ("id:42, stat:DELIVRD, err:000,", Some("42"), "DELIVRD", Some("000")),
    ("id:42 stat:DELIVRD\0", Some("42"), "DELIVRD", None),
    ("id:42 stat:DELIVRD err:000\0\0\0", Some("42"), "DELIVRD", Some("000")),
    // Ids of every kind.
    ("id:4d1e6a52-77aa-4c0b-9b56-7e3a3c1f9b10 stat:DELIVRD", Some("4d1e6a52-77aa-4c0b-9b56-7e3a3c1f9b10"), "DELIVRD", None),
    ("id:00000000000000000000123 stat:DELIVRD", Some("00000000000000000000123"), "DELIVRD", None),
    ("id:18446744073709551617 stat:DELIVRD", Some("18446744073709551617"), "DELIVRD", None),
    ("id:0x1A2B stat:DELIVRD", Some("0x1A2B"), "DELIVRD", None),
    ("id:a:b:c stat:DELIVRD", Some("a:b:c"), "DELIVRD", None),
    ("id:a,b;c stat:DELIVRD", Some("a,b;c"), "DELIVRD", None),
    ("id:msg@smsc.example stat:DELIVRD", Some("msg@smsc.example"), "DELIVRD", None),
    ("id:1 id:2 stat:DELIVRD stat:UNDELIV", Some("1"), "DELIVRD", None),
    // Other spellings of the keys, and keys of vendors.
    ("id:1 submit_date:2611230542 done_date:2611230543 status:DELIVRD error:12", Some("1"), "DELIVRD", Some("12")),
    ("id:1 submitdate:2611230542 donedate:2611230543 state:UNDELIV err:001", Some("1"), "UNDELIV", Some("001")),
    ("id:1 mcc:262 mnc:01 stat:DELIVRD err:000 vendor:x", Some("1"), "DELIVRD", Some("000")),
    ("msgid:9 id:1 stat:DELIVRD", Some("1"), "DELIVRD", None),
    ("id:1 sub:001 dlvrd:001 submit date:26112305 done date:never stat:DELIVRD err:000", Some("1"), "DELIVRD", Some("000")),
    ("id:1 stat:UNDELIV err:ABSENT", Some("1"), "UNDELIV", Some("ABSENT")),
    ("id:1 stat:UNDELIV err:-1", Some("1"), "UNDELIV", Some("-1")),
    ("id:1 stat:UNDELIV err:0x1b", Some("1"), "UNDELIV", Some("0x1b")),
    // What the sender wrote is no field.
    ("id:1 stat:UNDELIV err:1 text:id:2 stat:DELIVRD err:0", Some("1"), "UNDELIV", Some("1")),
    ("id:1 stat:UNDELIV text: stat:DELIVRD", Some("1"), "UNDELIV", None),
    ("text:id:1 stat:DELIVRD", None, "-", None),
    ("id:1 stat:DELIVRD text:über Größe", Some("1"), "DELIVRD", None),
];

#[test]
fn corpus_of_receipt_texts() {
    assert!(CORPUS.len() >= 60, "{}", CORPUS.len());
    for (text, id, stat, err) in CORPUS {
        let receipt = of_text(text.as_bytes());
        assert_eq!(receipt.message_id.as_deref(), *id, "{text}");
        let kept = match &receipt.state {
            ReceiptState::Known(state) => state.as_str().to_owned(),
            ReceiptState::Other(word) => format!("?{word}"),
            ReceiptState::Missing => "-".to_owned(),
        };
        assert_eq!(kept, *stat, "{text}");
        assert_eq!(receipt.err.as_deref(), *err, "{text}");
        let is_final = matches!(*stat, "DELIVRD" | "UNDELIV" | "EXPIRED" | "DELETED" | "REJECTD" | "SKIPPED");
        assert_eq!(receipt.is_final(), is_final, "{text}");
    }
}

#[test]
fn the_same_text_as_ucs2_behind_a_header_or_in_the_payload_reads_the_same() {
    for (text, ..) in CORPUS {
        let plain = of_text(text.as_bytes()).into_owned();
        let ucs2: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wide = ShortMessage { data_coding: 8, short_message: &ucs2, ..ShortMessage::default() };
        assert_eq!(Receipt::read(&wide), plain, "{text}");
        let mut tlvs = TlvBuf::new();
        tlvs.push(Tag::MESSAGE_PAYLOAD, text.as_bytes());
        assert_eq!(
            Receipt::read(&ShortMessage { tlvs: tlvs.tlvs(), ..ShortMessage::default() }),
            plain,
            "{text}"
        );
        let headed = [&[5, 0, 3, 1, 2, 1], text.as_bytes()].concat();
        let message =
            ShortMessage { esm_class: EsmClass(0x44), short_message: &headed, ..ShortMessage::default() };
        assert_eq!(Receipt::read(&message), plain, "{text}");
    }
}

#[test]
fn dates_of_ten_twelve_and_fourteen_digits() {
    let done = |date: &str| {
        let text = format!("id:1 done date:{date} stat:DELIVRD");
        of_text(text.as_bytes()).done_date.map(|date| date.unix_seconds(0))
    };
    // 2026-11-23 12:30:00 and :15.
    assert_eq!(done("2611231230"), Some(1_795_437_000));
    assert_eq!(done("261123123015"), Some(1_795_437_015));
    assert_eq!(done("202611231230"), Some(1_795_437_000));
    assert_eq!(done("20261123123015"), Some(1_795_437_015));
    for bad in ["261123", "2613231230", "26112312301", "never", "2611311230"] {
        assert_eq!(done(bad), None, "{bad}");
    }
    let receipt = of_text(b"id:1 submit date:2611231230 done date:2611231230 sub:003 dlvrd:002 stat:DELIVRD");
    assert_eq!(receipt.submit_date.unwrap().unix_seconds(3600), 1_795_433_400);
    assert_eq!((receipt.submitted, receipt.delivered), (Some(3), Some(2)));
}

#[test]
fn tlvs_win_over_the_text_and_do_without_it() {
    let mut tlvs = TlvBuf::new();
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, "AB12");
    tlvs.push_u8(Tag::MESSAGE_STATE, 5);
    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 0x01, 0x02]);
    tlvs.push_u8(Tag::DELIVERY_FAILURE_REASON, 3);
    tlvs.push_u16(Tag::USER_MESSAGE_REFERENCE, 77);
    for text in [&b""[..], b"id:9 stat:DELIVRD err:000"] {
        let message = ShortMessage { short_message: text, tlvs: tlvs.tlvs(), ..ShortMessage::default() };
        let receipt = Receipt::read(&message);
        assert_eq!(receipt.message_id.as_deref(), Some("AB12"));
        assert_eq!(receipt.state, ReceiptState::Known(MessageState::Undeliverable));
        let network = receipt.network_error.unwrap();
        assert_eq!((network.network_type, network.code), (3, 0x0102));
        assert_eq!((receipt.failure_reason, receipt.user_message_reference), (Some(3), Some(77)));
    }
    // A reserved number is kept like a word; an id without NUL is read, an empty one leaves the text's.
    let odd = [0x04, 0x27, 0, 1, 42, 0x00, 0x1E, 0, 1, 0];
    let message =
        ShortMessage { short_message: b"id:9", tlvs: wire_smpp::Tlvs::new(&odd), ..ShortMessage::default() };
    let receipt = Receipt::read(&message);
    assert_eq!(receipt.state, ReceiptState::Other("42".into()));
    assert_eq!(receipt.message_id.as_deref(), Some("9"));
    assert!(!receipt.is_final());
}

#[test]
fn esm_class_alone_says_what_is_a_receipt() {
    let forged = ShortMessage { short_message: b"id:1 stat:DELIVRD", ..ShortMessage::default() };
    assert_eq!(forged.kind(), MessageKind::Ordinary);
    assert!(!forged.kind().is_receipt());
    for esm_class in 0..=0xFF_u8 {
        let is_receipt = EsmClass(esm_class).kind().is_receipt();
        assert_eq!(is_receipt, matches!(esm_class & 0x3C, 0x04 | 0x20), "{esm_class:#x}");
    }
    assert_eq!(EsmClass(0x44).kind(), MessageKind::Receipt);
    assert_eq!(EsmClass(0xA3).kind(), MessageKind::Intermediate);
}

#[test]
fn an_intermediate_notification_ends_nothing_but_a_delivery() {
    let is_final = |text: &'static [u8]| {
        let message = ShortMessage {
            esm_class: EsmClass::INTERMEDIATE,
            short_message: text,
            ..ShortMessage::default()
        };
        Receipt::read(&message).is_final()
    };
    assert!(!is_final(b"id:1 stat:UNDELIV err:5"));
    assert!(!is_final(b"id:1 stat:ENROUTE"));
    assert!(is_final(b"id:1 stat:DELIVRD"));
}

/// The spellings that SMSCs turn an id into between answer and receipt.
fn respelled(number: u128) -> Vec<(String, String)> {
    vec![
        (format!("{number:x}"), number.to_string()),
        (format!("{number:X}"), number.to_string()),
        (number.to_string(), format!("{number:x}")),
        (format!("{number:X}"), format!("{number:x}")),
        (format!("{number:020}"), number.to_string()),
        (number.to_string(), format!("{number:064}")),
        (format!("{number:032x}"), number.to_string()),
    ]
}

/// What a look-up bears with in an answered id.
fn folded(id: &str) -> String {
    id.to_ascii_lowercase().trim_start_matches('0').to_owned()
}

proptest! {
    #[test]
    fn a_respelled_id_is_among_the_candidates_of_the_receipt(number in any::<u128>(), other in any::<u128>()) {
        prop_assume!(number != other);
        for (answered, reported) in respelled(number) {
            let known = |candidate: &String| folded(candidate) == folded(&answered);
            prop_assert!(id_candidates(&reported).iter().any(known), "{} {}", answered, reported);
        }
        // Different numbers in the same spelling never meet in that spelling.
        for ((one, _), (_, reported)) in respelled(number).iter().zip(respelled(other)) {
            let place = |of: &str| id_candidates(&reported).iter().position(|candidate| folded(candidate) == folded(of));
            let same = respelled(other).into_iter().find(|(_, told)| *told == reported).map(|(answered, _)| answered);
            prop_assert!(place(one).is_none() || place(one) != same.and_then(|answered| place(&answered)));
        }
    }
}
