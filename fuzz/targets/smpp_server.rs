//! The server's session machine against any peer and any clock: how reads are cut makes no difference, every request
//! of ours ends exactly once, and what it holds is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;
use std::time::Duration;
use switchback_fuzz::script::Script;
use switchback_fuzz::session::{BIND, MESSAGE, pieces};
use wire_smpp::{BindMode, CommandStatus, Pdu, QuerySmResp, Server, ServerEvent, SessionConfig};

const WINDOW: usize = 4;
const OUTPUT_MAX: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let whole = played(data, 0);
    assert!(whole == played(data, 1), "how reads are cut made a difference");
});

struct Played {
    server: Server,
    now: Duration,
    told: Vec<ServerEvent>,
    said: Vec<u8>,
    delivered: u64,
    heard: Vec<u32>,
    /// Binds that wait for their verdict, and the verdict.
    binds: Vec<(u32, CommandStatus)>,
}

/// Everything that the machine told and said.
fn played(data: &[u8], cut: usize) -> (Vec<ServerEvent>, Vec<u8>) {
    let mut script = Script::new(data);
    let config = SessionConfig {
        window: WINDOW,
        max_unanswered: 3,
        max_late: 2,
        max_output: OUTPUT_MAX,
        ..SessionConfig::default()
    };
    let server = Server::new(config, Duration::ZERO);
    let mut played = Played {
        server,
        now: Duration::ZERO,
        told: Vec::new(),
        said: Vec::new(),
        delivered: 0,
        heard: Vec::new(),
        binds: Vec::new(),
    };
    if script.flag() {
        let mut bind = Vec::new();
        Pdu::Bind(BindMode::Transceiver, BIND)
            .encode(CommandStatus::OK, 1, &mut bind)
            .expect("a PDU of ours");
        played.server.handle_bytes(&bind, played.now);
        played.hear();
        played.answer_binds();
    }
    while !script.is_empty() {
        played.step(&mut script, cut);
        played.hear();
        // Not while octets are on their way: an answer in the midst of a read would come at another moment when the
        // read is cut.
        played.answer_binds();
    }
    played.server.handle_link_lost(played.now);
    played.hear();
    assert!(played.server.is_closed());
    every_delivery_ends_once(&played.told, played.delivered);
    (played.told, played.said)
}

impl Played {
    fn step(&mut self, script: &mut Script<'_>, cut: usize) {
        match script.octet() % 10 {
            0..=3 => {
                for piece in pieces(script.octets(), cut) {
                    self.server.handle_bytes(piece, self.now);
                    self.hear();
                }
            }
            4 => {
                self.now += Duration::from_millis(u64::from(script.word()));
                self.server.handle_timeout(self.now);
            }
            5 => self.delivered += u64::from(self.server.deliver(self.delivered, &MESSAGE, self.now).is_ok()),
            6 => {
                self.delivered +=
                    u64::from(self.server.deliver_data(self.delivered, &MESSAGE, self.now).is_ok())
            }
            7 => self.answer(script),
            8 if script.octet() == 0 => self.server.unbind(self.now),
            _ => {
                let mut out = Vec::new();
                self.server.take_output(&mut out);
                self.said.extend(out);
            }
        }
        assert!(self.server.outstanding() <= WINDOW && self.server.unanswered() <= 4);
        assert!(self.server.output().len() <= OUTPUT_MAX + 128, "{} octets wait", self.server.output().len());
    }

    /// Answers in any way, also what was never asked; refusals by a session that is over are no concern here.
    fn answer(&mut self, script: &mut Script<'_>) {
        let sequence = self.heard.pop().unwrap_or_else(|| u32::from(script.octet()));
        let status = if script.flag() { CommandStatus::OK } else { CommandStatus::SYSERR };
        let _ = match script.octet() % 4 {
            0 => self.server.answer_submit(sequence, status, Some("7f")),
            1 => self.server.answer_cancel(sequence, status),
            2 => self.server.answer_query(sequence, status, &QuerySmResp::default()),
            _ => {
                self.server.forget(sequence);
                Ok(())
            }
        };
    }

    fn answer_binds(&mut self) {
        for (sequence, verdict) in std::mem::take(&mut self.binds) {
            let _ = self.server.answer_bind(sequence, verdict, "smsc", self.now);
        }
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(event) = self.server.poll_event() {
            assert!(!matches!(self.told.last(), Some(ServerEvent::Closed(_))), "{event:?} after the end");
            match &event {
                ServerEvent::Bind(asked) => {
                    let refused = asked.system_id.len() % 7 == 6;
                    let verdict = if refused { CommandStatus::BINDFAIL } else { CommandStatus::OK };
                    self.binds.push((asked.sequence, verdict));
                }
                ServerEvent::Submit(inbound) => {
                    let _ = inbound.message().user_data();
                    self.heard.push(inbound.sequence);
                }
                ServerEvent::Cancel(asked) => self.heard.push(asked.sequence),
                ServerEvent::Query(asked) => self.heard.push(asked.sequence),
                _ => {}
            }
            self.told.push(event);
        }
    }
}

fn every_delivery_ends_once(told: &[ServerEvent], delivered: u64) {
    let mut ends: HashMap<u64, u32> = HashMap::new();
    for event in told {
        match event {
            ServerEvent::DeliverAnswered { token, late, .. } => {
                *ends.entry(*token).or_default() += u32::from(!late)
            }
            ServerEvent::NoAnswer { token } | ServerEvent::Lost { token, .. } => {
                *ends.entry(*token).or_default() += 1
            }
            _ => {}
        }
    }
    assert_eq!(u64::try_from(ends.len()).unwrap(), delivered, "a delivery had no end");
    assert!(ends.values().all(|ends| *ends == 1), "a delivery ended more than once");
    assert_eq!(told.iter().filter(|event| matches!(event, ServerEvent::Closed(_))).count(), 1);
}
