//! What a handset does with a request: answer it, show it, tell its sender; or what its script says instead.

use super::inbox::{Notification, Received, branch, push};
use super::letters::{self, About};
use super::line::Line;
use super::phone::Phone;
use super::seen::{Seen, word_of};
use super::{Answer, Failure, Misbehaviour, Ticks, Told};
use crate::content;
use bytes::BytesMut;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use wire_cpim::{DeliveryStatus, DisplayStatus, Disposition, Wants};
use wire_sip::{HeaderName, Message, Method, StatusCode, Writer};

/// A request, and what is played about it.
struct Matter {
    line: Arc<Line>,
    received: Received,
    play: Vec<Misbehaviour>,
}

impl Matter {
    fn has(&self, misbehaviour: Misbehaviour) -> bool {
        self.play.contains(&misbehaviour)
    }
}

impl Phone {
    /// A request came by a line.
    pub(super) async fn hear(self: &Arc<Self>, line: &Arc<Line>, request: Message, from: SocketAddr) {
        if !self.listens_to(line) || request.method() == Method::Ack {
            return;
        }
        let came = self.state().replies.came(&key(&request), Instant::now());
        if let Some(reply) = came {
            self.inbox.send_modify(|inbox| inbox.came_again(&branch(&request)));
            if let Some(reply) = reply {
                // Who didn't hear it asks once more.
                let _ = line.write(&reply, from).await;
            }
            return;
        }
        let request = request.stamped(from.ip(), from.port());
        match request.method() {
            Method::Message => self.hear_message(line, request, from).await,
            Method::Options => self.reply(line, &request, StatusCode::OK, from, false).await,
            Method::Cancel => self.reply(line, &request, StatusCode(481), from, false).await,
            _ => self.reply(line, &request, StatusCode(405), from, false).await,
        }
    }

    async fn hear_message(self: &Arc<Self>, line: &Arc<Line>, request: Message, from: SocketAddr) {
        if let Some(notification) = Notification::read(&request) {
            self.note(|at, handset| Seen::Ticked {
                at,
                handset,
                message: notification.message_id.clone(),
                disposition: word_of(notification.disposition).to_owned(),
            });
            let most = self.config.inbox;
            self.inbox.send_modify(|inbox| {
                inbox.counts.notified += 1;
                push(&mut inbox.notifications, notification, most);
            });
            return self.reply(line, &request, StatusCode::OK, from, false).await;
        }
        let received = Received::read(request, line.wire, from);
        let play = {
            let mut state = self.state();
            let state = &mut *state;
            state.script.roll(number_of(received.sender()), &mut state.dice)
        };
        let matter = Matter { line: Arc::clone(line), received, play };
        if matter.has(Misbehaviour::FlowDead) {
            return self.go_dead();
        }
        let most = self.config.inbox;
        self.inbox.send_modify(|inbox| push(&mut inbox.messages, matter.received.clone(), most));
        self.act(matter).await;
    }

    async fn act(self: &Arc<Self>, matter: Matter) {
        let refusal = matter.play.iter().find_map(|it| it.refusal(self.config.device));
        if let Some(status) = refusal {
            self.inbox.send_modify(|inbox| inbox.counts.refused += 1);
            return self.answer_to(&matter, status).await;
        }
        if matter.has(Misbehaviour::SilentAfterProvisional) {
            self.inbox.send_modify(|inbox| inbox.counts.refused += 1);
            return self.answer_to(&matter, StatusCode::TRYING).await;
        }
        if self.config.answers_by_hand {
            return;
        }
        let Ok(permit) = Arc::clone(&self.telling).try_acquire_owned() else {
            self.inbox.send_modify(|inbox| inbox.counts.refused += 1);
            return self.answer_to(&matter, StatusCode(503)).await;
        };
        self.take(&matter.received);
        let (moves, before) = (matter.has(Misbehaviour::Moves), matter.has(Misbehaviour::ImdnBeforeAnswer));
        if !moves && !before {
            self.answer_to(&matter, StatusCode::OK).await;
        }
        let phone = Arc::clone(self);
        tokio::spawn(async move {
            let _permit = permit;
            if moves && phone.open().await.is_ok() {
                // Where it does not succeed, neither will the notification.
                let _ = phone.register(phone.config.expires).await;
            }
            phone.tell_all(&matter).await;
            if before && !moves {
                phone.answer_to(&matter, StatusCode::OK).await;
            }
        });
    }

    /// Shows a message.
    fn take(&self, received: &Received) {
        let mut is_new = false;
        self.inbox.send_modify(|inbox| is_new = inbox.take(received));
        self.note(|at, handset| Seen::Heard {
            at,
            handset,
            message: received.imdn_id.clone().unwrap_or_default(),
            from: received.sender().to_owned(),
            hash: content::hash(&received.text),
            again: !is_new,
        });
    }

    /// Answers a message that is answered by hand.
    pub(super) async fn answer_by_hand(self: &Arc<Self>, received: &Received, status: StatusCode) {
        let Some(socket) = self.socket() else { return };
        let matter = Matter { line: Arc::clone(socket.line()), received: received.clone(), play: Vec::new() };
        if status.is_success() {
            self.take(received);
        }
        self.answer_to(&matter, status).await;
        if status.is_success() {
            self.tell_all(&matter).await;
        }
    }

    async fn answer_to(&self, matter: &Matter, status: StatusCode) {
        let received = &matter.received;
        self.inbox.send_modify(|inbox| inbox.was_answered(&received.branch, status));
        let is_ragged = matter.has(Misbehaviour::LfOnly);
        self.reply(&matter.line, &received.message, status, received.source, is_ragged).await;
    }

    async fn reply(
        &self,
        line: &Arc<Line>,
        request: &Message,
        status: StatusCode,
        to: SocketAddr,
        is_ragged: bool,
    ) {
        let tag = self.state().ids.word();
        let mut out = BytesMut::new();
        let mut writer = Writer::response_to(&mut out, request, status, tag.as_bytes());
        match (request.method(), status.0) {
            (Method::Options, _) => {
                let contact = letters::contact(&self.config, &self.contact_uri(line), None);
                writer.header(HeaderName::Contact, contact.as_bytes());
                writer.header(HeaderName::Allow, letters::ALLOW.as_bytes());
                writer.header(HeaderName::Accept, letters::ACCEPT.as_bytes());
            }
            (_, 405) => writer.header(HeaderName::Allow, letters::ALLOW.as_bytes()),
            (_, 503) => writer.number(HeaderName::RetryAfter, 1),
            _ => {}
        }
        if writer.finish(&[]).is_err() || !self.listens_to(line) {
            return;
        }
        let reply = if is_ragged { letters::ragged(&out) } else { out.into() };
        self.state().replies.keep(&key(request), &reply);
        // A line that can't be written to is closed, and whoever uses it next is told.
        let _ = line.write(&reply, to).await;
    }

    /// Sends the notifications that are due about a message.
    async fn tell_all(&self, matter: &Matter) {
        let received = &matter.received;
        let wanted = |want: Wants| received.wants.has(want);
        let delivered = wanted(Wants::POSITIVE_DELIVERY) && self.config.ticks != Ticks::Never;
        let displayed = wanted(Wants::DISPLAY) && self.config.ticks == Ticks::Displayed;
        let only = matter.has(Misbehaviour::DisplayedOnly);
        let due = [(DELIVERED, delivered && !only), (DISPLAYED, displayed || only)];
        if matter.has(Misbehaviour::NoImdn) {
            return;
        }
        let times = if matter.has(Misbehaviour::ImdnTwice) { 2 } else { 1 };
        for (disposition, _) in due.into_iter().filter(|(_, is_due)| *is_due) {
            let imdn_id = self.state().ids.uuid();
            for _ in 0..times {
                // What becomes of it stands in the inbox.
                let is_ragged = matter.has(Misbehaviour::LfOnly);
                let _ = self.tell(received, disposition, imdn_id.clone(), is_ragged).await;
            }
        }
    }

    /// Sends one notification. `None`: the message has no id to name.
    pub(super) async fn tell(
        &self,
        received: &Received,
        disposition: Disposition,
        imdn_id: String,
        is_ragged: bool,
    ) -> Option<Result<Answer, Failure>> {
        let message_id = received.imdn_id.as_deref()?;
        let call_id = self.state().ids.word();
        let about = About { received, message_id, imdn_id };
        let mut draft = letters::notification(&self.config, &about, disposition, call_id).ok()?;
        draft.is_ragged = is_ragged;
        let (message, word) = (message_id.to_owned(), word_of(disposition).to_owned());
        self.note(|at, handset| Seen::Telling {
            at,
            handset,
            message: message.clone(),
            disposition: word.clone(),
        });
        let answer = self.request(&draft).await;
        let status = answer.as_ref().ok().map(|answer| answer.status);
        self.note(|at, handset| Seen::Told {
            at,
            handset,
            message,
            disposition: word,
            status: status.unwrap_or(0),
        });
        let told = Told { message_id: message_id.to_owned(), disposition, status };
        let most = self.config.inbox;
        self.inbox.send_modify(|inbox| push(&mut inbox.told, told, most));
        Some(answer)
    }
}

const DELIVERED: Disposition = Disposition::Delivery(DeliveryStatus::Delivered);
pub(super) const DISPLAYED: Disposition = Disposition::Display(DisplayStatus::Displayed);

/// By what a request is known when it comes again: the branch is unique to it, but for its CANCEL.
fn key(request: &Message) -> String {
    let method = request.method();
    format!("{} {}", branch(request), String::from_utf8_lossy(method.as_bytes()))
}

/// The number, or the name, in a URI.
pub(super) fn number_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split(['@', ';']).next().unwrap_or_default()
}
