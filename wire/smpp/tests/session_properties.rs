//! Both machines against each other and against noise: every request ends in exactly one way, no octets panic, and
//! how a stream is cut into reads makes no difference.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod peer;

use std::collections::HashMap;
use std::time::Duration;

use peer::{BIND, MESSAGE, bind_resp, ms};
use proptest::collection::vec;
use proptest::prelude::*;
use wire_smpp::{
    BindMode, Client, CommandStatus, Event, Pdu, Server, ServerEvent, SessionConfig, SubmitResp,
};

const OK: CommandStatus = CommandStatus::OK;

/// What may happen in a world of one client, one server and a network between them.
#[derive(Debug, Clone)]
enum Step {
    Submit,
    Deliver,
    /// So many octets travel to the server, or to the client.
    ToServer(usize),
    ToClient(usize),
    /// The server answers the n-th of the submissions that wait, once or twice.
    Answer(usize, bool),
    /// The client answers the n-th of the deliveries that wait.
    Accept(usize),
    Wait(u64),
    Unbind,
    Cut,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => Just(Step::Submit),
        5 => Just(Step::Deliver),
        15 => (1..400_usize).prop_map(Step::ToServer),
        15 => (1..400_usize).prop_map(Step::ToClient),
        10 => (0..8_usize, any::<bool>()).prop_map(|(n, twice)| Step::Answer(n, twice)),
        5 => (0..8_usize).prop_map(Step::Accept),
        4 => (1..8_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Unbind),
        1 => Just(Step::Cut),
    ]
}

struct World {
    client: Client,
    server: Server,
    now: Duration,
    submitted: u64,
    delivered: u64,
    at_server: Vec<u32>,
    at_client: Vec<u32>,
    /// How often each token ended: answered in time, no answer, or lost.
    ends: HashMap<u64, u32>,
    server_ends: HashMap<u64, u32>,
    closed: u32,
}

impl World {
    fn new() -> Self {
        let now = Duration::ZERO;
        let mut client =
            Client::new(SessionConfig { window: 8, max_late: 4, ..SessionConfig::default() }, now);
        let server = Server::new(SessionConfig { window: 4, ..SessionConfig::default() }, now);
        client.bind(BindMode::Transceiver, &BIND, now).unwrap();
        Self {
            client,
            server,
            now,
            submitted: 0,
            delivered: 0,
            at_server: Vec::new(),
            at_client: Vec::new(),
            ends: HashMap::new(),
            server_ends: HashMap::new(),
            closed: 0,
        }
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Submit => {
                let taken = self.client.submit(self.submitted, &MESSAGE, self.now).is_ok();
                self.submitted += u64::from(taken);
            }
            Step::Deliver => {
                let taken = self.server.deliver(self.delivered, &MESSAGE, self.now).is_ok();
                self.delivered += u64::from(taken);
            }
            Step::ToServer(n) => {
                let n = self.client.output().len().min(*n);
                self.server.handle_bytes(self.client.output().get(..n).unwrap(), self.now);
                self.client.wrote(n);
            }
            Step::ToClient(n) => {
                let n = self.server.output().len().min(*n);
                self.client.handle_bytes(self.server.output().get(..n).unwrap(), self.now);
                self.server.wrote(n);
            }
            Step::Answer(n, twice) if *n < self.at_server.len() => {
                let sequence = self.at_server.remove(*n);
                for _ in 0..=u8::from(*twice) {
                    let _ = self.server.answer_submit(sequence, OK, Some(&sequence.to_string()));
                }
            }
            Step::Accept(n) if *n < self.at_client.len() => {
                let _ = self.client.answer_deliver(self.at_client.remove(*n), OK);
            }
            Step::Answer(..) | Step::Accept(_) => {}
            Step::Wait(milliseconds) => {
                self.now += ms(*milliseconds);
                self.client.handle_timeout(self.now);
                self.server.handle_timeout(self.now);
            }
            Step::Unbind => self.client.unbind(self.now),
            Step::Cut => {
                self.client.handle_link_lost(self.now);
                self.server.handle_link_lost(self.now);
            }
        }
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(event) = self.client.poll_event() {
            assert_eq!(self.closed, 0, "{event:?} after the end");
            match event {
                Event::SubmitAnswered { token, sequence, message_id, late, .. } => {
                    assert_eq!(message_id, Some(sequence.to_string()));
                    *self.ends.entry(token).or_default() += u32::from(!late);
                }
                Event::NoAnswer { token, .. } | Event::Lost { token, .. } => {
                    *self.ends.entry(token).or_default() += 1
                }
                Event::Deliver(inbound) => {
                    assert_eq!(inbound.message(), MESSAGE);
                    self.at_client.push(inbound.sequence);
                }
                Event::Closed(_) => self.closed += 1,
                Event::Bound { .. } | Event::CancelAnswered { .. } => {}
            }
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                ServerEvent::Bind(asked) => {
                    let _ = self.server.answer_bind(asked.sequence, OK, "smsc", self.now);
                }
                ServerEvent::Submit(inbound) => {
                    assert_eq!(inbound.message(), MESSAGE);
                    self.at_server.push(inbound.sequence);
                }
                ServerEvent::DeliverAnswered { token, late, .. } => {
                    *self.server_ends.entry(token).or_default() += u32::from(!late);
                }
                ServerEvent::NoAnswer { token } | ServerEvent::Lost { token, .. } => {
                    *self.server_ends.entry(token).or_default() += 1;
                }
                ServerEvent::Cancel(_) | ServerEvent::Query(_) | ServerEvent::Closed(_) => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn every_request_ends_exactly_once(steps in vec(step(), 0..300)) {
        let mut world = World::new();
        world.play(&Step::ToServer(400));
        world.play(&Step::ToClient(400));
        for step in &steps {
            world.play(step);
            prop_assert!(world.client.outstanding() <= 8 && world.server.outstanding() <= 4);
        }
        world.play(&Step::Cut);
        prop_assert_eq!(world.closed, 1);
        prop_assert_eq!(world.ends.len(), usize::try_from(world.submitted).unwrap());
        prop_assert!(world.ends.values().all(|ends| *ends == 1), "{:?}", world.ends);
        prop_assert_eq!(world.server_ends.len(), usize::try_from(world.delivered).unwrap());
        prop_assert!(world.server_ends.values().all(|ends| *ends == 1), "{:?}", world.server_ends);
    }

    #[test]
    fn noise_never_panics_and_reads_may_be_cut_anywhere(noise in vec(noise(), 0..20), cuts in vec(1..60_usize, 1..50)) {
        let stream = noise.concat();
        let whole = heard_by_client(std::iter::once(stream.as_slice()));
        prop_assert_eq!(&whole, &heard_by_client(stream.chunks(1)));
        let mut rest = stream.as_slice();
        let pieces = cuts.iter().cycle().map_while(|cut| {
            let (piece, tail) = rest.split_at(rest.len().min(*cut));
            rest = tail;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(&whole, &heard_by_client(pieces));
    }

    #[test]
    fn noise_at_a_server_never_panics_and_reads_may_be_cut_anywhere(noise in vec(noise(), 0..20), bound in any::<bool>()) {
        let stream = noise.concat();
        prop_assert_eq!(heard_by_server(std::iter::once(stream.as_slice()), bound), heard_by_server(stream.chunks(1), bound));
    }
}

/// Mostly whole PDUs with bodies that are half right, now and then anything.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let command = prop_oneof![
        proptest::sample::select(vec![1_u32, 2, 3, 4, 5, 6, 8, 9, 0x15, 0x102, 0x103, 0x0B, 0x21]),
        proptest::sample::select(vec![
            0x8000_0000_u32,
            0x8000_0004,
            0x8000_0005,
            0x8000_0008,
            0x8000_0009,
            0x8000_0015
        ]),
        any::<u32>(),
    ];
    let body = prop_oneof![vec(0..3_u8, 0..60), vec(any::<u8>(), 0..60)];
    let framed = (command, 0..3_u32, body).prop_map(|(command, sequence, body)| {
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut pdu: Vec<u8> =
            [length, command, 0, sequence].iter().flat_map(|word| word.to_be_bytes()).collect();
        pdu.extend(body);
        pdu
    });
    let right = (0..4_u8, 1..5_u32).prop_map(|(kind, sequence)| {
        let mut out = Vec::new();
        let pdu = match kind {
            0 => Pdu::SubmitSm(MESSAGE),
            1 => Pdu::DeliverSm(MESSAGE),
            2 => Pdu::SubmitSmResp(SubmitResp { message_id: Some(b"7"), ..SubmitResp::default() }),
            _ => Pdu::EnquireLink,
        };
        pdu.encode(OK, sequence, &mut out).unwrap();
        out
    });
    prop_oneof![10 => framed, 10 => right, 1 => vec(any::<u8>(), 0..40)]
}

/// Everything that a bound client with a few requests in flight tells and says.
fn heard_by_client<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Event>, Vec<u8>) {
    let mut client =
        Client::new(SessionConfig { max_unanswered: 3, ..SessionConfig::default() }, Duration::ZERO);
    client.bind(BindMode::Transceiver, &BIND, Duration::ZERO).unwrap();
    let mut out = Vec::new();
    bind_resp().encode(OK, 1, &mut out).unwrap();
    client.handle_bytes(&out, Duration::ZERO);
    assert!(matches!(client.poll_event(), Some(Event::Bound { .. })));
    for token in 0..3 {
        client.submit(token, &MESSAGE, Duration::ZERO).unwrap();
    }
    let mut told = Vec::new();
    for piece in pieces {
        client.handle_bytes(piece, ms(1));
        told.extend(std::iter::from_fn(|| client.poll_event()));
    }
    let mut said = Vec::new();
    client.take_output(&mut said);
    (told, said)
}

fn heard_by_server<'a>(pieces: impl Iterator<Item = &'a [u8]>, bound: bool) -> (Vec<ServerEvent>, Vec<u8>) {
    let mut server =
        Server::new(SessionConfig { max_unanswered: 3, ..SessionConfig::default() }, Duration::ZERO);
    if bound {
        let mut out = Vec::new();
        Pdu::Bind(BindMode::Transceiver, BIND).encode(OK, 1, &mut out).unwrap();
        server.handle_bytes(&out, Duration::ZERO);
        server.answer_bind(1, OK, "smsc", Duration::ZERO).unwrap();
        assert!(matches!(server.poll_event(), Some(ServerEvent::Bind(_))));
    }
    let mut told = Vec::new();
    for piece in pieces {
        server.handle_bytes(piece, ms(1));
        told.extend(std::iter::from_fn(|| server.poll_event()));
    }
    let mut said = Vec::new();
    server.take_output(&mut said);
    (told, said)
}
