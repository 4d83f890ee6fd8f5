//! What is known of registered devices: how to reach each, until when, and how far it has been told.

use super::flow::{Flow, FlowKey};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use switchback_core::model::{DeviceId, SubscriberId, Time};

/// Flows of one device beside that which it is reached by: RFC 5626 asks clients for two in all.
const SPARES_MAX: usize = 3;

/// A device of a subscriber.
pub(super) type DeviceKey = (SubscriberId, DeviceId);

/// How a device is reached, as its REGISTER said it (RFC 3261 section 10, RFC 3327, RFC 5626).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binding {
    /// The contact URI: the Request-URI of what is sent to it.
    pub(super) contact: Vec<u8>,
    /// The elements of its Path, outermost proxy first.
    pub(super) path: Vec<Vec<u8>>,
    /// `+sip.instance`, when it has one.
    pub(super) instance: Option<Vec<u8>>,
    /// `reg-id`, when it has one.
    pub(super) reg_id: Option<u32>,
    /// Until when it is bound.
    pub(super) expires_at: Time,
    /// Of the REGISTER: an older one of the same call is refused (RFC 3261 10.3 step 7).
    pub(super) call_id: Vec<u8>,
    /// See `call_id`.
    pub(super) cseq: u32,
    /// The device says that it is a CPM client: it answers with notifications, so that its 2xx says nothing (R4).
    pub(super) cpm: bool,
    /// The socket and the peer's address, when it is reached by datagrams: such a flow outlives our restart.
    pub(super) datagrams: Option<(usize, SocketAddr)>,
    /// Events up to this cursor have been told to it.
    pub(super) told: u64,
}

/// A device in memory.
#[derive(Debug)]
pub(super) struct Device {
    /// How it is reached; nothing once it has unregistered.
    pub(super) binding: Binding,
    /// The flow, while it is alive.
    pub(super) flow: Option<Flow>,
    /// Other flows of it (RFC 5626), the latest last: one takes over when that is lost. Not kept on disk: a device that
    /// has several opens them again.
    pub(super) spares: Vec<(Binding, Flow)>,
    /// The engine counts it as registered, or is about to.
    pub(super) online: bool,
    /// It is there: its registration is durable, and what it missed is in its queue.
    pub(super) settled: bool,
    /// It sends keep-alives: silence means that it is gone (DESIGN section 3, Online).
    pub(super) keeps_alive: bool,
    /// When it was last heard.
    pub(super) heard: Time,
    /// `binding.told` as it was last kept on disk.
    pub(super) told_kept: u64,
    /// Whether `binding.told` is exact. After a crash it is behind: what it names as not told may have been.
    pub(super) exact: bool,
    /// What comes live after this cursor comes to its queue by itself.
    pub(super) since: u64,
}

/// All devices. Bounded: so many of a subscriber, and only subscribers have any.
#[derive(Debug, Default)]
pub(super) struct Devices {
    by_key: HashMap<DeviceKey, Device>,
    of: HashMap<SubscriberId, Vec<DeviceId>>,
    on: HashMap<FlowKey, HashSet<DeviceKey>>,
}

impl Devices {
    /// The device.
    pub(super) fn get(&self, key: &DeviceKey) -> Option<&Device> {
        self.by_key.get(key)
    }

    /// The device, to change anything but its flow.
    pub(super) fn get_mut(&mut self, key: &DeviceKey) -> Option<&mut Device> {
        self.by_key.get_mut(key)
    }

    /// The devices of a subscriber.
    pub(super) fn of(&self, subscriber: &SubscriberId) -> impl Iterator<Item = (DeviceKey, &Device)> {
        let names = self.of.get(subscriber).map_or(&[][..], Vec::as_slice);
        names.iter().filter_map(|name| {
            let key = (subscriber.clone(), name.clone());
            let device = self.by_key.get(&key)?;
            Some((key, device))
        })
    }

    /// Whether the subscriber has any device here.
    pub(super) fn has(&self, subscriber: &SubscriberId) -> bool {
        self.of.contains_key(subscriber)
    }

    /// The devices that are reached by a flow.
    pub(super) fn on(&self, flow: FlowKey) -> Vec<DeviceKey> {
        self.on.get(&flow).into_iter().flatten().cloned().collect()
    }

    /// Puts a device in, or in the place of what it was.
    pub(super) fn put(&mut self, key: DeviceKey, device: Device) {
        self.unlink(&key);
        let names = self.of.entry(key.0.clone()).or_default();
        if !names.contains(&key.1) {
            names.push(key.1.clone());
        }
        self.by_key.insert(key.clone(), device);
        self.link(&key);
    }

    /// A device has one more flow, beside that which it is reached by.
    pub(super) fn put_spare(&mut self, key: &DeviceKey, binding: Binding, flow: Flow) {
        self.unlink(key);
        if let Some(device) = self.by_key.get_mut(key) {
            device.spares.retain(|(spare, _)| spare.reg_id != binding.reg_id);
            device.spares.push((binding, flow));
            let surplus = device.spares.len().saturating_sub(SPARES_MAX);
            device.spares.drain(..surplus);
        }
        self.link(key);
    }

    /// From now on the device is reached by another of its flows; false when it has none.
    pub(super) fn next_flow(&mut self, key: &DeviceKey, now: Time) -> bool {
        self.unlink(key);
        let mut found = false;
        if let Some(device) = self.by_key.get_mut(key) {
            device.spares.retain(|(spare, _)| spare.expires_at > now);
            if let Some((binding, flow)) = device.spares.pop() {
                let told = device.binding.told;
                (device.binding, device.flow) = (Binding { told, ..binding }, Some(flow));
                found = true;
            }
        }
        self.link(key);
        found
    }

    /// Takes a spare flow away; false when there was no such one.
    pub(super) fn drop_spare(&mut self, key: &DeviceKey, is_it: impl Fn(&Binding, &Flow) -> bool) -> bool {
        self.unlink(key);
        let mut dropped = false;
        if let Some(device) = self.by_key.get_mut(key) {
            let before = device.spares.len();
            device.spares.retain(|(binding, flow)| !is_it(binding, flow));
            dropped = device.spares.len() < before;
        }
        self.link(key);
        dropped
    }

    /// The device's flows are gone.
    pub(super) fn lose_flow(&mut self, key: &DeviceKey) {
        self.unlink(key);
        if let Some(device) = self.by_key.get_mut(key) {
            device.flow = None;
            device.spares.clear();
        }
    }

    /// Of a subscriber's devices that are bound no more only the latest so many are remembered.
    pub(super) fn forget_gone(&mut self, subscriber: &SubscriberId, most: usize, now: Time) {
        let gone = self.of(subscriber).filter(|(_, device)| !device.is_bound(now));
        let mut gone: Vec<(Time, DeviceKey)> =
            gone.map(|(key, device)| (device.binding.expires_at, key)).collect();
        gone.sort_unstable();
        let surplus = gone.len().saturating_sub(most);
        for (_, key) in gone.into_iter().take(surplus) {
            self.remove(&key);
        }
    }

    /// Forgets a device.
    pub(super) fn remove(&mut self, key: &DeviceKey) -> Option<Device> {
        self.unlink(key);
        if let Some(names) = self.of.get_mut(&key.0) {
            names.retain(|name| *name != key.1);
            if names.is_empty() {
                self.of.remove(&key.0);
            }
        }
        self.by_key.remove(key)
    }

    fn flows(&self, key: &DeviceKey) -> Vec<FlowKey> {
        let Some(device) = self.by_key.get(key) else { return Vec::new() };
        let spares = device.spares.iter().map(|(_, flow)| flow);
        device.flow.iter().chain(spares).map(Flow::key).collect()
    }

    fn link(&mut self, key: &DeviceKey) {
        for flow in self.flows(key) {
            self.on.entry(flow).or_default().insert(key.clone());
        }
    }

    fn unlink(&mut self, key: &DeviceKey) {
        for flow in self.flows(key) {
            let Some(there) = self.on.get_mut(&flow) else { continue };
            there.remove(key);
            if there.is_empty() {
                self.on.remove(&flow);
            }
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&DeviceKey, &Device)> {
        self.by_key.iter()
    }
}

impl Device {
    /// Whether its registration still runs.
    pub(super) fn is_bound(&self, now: Time) -> bool {
        self.binding.expires_at > now
    }

    /// What was registered for a flow: each has its own (RFC 5626 section 6).
    pub(super) fn registered(&self, reg_id: Option<u32>) -> Option<&Binding> {
        let spares = self.spares.iter().map(|(binding, _)| binding);
        std::iter::once(&self.binding).chain(spares).find(|binding| binding.reg_id == reg_id)
    }

    /// Whether something can be sent to it now.
    pub(super) const fn is_reachable(&self) -> bool {
        self.online && self.settled && self.flow.is_some()
    }
}

/// A device's name: its instance, whatever flow it comes by, else its contact. `sip:` keeps it apart from the names of
/// apps' devices.
pub(super) fn name_of(contact: &[u8], instance: Option<&[u8]>) -> DeviceId {
    DeviceId::new(format!("sip:{}", String::from_utf8_lossy(instance.unwrap_or(contact))))
}
