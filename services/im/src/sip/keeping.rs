//! What is kept of devices on disk, and found again after a restart: bindings, and how far each device was told.

use super::binding::{Binding, Device, DeviceKey};
use super::server::{Answered, Server};
use switchback_ports::{LOST_BY_US, decode, encode};

impl Server {
    /// Keeps something with a device, without waiting: should it be lost, something is told to the device once more.
    pub(super) fn keep(&self, key: &DeviceKey, kept: Vec<u8>) {
        let answer = self.intake.keep(key.subscriber().clone(), key.device().clone(), kept);
        self.answers.spawn(async move {
            drop(answer.await);
            Answered::Nothing
        });
    }

    /// Keeps how far devices were told, where that has changed: at a crash it decides what is told twice.
    pub(super) fn keep_told(&mut self) {
        let changed = self.devices.iter().filter(|(_, device)| device.kept != device.binding.reach());
        let changed: Vec<DeviceKey> = changed.map(|(key, _)| key.clone()).collect();
        for key in changed {
            let Some(device) = self.devices.get_mut(&key) else { continue };
            device.kept = device.binding.reach();
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
            let Ok(mut binding) = decode::<Binding>(&row.kept) else { continue };
            if row.why == LOST_BY_US[1] {
                // What was sent to it and not kept is not known; of one that left before the crash all is.
                binding.sent = self.last_cursor;
            }
            let bound = binding.expires_at > now;
            let flow = binding.datagrams.and_then(|(socket, peer)| self.sockets.flow(socket, peer));
            let key = DeviceKey::new(row.subscriber, row.device);
            let flow = flow.filter(|_| bound);
            let back = flow.is_some() && LOST_BY_US.contains(&row.why.as_str());
            let kept = binding.reach();
            let device =
                Device { binding, flow, spares: Vec::new(), online: false, settled: false, kept, since: 0 };
            self.devices.put(key.clone(), device, now);
            if back {
                self.returning.push_back(key);
            }
        }
    }

    /// At the end: how far each device was told is kept, and that is waited for.
    pub(super) async fn part(&mut self) {
        self.keep_told();
        while self.answers.join_next().await.is_some() {}
    }
}
