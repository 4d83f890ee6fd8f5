//! What a fleet's handsets hear: answers to what they asked, messages, and notifications.

use super::digest::Login;
use super::letters::{self, number};
use super::run::{Asked, Doing, Fleet, What};
use crate::handset::Wire;
use bytes::Bytes;
use std::time::Duration;
use wire_cpim::{Cpim, Imdn};
use wire_sip::header::RetryAfter;
use wire_sip::transaction::{ServerId, ToTag, Verdict};
use wire_sip::{HeaderName, Message, StatusCode, Writer};

impl Fleet {
    /// A message came by a line.
    pub(super) fn hear(&mut self, message: Message, line: usize) {
        let (reliable, now) = (self.config.wire == Wire::Tcp, self.now());
        self.table.received(message, line, reliable, now, &mut self.outputs);
        self.carry_out();
        self.go_on();
    }

    /// A request: it is taken with 200, and a message with a notification besides.
    pub(super) fn request(&mut self, id: ServerId, to_tag: &ToTag, request: &Message) {
        let now = self.now();
        let answer = Writer::response_to(&mut self.scratch, request, StatusCode::OK, to_tag.as_ref());
        if answer.finish(b"").is_err() {
            return;
        }
        let octets = self.scratch.split().freeze();
        // It may have come so late that nobody waits for the answer.
        let _ = self.table.respond(id, StatusCode::OK, &octets, now, &mut self.outputs);
        let Ok(cpim) = Cpim::parse(request.body()) else { return };
        if !cpim.is_imdn() {
            return self.shown(request, &cpim);
        }
        let notified = Imdn::parse(&cpim.content.body).ok().and_then(|imdn| self.number_of(&imdn.message_id));
        if let Some(n) = notified
            && self.book.told(n, now)
            && let Some(Doing::Send(sending)) = &mut self.doing
        {
            sending.ended();
        }
    }

    fn shown(&mut self, request: &Message, cpim: &Cpim<'_>) {
        let now = self.now();
        let (Some(imdn_id), Some(handset)) = (cpim.imdn.message_id.as_deref(), handset_of(request)) else {
            return;
        };
        let Some(n) = self.number_of(imdn_id) else { return };
        self.book.shown(n, now);
        let Some(sender) = cpim.from.as_ref().map(|from| from.uri.to_string()) else { return };
        let own = letters::aor(&self.config, handset);
        let written = cpim.date_time.as_deref().unwrap_or_default();
        let Ok(body) = letters::notice(&own, &sender, imdn_id, written) else { return };
        let (what, body) = (What::Notice, Bytes::from(body));
        self.ask(Asked { handset, what, to: sender, body, since: now, asked_twice: false });
    }

    /// The number of a message of this fleet, by its id.
    fn number_of(&self, imdn_id: &str) -> Option<u64> {
        imdn_id.strip_prefix(self.run.as_str())?.strip_prefix('-')?.parse().ok()
    }

    /// A request of ours is over.
    pub(super) fn over(&mut self, token: u64, verdict: Verdict) {
        let Some(asked) = self.asked.remove(&token) else { return };
        let answer = match verdict {
            Verdict::Answered(answer) => Some(answer),
            Verdict::NeverSent | Verdict::Silent => None,
        };
        let status = answer.as_ref().and_then(Message::status).map(|status| status.0);
        if let (Some(401 | 407), Some(answer), false) = (status, &answer, asked.asked_twice) {
            let password = self.config.password.as_deref();
            let login = password.and_then(|word| Login::read(answer, number(asked.handset), word));
            if let Some(login) = login {
                self.logins.insert(asked.handset, login);
                return self.ask(Asked { asked_twice: true, ..asked });
            }
        }
        let now = self.now();
        match (asked.what, &mut self.doing) {
            (What::Register, Some(Doing::Register(it))) => {
                let pause = answer.as_ref().and_then(pause_of);
                it.answered(asked.handset, asked.since, status, pause, now);
            }
            (What::Message(n), Some(Doing::Send(it))) => {
                it.answered(status, now);
                self.book.answered(n, status, now);
            }
            _ => {}
        }
    }
}

/// How long an answer asks to wait.
fn pause_of(answer: &Message) -> Option<Duration> {
    let told = answer.one::<RetryAfter<'_>>(HeaderName::RetryAfter).ok()??;
    Some(Duration::from_secs(u64::from(told.wait.0)))
}

/// The handset that a request is for: its contact is its number.
fn handset_of(request: &Message) -> Option<u32> {
    let uri = request.request_uri()?;
    let user = uri.sip()?.user_text();
    std::str::from_utf8(&user).ok()?.strip_prefix("+4673")?.parse().ok()
}
