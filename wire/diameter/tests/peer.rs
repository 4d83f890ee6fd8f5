//! One connection, lived through: capabilities, requests, the watchdog, goodbyes, losses.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;
use wire_diameter::avp::Group;
use wire_diameter::neighbour::{Capabilities, DisconnectCause, Notice};
use wire_diameter::{
    CloseReason, Command, Flags, Framer, Header, Identity, LostReason, Message, Outgoing, Peer, PeerConfig,
    PeerEvent, ResultCode, SendError, State, Watchdog, preferred,
};

const LOCAL: core::net::IpAddr = core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST);

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn config() -> PeerConfig {
    PeerConfig { window: 3, ..PeerConfig::default() }
}

fn peer(config: PeerConfig) -> Peer {
    let identity = Identity {
        host: "us.home.test".to_owned(),
        realm: "home.test".to_owned(),
        product: "test".to_owned(),
        origin_state: Some(7),
    };
    let mut peer = Peer::new(identity, config, s(0));
    assert_eq!(peer.poll_event(), Some(PeerEvent::Connect));
    peer
}

/// Everything it wrote, by header.
fn said(peer: &mut Peer) -> Vec<(Header, Vec<u8>)> {
    let octets = peer.output().to_vec();
    peer.wrote(octets.len());
    let (mut framer, mut input, mut said) = (Framer::default(), octets.as_slice(), Vec::new());
    while let Some(message) = framer.next_message(&mut input).unwrap() {
        said.push((Message::parse(message).unwrap().header, message.to_vec()));
    }
    said
}

fn told(peer: &mut Peer) -> Vec<PeerEvent> {
    std::iter::from_fn(|| peer.poll_event()).collect()
}

fn message<'a>(header: &Header, body: &impl Group<'a>) -> Vec<u8> {
    let mut out = Vec::new();
    Message::write(header, &mut out, |to| body.write(to)).unwrap();
    out
}

fn notice(result: Option<ResultCode>, cause: Option<DisconnectCause>) -> Notice<'static> {
    Notice {
        session_id: None,
        result,
        origin_host: "ocs",
        origin_realm: "home.test",
        origin_state: None,
        cause,
    }
}

fn capabilities(result: ResultCode, applications: Vec<u32>) -> Capabilities<'static> {
    Capabilities {
        result: Some(result),
        origin_host: "ocs",
        origin_realm: "home.test",
        addresses: vec![LOCAL],
        vendor: 0,
        product: "pretend",
        origin_state: None,
        supported_vendors: Vec::new(),
        applications,
    }
}

/// Connects and exchanges capabilities.
fn open(peer: &mut Peer, now: Duration) {
    connect(peer, &capabilities(ResultCode::SUCCESS, vec![4]), now);
    assert_eq!(peer.state(), State::Open);
    let opened = PeerEvent::Opened {
        host: "ocs".to_owned(),
        realm: "home.test".to_owned(),
        product: "pretend".to_owned(),
    };
    assert_eq!(peer.poll_event(), Some(opened));
}

fn connect(peer: &mut Peer, answer: &Capabilities<'_>, now: Duration) {
    peer.handle_connected(LOCAL, now);
    let said = said(peer);
    let [(header, octets)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(header.command, Command::CAPABILITIES_EXCHANGE);
    let ours = Message::parse(octets).unwrap();
    let ours = Capabilities::read(ours.avps).unwrap();
    assert_eq!((ours.origin_host, ours.applications.as_slice()), ("us.home.test", [4].as_slice()));
    let answer = message(&header.answer(Flags::default()), answer);
    peer.handle_bytes(&answer, now);
}

fn ask(peer: &mut Peer, token: u64, now: Duration) -> Result<(), SendError> {
    let request = Outgoing {
        command: Command::CREDIT_CONTROL,
        application: 4,
        end_to_end: u32::try_from(token).unwrap(),
        retransmitted: false,
        avps: &[],
    };
    peer.request(token, &request, now)
}

fn answer_to(header: &Header) -> Vec<u8> {
    message(&header.answer(Flags::default()), &notice(Some(ResultCode::SUCCESS), None))
}

#[test]
fn answers_find_their_requests_in_any_order_and_once() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    for token in 1..=3 {
        ask(&mut peer, token, s(1)).unwrap();
    }
    assert_eq!(ask(&mut peer, 4, s(1)), Err(SendError::Full));
    let requests = said(&mut peer);
    assert!(requests.iter().all(|(header, _)| header.flags == Flags::REQUEST.and(Flags::PROXIABLE)));
    let mut stream = Vec::new();
    for index in [2, 0, 2, 1] {
        stream.extend(answer_to(&requests[index].0));
    }
    peer.handle_bytes(&stream, s(1));
    let tokens: Vec<_> = told(&mut peer)
        .into_iter()
        .map(|event| if let PeerEvent::Answer { token, .. } = event { token } else { panic!("{event:?}") })
        .collect();
    assert_eq!(tokens, [3, 1, 2]);
    assert_eq!((peer.counters().answers, peer.counters().unmatched, peer.outstanding()), (3, 1, 0));
}

#[test]
fn an_answer_with_another_end_to_end_identifier_or_command_is_none() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    ask(&mut peer, 1, s(0)).unwrap();
    let header = said(&mut peer)[0].0;
    peer.handle_bytes(&answer_to(&Header { end_to_end: 99, ..header }), s(0));
    peer.handle_bytes(&answer_to(&Header { command: Command::RE_AUTH, ..header }), s(0));
    assert_eq!((told(&mut peer), peer.outstanding()), (vec![], 1));
}

#[test]
fn a_request_without_an_answer_is_lost_and_its_late_answer_is_none() {
    // The second is not written yet, but may be: only a closed connection proves that it never is.
    let mut peer = peer(config());
    open(&mut peer, s(0));
    ask(&mut peer, 1, s(0)).unwrap();
    let header = said(&mut peer)[0].0;
    ask(&mut peer, 2, s(0)).unwrap();
    assert_eq!(peer.next_timeout(), Some(s(2)));
    peer.handle_timeout(s(2));
    assert_eq!(
        told(&mut peer),
        [
            PeerEvent::Lost { token: 1, reason: LostReason::Timeout, left: true },
            PeerEvent::Lost { token: 2, reason: LostReason::Timeout, left: true },
        ]
    );
    peer.handle_bytes(&answer_to(&header), s(3));
    assert_eq!((told(&mut peer), peer.counters().unmatched), (vec![], 1));
}

#[test]
fn a_lost_link_loses_what_was_under_way_and_connects_again_later_each_time() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    ask(&mut peer, 1, s(0)).unwrap();
    said(&mut peer);
    ask(&mut peer, 2, s(0)).unwrap();
    peer.handle_link_lost(s(1));
    assert_eq!(
        told(&mut peer),
        [
            PeerEvent::Lost { token: 1, reason: LostReason::LinkLost, left: true },
            PeerEvent::Lost { token: 2, reason: LostReason::LinkLost, left: false },
            PeerEvent::Closed(CloseReason::LinkLost),
        ]
    );
    assert!(peer.output().is_empty(), "what was told never to have left does not leave");
    assert_eq!(ask(&mut peer, 3, s(1)), Err(SendError::NotOpen));
    let mut now = s(1);
    for most in [1, 2, 4, 8, 16, 30, 30] {
        let due = peer.next_timeout().unwrap();
        assert!((s(most) / 2..=s(most)).contains(&(due - now)), "{:?}, not up to {most} s", due - now);
        now = due;
        peer.handle_timeout(now);
        assert_eq!(told(&mut peer), [PeerEvent::Connect]);
        peer.handle_link_lost(now);
        assert_eq!(told(&mut peer), [PeerEvent::Closed(CloseReason::LinkLost)]);
    }
}

#[test]
fn a_peer_that_was_lost_proves_itself_by_three_answers() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    assert_eq!(peer.watchdog(), Watchdog::Okay);
    peer.handle_link_lost(s(0));
    assert_eq!(peer.watchdog(), Watchdog::Down);
    let due = peer.next_timeout().unwrap();
    peer.handle_timeout(due);
    told(&mut peer);
    open(&mut peer, due);
    for _ in 0..3 {
        assert_eq!((peer.watchdog(), ask(&mut peer, 1, due)), (Watchdog::Reopen, Err(SendError::NotOpen)));
        let said = said(&mut peer);
        let [(header, _)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(header.command, Command::DEVICE_WATCHDOG);
        peer.handle_bytes(&answer_to(header), due);
    }
    assert_eq!((peer.watchdog(), ask(&mut peer, 1, due)), (Watchdog::Okay, Ok(())));
}

#[test]
fn a_silent_peer_is_asked_then_suspected_then_given_up() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    let asked = peer.next_timeout().unwrap();
    assert!((s(28)..=s(32)).contains(&asked));
    peer.handle_timeout(asked);
    let question = said(&mut peer)[0].0;
    assert_eq!((question.command, question.is_request()), (Command::DEVICE_WATCHDOG, true));
    let suspected = peer.next_timeout().unwrap();
    peer.handle_timeout(suspected);
    assert_eq!(peer.watchdog(), Watchdog::Suspect);
    assert_eq!(ask(&mut peer, 1, suspected), Err(SendError::NotOpen), "requests go elsewhere");
    // A late answer to the question makes it good again.
    peer.handle_bytes(&answer_to(&question), suspected);
    assert_eq!(peer.watchdog(), Watchdog::Okay);
    for _ in 0..3 {
        let due = peer.next_timeout().unwrap();
        peer.handle_timeout(due);
    }
    assert_eq!(told(&mut peer), [PeerEvent::Closed(CloseReason::Silent)]);
    assert_eq!(peer.watchdog(), Watchdog::Down);
}

#[test]
fn any_word_of_the_peer_puts_the_question_off() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    let dwr = Header {
        flags: Flags::REQUEST,
        command: Command::DEVICE_WATCHDOG,
        application: 0,
        hop_by_hop: 5,
        end_to_end: 6,
    };
    peer.handle_bytes(&message(&dwr, &notice(None, None)), s(20));
    let said = said(&mut peer);
    let [(header, octets)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*header, dwr.answer(Flags::default()));
    let answer = Message::parse(octets).unwrap();
    let answer = Notice::read(answer.avps).unwrap();
    assert_eq!((answer.result, answer.origin_state), (Some(ResultCode::SUCCESS), Some(7)));
    assert!(peer.next_timeout().unwrap() >= s(48));
}

#[test]
fn who_has_no_credit_control_or_another_name_or_refuses_is_left_for_the_longest_wait() {
    let cases = [
        (capabilities(ResultCode::SUCCESS, vec![3]), None, CloseReason::NoCreditControl),
        (capabilities(ResultCode::SUCCESS, vec![4]), Some("other"), CloseReason::WrongPeer),
        (
            capabilities(ResultCode::UNKNOWN_PEER, vec![4]),
            None,
            CloseReason::Refused(ResultCode::UNKNOWN_PEER),
        ),
    ];
    for (answer, expected, reason) in cases {
        let expected_host = expected.map(str::to_owned);
        let mut peer = peer(PeerConfig { expected_host, ..config() });
        connect(&mut peer, &answer, s(0));
        assert_eq!(told(&mut peer), [PeerEvent::Closed(reason)]);
        assert!(peer.next_timeout().unwrap() >= s(15));
    }
}

#[test]
fn capabilities_that_never_come_are_not_waited_for() {
    let mut peer = peer(config());
    peer.handle_connected(LOCAL, s(0));
    peer.handle_timeout(s(5));
    assert_eq!(told(&mut peer), [PeerEvent::Closed(CloseReason::NoAnswer)]);
}

#[test]
fn our_goodbye_waits_for_what_is_under_way() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    ask(&mut peer, 1, s(0)).unwrap();
    let request = said(&mut peer)[0].0;
    peer.disconnect(s(0));
    assert_eq!(ask(&mut peer, 2, s(0)), Err(SendError::NotOpen));
    assert!(said(&mut peer).is_empty());
    peer.handle_bytes(&answer_to(&request), s(1));
    let goodbye = said(&mut peer)[0].0;
    assert_eq!(goodbye.command, Command::DISCONNECT_PEER);
    peer.handle_bytes(&answer_to(&goodbye), s(1));
    let told = told(&mut peer);
    assert!(matches!(told.as_slice(), [PeerEvent::Answer { .. }, PeerEvent::Closed(CloseReason::Goodbye)]));
    assert_eq!(peer.next_timeout(), None, "it stays away");
}

#[test]
fn nobody_is_watched_after_the_goodbye() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    peer.disconnect(s(29));
    // The watchdog's time has come, the goodbye's has not.
    peer.handle_timeout(s(33));
    assert_eq!(peer.next_timeout(), Some(s(34)));
}

#[test]
fn a_peer_that_says_goodbye_is_answered_and_left() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    let dpr = Header {
        flags: Flags::REQUEST,
        command: Command::DISCONNECT_PEER,
        application: 0,
        hop_by_hop: 5,
        end_to_end: 6,
    };
    peer.handle_bytes(&message(&dpr, &notice(None, Some(DisconnectCause::Busy))), s(1));
    assert_eq!(said(&mut peer)[0].0, dpr.answer(Flags::default()));
    peer.handle_link_lost(s(1));
    let reason = CloseReason::PeerLeft(Some(DisconnectCause::Busy));
    assert_eq!(told(&mut peer), [PeerEvent::Closed(reason)]);
    assert!(peer.next_timeout().unwrap() >= s(16), "who is busy is not asked again soon");
}

#[test]
fn requests_that_nobody_serves_are_refused_and_kill_nothing() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    for (command, application, result) in [
        (Command::RE_AUTH, 4, ResultCode::COMMAND_UNSUPPORTED),
        (Command::ABORT_SESSION, 4, ResultCode::COMMAND_UNSUPPORTED),
        (Command(8_388_635), 16_777_236, ResultCode::APPLICATION_UNSUPPORTED),
    ] {
        let header = Header { flags: Flags::REQUEST, command, application, hop_by_hop: 1, end_to_end: 1 };
        let body = Notice { session_id: Some("a;1;2"), ..notice(None, None) };
        peer.handle_bytes(&message(&header, &body), s(1));
        let said = said(&mut peer);
        let answer = Message::parse(&said[0].1).unwrap();
        assert!(answer.header.flags.has(Flags::ERROR));
        let answer = Notice::read(answer.avps).unwrap();
        assert_eq!((answer.result, answer.session_id), (Some(result), Some("a;1;2")));
    }
    assert_eq!((peer.state(), peer.counters().refused), (State::Open, 3));
}

#[test]
fn what_is_no_diameter_ends_the_connection() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    peer.handle_bytes(b"HTTP/1.1 400 Bad Request\r\n", s(1));
    assert_eq!(told(&mut peer), [PeerEvent::Closed(CloseReason::Garbage)]);
}

#[test]
fn an_unreadable_request_gets_an_answer_that_blames_the_avp() {
    let mut peer = peer(config());
    open(&mut peer, s(0));
    let mut octets = vec![1, 0, 0, 28, 0x80, 0, 1, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2];
    octets.extend([0, 0, 1, 7, 0x40, 0, 0, 99]);
    peer.handle_bytes(&octets, s(1));
    let said = said(&mut peer);
    let answer = Notice::read(Message::parse(&said[0].1).unwrap().avps).unwrap();
    assert_eq!(answer.result, Some(ResultCode::INVALID_AVP_LENGTH));
}

#[test]
fn the_first_content_peer_is_preferred() {
    use Watchdog::{Down, Okay, Reopen, Suspect};
    for (peers, expected) in [
        ([Okay, Okay], Some(0)),
        ([Suspect, Okay], Some(1)),
        ([Reopen, Okay], Some(1)),
        ([Okay, Down], Some(0)),
        ([Suspect, Down], None),
    ] {
        assert_eq!(preferred(peers), expected, "{peers:?}");
    }
}

mod chaos {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Act {
        Ask,
        Answer(prop::sample::Index),
        Octets(Vec<u8>),
        Later(u64),
        Connected,
        LinkLost,
        Wrote(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => Just(Act::Ask),
            4 => any::<prop::sample::Index>().prop_map(Act::Answer),
            1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Act::Octets),
            2 => (0_u64..40_000).prop_map(Act::Later),
            2 => Just(Act::Connected),
            1 => Just(Act::LinkLost),
            2 => (0_usize..400).prop_map(Act::Wrote),
        ]
    }

    proptest! {
        /// Whatever the peer, the network and the clock do: every request that was taken ends exactly once, and no
        /// more than the window are under way.
        #[test]
        fn every_request_ends_exactly_once(acts in prop::collection::vec(act(), 0..120)) {
            let mut peer = peer(config());
            let (mut now, mut next, mut ended) = (s(0), 1_u64, std::collections::BTreeMap::new());
            let mut headers: Vec<Header> = Vec::new();
            for act in acts {
                match act {
                    Act::Ask => next += u64::from(ask(&mut peer, next, now).is_ok()),
                    Act::Answer(index) if !headers.is_empty() => {
                        let header = *index.get(&headers);
                        let body = capabilities(ResultCode::SUCCESS, vec![4]);
                        let octets = message(&header.answer(Flags::default()), &body);
                        peer.handle_bytes(&octets, now);
                    }
                    Act::Answer(_) => {}
                    Act::Octets(octets) => peer.handle_bytes(&octets, now),
                    Act::Later(ms) => {
                        now += Duration::from_millis(ms);
                        peer.handle_timeout(now);
                        prop_assert!(peer.next_timeout().is_none_or(|due| due > now));
                    }
                    Act::Connected => peer.handle_connected(LOCAL, now),
                    Act::LinkLost => peer.handle_link_lost(now),
                    Act::Wrote(n) if n < peer.output().len() => peer.wrote(n),
                    Act::Wrote(_) => {}
                }
                if peer.output().len() < 4096 && peer.output().starts_with(&[1]) {
                    headers.extend(said(&mut peer).into_iter().map(|(header, _)| header));
                }
                for event in told(&mut peer) {
                    if let PeerEvent::Answer { token, .. } | PeerEvent::Lost { token, .. } = event {
                        *ended.entry(token).or_insert(0) += 1;
                    }
                }
                prop_assert!(peer.outstanding() <= 3);
            }
            peer.disconnect(now);
            peer.handle_link_lost(now);
            peer.handle_timeout(now + s(1_000));
            for event in told(&mut peer) {
                if let PeerEvent::Answer { token, .. } | PeerEvent::Lost { token, .. } = event {
                    *ended.entry(token).or_insert(0) += 1;
                }
            }
            prop_assert!(ended.into_iter().eq((1..next).map(|token| (token, 1))), "not each exactly once");
        }
    }
}
