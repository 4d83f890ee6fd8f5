//! What real peers send wrongly: what is taken as it is, and which status answers the rest.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use wire_smpp::{
    Address, BindMode, CommandId, CommandStatus, Frame, Framer, Header, MAX_PDU_BOUND, MAX_PDU_UNBOUND, Pdu,
    Refusal, ShortMessage, SubmitResp, Tag, TlvBuf,
};

fn frame(command_id: CommandId, body: &[u8]) -> Frame<'_> {
    Frame { header: Header { command_id, command_status: CommandStatus::OK, sequence: 1 }, body }
}

/// Body of a `submit_sm` or `deliver_sm`, octet by octet.
fn body(source: &[u8], destination: &[u8], validity: &[u8], text: &[u8], tail: &[u8]) -> Vec<u8> {
    let len = [u8::try_from(text.len()).unwrap()];
    [
        b"\0\x01\x01",
        source,
        b"\0\x01\x01",
        destination,
        b"\0\0\0\0\0",
        validity,
        b"\0\x01\0\0\0",
        &len,
        text,
        tail,
    ]
    .concat()
}

fn refused(command_id: CommandId, body: &[u8]) -> (CommandStatus, Option<CommandId>) {
    let Refusal { status, answer } = Pdu::decode(&frame(command_id, body)).unwrap_err();
    (status, answer)
}

#[test]
fn octets_above_7f_in_strings_are_taken() {
    let octets = body(b"M\xFCller", b"491\x80", b"", b"hi", b"");
    let Ok(Pdu::DeliverSm(message)) = Pdu::decode(&frame(CommandId::DELIVER_SM, &octets)) else { panic!() };
    assert_eq!(message.source.digits, b"M\xFCller");
    assert_eq!(message.source.text(), "M\u{FFFD}ller");
    assert_eq!(message.short_message, b"hi");
}

#[test]
fn garbage_of_up_to_three_octets_at_the_end_is_ignored() {
    for tail in [&b"\0"[..], b"\xFF\xFF", b"\x04\x24\0"] {
        let octets = body(b"1", b"2", b"", b"hi", tail);
        assert!(Pdu::decode(&frame(CommandId::SUBMIT_SM, &octets)).is_ok());
        assert!(Pdu::decode(&frame(CommandId::DELIVER_SM, &octets)).is_ok());
    }
    let resp = Pdu::decode(&frame(CommandId::SUBMIT_SM.response(), b"abc\0\xFF\xFF"));
    assert!(matches!(resp, Ok(Pdu::SubmitSmResp(SubmitResp { message_id: Some(b"abc"), .. }))));
}

#[test]
fn a_tlv_that_overruns_is_refused_where_it_may_be_the_text() {
    let overrun = b"\x04\x24\x00\x09abc";
    let status = CommandStatus::INVOPTPARSTREAM;
    let octets = body(b"1", b"2", b"", b"hi", overrun);
    assert_eq!(refused(CommandId::SUBMIT_SM, &octets), (status, Some(CommandId::SUBMIT_SM.response())));
    // A delivery that has its text already is not worth losing.
    assert!(Pdu::decode(&frame(CommandId::DELIVER_SM, &octets)).is_ok());
    let octets = body(b"1", b"2", b"", b"", overrun);
    assert_eq!(refused(CommandId::DELIVER_SM, &octets).0, status);
}

#[test]
fn answers_are_read_in_every_shape() {
    let id = |body: &'static [u8]| match Pdu::decode(&frame(CommandId::SUBMIT_SM.response(), body)) {
        Ok(Pdu::SubmitSmResp(resp)) => resp.message_id.map(<[u8]>::to_vec),
        other => panic!("{other:?}"),
    };
    assert_eq!(id(b""), None);
    assert_eq!(id(b"\0"), None);
    assert_eq!(id(b"no-nul"), Some(b"no-nul".to_vec()));
    const LONG: [u8; 200] = [b'7'; 200];
    assert_eq!(id(&LONG), Some(LONG.to_vec()));
    for body in [&b""[..], b"smsc\0", b"smsc"] {
        let pdu = Pdu::decode(&frame(CommandId::BIND_TRANSCEIVER.response(), body));
        assert!(matches!(pdu, Ok(Pdu::BindResp(BindMode::Transceiver, _))));
    }
    for command in [CommandId::DELIVER_SM, CommandId::UNBIND, CommandId::ENQUIRE_LINK, CommandId::CANCEL_SM] {
        assert!(Pdu::decode(&frame(command.response(), b"\xFFtrash")).is_ok());
    }
}

#[test]
fn each_bad_field_of_a_submission_has_its_status() {
    let good: (&[u8], &[u8], &[u8], &[u8]) = (b"12345", b"4915112345678", b"", b"hi");
    let status = |source: &[u8], destination: &[u8], validity: &[u8], text: &[u8]| {
        refused(CommandId::SUBMIT_SM, &body(source, destination, validity, text, b"")).0
    };
    let long = [b'9'; 255];
    assert_eq!(status(&long[..21], good.1, good.2, good.3), CommandStatus::INVSRCADR);
    assert_eq!(status(good.0, &long[..21], good.2, good.3), CommandStatus::INVDSTADR);
    assert_eq!(status(good.0, good.1, &long[..17], good.3), CommandStatus::INVEXPIRY);
    assert_eq!(status(good.0, good.1, good.2, &long), CommandStatus::INVMSGLEN);
    let mut both = TlvBuf::new();
    both.push(Tag::MESSAGE_PAYLOAD, b"and here");
    let octets = body(good.0, good.1, good.2, good.3, both.tlvs().as_bytes());
    assert_eq!(refused(CommandId::SUBMIT_SM, &octets).0, CommandStatus::OPTPARNOTALLWD);
    // sm_length says more than there is.
    let mut octets = body(good.0, good.1, good.2, good.3, b"");
    octets.pop();
    assert_eq!(refused(CommandId::SUBMIT_SM, &octets).0, CommandStatus::INVMSGLEN);
    for cut in 0..octets.len() - 2 {
        let (status, answer) = refused(CommandId::SUBMIT_SM, &octets[..cut]);
        assert_eq!(
            (status, answer),
            (CommandStatus::INVCMDLEN, Some(CommandId::SUBMIT_SM.response())),
            "cut at {cut}"
        );
    }
}

#[test]
fn a_delivery_may_be_longer_than_the_standard() {
    let long = [b'9'; 255];
    let octets = body(&long[..64], &long[..64], b"", &long, b"");
    assert!(Pdu::decode(&frame(CommandId::DELIVER_SM, &octets)).is_ok());
    let octets = body(&long[..65], b"1", b"", b"", b"");
    assert_eq!(
        refused(CommandId::DELIVER_SM, &octets),
        (CommandStatus::INVSRCADR, Some(CommandId::DELIVER_SM.response()))
    );
}

#[test]
fn each_bad_field_of_a_bind_has_its_status() {
    let long = [b'x'; 80];
    let status = |fields: &[&[u8]]| refused(CommandId::BIND_TRANSCEIVER, &fields.join(&0)).0;
    assert_eq!(status(&[&long[..16], b"pw", b"", b"\x34\0\0", b""]), CommandStatus::INVSYSID);
    assert_eq!(status(&[b"id", &long[..65], b"", b"\x34\0\0", b""]), CommandStatus::INVPASWD);
    assert_eq!(status(&[b"id", b"pw", &long[..13], b"\x34\0\0", b""]), CommandStatus::INVSYSTYP);
    assert_eq!(status(&[b"id", b"pw"]), CommandStatus::INVCMDLEN);
}

#[test]
fn unknown_requests_are_nacked_and_unknown_answers_are_left_alone() {
    for id in [0x0A, 0x21, 0x07, 0x111, 0x1234] {
        let expected = (CommandStatus::INVCMDID, Some(CommandId::GENERIC_NACK));
        assert_eq!(refused(CommandId(id), b"whatever"), expected);
        assert_eq!(refused(CommandId(id | 0x8000_0000), b"whatever"), (CommandStatus::INVCMDID, None));
    }
    assert!(matches!(
        Pdu::decode(&frame(CommandId::ALERT_NOTIFICATION, b"\xFF")),
        Ok(Pdu::AlertNotification)
    ));
    assert!(matches!(Pdu::decode(&frame(CommandId::OUTBIND, b"")), Ok(Pdu::Outbind)));
}

#[test]
fn the_framer_refuses_lengths_that_no_pdu_has() {
    let length = |max: usize, first: [u8; 4]| {
        let mut framer = Framer::new(max);
        framer.next_frame(&mut &first[..]).map(|frame| frame.is_some()).map_err(|bad| bad.command_length)
    };
    assert_eq!(length(MAX_PDU_BOUND, *b"HTTP"), Err(1_213_486_160));
    assert_eq!(length(MAX_PDU_BOUND, [0, 0, 0, 15]), Err(15));
    assert_eq!(length(MAX_PDU_BOUND, [0; 4]), Err(0));
    assert_eq!(length(MAX_PDU_BOUND, [0xFF; 4]), Err(u32::MAX));
    assert_eq!(length(MAX_PDU_UNBOUND, [0, 0, 4, 1]), Err(1025));
    assert_eq!(length(MAX_PDU_UNBOUND, [0, 0, 4, 0]), Ok(false));
    assert_eq!(length(MAX_PDU_BOUND, [0, 1, 0x20, 0]), Ok(false));
    assert_eq!(length(MAX_PDU_BOUND, [0, 1, 0x20, 1]), Err(73_729));
}

#[test]
fn addresses_are_made_as_networks_want_them() {
    assert_eq!(Address::international("+491"), Address { ton: 1, npi: 1, digits: b"491" });
    assert_eq!(Address::alphanumeric("Bank"), Address { ton: 5, npi: 0, digits: b"Bank" });
    assert_eq!(ShortMessage::default().user_data(), b"");
}

#[test]
fn what_is_logged_shows_neither_text_nor_whole_numbers() {
    let destination = Address::international("4915112345678");
    let message = ShortMessage { destination, short_message: b"secret", ..ShortMessage::default() };
    let shown = format!("{:?}", Pdu::SubmitSm(message));
    assert!(shown.contains("1/1/13…78"), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("115, 101") && !shown.contains("345678"), "{shown}");
}
