//! Devices come, stay and go: registrations are durable before they are confirmed, what a device missed is told in
//! order, and a device that is not heard any more is lost.
//!
//! ```text
//!            REGISTER, or heard again                 answered, and caught up
//!   (gone) ---------------------------> coming ------------------------------> there
//!      ^                                  |                                      |
//!      +--- released, expired, silent, connection lost, no answer to a request --+
//! ```

use super::binding::{Binding, Device, DeviceKey};
use super::flow::Flow;
use super::register::{self, Unwell, Wish};
use super::server::{Answered, Asked, Server};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{DeviceId, EventKind, Owner, SubscriberId, Time};
use switchback_ports::{EventLine, Intake, LOST_BY_US, Page, Refusal, StoreFailure, decode, encode};
use wire_sip::header::Date;
use wire_sip::{HeaderName, StatusCode};

/// Events of one page of what a device missed.
const PAGE: usize = 200;
/// How often it is kept how far devices were told.
const KEEP_MS: u64 = 5_000;
/// How soon the lists are asked again when they do not reach far enough yet.
pub(super) const AGAIN: Duration = Duration::from_millis(50);

impl Server {
    /// A REGISTER whose sender is known.
    pub(super) fn register(&mut self, asked: Asked, flow: &Flow, who: SubscriberId) {
        let of = register::concerns(&asked.request, |address| self.intake.subscriber_of(address));
        if of.as_ref() != Some(&who) {
            return self.answer_because(&asked, 403, "that address of record is not yours");
        }
        let now = self.time();
        let wish = match register::wish(&asked.request, &who, &self.devices, flow, &self.options, now) {
            Ok(wish) => wish,
            Err(Unwell::Refused(status, why)) => return self.answer_because(&asked, status.0, why),
            Err(Unwell::TooBrief(min)) => {
                return self.answer(&asked, StatusCode(423), |answer| {
                    answer.number(HeaderName::MinExpires, u64::from(min));
                });
            }
        };
        let Wish { bind, release } = wish;
        let released: Vec<(DeviceId, Vec<u8>)> = release
            .into_iter()
            .filter_map(|name| {
                let kept = self.release(&(who.clone(), name.clone()), "unregistered")?;
                Some((name, kept))
            })
            .collect();
        let bound: Vec<(DeviceId, bool, Vec<u8>)> =
            bind.into_iter().map(|(name, binding)| self.bind((who.clone(), name), binding, flow)).collect();
        let (intake, asked, subscriber) = (Arc::clone(&self.intake), Box::new(asked), who);
        self.answers.spawn(async move {
            let outcome = make_durable(&*intake, &subscriber, released, bound).await;
            Answered::Registered { asked, subscriber, outcome }
        });
    }

    /// Puts the binding in; gives the device's name, whether the engine is to be told that it came, and what to keep.
    fn bind(&mut self, key: DeviceKey, mut binding: Binding, flow: &Flow) -> (DeviceId, bool, Vec<u8>) {
        let old = self.devices.get(&key);
        let was_online = old.is_some_and(|device| device.online);
        let same_flow = old.is_some_and(|device| device.flow.as_ref() == Some(flow));
        let settled = old.is_some_and(|old| old.settled);
        let exact = old.is_none_or(|old| old.exact);
        let since = old.filter(|old| old.online).map_or(self.last_cursor, |old| old.since);
        if old.is_none() {
            // Somebody new is told from now on.
            binding.told = self.last_cursor;
        }
        let kept = encode(&binding);
        let device = Device {
            told_kept: binding.told,
            binding,
            flow: Some(flow.clone()),
            online: true,
            settled: settled && was_online,
            exact,
            since,
        };
        let now = self.time();
        self.devices.put(key.clone(), device, now);
        if was_online && !same_flow {
            // What was on its way by the old flow goes again by the new one; the device knows it by its id.
            self.abandon(&key);
        }
        (key.1, !was_online, kept)
    }

    /// The engine's word on a REGISTER.
    pub(super) fn registered(
        &mut self,
        asked: &Asked,
        subscriber: &SubscriberId,
        outcome: Result<Vec<(DeviceKey, Vec<EventLine>)>, Option<Refusal>>,
    ) {
        let came = match outcome {
            Ok(came) => came,
            Err(refusal) => {
                let unsettled = self.devices.of(subscriber).filter(|(_, device)| !device.settled);
                let unsettled: Vec<DeviceKey> = unsettled.map(|(key, _)| key).collect();
                for key in unsettled {
                    self.devices.remove(&key);
                }
                return match refusal {
                    Some(refusal) => self.refuse(asked, &refusal),
                    None => self.busy(asked),
                };
            }
        };
        self.confirm(asked, subscriber);
        for (key, missed) in came {
            self.is_back(&key, Ok(missed));
        }
        let rest: Vec<DeviceKey> = self.devices.of(subscriber).map(|(key, _)| key).collect();
        rest.iter().for_each(|key| self.pump(key));
    }

    /// 200 with every binding there is (RFC 3261 10.3 step 8), and what outbound, path and GRUU add.
    fn confirm(&mut self, asked: &Asked, subscriber: &SubscriberId) {
        let (now, request) = (self.time(), &asked.request);
        let gruu = register::supports(request, "gruu");
        let aor = request.to().uri.as_bytes().to_vec();
        let outbound = register::supports(request, "outbound");
        let mut contacts = Vec::new();
        let mut has_reg_id = false;
        for (_, device) in self.devices.of(subscriber).filter(|(_, device)| device.is_bound(now)) {
            let binding = &device.binding;
            has_reg_id |= binding.reg_id.is_some();
            contacts.push(contact(binding, binding.expires_at.millis_since(now).div_ceil(1000), &aor, gruu));
        }
        let date = Date { unix_seconds: now.as_millis() / 1000 };
        self.answer(asked, StatusCode::OK, |answer| {
            for contact in &contacts {
                answer.header(HeaderName::Contact, contact);
            }
            answer.copy(request, HeaderName::Path);
            answer.header(HeaderName::Date, date.to_string().as_bytes());
            if outbound && has_reg_id {
                answer.header(HeaderName::Require, b"outbound");
            }
        });
    }

    /// A device is registered: what it missed is told first.
    pub(super) fn is_back(&mut self, key: &DeviceKey, outcome: Result<Vec<EventLine>, Option<Refusal>>) {
        let Ok(unconfirmed) = outcome else {
            // Too much at once: the device is lost again until it is heard.
            self.devices.set_online(key, false);
            return;
        };
        for line in unconfirmed {
            self.queue(key, &line);
        }
        self.catch_up(key);
    }

    /// Reads what a device was not told, up to what comes live.
    pub(super) fn catch_up(&mut self, key: &DeviceKey) {
        let Some(device) = self.devices.get_mut(key).filter(|device| device.online) else { return };
        let (after, until) = (device.binding.told, device.since);
        if after >= until {
            return self.settle(key);
        }
        device.settled = false;
        self.list(key.clone(), after, until, Duration::ZERO);
    }

    fn list(&self, key: DeviceKey, after: u64, until: u64, pause: Duration) {
        let intake = Arc::clone(&self.intake);
        self.answers.spawn(async move {
            tokio::time::sleep(pause).await;
            match intake.events(Some(Owner::Subscriber(key.0.clone())), after, PAGE).await {
                Ok(page) => Answered::Listed { key, after, until, page },
                Err(_) => Answered::Nothing,
            }
        });
    }

    /// A page of what it missed.
    pub(super) fn listed(
        &mut self,
        key: &DeviceKey,
        after: u64,
        until: u64,
        page: Result<Page<EventLine>, StoreFailure>,
    ) {
        if self.devices.get(key).is_none_or(|device| !device.online || device.settled) {
            return;
        }
        let page = match page {
            Ok(page) => page,
            Err(StoreFailure::Behind) => return self.list(key.clone(), after, until, AGAIN),
            Err(failure) => {
                tracing::warn!(%failure, "what a device missed could not be read");
                return self.lose(key, "its messages could not be read");
            }
        };
        let seen = page.lines.last().map(|line| line.cursor);
        // Where that is not exact, a message that is not confirmed was given with the registration, and one that is has
        // been told to somebody: telling a notification twice does no harm, telling a message does.
        let exact = self.devices.get(key).is_some_and(|device| device.exact);
        let is_message = |line: &EventLine| matches!(line.event.kind, EventKind::Incoming { .. });
        for line in page.lines.iter().filter(|line| line.cursor <= until && (exact || !is_message(line))) {
            self.queue(key, line);
        }
        let after = seen.unwrap_or(after);
        if after >= until || (!page.more && page.watermark >= until) {
            return self.settle(key);
        }
        let pause = if page.more { Duration::ZERO } else { AGAIN };
        self.list(key.clone(), after, until, pause);
    }

    /// All that a device missed is in its queue: what came live follows.
    fn settle(&mut self, key: &DeviceKey) {
        if let Some(device) = self.devices.get_mut(key) {
            device.settled = true;
        }
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.settle();
        }
        self.pump(key);
        self.reached(key);
    }

    /// Nothing waits for a device that is there: it has been told all that it missed, what it need not be told included.
    pub(super) fn reached(&mut self, key: &DeviceKey) {
        let waits = self.outboxes.get(key).is_some_and(|outbox| !outbox.is_empty());
        let Some(device) = self.devices.get_mut(key).filter(|device| device.settled && !waits) else {
            return;
        };
        device.binding.told = device.binding.told.max(device.since);
        device.exact = true;
    }

    /// Something was heard on a flow: its devices are there.
    pub(super) fn alive(&mut self, flow: &Flow) {
        let now = self.time();
        for key in self.devices.heard(flow.key(), now) {
            self.bring_back(&key);
        }
    }

    /// The engine counts the device as registered again, without a REGISTER.
    fn bring_back(&mut self, key: &DeviceKey) {
        let since = self.last_cursor;
        let Some(device) = self.devices.get_mut(key) else { return };
        (device.settled, device.since) = (false, since);
        self.devices.set_online(key, true);
        let (intake, key) = (Arc::clone(&self.intake), key.clone());
        self.answers.spawn(async move {
            let outcome = match intake.register(key.0.clone(), key.1.clone()).await {
                Ok(outcome) => outcome.map_err(Some),
                Err(_) => Err(None),
            };
            Answered::Back { key, outcome }
        });
    }

    /// A device is not reachable any more; what waits for it stays in its subscriber's stream.
    pub(super) fn lose(&mut self, key: &DeviceKey, why: &'static str) {
        self.outboxes.remove(key);
        let Some(device) = self.devices.get_mut(key).filter(|device| device.online) else { return };
        device.settled = false;
        let kept = (device.told_kept != device.binding.told).then(|| encode(&device.binding));
        device.told_kept = device.binding.told;
        self.devices.set_online(key, false);
        if let Some(kept) = kept {
            self.keep(key, kept);
        }
        self.intake.deregister(key.0.clone(), key.1.clone(), SmolStr::new_static(why));
    }

    /// A binding ends; gives what is to be kept of it. How far the device was told stays: it goes on from there when it
    /// is back.
    fn release(&mut self, key: &DeviceKey, why: &'static str) -> Option<Vec<u8>> {
        self.lose(key, why);
        self.devices.lose_flow(key);
        let now = self.time();
        let device = self.devices.get_mut(key)?;
        device.binding.expires_at = device.binding.expires_at.min(now);
        let kept = encode(&device.binding);
        self.devices.forget_gone(&key.0, self.options.devices_max, now);
        Some(kept)
    }

    /// Keeps something with a device, without waiting: should it be lost, something is told to the device once more.
    fn keep(&self, key: &DeviceKey, kept: Vec<u8>) {
        let answer = self.intake.keep(key.0.clone(), key.1.clone(), kept);
        self.answers.spawn(async move {
            drop(answer.await);
            Answered::Nothing
        });
    }

    /// Looks all devices over: bindings that ended, clients that fell silent.
    pub(super) fn sweep(&mut self) {
        let now = self.time();
        let silence = u64::try_from(self.options.alive.as_millis()).unwrap_or(u64::MAX);
        let ended = self.devices.iter().filter(|(_, device)| device.flow.is_some() && !device.is_bound(now));
        let ended: Vec<DeviceKey> = ended.map(|(key, _)| key.clone()).collect();
        for key in ended {
            if let Some(kept) = self.release(&key, "registration expired") {
                self.keep(&key, kept);
            }
        }
        for key in self.devices.silent_since(Time::from_millis(now.as_millis().saturating_sub(silence))) {
            self.lose(&key, "not heard any more");
        }
        self.resume(now);
        if now >= self.keep_next {
            self.keep_next = now.plus_millis(KEEP_MS);
            self.keep_told();
        }
    }

    /// Keeps how far devices were told, where that has changed: at a crash it decides what is told twice.
    fn keep_told(&mut self) {
        let changed = self.devices.iter().filter(|(_, device)| device.told_kept != device.binding.told);
        let changed: Vec<DeviceKey> = changed.map(|(key, _)| key.clone()).collect();
        for key in changed {
            let Some(device) = self.devices.get_mut(&key) else { continue };
            device.told_kept = device.binding.told;
            let kept = encode(&device.binding);
            self.keep(&key, kept);
        }
    }

    /// What was bound when the last run ended: those reached by datagrams are where they were.
    pub(super) async fn restore(&mut self) {
        let now = self.time();
        let rows = match self.intake.devices().await {
            Ok(Ok(rows)) => rows,
            Ok(Err(failure)) => {
                tracing::warn!(%failure, "registrations could not be read: clients have to register again");
                return;
            }
            Err(_) => return,
        };
        for row in rows {
            let Ok(binding) = decode::<Binding>(&row.kept) else { continue };
            let bound = binding.expires_at > now;
            let flow = binding.datagrams.and_then(|(socket, peer)| self.sockets.flow(socket, peer));
            let key = (row.subscriber, row.device);
            let flow = flow.filter(|_| bound);
            let back = flow.is_some() && LOST_BY_US.contains(&row.why.as_str());
            let told_kept = binding.told;
            let device = Device {
                binding,
                flow,
                online: false,
                settled: false,
                told_kept,
                exact: row.why != LOST_BY_US[1],
                since: 0,
            };
            self.devices.put(key.clone(), device, now);
            if back {
                self.bring_back(&key);
            }
        }
    }

    /// At the end: how far each device was told is kept, and that is waited for.
    pub(super) async fn part(&mut self) {
        self.keep_told();
        while self.answers.join_next().await.is_some() {}
    }
}

/// Keeps what is left of those that went, registers those that came, and keeps all bindings; gives what the store says
/// was told to them and not confirmed.
async fn make_durable(
    intake: &dyn Intake,
    subscriber: &SubscriberId,
    released: Vec<(DeviceId, Vec<u8>)>,
    bound: Vec<(DeviceId, bool, Vec<u8>)>,
) -> Result<Vec<(DeviceKey, Vec<EventLine>)>, Option<Refusal>> {
    for (name, kept) in released {
        // Asked after the loss: when this is on disk, so is that.
        intake.keep(subscriber.clone(), name, kept).await.map_err(|_| None)?.map_err(Some)?;
    }
    let mut came = Vec::new();
    for (name, is_new, kept) in bound {
        // Asked together, so that one commit has both.
        let registered = is_new.then(|| intake.register(subscriber.clone(), name.clone()));
        let keeping = intake.keep(subscriber.clone(), name.clone(), kept);
        if let Some(registered) = registered {
            let missed = registered.await.map_err(|_| None)?.map_err(Some)?;
            came.push(((subscriber.clone(), name), missed));
        }
        keeping.await.map_err(|_| None)?.map_err(Some)?;
    }
    Ok(came)
}

/// A contact as the registrar gives it back.
fn contact(binding: &Binding, left: u64, aor: &[u8], gruu: bool) -> Vec<u8> {
    let mut value = Vec::with_capacity(binding.contact.len() + 64);
    let mut add = |parts: &[&[u8]]| parts.iter().for_each(|part| value.extend_from_slice(part));
    add(&[b"<", &binding.contact, b">;expires=", left.to_string().as_bytes()]);
    if let Some(instance) = &binding.instance {
        add(&[b";+sip.instance=\"<", instance, b">\""]);
        if let Some(reg_id) = binding.reg_id {
            add(&[b";reg-id=", reg_id.to_string().as_bytes()]);
        }
        if gruu {
            add(&[b";pub-gruu=\"", aor, b";gr=", instance, b"\""]);
        }
    }
    value
}
