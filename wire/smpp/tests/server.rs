//! A server session, told as it happens on the wire. The client here is the test.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod peer;

use std::time::Duration;

use peer::{BIND, MESSAGE, Peer, ms, s};
use wire_smpp::{
    Bind, BindMode, CancelSm, CloseReason, CommandId, CommandStatus, EsmClass, Frame, HEADER_LEN,
    MessageState, Pdu, QuerySm, QuerySmResp, SendError, Server, ServerEvent, SessionConfig, ShortMessage,
    State, Tag, TlvBuf,
};

const OK: CommandStatus = CommandStatus::OK;

fn bound_as(mode: BindMode, bind: &Bind<'_>, config: SessionConfig) -> (Server, Peer) {
    let mut server = Server::new(config, Duration::ZERO);
    let esme = Peer::default();
    esme.sends(&mut server, &Pdu::Bind(mode, *bind), OK, 1, Duration::ZERO);
    let Some(ServerEvent::Bind(asked)) = server.poll_event() else { panic!("no bind") };
    assert_eq!((asked.mode, asked.system_id.as_str(), asked.password.as_str()), (mode, "esme", "secret"));
    assert!(!format!("{asked:?}").contains("secret"));
    server.answer_bind(asked.sequence, OK, "smsc", Duration::ZERO).unwrap();
    (server, esme)
}

fn bound(config: SessionConfig) -> (Server, Peer) {
    let (mut server, mut esme) = bound_as(BindMode::Transceiver, &BIND, config);
    assert_eq!(esme.reads(&mut server), [(CommandId::BIND_TRANSCEIVER.response(), OK, 1)]);
    (server, esme)
}

fn events(server: &mut Server) -> Vec<ServerEvent> {
    std::iter::from_fn(|| server.poll_event()).collect()
}

#[test]
fn submissions_are_answered_in_any_order_with_any_status_even_twice() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    for sequence in [2, 3, 4] {
        esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, sequence, ms(1));
    }
    let sequences: Vec<u32> = events(&mut server)
        .into_iter()
        .map(|event| match event {
            ServerEvent::Submit(inbound) => {
                assert_eq!(inbound.message(), MESSAGE);
                inbound.sequence
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sequences, [2, 3, 4]);
    server.answer_submit(4, OK, Some("c")).unwrap();
    server.answer_submit(2, CommandStatus::THROTTLED, None).unwrap();
    server.answer_submit(4, OK, Some("c")).unwrap();
    server.answer_submit(999, OK, Some("never asked")).unwrap();
    server.forget(3);
    assert_eq!(server.unanswered(), 0);
    let resp = CommandId::SUBMIT_SM.response();
    assert_eq!(
        esme.reads(&mut server),
        [(resp, OK, 4), (resp, CommandStatus::THROTTLED, 2), (resp, OK, 4), (resp, OK, 999)]
    );
}

#[test]
fn too_many_unanswered_requests_are_throttled() {
    let (mut server, mut esme) = bound(SessionConfig { max_unanswered: 1, ..SessionConfig::default() });
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, ms(1));
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 3, ms(1));
    assert_eq!(events(&mut server).len(), 1);
    assert_eq!(esme.reads(&mut server), [(CommandId::SUBMIT_SM.response(), CommandStatus::THROTTLED, 3)]);
    server.answer_submit(2, OK, Some("a")).unwrap();
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 4, ms(1));
    assert_eq!(events(&mut server).len(), 1);
}

#[test]
fn receipts_go_out_in_a_window_and_come_back_answered() {
    let (mut server, mut esme) = bound(SessionConfig { window: 2, ..SessionConfig::default() });
    let receipt =
        ShortMessage { esm_class: EsmClass::RECEIPT, short_message: b"id:1 stat:DELIVRD", ..MESSAGE };
    let first = server.deliver(10, &receipt, ms(1)).unwrap();
    let second = server.deliver_data(11, &ShortMessage { short_message: b"", ..receipt }, ms(1)).unwrap();
    assert_eq!(server.deliver(12, &receipt, ms(1)), Err(SendError::Full));
    assert_eq!(
        esme.reads(&mut server),
        [(CommandId::DELIVER_SM, OK, first), (CommandId::DATA_SM, OK, second)]
    );
    esme.sends(
        &mut server,
        &Pdu::DataSmResp(wire_smpp::SubmitResp::default()),
        CommandStatus::X_T_APPN,
        second,
        ms(2),
    );
    esme.sends(&mut server, &Pdu::DeliverSmResp, OK, first, ms(2));
    let answered =
        |token, sequence, status| ServerEvent::DeliverAnswered { token, sequence, status, late: false };
    assert_eq!(events(&mut server), [answered(11, second, CommandStatus::X_T_APPN), answered(10, first, OK)]);
}

#[test]
fn a_receipt_without_answer_is_told_and_a_late_answer_too() {
    let (mut server, esme) = bound(SessionConfig::default());
    let sequence = server.deliver(10, &MESSAGE, s(1)).unwrap();
    server.handle_timeout(s(11));
    assert_eq!(events(&mut server), [ServerEvent::NoAnswer { token: 10 }]);
    esme.sends(&mut server, &Pdu::DeliverSmResp, OK, sequence, s(12));
    assert_eq!(
        events(&mut server),
        [ServerEvent::DeliverAnswered { token: 10, sequence, status: OK, late: true }]
    );
    server.deliver(11, &MESSAGE, s(12)).unwrap();
    server.handle_link_lost(s(13));
    assert_eq!(
        events(&mut server),
        [ServerEvent::Lost { token: 11, left: false }, ServerEvent::Closed(CloseReason::LinkLost)]
    );
}

#[test]
fn cancel_and_query_come_up_and_are_answered() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    let (source, destination) = (MESSAGE.source, MESSAGE.destination);
    let cancel = CancelSm { service_type: b"", message_id: b"77", source, destination };
    esme.sends(&mut server, &Pdu::CancelSm(cancel), OK, 2, ms(1));
    esme.sends(&mut server, &Pdu::QuerySm(QuerySm { message_id: b"77", source }), OK, 3, ms(1));
    let told = events(&mut server);
    let [ServerEvent::Cancel(cancel), ServerEvent::Query(query)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((cancel.message_id.as_str(), cancel.destination.as_address()), ("77", destination));
    assert_eq!((query.message_id.as_str(), query.source.as_address()), ("77", source));
    server.answer_cancel(2, CommandStatus::CANCELFAIL).unwrap();
    let message_state = MessageState::Enroute.code();
    server
        .answer_query(3, OK, &QuerySmResp { message_id: b"77", message_state, ..QuerySmResp::default() })
        .unwrap();
    assert_eq!(
        esme.reads(&mut server),
        [
            (CommandId::CANCEL_SM.response(), CommandStatus::CANCELFAIL, 2),
            (CommandId::QUERY_SM.response(), OK, 3)
        ]
    );
    assert_eq!(server.unanswered(), 0);
}

#[test]
fn before_the_bind_only_enquire_link_and_unbind_are_served() {
    let mut server = Server::new(SessionConfig::default(), s(0));
    let mut esme = Peer::default();
    esme.sends(&mut server, &Pdu::EnquireLink, OK, 1, s(1));
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, s(1));
    esme.sends(&mut server, &Pdu::Unbind, OK, 3, s(1));
    assert_eq!(
        esme.reads(&mut server),
        [
            (CommandId::ENQUIRE_LINK.response(), OK, 1),
            (CommandId::SUBMIT_SM.response(), CommandStatus::INVBNDSTS, 2),
            (CommandId::UNBIND.response(), OK, 3),
        ]
    );
    assert_eq!(events(&mut server), [ServerEvent::Closed(CloseReason::PeerUnbound)]);
}

#[test]
fn a_connection_that_does_not_bind_in_time_is_closed() {
    let mut server = Server::new(SessionConfig::default(), s(5));
    assert_eq!(server.next_timeout(), Some(s(15)));
    Peer::default().sends(&mut server, &Pdu::EnquireLink, OK, 1, s(14));
    server.handle_timeout(s(15));
    assert_eq!(events(&mut server), [ServerEvent::Closed(CloseReason::BindTimeout)]);
}

#[test]
fn a_refused_bind_is_answered_without_a_body_and_closes() {
    let mut server = Server::new(SessionConfig::default(), s(0));
    let mut esme = Peer::default();
    esme.sends(&mut server, &Pdu::Bind(BindMode::Transmitter, BIND), OK, 9, s(0));
    assert_eq!(server.answer_bind(8, OK, "smsc", s(0)), Err(SendError::NotBound));
    server.answer_bind(9, CommandStatus::INVPASWD, "smsc", s(0)).unwrap();
    assert_eq!(server.output().len(), HEADER_LEN);
    let said = esme.reads(&mut server);
    assert_eq!(said, [(CommandId::BIND_TRANSMITTER.response(), CommandStatus::INVPASWD, 9)]);
    let told = events(&mut server);
    assert_eq!(told.last(), Some(&ServerEvent::Closed(CloseReason::BindRefused(CommandStatus::INVPASWD))));
}

#[test]
fn a_second_bind_is_refused_as_already_bound() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    esme.sends(&mut server, &Pdu::Bind(BindMode::Receiver, BIND), OK, 2, ms(1));
    assert_eq!(esme.reads(&mut server), [(CommandId::BIND_RECEIVER.response(), CommandStatus::ALYBND, 2)]);
    assert_eq!(server.state(), State::Bound(BindMode::Transceiver));
}

#[test]
fn the_mode_of_the_bind_is_kept_both_ways() {
    let (mut server, mut esme) = bound_as(BindMode::Receiver, &BIND, SessionConfig::default());
    esme.reads(&mut server);
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, ms(1));
    assert_eq!(esme.reads(&mut server), [(CommandId::SUBMIT_SM.response(), CommandStatus::INVBNDSTS, 2)]);
    assert!(server.deliver(1, &MESSAGE, ms(1)).is_ok());
    let (mut server, _) = bound_as(BindMode::Transmitter, &BIND, SessionConfig::default());
    assert_eq!(server.deliver(1, &MESSAGE, ms(1)), Err(SendError::NotBound));
}

#[test]
fn a_peer_of_version_3_3_is_sent_no_tlvs() {
    let old = Bind { interface_version: 0x33, ..BIND };
    let (mut server, _) = bound_as(BindMode::Transceiver, &old, SessionConfig::default());
    let mut tlvs = TlvBuf::new();
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, "77");
    server.deliver(1, &ShortMessage { tlvs: tlvs.tlvs(), ..MESSAGE }, ms(1)).unwrap();
    let mut out = Vec::new();
    server.take_output(&mut out);
    let bind_resp = [&[0, 0, 0, 21, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1], &b"smsc\0"[..]].concat();
    let deliver = out.strip_prefix(bind_resp.as_slice()).unwrap();
    assert_eq!(Pdu::decode(&Frame::parse(deliver).unwrap()), Ok(Pdu::DeliverSm(MESSAGE)));
}

#[test]
fn an_unbind_of_the_client_waits_for_our_answers_to_it() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, s(1));
    esme.sends(&mut server, &Pdu::Unbind, OK, 3, s(1));
    assert!(esme.reads(&mut server).is_empty());
    server.answer_submit(2, OK, Some("a")).unwrap();
    let said = [(CommandId::SUBMIT_SM.response(), OK, 2), (CommandId::UNBIND.response(), OK, 3)];
    assert_eq!(esme.reads(&mut server), said);
    assert!(server.is_closed());
    // And it does not wait for ever.
    let (mut server, mut esme) = bound(SessionConfig::default());
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, s(1));
    esme.sends(&mut server, &Pdu::Unbind, OK, 3, s(1));
    server.handle_timeout(s(11));
    assert_eq!(esme.reads(&mut server), [(CommandId::UNBIND.response(), OK, 3)]);
}

#[test]
fn our_unbind_takes_no_new_submissions() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 2, s(1));
    server.unbind(s(1));
    esme.sends(&mut server, &Pdu::SubmitSm(MESSAGE), OK, 3, s(1));
    assert_eq!(esme.reads(&mut server), [(CommandId::SUBMIT_SM.response(), CommandStatus::THROTTLED, 3)]);
    server.answer_submit(2, OK, Some("a")).unwrap();
    let said = esme.reads(&mut server);
    let [(_, _, 2), (CommandId::UNBIND, _, sequence)] = said.as_slice() else { panic!("{said:?}") };
    esme.sends(&mut server, &Pdu::UnbindResp, OK, *sequence, s(2));
    assert_eq!(events(&mut server).last(), Some(&ServerEvent::Closed(CloseReason::Unbound)));
}

#[test]
fn a_silent_client_is_asked_and_given_up() {
    let (mut server, mut esme) = bound(SessionConfig::default());
    for at in [30, 40] {
        server.handle_timeout(s(at));
        let said = esme.reads(&mut server);
        let [(CommandId::ENQUIRE_LINK, _, _)] = said.as_slice() else { panic!("{said:?}") };
    }
    server.handle_timeout(s(50));
    assert_eq!(events(&mut server), [ServerEvent::Closed(CloseReason::HalfOpen)]);
}
