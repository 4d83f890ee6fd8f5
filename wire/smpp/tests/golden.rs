//! The octets of every PDU we write, laid out by hand from SMPP 3.4 section 4, and each read back.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use wire_smpp::{
    Address, Bind, BindMode, BindResp, CancelSm, CommandId, CommandStatus, EncodeError, EsmClass, Frame,
    HEADER_LEN, Pdu, QuerySm, QuerySmResp, Refusal, ShortMessage, SubmitResp, Tag, TlvBuf, Tlvs,
};

/// Header of `command_id`, then the body; the length is counted here, not by the encoder.
fn octets(command_id: u32, status: u32, sequence: u32, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let words = [u32::try_from(HEADER_LEN + body.len()).unwrap(), command_id, status, sequence];
    let mut pdu: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    pdu.extend(body);
    pdu
}

/// Writes `pdu`, compares, and reads it back to the same value.
fn written(pdu: &Pdu<'_>, status: CommandStatus, sequence: u32, expected: &[u8]) {
    let mut out = Vec::new();
    pdu.encode(status, sequence, &mut out).unwrap();
    assert_eq!(out, expected, "{pdu:?}");
    let frame = Frame::parse(&out).unwrap();
    assert_eq!((frame.header.command_status, frame.header.sequence), (status, sequence));
    assert_eq!(Pdu::decode(&frame).as_ref(), Ok(pdu));
}

const OK: CommandStatus = CommandStatus::OK;

#[test]
fn binds_and_their_answers() {
    let bind = Bind {
        system_id: b"esme1",
        password: b"secret08",
        system_type: b"VMA",
        interface_version: 0x34,
        addr_ton: 1,
        addr_npi: 1,
        address_range: b"",
    };
    let body: [&[u8]; 6] = [b"esme1\0", b"secret08\0", b"VMA\0", &[0x34], &[1, 1], b"\0"];
    for (mode, id) in [(BindMode::Receiver, 1), (BindMode::Transmitter, 2), (BindMode::Transceiver, 9)] {
        written(&Pdu::Bind(mode, bind), OK, 1, &octets(id, 0, 1, &body));
        let refused = Pdu::BindResp(mode, BindResp::default());
        written(&refused, CommandStatus::INVPASWD, 1, &octets(0x8000_0000 | id, 0x0E, 1, &[]));
    }
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(Tag::SC_INTERFACE_VERSION, 0x34);
    let resp = Pdu::BindResp(BindMode::Transceiver, BindResp { system_id: b"smsc", tlvs: tlvs.tlvs() });
    written(&resp, OK, 1, &octets(0x8000_0009, 0, 1, &[b"smsc\0", &[0x02, 0x10, 0, 1, 0x34]]));
}

#[test]
fn control_pdus_are_a_header() {
    for (pdu, id) in [
        (Pdu::Unbind, 0x06),
        (Pdu::UnbindResp, 0x8000_0006),
        (Pdu::EnquireLink, 0x15),
        (Pdu::EnquireLinkResp, 0x8000_0015),
        (Pdu::CancelSmResp, 0x8000_0008),
    ] {
        written(&pdu, OK, 0x7FFF_FFFF, &octets(id, 0, 0x7FFF_FFFF, &[]));
    }
    written(&Pdu::GenericNack, CommandStatus::INVCMDLEN, 0, &octets(0x8000_0000, 2, 0, &[]));
}

#[test]
fn submit_sm_of_a_part_with_header_validity_and_reference() {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u16(Tag::USER_MESSAGE_REFERENCE, 0x1234);
    let submit = ShortMessage {
        service_type: b"",
        source: Address::alphanumeric("Switchback"),
        destination: Address::international("+4915112345678"),
        esm_class: EsmClass::WITH_UDH,
        validity_period: b"000001000000000R",
        registered_delivery: 1,
        data_coding: 8,
        short_message: &[0x05, 0x00, 0x03, 0xC5, 0x02, 0x01, 0x04, 0x2F],
        tlvs: tlvs.tlvs(),
        ..ShortMessage::default()
    };
    let body: [&[u8]; 16] = [
        b"\0",   // service_type
        &[5, 0], // source TON, NPI: alphanumeric
        b"Switchback\0",
        &[1, 1], // destination TON, NPI: E.164
        b"4915112345678\0",
        &[0x40],                               // esm_class: UDHI
        &[0],                                  // protocol_id
        &[0],                                  // priority_flag
        b"\0",                                 // schedule_delivery_time
        b"000001000000000R\0",                 // validity_period: one day
        &[1],                                  // registered_delivery
        &[0],                                  // replace_if_present_flag
        &[8],                                  // data_coding: UCS-2
        &[0],                                  // sm_default_msg_id
        &[8, 5, 0, 3, 0xC5, 2, 1, 0x04, 0x2F], // sm_length, short_message
        &[0x02, 0x04, 0, 2, 0x12, 0x34],
    ];
    written(&Pdu::SubmitSm(submit), OK, 7, &octets(4, 0, 7, &body));
}

#[test]
fn answers_to_submit_sm_carry_an_id_or_no_body() {
    let id = Pdu::SubmitSmResp(SubmitResp { message_id: Some(b"0A1b"), tlvs: Tlvs::default() });
    written(&id, OK, 7, &octets(0x8000_0004, 0, 7, &[b"0A1b\0"]));
    let none = Pdu::SubmitSmResp(SubmitResp::default());
    written(&none, OK, 7, &octets(0x8000_0004, 0, 7, &[b"\0"]));
    written(&none, CommandStatus::THROTTLED, 7, &octets(0x8000_0004, 0x58, 7, &[]));
    let congested = SubmitResp { message_id: Some(b"1"), tlvs: Tlvs::new(&[0x04, 0x28, 0, 1, 80]) };
    written(
        &Pdu::SubmitSmResp(congested),
        OK,
        7,
        &octets(0x8000_0004, 0, 7, &[b"1\0", &[0x04, 0x28, 0, 1, 80]]),
    );
}

#[test]
fn deliver_sm_of_a_receipt_and_its_answer_with_an_empty_id() {
    let mut tlvs = TlvBuf::new();
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, "77");
    tlvs.push_u8(Tag::MESSAGE_STATE, 2);
    let receipt = ShortMessage {
        source: Address::international("4915112345678"),
        destination: Address::short_code("12345"),
        esm_class: EsmClass::RECEIPT,
        short_message: b"id:77 stat:DELIVRD",
        tlvs: tlvs.tlvs(),
        ..ShortMessage::default()
    };
    let body: [&[u8]; 9] = [
        b"\0",
        b"\x01\x014915112345678\0",
        b"\x03\x0012345\0",
        &[4, 0, 0],
        b"\0\0",
        &[0, 0, 0, 0],
        b"\x12id:77 stat:DELIVRD",
        &[0x00, 0x1E, 0, 3, b'7', b'7', 0],
        &[0x04, 0x27, 0, 1, 2],
    ];
    written(&Pdu::DeliverSm(receipt), OK, 9, &octets(5, 0, 9, &body));
    written(&Pdu::DeliverSmResp, OK, 9, &octets(0x8000_0005, 0, 9, &[b"\0"]));
    written(&Pdu::DeliverSmResp, CommandStatus::X_T_APPN, 9, &octets(0x8000_0005, 0x64, 9, &[b"\0"]));
}

#[test]
fn data_sm_has_six_fields_and_its_text_in_a_tlv() {
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::MESSAGE_PAYLOAD, b"hi");
    let data = ShortMessage {
        source: Address::international("4915112345678"),
        destination: Address::short_code("12345"),
        registered_delivery: 1,
        data_coding: 3,
        tlvs: tlvs.tlvs(),
        ..ShortMessage::default()
    };
    let body: [&[u8]; 5] =
        [b"\0", b"\x01\x014915112345678\0", b"\x03\x0012345\0", &[0, 1, 3], &[0x04, 0x24, 0, 2, b'h', b'i']];
    written(&Pdu::DataSm(data), OK, 3, &octets(0x103, 0, 3, &body));
    assert_eq!(data.user_data(), b"hi");
    written(&Pdu::DataSmResp(SubmitResp::default()), OK, 3, &octets(0x8000_0103, 0, 3, &[b"\0"]));
}

#[test]
fn cancel_sm_and_query_sm_name_message_and_addresses() {
    let source = Address::short_code("12345");
    let cancel = CancelSm {
        service_type: b"",
        message_id: b"0A1b",
        source,
        destination: Address::international("4915112345678"),
    };
    let body: [&[u8]; 4] = [b"\0", b"0A1b\0", b"\x03\x0012345\0", b"\x01\x014915112345678\0"];
    written(&Pdu::CancelSm(cancel), OK, 2, &octets(8, 0, 2, &body));
    written(&Pdu::CancelSmResp, CommandStatus::CANCELFAIL, 2, &octets(0x8000_0008, 0x11, 2, &[]));
    let query = QuerySm { message_id: b"0A1b", source };
    written(&Pdu::QuerySm(query), OK, 2, &octets(3, 0, 2, &[b"0A1b\0", b"\x03\x0012345\0"]));
    let resp =
        QuerySmResp { message_id: b"0A1b", final_date: b"261123120000000+", message_state: 2, error_code: 0 };
    written(
        &Pdu::QuerySmResp(resp),
        OK,
        2,
        &octets(0x8000_0003, 0, 2, &[b"0A1b\0", b"261123120000000+\0", &[2, 0]]),
    );
}

#[test]
fn refusals_answer_in_kind() {
    let answered = |answer, status, body: &[u8]| {
        let mut out = Vec::new();
        Refusal { status, answer: Some(answer) }.encode(5, &mut out);
        assert_eq!(out, octets(answer.0, status.0, 5, &[body]));
    };
    answered(CommandId::GENERIC_NACK, CommandStatus::INVCMDID, b"");
    answered(CommandId::SUBMIT_SM.response(), CommandStatus::INVMSGLEN, b"");
    answered(CommandId::DELIVER_SM.response(), CommandStatus::INVSRCADR, b"\0");
    let mut out = Vec::new();
    Refusal { status: CommandStatus::INVCMDID, answer: None }.encode(5, &mut out);
    assert!(out.is_empty());
}

#[test]
fn what_does_not_fit_is_not_written() {
    let refused = |message: ShortMessage<'_>, error: EncodeError| {
        let mut out = b"before".to_vec();
        assert_eq!(Pdu::SubmitSm(message).encode(OK, 1, &mut out), Err(error));
        assert_eq!(out, b"before");
    };
    let long = [b'1'; 300];
    let text = ShortMessage { short_message: &long[..255], ..ShortMessage::default() };
    refused(text, EncodeError::TooLong { field: "short_message", max: 254 });
    let text = ShortMessage { short_message: &long, ..ShortMessage::default() };
    refused(text, EncodeError::TooLong { field: "short_message", max: 254 });
    let source = Address { ton: 1, npi: 1, digits: &long[..21] };
    refused(
        ShortMessage { source, ..ShortMessage::default() },
        EncodeError::TooLong { field: "source_addr", max: 20 },
    );
    let destination = Address { ton: 1, npi: 1, digits: b"49\x00151" };
    refused(
        ShortMessage { destination, ..ShortMessage::default() },
        EncodeError::Nul { field: "destination_addr" },
    );
    let mut huge = TlvBuf::new();
    assert!(huge.push(Tag::MESSAGE_PAYLOAD, &[0; 65_535]));
    assert!(huge.push(Tag(0x1400), &[0; 8_180]));
    assert!(!huge.push(Tag(0x1400), &[0; 65_536]));
    refused(
        ShortMessage { tlvs: huge.tlvs(), ..ShortMessage::default() },
        EncodeError::TooLong { field: "pdu", max: 72 * 1024 },
    );
}
