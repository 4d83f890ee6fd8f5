//! A client session, told as it happens on the wire. The SMSC here is the test: it reads and writes PDUs by hand.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod peer;

use std::time::Duration;

use peer::{MESSAGE, Peer, ms, s};
use wire_smpp::{
    BindMode, CancelSm, Client, CloseReason, CommandId, CommandStatus, Event, Pdu, Request, SendError,
    SessionConfig, ShortMessage, State, SubmitResp, Tag, TlvBuf, UnknownSequence,
};

const OK: CommandStatus = CommandStatus::OK;

fn bound(config: SessionConfig) -> (Client, Peer) {
    let mut client = Client::new(config, Duration::ZERO);
    let mut smsc = Peer::default();
    client.bind(BindMode::Transceiver, &peer::BIND, Duration::ZERO).unwrap();
    let asked = smsc.reads(&mut client);
    assert_eq!(asked, [(CommandId::BIND_TRANSCEIVER, OK, config.first_sequence)]);
    smsc.sends(&mut client, &peer::bind_resp(), OK, config.first_sequence, Duration::ZERO);
    assert_eq!(
        events(&mut client),
        [Event::Bound { system_id: "smsc".into(), interface_version: Some(0x34) }]
    );
    (client, smsc)
}

fn events(client: &mut Client) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

fn answered(token: u64, sequence: u32, status: CommandStatus, id: Option<&str>, late: bool) -> Event {
    let message_id = id.map(str::to_owned);
    Event::SubmitAnswered { token, sequence, status, message_id, congestion: None, late }
}

fn id(text: &str) -> Pdu<'_> {
    Pdu::SubmitSmResp(SubmitResp { message_id: Some(text.as_bytes()), ..SubmitResp::default() })
}

#[test]
fn answers_out_of_order_find_their_requests() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    let first = client.submit(100, &MESSAGE, ms(1)).unwrap();
    let second = client.submit(200, &MESSAGE, ms(1)).unwrap();
    assert_eq!(
        smsc.reads(&mut client),
        [(CommandId::SUBMIT_SM, OK, first), (CommandId::SUBMIT_SM, OK, second)]
    );
    smsc.sends(&mut client, &id("b"), OK, second, ms(2));
    smsc.sends(&mut client, &id("a"), OK, first, ms(3));
    assert_eq!(
        events(&mut client),
        [answered(200, second, OK, Some("b"), false), answered(100, first, OK, Some("a"), false)]
    );
    assert_eq!(client.outstanding(), 0);
}

#[test]
fn second_answers_and_answers_to_nothing_are_counted_and_survived() {
    let (mut client, smsc) = bound(SessionConfig::default());
    let sequence = client.submit(1, &MESSAGE, ms(1)).unwrap();
    for _ in 0..3 {
        smsc.sends(&mut client, &id("a"), OK, sequence, ms(2));
    }
    smsc.sends(&mut client, &id("x"), OK, 999, ms(2));
    smsc.sends(&mut client, &Pdu::CancelSmResp, OK, 998, ms(2));
    assert_eq!(events(&mut client).len(), 1);
    assert_eq!(client.counters().unmatched_responses, 4);
    assert_eq!(client.state(), State::Bound(BindMode::Transceiver));
}

#[test]
fn statuses_and_missing_ids_are_told_as_they_are() {
    let (mut client, smsc) = bound(SessionConfig::default());
    let sequences: Vec<u32> = (0..4).map(|token| client.submit(token, &MESSAGE, ms(1)).unwrap()).collect();
    let none = Pdu::SubmitSmResp(SubmitResp::default());
    smsc.sends(&mut client, &none, CommandStatus::THROTTLED, sequences[0], ms(2));
    smsc.sends(&mut client, &none, OK, sequences[1], ms(2));
    smsc.sends(&mut client, &Pdu::GenericNack, CommandStatus::INVCMDID, sequences[2], ms(2));
    smsc.sends(&mut client, &Pdu::GenericNack, OK, sequences[3], ms(2));
    assert_eq!(
        events(&mut client),
        [
            answered(0, sequences[0], CommandStatus::THROTTLED, None, false),
            answered(1, sequences[1], OK, None, false),
            answered(2, sequences[2], CommandStatus::INVCMDID, None, false),
            answered(3, sequences[3], CommandStatus::UNKNOWNERR, None, false),
        ]
    );
}

#[test]
fn a_full_window_holds_submissions_but_neither_cancellations_nor_enquire_link() {
    let (mut client, mut smsc) = bound(SessionConfig { window: 2, ..SessionConfig::default() });
    let first = client.submit(1, &MESSAGE, ms(1)).unwrap();
    client.submit(2, &MESSAGE, ms(1)).unwrap();
    assert!(!client.has_room());
    assert_eq!(client.submit(3, &MESSAGE, ms(1)), Err(SendError::Full));
    let cancel = CancelSm { message_id: b"77", ..CancelSm::default() };
    let cancelled = client.cancel(9, &cancel, ms(1)).unwrap();
    smsc.reads(&mut client);
    smsc.sends(&mut client, &Pdu::EnquireLink, OK, 5, ms(2));
    assert_eq!(smsc.reads(&mut client), [(CommandId::ENQUIRE_LINK.response(), OK, 5)]);
    smsc.sends(&mut client, &Pdu::CancelSmResp, CommandStatus::CANCELFAIL, cancelled, ms(2));
    smsc.sends(&mut client, &id("a"), OK, first, ms(2));
    assert_eq!(
        events(&mut client),
        [
            Event::CancelAnswered {
                token: 9,
                sequence: cancelled,
                status: CommandStatus::CANCELFAIL,
                late: false
            },
            answered(1, first, OK, Some("a"), false),
        ]
    );
    assert!(client.has_room());
    client.submit(3, &MESSAGE, ms(3)).unwrap();
}

#[test]
fn no_answer_is_told_once_and_a_late_answer_still_finds_its_request() {
    let (mut client, smsc) = bound(SessionConfig { window: 1, ..SessionConfig::default() });
    let sequence = client.submit(7, &MESSAGE, s(1)).unwrap();
    assert_eq!(client.next_timeout(), Some(s(11)));
    client.handle_timeout(ms(10_999));
    assert_eq!(events(&mut client), []);
    client.handle_timeout(s(11));
    client.handle_timeout(s(12));
    assert_eq!(events(&mut client), [Event::NoAnswer { token: 7, request: Request::Submit }]);
    // It no longer fills the window.
    client.submit(8, &MESSAGE, s(12)).unwrap();
    smsc.sends(&mut client, &id("a"), OK, sequence, s(13));
    smsc.sends(&mut client, &id("a"), OK, sequence, s(13));
    assert_eq!(events(&mut client), [answered(7, sequence, OK, Some("a"), true)]);
    assert_eq!((client.counters().late_answers, client.counters().unmatched_responses), (1, 1));
}

#[test]
fn late_requests_are_remembered_up_to_a_bound_the_oldest_forgotten_first() {
    let (mut client, smsc) = bound(SessionConfig { max_late: 2, ..SessionConfig::default() });
    let sequences: Vec<u32> = (0..3).map(|token| client.submit(token, &MESSAGE, s(1)).unwrap()).collect();
    client.handle_timeout(s(11));
    assert_eq!(events(&mut client).len(), 3);
    for sequence in &sequences {
        smsc.sends(&mut client, &id("a"), OK, *sequence, s(12));
    }
    assert_eq!(
        events(&mut client),
        [answered(1, sequences[1], OK, Some("a"), true), answered(2, sequences[2], OK, Some("a"), true)]
    );
    assert_eq!(client.counters().unmatched_responses, 1);
}

#[test]
fn sequence_numbers_wrap_to_one() {
    let config = SessionConfig { first_sequence: 0x7FFF_FFFD, ..SessionConfig::default() };
    let (mut client, smsc) = bound(config);
    let mut next = || client.submit(1, &MESSAGE, ms(1)).unwrap();
    assert_eq!([next(), next(), next(), next()], [0x7FFF_FFFE, 0x7FFF_FFFF, 1, 2]);
    smsc.sends(&mut client, &id("a"), OK, 1, ms(2));
    assert_eq!(client.outstanding(), 3);
}

#[test]
fn a_lost_link_loses_every_request_and_says_which_never_left() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    client.submit(1, &MESSAGE, s(1)).unwrap();
    client.handle_timeout(s(11));
    client.submit(2, &MESSAGE, s(11)).unwrap();
    smsc.reads(&mut client);
    client.submit(3, &MESSAGE, s(11)).unwrap();
    let whole = client.output().len();
    client.submit(4, &MESSAGE, s(11)).unwrap();
    client.submit(5, &MESSAGE, s(11)).unwrap();
    // One octet of 4 left; 5 never did.
    client.wrote(whole + 1);
    client.handle_link_lost(s(12));
    let lost = |token, left| Event::Lost { token, request: Request::Submit, left };
    assert_eq!(
        events(&mut client),
        [
            Event::NoAnswer { token: 1, request: Request::Submit },
            lost(2, true),
            lost(3, true),
            lost(4, true),
            lost(5, false),
            Event::Closed(CloseReason::LinkLost),
        ]
    );
    assert!(client.is_closed());
    assert!(client.output().is_empty());
    assert_eq!(client.submit(6, &MESSAGE, s(12)), Err(SendError::NotBound));
    assert_eq!(client.next_timeout(), None);
}

#[test]
fn deliveries_wait_for_the_callers_answer_up_to_a_bound() {
    let (mut client, mut smsc) = bound(SessionConfig { max_unanswered: 2, ..SessionConfig::default() });
    let receipt = ShortMessage { short_message: b"id:1 stat:DELIVRD", ..MESSAGE };
    for sequence in [10, 11, 12] {
        smsc.sends(&mut client, &Pdu::DeliverSm(receipt), OK, sequence, ms(1));
    }
    let delivered: Vec<_> = events(&mut client)
        .into_iter()
        .map(|event| match event {
            Event::Deliver(inbound) => (inbound.sequence, inbound.message().short_message.to_vec()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(delivered, [(10, receipt.short_message.to_vec()), (11, receipt.short_message.to_vec())]);
    let resp = CommandId::DELIVER_SM.response();
    assert_eq!(smsc.reads(&mut client), [(resp, CommandStatus::X_T_APPN, 12)]);
    assert_eq!(client.counters().turned_away, 1);
    client.answer_deliver(11, OK).unwrap();
    client.answer_deliver(10, CommandStatus::X_T_APPN).unwrap();
    assert_eq!(client.answer_deliver(10, OK), Err(UnknownSequence(10)));
    assert_eq!(smsc.reads(&mut client), [(resp, OK, 11), (resp, CommandStatus::X_T_APPN, 10)]);
}

#[test]
fn a_receipt_by_data_sm_is_answered_in_its_kind() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    let mut tlvs = TlvBuf::new();
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, "77");
    let data = ShortMessage { short_message: b"", tlvs: tlvs.tlvs(), ..MESSAGE };
    smsc.sends(&mut client, &Pdu::DataSm(data), OK, 3, ms(1));
    let Some(Event::Deliver(inbound)) = events(&mut client).pop() else { panic!() };
    assert_eq!(inbound.message().tlvs.get_text(Tag::RECEIPTED_MESSAGE_ID).unwrap(), "77");
    client.answer_deliver(3, OK).unwrap();
    assert_eq!(smsc.reads(&mut client), [(CommandId::DATA_SM.response(), OK, 3)]);
}
