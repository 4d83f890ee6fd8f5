//! Plays a ladder: one row a line, `time in ms, what happens, what comes of it`. Between the rows the clock ticks
//! whenever the table wants it to, and nothing may come of that: what a timer does is a row of its own.
//!
//! What happens: `< MESSAGE` a request comes, `< 180` an answer comes, `> MESSAGE` the user sends a request, `= 202` the
//! user answers the last request, `unsent`, `lost`, or `.` when nothing does but time.
//! What comes of it: `user MESSAGE` something for the user, `> 202` something sent, `ended 200`, `ended silent`,
//! `ended never sent`, `refused` when the user's wish was not taken, `over` when the last transaction goes.

use std::time::Duration;

use bytes::Bytes;
use wire_sip::transaction::{
    ClientId, Limits, NotTaken, Outgoing, Output, ServerId, Timers, ToTag, Transactions, Verdict,
};
use wire_sip::{Message, StatusCode};

use crate::peer::{Asked, answer, method, word};

pub(crate) const UDP: bool = false;
pub(crate) const TCP: bool = true;

struct Ladder {
    table: Transactions<&'static str>,
    reliable: bool,
    asked: Option<(ServerId, ToTag, Message)>,
    sent: Option<(ClientId, Bytes)>,
    out: Vec<Output<&'static str>>,
}

#[track_caller]
pub(crate) fn play(reliable: bool, rows: &str) {
    let mut ladder = Ladder {
        table: Transactions::new(&Timers::default(), Limits::default(), 42),
        reliable,
        asked: None,
        sent: None,
        out: Vec::new(),
    };
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (left, wanted) = row.split_once('|').expect(row);
        let (at, happens) = left.trim().split_once(' ').expect(row);
        let at = Duration::from_millis(at.parse().expect(row));
        while let Some(wake) = ladder.table.next_wake().filter(|wake| *wake < at) {
            let came = ladder.step(wake, ".");
            assert!(came.is_empty(), "at {} ms, before `{row}`: {came:?}", wake.as_millis());
        }
        let came = ladder.step(at, happens.trim());
        let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        assert_eq!(came, wanted, "in `{row}`");
    }
}

impl Ladder {
    fn step(&mut self, at: Duration, happens: &str) -> Vec<String> {
        let before = self.table.len();
        self.table.tick(at, &mut self.out);
        let taken = match happens.split_once(' ').unwrap_or((happens, "")) {
            ("<", status) if status.parse::<u16>().is_ok() => {
                let (_, request) = self.sent.clone().expect("nothing was sent");
                let response = answer(&Message::read(request).unwrap(), status.parse().unwrap(), b"to-bob");
                self.receive(response, at);
                Ok(())
            }
            ("<", "ACK of 2xx") => {
                let ack = Asked { branch: "z9hG4bK-ack", to_tag: "to-us", ..Asked::new("ACK") };
                self.receive(ack.octets(), at);
                Ok(())
            }
            ("<", request) => {
                let tag =
                    self.asked.as_ref().map(|(_, tag, _)| String::from_utf8(tag.as_ref().to_vec()).unwrap());
                let tag = tag.filter(|_| request == "ACK").unwrap_or_default();
                self.receive(Asked { to_tag: &tag, ..Asked::new(request) }.octets(), at);
                Ok(())
            }
            (">", request) => self.send(request, at),
            ("=", status) => {
                let status = status.parse().unwrap();
                let (id, tag, request) = self.asked.as_ref().expect("nothing was asked");
                let octets = answer(request, status, tag.as_ref());
                self.table.respond(*id, StatusCode(status), &octets, at, &mut self.out)
            }
            ("unsent", _) => {
                self.table.unsent(self.sent.as_ref().unwrap().0, &mut self.out);
                Ok(())
            }
            ("lost", _) => {
                self.table.flow_lost(&"another", &mut self.out);
                assert!(self.out.is_empty());
                self.table.flow_lost(&"flow", &mut self.out);
                Ok(())
            }
            (".", _) => Ok(()),
            other => panic!("what is {other:?}?"),
        };
        let out: Vec<_> = self.out.drain(..).collect();
        let mut came: Vec<String> = out.into_iter().map(|output| self.tell(output)).collect();
        came.extend(taken.err().map(|_| "refused".to_owned()));
        if before > 0 && self.table.is_empty() {
            came.push("over".to_owned());
        }
        came
    }

    fn receive(&mut self, octets: Bytes, at: Duration) {
        self.table.received(Message::read(octets).unwrap(), "flow", self.reliable, at, &mut self.out);
    }

    fn send(&mut self, request: &str, at: Duration) -> Result<(), NotTaken> {
        let asked = Asked { branch: "z9hG4bK-ours", ..Asked::new(request) };
        let octets = asked.octets();
        let outgoing = Outgoing {
            token: 9,
            method: method(request),
            branch: asked.branch.as_bytes(),
            octets: octets.clone(),
            flow: "flow",
            reliable: self.reliable,
        };
        let id = self.table.request(outgoing, at, &mut self.out)?;
        if request != "CANCEL" {
            self.sent = Some((id, octets));
        }
        Ok(())
    }

    fn tell(&mut self, output: Output<&'static str>) -> String {
        match output {
            Output::Send { flow, octets, .. } => {
                assert_eq!(flow, "flow");
                format!("> {}", word(&octets))
            }
            Output::Request { id, to_tag, message, .. } => {
                let told = format!("user {}", word(message.octets()));
                self.asked = Some((id, to_tag, message));
                told
            }
            Output::Ack { message, .. } => format!("user {}", word(message.octets())),
            Output::Cancel { of } => {
                assert_eq!(Some(of), self.asked.as_ref().map(|(id, ..)| *id));
                "user CANCEL".to_owned()
            }
            Output::Response { token, message, .. } => {
                assert_eq!(token, 9);
                format!("user {}", word(message.octets()))
            }
            Output::Ended { verdict: Verdict::Answered(message), .. } => {
                format!("ended {}", word(message.octets()))
            }
            Output::Ended { verdict: Verdict::NeverSent, .. } => "ended never sent".to_owned(),
            Output::Ended { verdict: Verdict::Silent, .. } => "ended silent".to_owned(),
            other => panic!("what is {other:?}?"),
        }
    }
}
