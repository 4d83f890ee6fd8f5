//! A device that is back is told in order what it missed, page by page from its place in the stream, before what comes
//! live.

use super::binding::DeviceKey;
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
        for line in page.lines.iter().filter(|line| line.cursor <= until) {
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
    }
}
