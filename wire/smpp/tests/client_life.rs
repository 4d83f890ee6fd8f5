//! The life of a client session: bind, silence, goodbye, and peers that make no sense. The SMSC here is the test.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod peer;

use std::time::Duration;

use peer::{MESSAGE, Peer, ms, s};
use wire_smpp::{
    BindMode, Client, CloseReason, CommandId, CommandStatus, Event, Farewell, Pdu, Request, SendError,
    SessionConfig, ShortMessage, State, SubmitResp, Tag, TlvBuf,
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
fn silence_is_asked_about_twice_and_then_the_link_is_half_open() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    client.submit(1, &MESSAGE, s(29)).unwrap();
    smsc.reads(&mut client);
    assert_eq!(client.next_timeout(), Some(s(30)));
    client.handle_timeout(s(30));
    assert_eq!(smsc.reads(&mut client)[0].0, CommandId::ENQUIRE_LINK);
    client.handle_timeout(s(39));
    assert_eq!(events(&mut client), [Event::NoAnswer { token: 1, request: Request::Submit }]);
    client.handle_timeout(s(40));
    assert_eq!(smsc.reads(&mut client)[0].0, CommandId::ENQUIRE_LINK);
    client.handle_timeout(s(50));
    assert_eq!(events(&mut client), [Event::Closed(CloseReason::HalfOpen)]);
}

#[test]
fn any_sign_of_life_keeps_the_link() {
    let (mut client, smsc) = bound(SessionConfig::default());
    client.handle_timeout(s(30));
    client.handle_timeout(s(40));
    smsc.sends(&mut client, &Pdu::EnquireLinkResp, OK, 3, s(49));
    client.handle_timeout(s(50));
    assert_eq!(events(&mut client), []);
    assert_eq!(client.next_timeout(), Some(s(79)));
}

#[test]
fn goodbye_waits_for_answers_both_ways_and_takes_nothing_new() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    let sequence = client.submit(1, &MESSAGE, ms(1)).unwrap();
    smsc.sends(&mut client, &Pdu::DeliverSm(MESSAGE), OK, 50, ms(1));
    client.unbind(ms(2));
    assert_eq!(client.submit(2, &MESSAGE, ms(2)), Err(SendError::NotBound));
    smsc.sends(&mut client, &Pdu::DeliverSm(MESSAGE), OK, 51, ms(3));
    let refused = (CommandId::DELIVER_SM.response(), CommandStatus::X_T_APPN, 51);
    assert_eq!(smsc.reads(&mut client), [(CommandId::SUBMIT_SM, OK, sequence), refused]);
    smsc.sends(&mut client, &id("a"), OK, sequence, ms(4));
    assert!(smsc.reads(&mut client).is_empty(), "a delivery is not answered yet");
    client.answer_deliver(50, OK).unwrap();
    let said = smsc.reads(&mut client);
    assert_eq!(said[0], (CommandId::DELIVER_SM.response(), OK, 50));
    assert_eq!(said[1].0, CommandId::UNBIND);
    smsc.sends(&mut client, &Pdu::UnbindResp, OK, said[1].2, ms(5));
    assert_eq!(events(&mut client).last(), Some(&Event::Closed(CloseReason::Unbound)));
}

#[test]
fn goodbye_ends_in_time_though_nobody_answers() {
    let (mut client, mut smsc) = bound(SessionConfig { response_timeout: s(20), ..SessionConfig::default() });
    client.submit(1, &MESSAGE, s(1)).unwrap();
    client.unbind(s(1));
    assert_eq!(client.next_timeout(), Some(s(11)));
    client.handle_timeout(s(11));
    assert_eq!(smsc.reads(&mut client)[1].0, CommandId::UNBIND);
    assert!(matches!(client.state(), State::Unbinding { farewell: Farewell::UnbindSent, .. }));
    client.handle_timeout(s(31));
    let told = events(&mut client);
    assert_eq!(told.first(), Some(&Event::NoAnswer { token: 1, request: Request::Submit }));
    assert_eq!(told.last(), Some(&Event::Closed(CloseReason::UnbindTimeout)));
}

#[test]
fn the_peers_goodbye_is_answered_after_what_is_under_way() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    let sequence = client.submit(1, &MESSAGE, ms(1)).unwrap();
    smsc.sends(&mut client, &Pdu::Unbind, OK, 70, ms(2));
    assert_eq!(smsc.reads(&mut client), [(CommandId::SUBMIT_SM, OK, sequence)]);
    smsc.sends(&mut client, &id("a"), OK, sequence, ms(3));
    assert_eq!(smsc.reads(&mut client), [(CommandId::UNBIND.response(), OK, 70)]);
    assert_eq!(
        events(&mut client),
        [answered(1, sequence, OK, Some("a"), false), Event::Closed(CloseReason::PeerUnbound)]
    );
}

#[test]
fn a_refused_or_unanswered_bind_closes() {
    let refused = |pdu: &Pdu<'_>, status| {
        let mut client = Client::new(SessionConfig::default(), s(0));
        client.bind(BindMode::Transceiver, &peer::BIND, s(0)).unwrap();
        assert_eq!(client.bind(BindMode::Transceiver, &peer::BIND, s(0)), Err(SendError::NotBound));
        assert_eq!(client.submit(1, &MESSAGE, s(0)), Err(SendError::NotBound));
        Peer::default().sends(&mut client, pdu, status, 1, s(1));
        events(&mut client)
    };
    let resp = Pdu::BindResp(BindMode::Transceiver, wire_smpp::BindResp::default());
    let reason = CloseReason::BindRefused(CommandStatus::INVPASWD);
    assert_eq!(refused(&resp, CommandStatus::INVPASWD), [Event::Closed(reason)]);
    let reason = CloseReason::BindRefused(CommandStatus::INVCMDID);
    assert_eq!(refused(&Pdu::GenericNack, CommandStatus::INVCMDID), [Event::Closed(reason)]);
    let mut client = Client::new(SessionConfig::default(), s(0));
    client.bind(BindMode::Transceiver, &peer::BIND, s(0)).unwrap();
    assert_eq!(client.next_timeout(), Some(s(10)));
    client.handle_timeout(s(10));
    assert_eq!(events(&mut client), [Event::Closed(CloseReason::BindTimeout)]);
}

#[test]
fn a_stream_without_rhythm_is_told_and_closed() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    client.submit(1, &MESSAGE, ms(1)).unwrap();
    client.handle_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n", ms(2));
    let said = smsc.reads(&mut client);
    assert_eq!(said.last(), Some(&(CommandId::GENERIC_NACK, CommandStatus::INVCMDLEN, 0)));
    assert_eq!(
        events(&mut client),
        [
            Event::Lost { token: 1, request: Request::Submit, left: true },
            Event::Closed(CloseReason::BadLength)
        ]
    );
}

#[test]
fn unknown_commands_and_bad_bodies_are_refused_and_the_session_goes_on() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    smsc.sends_raw(&mut client, 0x0000_0021, 61, b"abc", ms(1));
    smsc.sends_raw(&mut client, CommandId::DELIVER_SM.0, 62, b"\0\x01", ms(1));
    smsc.sends(&mut client, &Pdu::SubmitSm(MESSAGE), OK, 63, ms(1));
    smsc.sends_raw(&mut client, CommandId::ALERT_NOTIFICATION.0, 64, b"\xFF", ms(1));
    smsc.sends_raw(&mut client, 0x8000_0021, 65, b"", ms(1));
    assert_eq!(
        smsc.reads(&mut client),
        [
            (CommandId::GENERIC_NACK, CommandStatus::INVCMDID, 61),
            (CommandId::DELIVER_SM.response(), CommandStatus::INVCMDLEN, 62),
            (CommandId::SUBMIT_SM.response(), CommandStatus::INVBNDSTS, 63),
        ]
    );
    assert_eq!(events(&mut client), []);
    assert_eq!(client.state(), State::Bound(BindMode::Transceiver));
}

#[test]
fn long_pdus_are_taken_only_after_the_bind() {
    let mut payload = TlvBuf::new();
    payload.push(Tag::MESSAGE_PAYLOAD, &[b'x'; 60_000]);
    let long = ShortMessage { short_message: b"", tlvs: payload.tlvs(), ..MESSAGE };
    let mut early = Client::new(SessionConfig::default(), s(0));
    Peer::default().sends(&mut early, &Pdu::DeliverSm(long), OK, 1, s(0));
    assert_eq!(events(&mut early), [Event::Closed(CloseReason::BadLength)]);
    let (mut client, smsc) = bound(SessionConfig::default());
    smsc.sends(&mut client, &Pdu::DeliverSm(long), OK, 1, s(0));
    let Some(Event::Deliver(inbound)) = events(&mut client).pop() else { panic!() };
    assert_eq!(inbound.message().user_data().len(), 60_000);
}

#[test]
fn a_peer_that_never_reads_is_given_up_before_memory_is() {
    let config = SessionConfig { max_output: 4096, window: 1000, ..SessionConfig::default() };
    let (mut client, smsc) = bound(config);
    let taken = (0..1000).take_while(|token| client.submit(*token, &MESSAGE, ms(1)).is_ok()).count();
    assert!(taken > 10 && client.output().len() < 4096, "{taken}");
    assert_eq!(client.submit(0, &MESSAGE, ms(1)), Err(SendError::Full));
    for sequence in 0..1000 {
        smsc.sends(&mut client, &Pdu::EnquireLink, OK, sequence, ms(1));
        assert!(client.output().len() <= 4096);
    }
    assert_eq!(events(&mut client).last(), Some(&Event::Closed(CloseReason::Overflow)));
}

#[test]
fn a_goodbye_completed_in_the_middle_of_a_read_ends_the_session_there() {
    let (mut client, mut smsc) = bound(SessionConfig::default());
    let sequence = client.submit(1, &MESSAGE, ms(1)).unwrap();
    smsc.reads(&mut client);
    let mut read = Vec::new();
    for (pdu, sequence) in [(Pdu::Unbind, 70), (id("a"), sequence), (Pdu::EnquireLink, 71)] {
        pdu.encode(OK, sequence, &mut read).unwrap();
    }
    client.handle_bytes(&read, ms(2));
    assert_eq!(smsc.reads(&mut client), [(CommandId::UNBIND.response(), OK, 70)]);
    assert_eq!(events(&mut client).last(), Some(&Event::Closed(CloseReason::PeerUnbound)));
}
