//! What handsets know of their registrations, against what the restarted server says: by the wire, in its list of
//! bindings, and to the operator, in the status of the person and since when.

use super::super::report::Registrations;
use super::cast::Person;
use super::device::{Device, Known, Standing};
use crate::child::Server;
use crate::clock::date_time;
use crate::handset::Handset;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a server that says that it is ready may take to know who is there.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// The server's clock is read in milliseconds, once at its start and from there on: so far it may be behind.
const CLOCK_US: u64 = 3_000;

/// Who has left so shortly before may still count as online (the grace), with room for a slow machine.
const GRACE_US: u64 = 400_000;

/// Somebody with all devices, and one more handset that binds nothing and asks.
pub(super) struct Member {
    pub(super) person: Person,
    pub(super) devices: Vec<Arc<Device>>,
    pub(super) asker: Handset,
}

/// What one member's devices knew just before a kill.
pub(super) type Before = Vec<Standing>;

/// A difference: its kind, and an example in words.
pub(super) type Difference = (&'static str, String);

impl Member {
    pub(super) fn standing(&self) -> Before {
        self.devices.iter().map(|device| device.standing()).collect()
    }

    /// Whether all that it knew then is known still, so that it can be compared.
    fn is_clear(&self, before: &Before) -> bool {
        let same = |(device, before): (&Arc<Device>, &Standing)| device.standing() == *before;
        before.iter().all(|standing| standing.known != Known::Unclear)
            && self.devices.iter().zip(before).all(same)
    }

    /// Compares the server's list of bindings.
    pub(super) async fn compare_bindings(
        &self,
        before: &Before,
        found: &mut Registrations,
    ) -> Option<Difference> {
        let listed = self.asker.bindings().await.ok().filter(|listed| listed.answer.is_success())?;
        for (device, before) in self.devices.iter().zip(before) {
            if device.standing() != *before {
                continue;
            }
            let own = device.handset.config().instance.as_deref();
            let is_listed = listed.contacts.iter().any(|contact| contact.instance.as_deref() == own);
            let name = || device.handset.config().name();
            match (before.known, is_listed) {
                (Known::Unclear, _) => continue,
                (Known::Bound, false) => return Some(("registration lost", name())),
                (Known::Left { .. }, true) => {
                    return Some(("registration not taken away", name()));
                }
                _ => found.bindings += 1,
            }
        }
        None
    }

    /// Compares the person's status and since when.
    pub(super) fn compare_status(
        &self,
        before: &Before,
        killed_at: u64,
        server: &Server,
        token: &str,
        found: &mut Registrations,
    ) -> Option<Difference> {
        let path = format!("/v1/presence/{}", self.person.number.replace('+', "%2B"));
        let ask = || -> Option<(String, String)> {
            let answer = server.ask("GET", &path, token, None).ok()?;
            let status: Value = serde_json::from_slice(&answer.body).ok()?;
            let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Some((text("status"), text("since")))
        };
        let name = &self.person.name;
        let is_there = |(device, before): (&Arc<Device>, &Standing)| {
            device.is_udp() && before.known == Known::Bound && device.standing() == *before
        };
        if self.devices.iter().zip(before).any(is_there) {
            let began = Instant::now();
            loop {
                let (status, _) = ask()?;
                if status == "online" {
                    found.statuses += 1;
                    return None;
                }
                if !self.devices.iter().zip(before).any(is_there) {
                    return None;
                }
                if began.elapsed() > KNOWN_WITHIN {
                    return Some(("bound and not online", format!("{name} is {status}")));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let left = |standing: &Standing| match standing.known {
            Known::Left { asked, answered } => Some((answered, asked)),
            Known::Unclear | Known::Bound => None,
        };
        let last: Option<(u64, u64)> = before.iter().map(left).collect::<Option<Vec<_>>>()?.into_iter().max();
        let (answered, asked) = last.filter(|(answered, _)| answered + GRACE_US < killed_at)?;
        let (status, since) = ask()?;
        if !self.is_clear(before) {
            return None;
        }
        found.statuses += 1;
        let told = || {
            format!(
                "{name} asked {}, was answered {}; the server says {status} since {since}",
                date_time(asked),
                date_time(answered)
            )
        };
        if status != "offline" {
            return Some(("left and not offline", told()));
        }
        // Instants as text compare as instants; the server's have milliseconds too.
        let is_so = date_time(asked - CLOCK_US) <= since && since <= date_time(answered);
        (!is_so).then(|| ("offline since another time", told()))
    }
}
