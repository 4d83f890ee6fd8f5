//! Which devices hold an event stream open. A device that reconnects opens its new stream before the server notices
//! that the old one is dead: only the last stream to close makes the device lost.

use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use switchback_core::model::{DeviceId, SubscriberId};
use switchback_ports::Intake;

/// Open streams by device; as many entries as there are open streams at most, so bounded by the connection cap.
#[derive(Default)]
pub(crate) struct Devices {
    open: Mutex<HashMap<(SubscriberId, DeviceId), u32>>,
}

/// One open stream of a device; dropping it closes it.
pub(crate) struct OpenDevice {
    devices: Arc<Devices>,
    intake: Arc<dyn Intake>,
    key: (SubscriberId, DeviceId),
}

impl Devices {
    /// Counts a stream. Registering the device is the caller's next step: in this order the loss of an older stream
    /// of the same device can no longer follow it.
    pub(crate) fn open(
        self: &Arc<Self>,
        intake: &Arc<dyn Intake>,
        subscriber: SubscriberId,
        device: DeviceId,
    ) -> OpenDevice {
        let key = (subscriber, device);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(key.clone()).or_default();
        *streams = streams.saturating_add(1);
        OpenDevice { devices: Arc::clone(self), intake: Arc::clone(intake), key }
    }
}

impl Drop for OpenDevice {
    fn drop(&mut self) {
        let mut open = self.devices.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.key).map_or(0, |streams| streams.saturating_sub(1));
        if left > 0 {
            open.insert(self.key.clone(), left);
            return;
        }
        open.remove(&self.key);
        // Under the lock, so that a new stream of the device is registered after this loss, never before it.
        let (subscriber, device) = self.key.clone();
        self.intake.deregister(subscriber, device, SmolStr::new_static("stream closed"));
    }
}
