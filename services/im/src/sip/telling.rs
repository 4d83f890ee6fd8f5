//! Telling devices: a subscriber's stream becomes requests, their answers become the model's reports.
//!
//! A message goes to every device of its recipient (fork to all); the first that confirms makes it delivered. It has
//! failed only when every device of the recipient said so; one that refuses for its person refuses for all (R12).

use super::binding::DeviceKey;
use super::compose::{self, DATAGRAM_MAX, Ends, Names, Said, imdn_id};
use super::flow::Wire;
use super::offer;
use super::outbox::{Item, News};
use super::server::{Answered, Server};
use super::words::{Meaning, meaning_of};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::{
    AttemptState, Event, EventKind, FailureClass, Message, MessageId, Outcome, Owner, PeerCode, Report,
    ReportKind, Service, Status, Target, Time, Wants,
};
use switchback_ports::{DeviceReceipt, Disposition, EventLine, IncomingMessage, Intake};
use wire_cpim::{DeliveryStatus, DisplayStatus, Imdn, InterworkingStatus};
use wire_sip::header::RetryAfter;
use wire_sip::{HeaderName, Message as Response, StatusCode};

/// The longest pause that a device is granted.
const PAUSE_MAX_MS: u64 = 60_000;

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    key: DeviceKey,
    item: Item,
}

/// What a thing is about, as it is told.
#[derive(Clone, Debug)]
pub(super) struct About {
    letter: Arc<IncomingMessage>,
    /// The document, when the thing is an offer.
    offer: Option<String>,
}

/// How the devices of one recipient took one attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Fork {
    /// Those that did not take it.
    failed: Vec<DeviceKey>,
}

/// What an event is to a device of its audience; nothing for most.
const fn news_of(kind: &EventKind) -> Option<News> {
    match kind {
        EventKind::Incoming { attempt } => Some(News::Incoming { attempt: *attempt }),
        EventKind::AttemptHandedOver { attempt } => Some(News::HandedOver { attempt: *attempt }),
        EventKind::Delivered { .. } | EventKind::DeliveredLate { .. } => Some(News::Delivered),
        EventKind::Read => Some(News::Read),
        EventKind::Failed { .. } | EventKind::Expired => Some(News::NotDelivered),
        EventKind::Refused => Some(News::Refused),
        EventKind::Offered { .. } | EventKind::ConsentNeeded { .. } => Some(News::Offer),
        _ => None,
    }
}

impl Server {
    /// Events, just told. All are queued before devices are told: what one of them is about another may have at hand.
    pub(super) fn all_live(&mut self, lines: &mut Vec<EventLine>) {
        let mut queued = Vec::new();
        lines.drain(..).for_each(|line| self.live(line, &mut queued));
        queued.iter().for_each(|key| self.pump(key));
    }

    fn live(&mut self, line: EventLine, queued: &mut Vec<DeviceKey>) {
        self.last_cursor = self.last_cursor.max(line.cursor);
        let Owner::Subscriber(audience) = &line.event.audience else { return };
        if let Some(letter) = &line.incoming
            && letter.content.chat.is_some()
        {
            self.letters.put(line.event.message, Arc::clone(letter));
        }
        if !self.devices.has(audience) {
            return;
        }
        let taken_back = line.event.kind == EventKind::IncomingSettled { delivered: false };
        let Some(item) = item(&line) else {
            if taken_back {
                self.take_back(&line.event);
            }
            return;
        };
        let keys: Vec<(DeviceKey, bool)> = (self.devices.of(audience))
            .filter(|(_, device)| device.online)
            .map(|(key, device)| (key, device.settled))
            .collect();
        for (key, settled) in keys {
            let outbox = self.outboxes.entry(key.clone()).or_default();
            let added = if settled { outbox.add(item.clone()) } else { outbox.add_later(item.clone()) };
            match added {
                Ok(()) => queued.push(key),
                Err(_) => self.lose(&key, "too far behind"),
            }
        }
    }

    fn take_back(&mut self, event: &Event) {
        let Owner::Subscriber(audience) = &event.audience else { return };
        let keys: Vec<DeviceKey> = self.devices.of(audience).map(|(key, _)| key).collect();
        for key in keys {
            if let Some(outbox) = self.outboxes.get_mut(&key) {
                outbox.forget(event.message);
            }
        }
    }

    /// Queues what a device missed.
    pub(super) fn queue(&mut self, key: &DeviceKey, line: &EventLine) {
        let Some(item) = item(line) else { return };
        if self.outboxes.entry(key.clone()).or_default().add(item).is_err() {
            self.lose(key, "too far behind");
        }
    }

    /// Goes on after pauses that were asked for.
    pub(super) fn resume(&mut self, now: Time) {
        let ripe = self.outboxes.iter().filter(|(_, outbox)| outbox.is_ripe(now));
        let ripe: Vec<DeviceKey> = ripe.map(|(key, _)| key.clone()).collect();
        ripe.iter().for_each(|key| self.pump(key));
    }

    /// Tells a device the next thing, when it is there and nothing else is being told.
    pub(super) fn pump(&mut self, key: &DeviceKey) {
        let now = self.time();
        while self.devices.get(key).is_some_and(super::binding::Device::is_reachable) {
            let Some(item) = self.outboxes.get_mut(key).and_then(|outbox| outbox.take(now)) else { return };
            let letter = item.letter.clone().or_else(|| self.at_hand(&item));
            match letter {
                Some(letter) => {
                    if self.tell(key, &item, &About { letter, offer: None }) {
                        return;
                    }
                    self.done(key, &item);
                }
                None => return self.look_up(key.clone(), item),
            }
        }
    }

    /// What a thing is about, when it was seen a moment ago and nothing can have changed since.
    fn at_hand(&self, item: &Item) -> Option<Arc<IncomingMessage>> {
        match item.news {
            News::Delivered | News::Read => self.letters.get(&item.message),
            // By what service it was handed over is of no interest to a sender who did not ask.
            News::HandedOver { .. } => {
                self.letters.get(&item.message).filter(|letter| !wants_interworking(letter))
            }
            News::Incoming { .. } | News::Offer | News::NotDelivered | News::Refused => None,
        }
    }

    /// Reads what a thing is about, and whether it is still to be told.
    fn look_up(&self, key: DeviceKey, item: Item) {
        let intake = Arc::clone(&self.intake);
        self.answers.spawn(async move {
            let about = read(&*intake, &item).await;
            Answered::Found { key, message: item.message, about }
        });
    }

    /// What a thing is about was read.
    pub(super) fn found(&mut self, key: &DeviceKey, message: MessageId, about: Option<About>) {
        let telling = self.outboxes.get(key).and_then(|outbox| outbox.telling.clone());
        let Some(item) = telling.filter(|item| item.message == message) else { return };
        let told = about.is_some_and(|about| self.tell(key, &item, &about));
        if !told {
            self.done(key, &item);
            self.pump(key);
        }
    }

    /// Sends the request; false when there is nothing to send.
    fn tell(&mut self, key: &DeviceKey, item: &Item, about: &About) -> bool {
        let letter = &about.letter;
        let names = Names { branch: self.branch(), call_id: self.word(), tag: self.word() };
        let Some(device) = self.devices.get(key) else { return false };
        let Some(flow) = device.flow.clone() else { return false };
        let domain = self.options.domain.clone();
        let notification = match item.news {
            News::Incoming { .. } | News::Offer => None,
            news => match notification(item.message, news, letter, &domain) {
                Some(imdn) => Some(imdn),
                None => return false,
            },
        };
        let (said, from, to) = match (&notification, &about.offer) {
            (None, Some(offer)) => (Said::Offer(offer), &letter.to, &letter.from),
            (None, None) => (Said::Message { id: item.message, incoming: letter }, &letter.from, &letter.to),
            (Some(imdn), _) => (Said::Notification(imdn), &letter.to, &letter.from),
        };
        let ends = Ends { from, to, domain: &domain };
        let written = compose::request(&mut self.scratch, &device.binding, &flow, &ends, &names, &said);
        let octets = self.scratch.split().freeze();
        let too_long = flow.wire() == Wire::Udp && octets.len() > DATAGRAM_MAX;
        if written.is_err() || too_long {
            tracing::warn!(too_long, "a message cannot be sent to a device");
            if let News::Incoming { attempt } = item.news {
                self.fork_failed(key, item.message, attempt, FailureClass::Permanent, StatusCode(513));
            }
            return false;
        }
        if matches!(item.news, News::Incoming { .. }) {
            // Without an envelope there is no id but that of the request, and clients do name it (Linphone).
            let name = if device.binding.cpm { imdn_id(item.message, letter) } else { names.call_id.clone() };
            self.told_as.put((key.0.clone(), name), item.message);
        }
        match self.send(flow, names.branch.as_ref(), octets) {
            Some(token) => {
                self.sending.insert(token, Sending { key: key.clone(), item: item.clone() });
            }
            None => {
                // No more requests fit at the moment: it goes again with the next look at pauses.
                let until = self.time();
                if let Some(outbox) = self.outboxes.get_mut(key) {
                    outbox.put_back();
                    outbox.not_before = Some(until);
                }
            }
        }
        true
    }

    /// A device's final answer to a request of ours.
    pub(super) fn answered(&mut self, token: u64, response: &Response) {
        let Some(status) = response.status() else { return };
        let Some(Sending { key, item }) = self.sending.remove(&token) else { return };
        let pause = response.one::<RetryAfter<'_>>(HeaderName::RetryAfter).ok().flatten();
        match (meaning_of(status, pause.is_some()), item.news) {
            (Meaning::Later, _) => {
                let ms = pause.map_or(0, |pause| u64::from(pause.wait.0) * 1000).clamp(1000, PAUSE_MAX_MS);
                let until = self.time().plus_millis(ms);
                if let Some(outbox) = self.outboxes.get_mut(&key) {
                    outbox.put_back();
                    outbox.not_before = Some(until);
                }
                return;
            }
            (Meaning::Taken, News::Incoming { .. }) => {
                // A CPM client says by a notification that it has a message; of any other the 2xx is the word (R4).
                if self.devices.get(&key).is_none_or(|device| !device.binding.cpm) {
                    self.confirm_delivery(&key, item.message);
                }
            }
            (Meaning::Failed(class), News::Incoming { attempt }) => {
                self.fork_failed(&key, item.message, attempt, class, status);
            }
            (Meaning::Taken | Meaning::Failed(_), _) => {}
        }
        self.done(&key, &item);
        self.pump(&key);
    }

    /// No final answer: the device is not there. What was being told is told when it is back, by the same id.
    pub(super) fn unanswered(&mut self, token: u64, why: &'static str) {
        let Some(Sending { key, .. }) = self.sending.remove(&token) else { return };
        self.lose(&key, why);
    }

    /// A thing has been told, or need not be.
    fn done(&mut self, key: &DeviceKey, item: &Item) {
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.done();
        }
        if let Some(device) = self.devices.get_mut(key) {
            device.binding.told = device.binding.told.max(item.cursor);
        }
        self.reached(key);
    }

    /// What is on its way to a device is not waited for any more: it goes again.
    pub(super) fn abandon(&mut self, key: &DeviceKey) {
        self.sending.retain(|_, sending| sending.key != *key);
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.put_back();
        }
    }

    fn confirm_delivery(&self, key: &DeviceKey, message: MessageId) {
        let (subscriber, device) = key.clone();
        let receipt = DeviceReceipt { message, subscriber, device, disposition: Disposition::Delivered };
        let answer = self.intake.receipt(receipt);
        self.answers.spawn(async move {
            if let Ok(Err(refusal)) = answer.await {
                tracing::debug!(code = %refusal.code, "a device's word was not taken");
            }
            Answered::Nothing
        });
    }

    /// One device did not take it. When no device is left that may, the attempt has failed.
    fn fork_failed(
        &mut self,
        key: &DeviceKey,
        message: MessageId,
        attempt: u16,
        class: FailureClass,
        status: StatusCode,
    ) {
        let fork = self.forks.entry((message, attempt)).or_default();
        if !fork.failed.contains(key) {
            fork.failed.push(key.clone());
        }
        let all = fork.failed.len() >= self.intake.device_count(&key.0);
        if !all && class != FailureClass::Refused {
            return;
        }
        self.forks.remove(&(message, attempt));
        let report = Report {
            target: Target::Attempt { message, attempt, part: 0 },
            kind: ReportKind::Failed(class),
            code: Some(PeerCode::Sip(status.0)),
            at: self.time(),
        };
        if self.intake.report(report, Box::new(|_| ())).is_err() {
            // Its deadline will tell what this could not.
            tracing::warn!("a device's refusal could not be taken in: too much at once");
        }
    }
}

fn item(line: &EventLine) -> Option<Item> {
    let news = news_of(&line.event.kind)?;
    Some(Item { cursor: line.cursor, message: line.event.message, news, letter: line.incoming.clone() })
}

/// Reads a message and its content; nothing when there is nothing to tell of it any more.
async fn read(intake: &dyn Intake, item: &Item) -> Option<About> {
    let message = intake.message(item.message).await.ok()?.ok()??;
    if !is_news(&message, item.news) {
        return None;
    }
    let content = intake.content(item.message).await.ok()?.ok()??;
    let offer = match item.news {
        News::Offer => {
            let asked = offer::ask(message.originator.clone(), message.recipient.clone(), content.clone());
            let quote = intake.quote(asked).await.ok()?.ok()?;
            Some(offer::document(&quote, &message.recipient, Some(message.id)))
        }
        _ => None,
    };
    Some(About { letter: Arc::new(IncomingMessage::of(&message, Arc::new(content))), offer })
}

/// Whether it is still so: what was taken back or has failed is not shown to anybody, and of attempts only those by
/// another service are news to a chat client.
fn is_news(message: &Message, news: News) -> bool {
    match news {
        News::Incoming { attempt } => message.attempt(attempt).is_some_and(|attempt| {
            matches!(
                attempt.state,
                AttemptState::HandedOver
                    | AttemptState::Unknown
                    | AttemptState::Ended(Outcome::Delivered | Outcome::Displayed)
            )
        }),
        News::HandedOver { attempt } => {
            message.attempt(attempt).is_some_and(|attempt| attempt.service != Service::Im)
        }
        News::Offer => matches!(message.status, Status::Offered | Status::Waiting),
        News::Delivered | News::Read | News::NotDelivered | News::Refused => true,
    }
}

fn wants_interworking(letter: &IncomingMessage) -> bool {
    letter.content.chat.as_deref().is_some_and(|chat| chat.wants.interworking)
}

/// The notification for its sender; nothing when it did not ask for one (RFC 5438, standards.md 5.6).
fn notification(message: MessageId, news: News, letter: &IncomingMessage, domain: &str) -> Option<Imdn> {
    let chat = letter.content.chat.as_deref()?;
    let Wants { delivered, failed, displayed, interworking } = chat.wants;
    let (wanted, disposition) = match news {
        News::Incoming { .. } | News::Offer => return None,
        News::HandedOver { .. } => (
            interworking,
            wire_cpim::Disposition::Interworking(if letter.content.media.is_empty() {
                InterworkingStatus::LegacySms
            } else {
                InterworkingStatus::LegacyMms
            }),
        ),
        News::Delivered => (delivered, wire_cpim::Disposition::Delivery(DeliveryStatus::Delivered)),
        News::Read => (displayed, wire_cpim::Disposition::Display(DisplayStatus::Displayed)),
        News::NotDelivered => (failed, wire_cpim::Disposition::Delivery(DeliveryStatus::Failed)),
        News::Refused => (failed, wire_cpim::Disposition::Delivery(DeliveryStatus::Forbidden)),
    };
    let written = chat.written_at.clone().unwrap_or_else(|| SmolStr::new(letter.accepted_at.to_string()));
    tracing::trace!(%message, wanted, "a notification");
    wanted.then(|| Imdn {
        message_id: chat.imdn_id.to_string(),
        date_time: written.to_string(),
        recipient_uri: Some(super::words::uri_of(&letter.to, domain).to_string()),
        original_recipient_uri: None,
        subject: None,
        disposition,
    })
}
