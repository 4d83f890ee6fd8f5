//! Devices come, stay and go.
//!
//! ```text
//!            REGISTER, or heard again                 answered, and caught up
//!   (gone) ---------------------------> coming ------------------------------> there
//!      ^                                  |                                      |
//!      +--- released, expired, silent, connection lost, no answer to a request --+
//! ```

use super::binding::{Binding, DeviceKey};
use super::flow::Flow;
use super::server::{Answered, Server};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::Time;
use switchback_ports::encode;

/// How often it is kept how far devices were told.
const KEEP_MS: u64 = 5_000;
/// Devices return after a restart while the engine has been asked for less than this.
const RETURNING_MAX: usize = 1024;

impl Server {
    /// Something was heard on a flow: its devices are there.
    pub(super) fn alive(&mut self, flow: &Flow) {
        let now = self.time();
        for key in self.devices.heard(flow.key(), now) {
            self.bring_back(&key);
        }
    }

    /// After a restart devices that are where they were are there again: not all at once, so that there is room for what
    /// they ask meanwhile. Whoever is heard before its turn has come by then.
    pub(super) fn return_some(&mut self) {
        while self.answers.len() < RETURNING_MAX
            && let Some(key) = self.returning.pop_front()
        {
            let now = self.time();
            if self.devices.get(&key).is_some_and(|device| !device.online && device.is_bound(now)) {
                self.bring_back(&key);
            }
        }
    }

    /// The engine counts the device as registered again, without a REGISTER.
    pub(super) fn bring_back(&mut self, key: &DeviceKey) {
        let since = self.last_cursor;
        let Some(device) = self.devices.get_mut(key) else { return };
        (device.settled, device.since) = (false, since);
        self.devices.set_online(key, true);
        let (intake, key) = (Arc::clone(&self.intake), key.clone());
        self.answers.spawn(async move {
            let outcome = match intake.register(key.subscriber().clone(), key.device().clone()).await {
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
        let kept = (device.kept != device.binding.reach()).then(|| encode(&device.binding));
        device.kept = device.binding.reach();
        self.devices.set_online(key, false);
        if let Some(kept) = kept {
            self.keep(key, kept);
        }
        self.intake.deregister(key.subscriber().clone(), key.device().clone(), SmolStr::new_static(why));
    }

    /// A device unregisters, wholly or one of its flows; gives what is to be kept of it.
    pub(super) fn let_go(&mut self, key: &DeviceKey, reg_id: Option<u32>) -> Option<Vec<u8>> {
        let used = self.devices.get(key).is_some_and(|device| device.binding.reg_id == reg_id);
        let spare = |binding: &Binding, _: &Flow| binding.reg_id == reg_id;
        let one = reg_id.is_some();
        if one && (self.devices.drop_spare(key, spare) || !used || self.fall_over(key)) {
            return self.devices.get(key).map(|device| encode(&device.binding));
        }
        self.release(key, "unregistered")
    }

    /// A flow is gone: those who were reached by it are reached by another of theirs, or not at all.
    pub(super) fn without_flow(&mut self, flow: &Flow) {
        for key in self.devices.on(flow.key()) {
            // Both may go by one connection, of a proxy.
            self.devices.drop_spare(&key, |_, spare| spare == flow);
            let used = self.devices.get(&key).is_some_and(|device| device.flow.as_ref() == Some(flow));
            if used && !self.fall_over(&key) {
                self.lose(&key, "connection lost");
                self.devices.lose_flow(&key);
            }
        }
    }

    /// The next flow of a device takes over (RFC 5626 section 5.3), and what was on its way goes again by it: the device
    /// knows it by its id. False when there is no other.
    pub(super) fn fall_over(&mut self, key: &DeviceKey) -> bool {
        if !self.devices.next_flow(key, self.clock.now()) {
            return false;
        }
        self.abandon(key);
        if let Some(device) = self.devices.get(key) {
            let kept = encode(&device.binding);
            self.keep(key, kept);
        }
        self.pump(key);
        true
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
        self.devices.forget_gone(key.subscriber(), self.options.devices_max, now);
        Some(kept)
    }

    /// Looks all devices over: bindings that ended, clients that fell silent.
    pub(super) fn sweep(&mut self) {
        self.later.measure(self.now());
        let now = self.time();
        let silence = u64::try_from(self.options.alive.as_millis()).unwrap_or(u64::MAX);
        let ended = self.devices.iter().filter(|(_, device)| device.flow.is_some() && !device.is_bound(now));
        let ended: Vec<DeviceKey> = ended.map(|(key, _)| key.clone()).collect();
        for key in ended.into_iter().filter(|key| !self.fall_over(key)).collect::<Vec<_>>() {
            if let Some(kept) = self.release(&key, "registration expired") {
                self.keep(&key, kept);
            }
        }
        for key in self.devices.silent_since(Time::from_millis(now.as_millis().saturating_sub(silence))) {
            if !self.fall_over(&key) {
                self.lose(&key, "not heard any more");
            }
        }
        self.resume(now);
        if now >= self.keep_next {
            self.keep_next = now.plus_millis(KEEP_MS);
            self.keep_told();
        }
    }
}
