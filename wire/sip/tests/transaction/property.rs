//! Any inputs in any order: nothing panics, every request is handed up once, every request of ours ends once, and what
//! is left is gone after 64 times T1 of silence.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;
use wire_sip::transaction::{
    Bound, ClientId, Limits, NotTaken, Outgoing, Output, ServerId, Timers, ToTag, Transactions, Verdict,
};
use wire_sip::{Message, StatusCode};

use crate::peer::{Asked, answer, method};

const METHODS: [&str; 5] = ["MESSAGE", "INVITE", "OPTIONS", "ACK", "CANCEL"];
/// Two with the cookie, one of an old peer.
const BRANCHES: [&str; 3] = ["z9hG4bK-1", "z9hG4bK-2", "3"];
const CALLS: [&str; 2] = ["one", "two"];
const TAGS: [&str; 2] = ["", "dialog"];
const STATUS: [u16; 9] = [99, 100, 180, 200, 202, 302, 408, 486, 700];
/// 64 times T1.
const SILENCE: Duration = Duration::from_secs(32);

#[derive(Debug, Clone)]
enum Act {
    /// A request comes.
    Ask { method: usize, branch: usize, call: usize, tag: usize, flow: u8 },
    /// An ACK with the tag of the last request that was handed up.
    Ack { branch: usize },
    /// The user answers one of the requests that were handed up.
    Respond { which: usize, status: usize },
    /// The user sends a request.
    Send { method: usize, branch: usize, flow: u8 },
    /// An answer to any of those comes, or to none.
    Answer { method: usize, branch: usize, status: usize },
    /// One of those was not written.
    Unsent { which: usize },
    /// A flow is lost.
    Lost { flow: u8 },
    /// Time passes, and the clock ticks on its way or only at its end.
    Wait { millis: u64, late: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let (methods, branches, statuses) = (0..METHODS.len(), 0..BRANCHES.len(), 0..STATUS.len());
    let ask = (methods.clone(), branches.clone(), 0..CALLS.len(), 0..TAGS.len(), 0..3_u8);
    prop_oneof![
        4 => ask.prop_map(|(method, branch, call, tag, flow)| Act::Ask { method, branch, call, tag, flow }),
        1 => branches.clone().prop_map(|branch| Act::Ack { branch }),
        3 => (0..8_usize, statuses.clone()).prop_map(|(which, status)| Act::Respond { which, status }),
        2 => (methods.clone(), branches.clone(), 0..3_u8)
            .prop_map(|(method, branch, flow)| Act::Send { method, branch, flow }),
        3 => (methods, branches, statuses)
            .prop_map(|(method, branch, status)| Act::Answer { method, branch, status }),
        1 => (0..8_usize).prop_map(|which| Act::Unsent { which }),
        1 => (0..3_u8).prop_map(|flow| Act::Lost { flow }),
        3 => (0..9000_u64, any::<bool>()).prop_map(|(millis, late)| Act::Wait { millis, late }),
    ]
}

/// A user that writes down what it is told. Flows with an odd number are streams.
struct User {
    table: Transactions<u8>,
    now: Duration,
    out: Vec<Output<u8>>,
    asked: Vec<(ServerId, ToTag, Message)>,
    /// How often the same request was handed up.
    handed: HashMap<Vec<u8>, u32>,
    sent: Vec<ClientId>,
    /// What is said at the end of each of ours, by its token.
    ended: Vec<u32>,
}

impl User {
    fn new(transactions: usize) -> Self {
        let bound = Bound { transactions, octets: 100_000 };
        let limits = Limits { servers: bound, clients: bound, ..Limits::default() };
        let timers = Timers { c: SILENCE, ..Timers::default() };
        Self {
            table: Transactions::new(&timers, limits, 5),
            now: Duration::from_secs(1),
            out: Vec::new(),
            asked: Vec::new(),
            handed: HashMap::new(),
            sent: Vec::new(),
            ended: Vec::new(),
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Ask { method, branch, call, tag, flow } => {
                let asked = Asked {
                    branch: BRANCHES[branch],
                    call: CALLS[call],
                    to_tag: TAGS[tag],
                    ..Asked::new(METHODS[method])
                };
                self.receive(asked.message(), flow);
            }
            Act::Ack { branch } => {
                let tag = self.asked.last().map_or(&b"none"[..], |(_, tag, _)| tag.as_ref());
                let tag = String::from_utf8(tag.to_vec()).unwrap();
                let ack =
                    Asked { branch: BRANCHES[branch], call: CALLS[0], to_tag: &tag, ..Asked::new("ACK") };
                self.receive(ack.message(), 0);
            }
            Act::Respond { which, status } => self.respond(which, STATUS[status]),
            Act::Send { method, branch, flow } => self.send(METHODS[method], BRANCHES[branch], flow),
            Act::Answer { method, branch, status } => {
                let asked = Asked { branch: BRANCHES[branch], ..Asked::new(METHODS[method]) };
                let status = STATUS[status].clamp(100, 699);
                let response = answer(&asked.message(), status, b"to-peer");
                self.receive(Message::read(response).unwrap(), 0);
            }
            Act::Unsent { which } => {
                if let Some(id) = self.sent.get(which) {
                    self.table.unsent(*id, &mut self.out);
                }
            }
            Act::Lost { flow } => self.table.flow_lost(&flow, &mut self.out),
            Act::Wait { millis, late } => {
                let until = self.now + Duration::from_millis(millis);
                while let Some(wake) = self.table.next_wake().filter(|wake| !late && *wake <= until) {
                    self.table.tick(wake, &mut self.out);
                }
                self.now = until;
                self.table.tick(until, &mut self.out);
            }
        }
        self.listen();
    }

    fn receive(&mut self, message: Message, flow: u8) {
        self.table.received(message, flow, flow % 2 == 1, self.now, &mut self.out);
    }

    fn respond(&mut self, which: usize, status: u16) {
        let Some((id, tag, request)) = self.asked.iter().rev().nth(which) else { return };
        let octets = answer(request, status.clamp(100, 699), tag.as_ref());
        let before = self.out.len();
        let taken = self.table.respond(*id, StatusCode(status), &octets, self.now, &mut self.out);
        let sent =
            matches!(self.out.last(), Some(Output::Send { octets: sent, of: None, .. }) if *sent == octets);
        assert_eq!(self.out.len() - before, usize::from(taken.is_ok()));
        assert!(taken.is_err() || sent, "a taken answer is sent");
    }

    fn send(&mut self, name: &str, branch: &str, flow: u8) {
        let octets = Asked { branch, ..Asked::new(name) }.octets();
        let token = u64::try_from(self.ended.len()).unwrap();
        let (branch, reliable) = (branch.as_bytes(), flow % 2 == 1);
        let outgoing = Outgoing { token, method: method(name), branch, octets, flow, reliable };
        match self.table.request(outgoing, self.now, &mut self.out) {
            Ok(id) => {
                self.sent.push(id);
                self.ended.push(0);
            }
            Err(refused) => assert!(matches!(refused, NotTaken::Full | NotTaken::Unfit)),
        }
    }

    fn listen(&mut self) {
        for output in self.out.drain(..) {
            match output {
                Output::Request { id, to_tag, message, .. } => {
                    *self.handed.entry(message.octets().to_vec()).or_default() += 1;
                    self.asked.push((id, to_tag, message));
                }
                Output::Ended { token, verdict } => {
                    if let Verdict::Answered(message) = verdict {
                        assert!(message.status().is_some_and(|status| !status.is_provisional()));
                    }
                    self.ended[usize::try_from(token).unwrap()] += 1;
                }
                _ => {}
            }
        }
    }

    /// Nobody says anything any more.
    fn fall_silent(&mut self) {
        let until = self.now + SILENCE;
        while let Some(wake) = self.table.next_wake().filter(|wake| *wake <= until) {
            self.table.tick(wake, &mut self.out);
        }
        self.listen();
        assert!(self.table.is_empty(), "{:?}", self.table);
        // A timer of something that ended before it may still ring, for nothing; then there is nothing to wait for.
        while let Some(wake) = self.table.next_wake() {
            assert!(wake <= until + SILENCE);
            self.table.tick(wake, &mut self.out);
        }
        assert!(self.out.is_empty());
        assert!(self.ended.iter().all(|times| *times == 1), "{:?}", self.ended);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_request_of_ours_ends_once_and_nothing_stays(
        acts in prop::collection::vec(act(), 1..60),
        transactions in prop_oneof![Just(1_usize), Just(3), Just(1000)],
    ) {
        let mut user = User::new(transactions);
        for act in acts {
            user.act(act);
            prop_assert!(user.table.len() <= 2 * transactions);
        }
        user.fall_silent();
    }

    #[test]
    fn over_udp_a_request_is_handed_up_once_whatever_happens_within_32_s(
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let mut user = User::new(1000);
        let start = user.now;
        for act in acts {
            let act = match act {
                Act::Ask { method, branch, call, tag, flow } => {
                    Act::Ask { method, branch, call, tag, flow: flow / 2 * 2 }
                }
                Act::Wait { millis, late } => Act::Wait { millis: millis / 10, late },
                other => other,
            };
            if user.now + Duration::from_millis(900) < start + Duration::from_secs(5) {
                user.act(act);
            }
        }
        for (request, times) in &user.handed {
            prop_assert_eq!(*times, 1, "{}", String::from_utf8_lossy(request));
        }
    }
}
