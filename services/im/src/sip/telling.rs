//! Telling devices: a subscriber's stream becomes requests, one at a time and in order.

use super::binding::DeviceKey;
use super::catching_up::AGAIN;
use super::compose::{self, DATAGRAM_GOOD, Ends, Names, REQUEST_MAX, Said, imdn_id};
use super::flow::{Flow, Wire};
use super::news::{About, item, notification, read, wants_interworking};
use super::outbox::{Item, News};
use super::outcomes::Sending;
use super::server::{Answered, Server};
use super::streams::{self, Stream};
use bytes::Bytes;
use std::sync::Arc;
use switchback_core::model::{Event, EventKind, FailureClass, MessageId, Owner, Time};
use switchback_ports::{EventLine, IncomingMessage, StoreFailure};
use wire_sip::StatusCode;

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
        let most = self.options.limits.ahead;
        for (key, settled) in keys {
            self.outboxes.entry(key.clone()).or_default().add_live(item.clone(), settled, most);
            queued.push(key);
        }
    }

    fn take_back(&mut self, event: &Event) {
        let Owner::Subscriber(audience) = &event.audience else { return };
        let keys: Vec<DeviceKey> = self.devices.of(audience).map(|(key, _)| key).collect();
        keys.iter().for_each(|key| self.forget(key, event.message));
    }

    /// A message is not told to a device any more.
    pub(super) fn forget(&mut self, key: &DeviceKey, message: MessageId) {
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.forget(message);
            self.pump(key);
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

    /// Reads what a thing is about, and whether it is still to be told. It is not passed over because the store can't
    /// say so now: the device waits.
    fn look_up(&self, key: DeviceKey, item: Item) {
        // What was sent before and not answered, or may have been before a crash, is told only while nobody confirmed it.
        let again = self.devices.get(&key).is_some_and(|device| item.cursor <= device.binding.sent);
        let intake = Arc::clone(&self.intake);
        self.answers.spawn(async move {
            let about = loop {
                match read(&*intake, &item, again).await {
                    Err(StoreFailure::Behind) => tokio::time::sleep(AGAIN).await,
                    about => break about,
                }
            };
            Answered::Found { key, message: item.message, about }
        });
    }

    /// What a thing is about was read.
    pub(super) fn found(
        &mut self,
        key: &DeviceKey,
        message: MessageId,
        about: Result<Option<About>, StoreFailure>,
    ) {
        let Some(item) = self.outboxes.get(key).and_then(|outbox| outbox.looked_up(message)) else { return };
        let told = match about {
            Ok(about) => about.is_some_and(|about| self.tell(key, &item, &about)),
            Err(failure) => return self.unreadable(key, &failure),
        };
        if !told {
            self.done(key, &item);
            self.pump(key);
        }
    }

    /// Sends the request, or sees to it that it can be sent; false when there is nothing to send.
    fn tell(&mut self, key: &DeviceKey, item: &Item, about: &About) -> bool {
        let Some(device) = self.devices.get(key) else { return false };
        let Some(mut flow) = device.flow.clone() else { return false };
        let aimed = about.letter.to.device().filter(|_| matches!(item.news, News::Incoming { .. }));
        if aimed.is_some_and(|aimed| device.binding.instance.as_deref() != Some(aimed.as_bytes())) {
            return false;
        }
        let names = Names { branch: self.branch(), call_id: self.word(), tag: self.word() };
        let Some(mut octets) = self.write(key, item, about, &names, &flow) else { return false };
        let mut stream = None;
        if flow.wire() == Wire::Udp && octets.len() > DATAGRAM_GOOD {
            let Some(device) = self.devices.get(key) else { return false };
            let door = streams::door(&device.binding, &flow);
            match self.streams.to(door, self.time()) {
                Stream::Open(open) => {
                    (flow, stream) = (open, Some(door));
                    let Some(again) = self.write(key, item, about, &names, &flow) else { return false };
                    octets = again;
                }
                Stream::Untried => {
                    self.open_stream(key.clone(), item.message, about.clone(), [door, flow.local()]);
                    return true;
                }
                Stream::Refused => {}
            }
        }
        if matches!(item.news, News::Incoming { .. }) {
            // Without an envelope there is no id but that of the request, and clients do name it (Linphone).
            let cpm = self.devices.get(key).is_some_and(|device| device.binding.cpm);
            let name = if cpm { imdn_id(item.message, &about.letter) } else { names.call_id.clone() };
            self.told_as.put((key.subscriber().clone(), name), item.message);
        }
        if let Some(offer) = &about.offer {
            self.offered.put(item.message, Arc::clone(offer));
        }
        match self.send(flow, names.branch.as_ref(), octets) {
            Some(token) => {
                if let Some(device) = self.devices.get_mut(key) {
                    device.binding.sent = device.binding.sent.max(item.cursor);
                }
                self.outboxes.entry(key.clone()).or_default().ask(token);
                let (key, item, alone) = (key.clone(), item.clone(), aimed.is_some());
                self.sending.insert(token, Sending { key, item, alone, stream });
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

    /// Writes the request for a flow; nothing when its sender does not want to hear it, or it can't be sent: then the
    /// device has failed.
    fn write(
        &mut self,
        key: &DeviceKey,
        item: &Item,
        about: &About,
        names: &Names,
        flow: &Flow,
    ) -> Option<Bytes> {
        let (letter, domain) = (&about.letter, self.options.domain.clone());
        let notification = match item.news {
            News::Incoming { .. } | News::Offer => None,
            news => Some(notification(item.message, news, letter, &domain)?),
        };
        let (said, from, to) = match (&notification, &about.offer) {
            (None, Some(offer)) => (Said::Offer(&offer.document), &letter.to, &letter.from),
            (None, None) => (Said::Message { id: item.message, incoming: letter }, &letter.from, &letter.to),
            (Some(imdn), _) => (Said::Notification(imdn), &letter.to, &letter.from),
        };
        let ends = Ends { from, to, domain: &domain };
        let binding = &self.devices.get(key)?.binding;
        let written = compose::request(&mut self.scratch, binding, flow, &ends, names, &said);
        let octets = self.scratch.split().freeze();
        if written.is_ok() && octets.len() <= REQUEST_MAX {
            return Some(octets);
        }
        tracing::warn!(length = octets.len(), "a message cannot be sent to a device");
        if let News::Incoming { attempt } = item.news {
            let (of, alone) = ((item.message, attempt), letter.to.device().is_some());
            self.fork_failed(key, of, alone, FailureClass::Permanent, StatusCode(513));
        }
        None
    }
}
