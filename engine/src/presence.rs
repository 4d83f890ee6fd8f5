//! Who is online: one table for all subscribers, in memory, fed by registrations after their commit.
//!
//! Every change of a subscriber's registrations raises a generation. A loop that decided by a status reads the
//! generation before and again after its commit: when it moved, the message is looked at again. With "the table
//! changes before the waiting messages are looked up" on the other side, no registration is missed.

use crate::locks::{read, write};
use std::collections::HashMap;
use std::sync::RwLock;
use switchback_core::model::{DeviceId, Presence, Shard, SubscriberId, Time};

/// Sixteen locks are plenty for a handful of loops.
const STRIPES: usize = 16;

/// What is known of one subscriber's registrations.
#[derive(Clone, Debug)]
struct Standing {
    /// Devices registered now, with how many registrations each has: a stream that is opened again before the old
    /// one was seen to end is two.
    online: Vec<(DeviceId, u32)>,
    /// When the latest registration that brought the subscriber online was made.
    registered_at: Time,
    /// The moment the last registration was lost.
    lost_at: Time,
    /// Grows with every change.
    generation: u64,
}

/// What the loss of a registration means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The device is still registered, or was not known.
    Nothing,
    /// The device is gone; the person has another.
    Device,
    /// The last device is gone.
    Person,
}

/// The table.
#[derive(Debug)]
pub(crate) struct PresenceTable {
    stripes: Vec<RwLock<HashMap<SubscriberId, Standing>>>,
    grace_ms: u64,
}

impl PresenceTable {
    pub(crate) fn new(grace_ms: u64) -> Self {
        Self { stripes: (0..STRIPES).map(|_| RwLock::default()).collect(), grace_ms }
    }

    fn stripe(&self, subscriber: &SubscriberId) -> Option<&RwLock<HashMap<SubscriberId, Standing>>> {
        self.stripes.get(usize::from(Shard::of(subscriber.as_str()).number()) % STRIPES)
    }

    /// A device is registered since `at`.
    pub(crate) fn online(&self, subscriber: &SubscriberId, device: DeviceId, at: Time) {
        let Some(stripe) = self.stripe(subscriber) else { return };
        let mut table = write(stripe);
        let standing = table.entry(subscriber.clone()).or_insert_with(|| Standing {
            online: Vec::new(),
            registered_at: at,
            lost_at: at,
            generation: 0,
        });
        if standing.online.is_empty() {
            standing.registered_at = at;
        }
        match standing.online.iter_mut().find(|(known, _)| *known == device) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => standing.online.push((device, 1)),
        }
        standing.generation += 1;
    }

    /// A registration of a device was lost at `at`.
    pub(crate) fn lost(&self, subscriber: &SubscriberId, device: &DeviceId, at: Time) -> Loss {
        let Some(stripe) = self.stripe(subscriber) else { return Loss::Nothing };
        let mut table = write(stripe);
        let Some(standing) = table.get_mut(subscriber) else { return Loss::Nothing };
        let Some(place) = standing.online.iter().position(|(known, _)| known == device) else {
            return Loss::Nothing;
        };
        if let Some((_, count)) = standing.online.get_mut(place).filter(|(_, count)| *count > 1) {
            *count -= 1;
            return Loss::Nothing;
        }
        standing.online.swap_remove(place);
        standing.generation += 1;
        if !standing.online.is_empty() {
            return Loss::Device;
        }
        standing.lost_at = at;
        Loss::Person
    }

    /// What the store remembers of a device that is not registered: the latest loss counts.
    pub(crate) fn remember(&self, subscriber: &SubscriberId, lost_at: Time) {
        let Some(stripe) = self.stripe(subscriber) else { return };
        let mut table = write(stripe);
        let standing = table.entry(subscriber.clone()).or_insert_with(|| Standing {
            online: Vec::new(),
            registered_at: lost_at,
            lost_at,
            generation: 0,
        });
        standing.lost_at = standing.lost_at.max(lost_at);
    }

    /// The status now. `never_seen`: since when somebody without any registration counts as offline.
    pub(crate) fn status(&self, subscriber: &SubscriberId, never_seen: Time, now: Time) -> Presence {
        let Some(stripe) = self.stripe(subscriber) else { return Presence::Unknown };
        let table = read(stripe);
        let Some(standing) = table.get(subscriber) else { return Presence::Offline { since: never_seen } };
        let in_grace = now < standing.lost_at.plus_millis(self.grace_ms);
        if standing.online.is_empty() && !in_grace {
            Presence::Offline { since: standing.lost_at }
        } else {
            Presence::Online { registered_at: standing.registered_at }
        }
    }

    /// How many devices are registered now.
    pub(crate) fn devices(&self, subscriber: &SubscriberId) -> usize {
        self.stripe(subscriber)
            .and_then(|stripe| read(stripe).get(subscriber).map(|s| s.online.len()))
            .unwrap_or(0)
    }

    /// The generation: it differs whenever a registration came or went between two readings.
    pub(crate) fn generation(&self, subscriber: &SubscriberId) -> u64 {
        self.stripe(subscriber)
            .and_then(|stripe| read(stripe).get(subscriber).map(|s| s.generation))
            .unwrap_or(0)
    }

    /// Registered devices, to be marked as lost at a stop.
    pub(crate) fn all_online(&self) -> Vec<(SubscriberId, DeviceId)> {
        let mut all = Vec::new();
        for stripe in &self.stripes {
            for (subscriber, standing) in read(stripe).iter() {
                all.extend(standing.online.iter().map(|(device, _)| (subscriber.clone(), device.clone())));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Loss, PresenceTable};
    use switchback_core::model::{DeviceId, Presence, SubscriberId, Time};

    const fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn the_grace_delays_acting_but_not_since() {
        let (table, anna, phone) =
            (PresenceTable::new(30), SubscriberId::new("anna"), DeviceId::new("phone"));
        assert_eq!(table.status(&anna, at(5), at(100)), Presence::Offline { since: at(5) });
        table.online(&anna, phone.clone(), at(100));
        assert_eq!(table.status(&anna, at(5), at(1000)), Presence::Online { registered_at: at(100) });
        assert_eq!(table.lost(&anna, &phone, at(1000)), Loss::Person);
        assert!(table.status(&anna, at(5), at(1029)).is_online());
        assert_eq!(table.status(&anna, at(5), at(1030)), Presence::Offline { since: at(1000) });
    }

    #[test]
    fn one_of_two_devices_keeps_a_person_online() {
        let (table, anna) = (PresenceTable::new(0), SubscriberId::new("anna"));
        table.online(&anna, DeviceId::new("phone"), at(1));
        table.online(&anna, DeviceId::new("tablet"), at(2));
        assert_eq!(table.lost(&anna, &DeviceId::new("phone"), at(3)), Loss::Device);
        assert_eq!(table.status(&anna, at(0), at(9)), Presence::Online { registered_at: at(1) });
        assert_eq!(
            table.lost(&anna, &DeviceId::new("phone"), at(4)),
            Loss::Nothing,
            "a loss told twice is one loss"
        );
        assert_eq!(table.lost(&anna, &DeviceId::new("tablet"), at(5)), Loss::Person);
        assert_eq!(table.status(&anna, at(0), at(9)), Presence::Offline { since: at(5) });
    }

    #[test]
    fn a_stream_opened_again_outlives_the_end_of_the_old_one() {
        let (table, anna, phone) = (PresenceTable::new(0), SubscriberId::new("anna"), DeviceId::new("phone"));
        table.online(&anna, phone.clone(), at(1));
        table.online(&anna, phone.clone(), at(2));
        assert_eq!(table.lost(&anna, &phone, at(3)), Loss::Nothing);
        assert!(table.status(&anna, at(0), at(9)).is_online());
        assert_eq!(table.lost(&anna, &phone, at(4)), Loss::Person);
    }

    #[test]
    fn every_change_moves_the_generation() {
        let (table, anna, phone) =
            (PresenceTable::new(30), SubscriberId::new("anna"), DeviceId::new("phone"));
        let before = table.generation(&anna);
        table.online(&anna, phone.clone(), at(1));
        let between = table.generation(&anna);
        table.lost(&anna, &phone, at(2));
        assert!(before != between && between != table.generation(&anna));
    }
}
