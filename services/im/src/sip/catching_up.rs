//! A device that is back is told in order what it missed, page by page from its place in the stream, before what comes
//! live.

use super::binding::DeviceKey;
use super::news::{item, listed};
use super::outbox::Outbox;
use super::server::{Answered, Server};
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::Owner;
use switchback_ports::{EventLine, Page, Refusal, StoreFailure};

/// Events of one page of what a device missed.
const PAGE: usize = 200;
/// How soon the lists are asked again when they do not reach far enough yet.
pub(super) const AGAIN: Duration = Duration::from_millis(50);

impl Server {
    /// A device is registered: what it missed is told first.
    pub(super) fn is_back(&mut self, key: &DeviceKey, outcome: Result<Vec<EventLine>, Option<Refusal>>) {
        let Ok(unconfirmed) = outcome else {
            // Too much at once: the device is lost again until it is heard.
            self.devices.set_online(key, false);
            return;
        };
        for item in unconfirmed.iter().filter_map(item) {
            self.outboxes.entry(key.clone()).or_default().add_again(item);
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
            let page =
                listed(intake.events(Some(Owner::Subscriber(key.subscriber().clone())), after, PAGE)).await;
            Answered::Listed { key, after, until, page }
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
        let Some(device) = self.devices.get(key) else { return };
        if !device.online || device.settled || device.since != until {
            return;
        }
        let page = match page {
            Ok(page) => page,
            Err(StoreFailure::Behind) => return self.list(key.clone(), after, until, AGAIN),
            Err(failure) => return self.unreadable(key, &failure),
        };
        let seen = page.lines.last().map(|line| line.cursor);
        let outbox = self.outboxes.entry(key.clone()).or_default();
        let missed = page.lines.iter().filter(|line| line.cursor <= until);
        missed.filter_map(item).for_each(|item| outbox.add_missed(item));
        let is_full = outbox.len() >= self.options.limits.ahead;
        let after = seen.unwrap_or(after);
        if after >= until || (!page.more && page.watermark >= until) {
            return self.settle(key);
        }
        if is_full {
            outbox.cut_at(after);
            return self.settle(key);
        }
        let pause = if page.more { Duration::ZERO } else { AGAIN };
        self.list(key.clone(), after, until, pause);
    }

    /// What is to be told to a device can't be read: it is told when it is back.
    pub(super) fn unreadable(&mut self, key: &DeviceKey, failure: &StoreFailure) {
        tracing::warn!(%failure, "what is to be told to a device could not be read");
        self.lose(key, "its messages could not be read");
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

    /// Nothing waits for a device that is there: it has been told all that it missed, what it need not be told included;
    /// or as much of it as was here, and the next is read.
    pub(super) fn reached(&mut self, key: &DeviceKey) {
        let outbox = self.outboxes.get_mut(key);
        let waits = outbox.as_ref().is_some_and(|outbox| !outbox.is_empty());
        let Some(device) = self.devices.get_mut(key).filter(|device| device.settled && !waits) else {
            return;
        };
        let cut = outbox.as_ref().and_then(|outbox| outbox.cut);
        device.binding.told = device.binding.told.max(cut.unwrap_or(device.since));
        if cut.is_some_and(|cut| cut < device.since) {
            outbox.into_iter().for_each(|outbox| outbox.cut = Some(device.since));
            return self.catch_up(key);
        }
        outbox.into_iter().for_each(Outbox::caught_up);
        if cut.is_some() {
            device.since = self.last_cursor;
            self.catch_up(key);
        }
    }
}
