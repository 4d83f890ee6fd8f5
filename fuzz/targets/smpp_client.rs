//! The client's session machine against any peer and any clock: how reads are cut makes no difference, every request
//! ends exactly once, and what it holds is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;
use std::time::Duration;
use switchback_fuzz::script::Script;
use switchback_fuzz::session::{BIND, MESSAGE, pieces};
use wire_smpp::{BindMode, BindResp, CancelSm, Client, CommandStatus, Event, Pdu, SessionConfig};

const WINDOW: usize = 4;
const OUTPUT_MAX: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let whole = played(data, 0);
    assert!(whole == played(data, 1), "how reads are cut made a difference");
});

struct Played {
    client: Client,
    now: Duration,
    told: Vec<Event>,
    said: Vec<u8>,
    asked: u64,
    to_answer: Vec<u32>,
}

/// Everything that the machine told and said.
fn played(data: &[u8], cut: usize) -> (Vec<Event>, Vec<u8>) {
    let mut script = Script::new(data);
    let config = SessionConfig {
        window: WINDOW,
        max_unanswered: 3,
        max_late: 2,
        max_output: OUTPUT_MAX,
        ..SessionConfig::default()
    };
    let client = Client::new(config, Duration::ZERO);
    let mut played = Played {
        client,
        now: Duration::ZERO,
        told: Vec::new(),
        said: Vec::new(),
        asked: 0,
        to_answer: Vec::new(),
    };
    if script.flag() {
        played.bind();
    }
    while !script.is_empty() {
        played.step(&mut script, cut);
        played.hear();
    }
    played.client.handle_link_lost(played.now);
    played.hear();
    assert!(played.client.is_closed());
    every_request_ends_once(&played.told, played.asked);
    (played.told, played.said)
}

impl Played {
    fn bind(&mut self) {
        self.client.bind(BindMode::Transceiver, &BIND, self.now).expect("the first bind");
        let mut answer = Vec::new();
        let resp =
            Pdu::BindResp(BindMode::Transceiver, BindResp { system_id: b"smsc", ..BindResp::default() });
        resp.encode(CommandStatus::OK, 1, &mut answer).expect("a PDU of ours");
        self.client.handle_bytes(&answer, self.now);
        self.hear();
    }

    fn step(&mut self, script: &mut Script<'_>, cut: usize) {
        match script.octet() % 10 {
            0..=3 => {
                for piece in pieces(script.octets(), cut) {
                    self.client.handle_bytes(piece, self.now);
                    self.hear();
                }
            }
            4 => {
                self.now += Duration::from_millis(u64::from(script.word()));
                self.client.handle_timeout(self.now);
            }
            5 => self.asked += u64::from(self.client.submit(self.asked, &MESSAGE, self.now).is_ok()),
            6 => {
                let cancel = CancelSm { message_id: b"7", ..CancelSm::default() };
                self.asked += u64::from(self.client.cancel(self.asked, &cancel, self.now).is_ok());
            }
            7 => {
                if let Some(sequence) = self.to_answer.pop() {
                    // Refused when the session is over.
                    let _ = self.client.answer_deliver(sequence, CommandStatus::OK);
                }
            }
            8 if script.octet() == 0 => self.client.unbind(self.now),
            8 => {
                let _ = self.client.bind(BindMode::Transceiver, &BIND, self.now);
            }
            _ => self.write(),
        }
        assert!(self.client.outstanding() <= WINDOW && self.client.unanswered() <= 3);
        assert!(self.client.output().len() <= OUTPUT_MAX + 128, "{} octets wait", self.client.output().len());
    }

    fn hear(&mut self) {
        while let Some(event) = self.client.poll_event() {
            assert!(!matches!(self.told.last(), Some(Event::Closed(_))), "{event:?} after the end");
            if let Event::Deliver(inbound) = &event {
                let _ = inbound.message().user_data();
                self.to_answer.push(inbound.sequence);
            }
            self.told.push(event);
        }
    }

    fn write(&mut self) {
        let mut out = Vec::new();
        self.client.take_output(&mut out);
        self.said.extend(out);
    }
}

fn every_request_ends_once(told: &[Event], asked: u64) {
    let mut ends: HashMap<u64, u32> = HashMap::new();
    for event in told {
        match event {
            Event::SubmitAnswered { token, late, .. } | Event::CancelAnswered { token, late, .. } => {
                *ends.entry(*token).or_default() += u32::from(!late);
            }
            Event::NoAnswer { token, .. } | Event::Lost { token, .. } => {
                *ends.entry(*token).or_default() += 1
            }
            Event::Bound { .. } | Event::Deliver(_) | Event::Closed(_) => {}
        }
    }
    assert_eq!(u64::try_from(ends.len()).unwrap(), asked, "a request had no end");
    assert!(ends.values().all(|ends| *ends == 1), "a request ended more than once");
    assert_eq!(told.iter().filter(|event| matches!(event, Event::Closed(_))).count(), 1);
}
