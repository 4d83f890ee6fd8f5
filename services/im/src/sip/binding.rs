//! What is known of registered devices: how to reach each, until when, and how far it has been told.

use super::flow::{Flow, FlowKey};
use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use switchback_core::model::{DeviceId, SubscriberId, Time};

/// Flows of one device beside that which it is reached by: RFC 5626 asks clients for two in all.
const SPARES_MAX: usize = 3;

/// A device of a subscriber. It is looked up many times a message: copies share the name, and are compared by that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DeviceKey(Arc<(SubscriberId, DeviceId)>);

impl DeviceKey {
    pub(super) fn new(subscriber: SubscriberId, device: DeviceId) -> Self {
        Self(Arc::new((subscriber, device)))
    }

    /// Whose it is.
    pub(super) fn subscriber(&self) -> &SubscriberId {
        &self.0.0
    }

    /// Its name among those of its subscriber.
    pub(super) fn device(&self) -> &DeviceId {
        &self.0.1
    }
}

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
    /// Events up to this cursor have been told to it, and it has answered.
    pub(super) told: u64,
    /// Events up to this cursor may have been told to it: sent and not answered, or nobody knows after a crash.
    pub(super) sent: u64,
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
    /// The engine counts it as registered, or is about to. Changed by [`Devices::set_online`] alone.
    pub(super) online: bool,
    /// It is there: its registration is durable, and what it missed is in its queue.
    pub(super) settled: bool,
    /// How far it was told, as that was last kept on disk.
    pub(super) kept: [u64; 2],
    /// What comes live after this cursor comes to its queue by itself, as far as there is room.
    pub(super) since: u64,
}

/// All devices. Bounded: so many of a subscriber, and only subscribers have any.
#[derive(Debug, Default)]
pub(super) struct Devices {
    by_key: HashMap<DeviceKey, Device>,
    of: HashMap<SubscriberId, Vec<DeviceKey>>,
    on: HashMap<FlowKey, Reached>,
}

/// What is known of a flow that devices are reached by: one a phone, thousands by a proxy.
#[derive(Debug, Default)]
struct Reached {
    devices: HashSet<DeviceKey>,
    /// How many of them are not online.
    away: usize,
    /// When something was last heard by it.
    heard: Time,
    /// It is kept alive: silence means that it is gone (DESIGN section 3, Online).
    keeps_alive: bool,
}

/// The flows of a device, and whether it is online.
type Links = (HashSet<FlowKey>, bool);

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
        let keys = self.of.get(subscriber).map_or(&[][..], Vec::as_slice);
        keys.iter().filter_map(|key| Some((key.clone(), self.by_key.get(key)?)))
    }

    /// Whether the subscriber has any device here.
    pub(super) fn has(&self, subscriber: &SubscriberId) -> bool {
        self.of.contains_key(subscriber)
    }

    /// The devices that are reached by a flow.
    pub(super) fn on(&self, flow: FlowKey) -> Vec<DeviceKey> {
        self.on.get(&flow).into_iter().flat_map(|reached| &reached.devices).cloned().collect()
    }

    /// Something was heard by a flow: gives those of its devices that are bound and not online.
    pub(super) fn heard(&mut self, flow: FlowKey, now: Time) -> Vec<DeviceKey> {
        let Some(reached) = self.on.get_mut(&flow) else { return Vec::new() };
        reached.heard = now;
        if reached.away == 0 {
            return Vec::new();
        }
        let is_away = |device: &Device| !device.online && device.is_bound(now);
        let away = reached.devices.iter().filter(|key| self.by_key.get(*key).is_some_and(is_away));
        away.cloned().collect()
    }

    /// A flow is kept alive: from now on silence means something.
    pub(super) fn keeps_alive(&mut self, flow: FlowKey) {
        if let Some(reached) = self.on.get_mut(&flow) {
            reached.keeps_alive = true;
        }
    }

    /// The devices that are online, each by a flow that was kept alive and of which nothing was heard since.
    pub(super) fn silent_since(&self, since: Time) -> Vec<DeviceKey> {
        let silent = self.on.iter().filter(|(_, reached)| reached.keeps_alive && reached.heard <= since);
        let devices = silent.flat_map(|(flow, reached)| reached.devices.iter().map(move |key| (*flow, key)));
        let uses = |device: &Device, flow| device.online && device.flow.as_ref().map(Flow::key) == Some(flow);
        let gone =
            devices.filter(|(flow, key)| self.by_key.get(*key).is_some_and(|device| uses(device, *flow)));
        gone.map(|(_, key)| key.clone()).collect()
    }

    /// The engine counts the device as registered, or does no more.
    pub(super) fn set_online(&mut self, key: &DeviceKey, online: bool) {
        let before = self.links(key);
        if let Some(device) = self.by_key.get_mut(key) {
            device.online = online;
        }
        self.relink(key, &before);
    }

    /// Puts a device in, or in the place of what it was. It was heard just now.
    pub(super) fn put(&mut self, key: DeviceKey, device: Device, now: Time) {
        let before = self.links(&key);
        let flow = device.flow.as_ref().map(Flow::key);
        let keys = self.of.entry(key.subscriber().clone()).or_default();
        if !keys.contains(&key) {
            keys.push(key.clone());
        }
        self.by_key.insert(key.clone(), device);
        self.relink(&key, &before);
        flow.and_then(|flow| self.on.get_mut(&flow)).into_iter().for_each(|reached| reached.heard = now);
    }

    /// A device has one more flow, beside that which it is reached by. It was heard by it just now.
    pub(super) fn put_spare(&mut self, key: &DeviceKey, binding: Binding, flow: Flow, now: Time) {
        let (before, spare) = (self.links(key), flow.key());
        if let Some(device) = self.by_key.get_mut(key) {
            device.spares.retain(|(spare, _)| spare.reg_id != binding.reg_id);
            device.spares.push((binding, flow));
            let surplus = device.spares.len().saturating_sub(SPARES_MAX);
            device.spares.drain(..surplus);
        }
        self.relink(key, &before);
        self.on.get_mut(&spare).into_iter().for_each(|reached| reached.heard = now);
    }

    /// From now on the device is reached by another of its flows; false when it has none.
    pub(super) fn next_flow(&mut self, key: &DeviceKey, now: Time) -> bool {
        let before = self.links(key);
        let mut found = false;
        if let Some(device) = self.by_key.get_mut(key) {
            device.spares.retain(|(spare, _)| spare.expires_at > now);
            if let Some((binding, flow)) = device.spares.pop() {
                let Binding { told, sent, .. } = device.binding;
                (device.binding, device.flow) = (Binding { told, sent, ..binding }, Some(flow));
                found = true;
            }
        }
        self.relink(key, &before);
        found
    }

    /// Takes a spare flow away; false when there was no such one.
    pub(super) fn drop_spare(&mut self, key: &DeviceKey, is_it: impl Fn(&Binding, &Flow) -> bool) -> bool {
        let before = self.links(key);
        let mut dropped = false;
        if let Some(device) = self.by_key.get_mut(key) {
            let count = device.spares.len();
            device.spares.retain(|(binding, flow)| !is_it(binding, flow));
            dropped = device.spares.len() < count;
        }
        self.relink(key, &before);
        dropped
    }

    /// The device's flows are gone.
    pub(super) fn lose_flow(&mut self, key: &DeviceKey) {
        let before = self.links(key);
        if let Some(device) = self.by_key.get_mut(key) {
            device.flow = None;
            device.spares.clear();
        }
        self.relink(key, &before);
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
        let before = self.links(key);
        if let Some(keys) = self.of.get_mut(key.subscriber()) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                self.of.remove(key.subscriber());
            }
        }
        let removed = self.by_key.remove(key);
        self.relink(key, &before);
        removed
    }

    fn links(&self, key: &DeviceKey) -> Links {
        let Some(device) = self.by_key.get(key) else { return Links::default() };
        let spares = device.spares.iter().map(|(_, flow)| flow);
        (device.flow.iter().chain(spares).map(Flow::key).collect(), device.online)
    }

    /// A device was changed: what is known of a flow stays while somebody is reached by it.
    fn relink(&mut self, key: &DeviceKey, (left, was_online): &Links) {
        let (flows, online) = self.links(key);
        for flow in &flows {
            let reached = self.on.entry(*flow).or_default();
            let is_new = reached.devices.insert(key.clone());
            let counted = usize::from(!is_new && !was_online);
            reached.away = reached.away.saturating_sub(counted) + usize::from(!online);
        }
        for flow in left.difference(&flows) {
            let Some(reached) = self.on.get_mut(flow) else { continue };
            if reached.devices.remove(key) {
                reached.away = reached.away.saturating_sub(usize::from(!was_online));
            }
            if reached.devices.is_empty() {
                self.on.remove(flow);
            }
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&DeviceKey, &Device)> {
        self.by_key.iter()
    }
}

impl Binding {
    /// How far it was told: see `told` and `sent`.
    pub(super) const fn reach(&self) -> [u64; 2] {
        [self.told, self.sent]
    }

    /// It says that it did not take the event at this cursor, which was the last that was sent to it.
    pub(super) const fn not_taken(&mut self, cursor: u64) {
        if self.sent == cursor {
            self.sent = self.told;
        }
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

#[cfg(test)]
mod tests {
    use super::super::flow::{Outlet, Wire};
    use super::*;
    use tokio::sync::mpsc;

    fn flow(number: u64) -> Flow {
        let here = ([127, 0, 0, 1], 5060).into();
        let outlet = Outlet { queue: mpsc::channel(1).0, link: Arc::default() };
        Flow::connection(number, Wire::Tcp, here, here, outlet)
    }

    fn device(flow: &Flow, online: bool) -> Device {
        let binding = Binding {
            contact: Vec::new(),
            path: Vec::new(),
            instance: None,
            reg_id: None,
            expires_at: Time::from_millis(1000),
            call_id: Vec::new(),
            cseq: 1,
            cpm: false,
            datagrams: None,
            told: 0,
            sent: 0,
        };
        let flow = Some(flow.clone());
        let spares = Vec::new();
        Device { binding, flow, spares, online, settled: true, kept: [0; 2], since: 0 }
    }

    fn key(device: &str) -> DeviceKey {
        DeviceKey::new(SubscriberId::new("anna"), DeviceId::new(device))
    }

    #[test]
    fn what_is_heard_by_a_flow_brings_back_those_of_it_that_are_away() {
        let (mut devices, proxy, at) = (Devices::default(), flow(1), Time::from_millis);
        devices.put(key("here"), device(&proxy, true), at(1));
        devices.put(key("away"), device(&proxy, false), at(1));
        devices.put(key("elsewhere"), device(&flow(2), false), at(1));
        assert_eq!(devices.heard(proxy.key(), at(2)), [key("away")]);
        assert_eq!(devices.heard(proxy.key(), at(1000)), [], "its registration is over");
        devices.set_online(&key("away"), true);
        assert_eq!(devices.heard(proxy.key(), at(3)), []);
        devices.set_online(&key("here"), false);
        assert_eq!(devices.heard(proxy.key(), at(4)), [key("here")]);
        devices.put(key("here"), device(&proxy, true), at(5));
        assert_eq!(devices.heard(proxy.key(), at(6)), [], "it has registered again by the same flow");
        devices.set_online(&key("away"), false);
        devices.lose_flow(&key("away"));
        assert_eq!(devices.heard(proxy.key(), at(7)), []);
    }

    #[test]
    fn only_a_flow_that_is_kept_alive_falls_silent() {
        let (mut devices, phone, at) = (Devices::default(), flow(1), Time::from_millis);
        devices.put(key("phone"), device(&phone, true), at(1));
        assert_eq!(devices.silent_since(at(9)), []);
        devices.keeps_alive(phone.key());
        devices.put(key("phone"), device(&phone, true), at(5));
        assert_eq!(devices.heard(phone.key(), at(5)), []);
        assert_eq!((devices.silent_since(at(4)), devices.silent_since(at(5))), (vec![], vec![key("phone")]));
        devices.put(key("phone"), device(&flow(2), true), at(6));
        assert_eq!(devices.silent_since(at(9)), [], "of its new flow nothing is known yet");
    }
}
