//! REGISTER: what it asks for is bound, made durable, and only then confirmed (RFC 3261 10.3).

use super::binding::{Binding, Device, DeviceKey};
use super::flow::Flow;
use super::register::{self, Unwell, Wish};
use super::requests::supports;
use super::server::{Answered, Asked, Server};
use super::words::{address_of, uri_of};
use std::sync::Arc;
use switchback_core::model::SubscriberId;
use switchback_ports::{EventLine, Intake, Refusal, encode};
use wire_sip::header::Date;
use wire_sip::{HeaderName, StatusCode};

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
        let key = |name| DeviceKey::new(who.clone(), name);
        let released = release.into_iter().map(|(name, reg_id)| (key(name), reg_id));
        let released: Vec<(DeviceKey, Vec<u8>)> = released
            .filter_map(|(key, reg_id)| {
                let kept = self.let_go(&key, reg_id)?;
                Some((key, kept))
            })
            .collect();
        let bound: Vec<(DeviceKey, bool, Vec<u8>)> =
            bind.into_iter().map(|(name, binding)| self.bind(key(name), binding, flow)).collect();
        let (intake, asked, subscriber) = (Arc::clone(&self.intake), Box::new(asked), who);
        self.answers.spawn(async move {
            let outcome = make_durable(&*intake, released, bound).await;
            Answered::Registered { asked, subscriber, outcome }
        });
    }

    /// Puts the binding in; gives the device, whether the engine is to be told that it came, and what to keep.
    fn bind(&mut self, key: DeviceKey, mut binding: Binding, flow: &Flow) -> (DeviceKey, bool, Vec<u8>) {
        let old = self.devices.get(&key);
        if let Some(there) = old.filter(|old| old.online && old.flow.is_some())
            && binding.reg_id.is_some()
            && there.binding.reg_id != binding.reg_id
        {
            let kept = encode(&there.binding);
            let now = self.time();
            self.devices.put_spare(&key, binding, flow.clone(), now);
            return (key, false, kept);
        }
        let was_online = old.is_some_and(|device| device.online);
        let same_flow = old.is_some_and(|device| device.flow.as_ref() == Some(flow));
        let settled = old.is_some_and(|old| old.settled);
        let since = old.filter(|old| old.online).map_or(self.last_cursor, |old| old.since);
        if old.is_none() {
            // Somebody new is told from now on.
            binding.told = self.last_cursor;
        }
        let kept = encode(&binding);
        let device = Device {
            kept: binding.reach(),
            binding,
            flow: Some(flow.clone()),
            spares: old.map_or_else(Vec::new, |old| old.spares.clone()),
            online: true,
            settled: settled && was_online,
            since,
        };
        let now = self.time();
        self.devices.put(key.clone(), device, now);
        if was_online && !same_flow {
            // What was on its way by the old flow goes again by the new one; the device knows it by its id.
            self.abandon(&key);
        }
        (key, !was_online, kept)
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
        let gruu = supports(request, "gruu");
        let aor = address_of(&request.to().uri).map(|address| uri_of(&address, &self.options.domain));
        let gruu = aor.filter(|_| gruu);
        let outbound = supports(request, "outbound");
        let mut contacts = Vec::new();
        let mut has_reg_id = false;
        let devices = self.devices.of(subscriber).map(|(_, device)| device);
        let bindings = devices.flat_map(|device| {
            std::iter::once(&device.binding).chain(device.spares.iter().map(|(binding, _)| binding))
        });
        for binding in bindings.filter(|binding| binding.expires_at > now) {
            has_reg_id |= binding.reg_id.is_some();
            contacts.push(contact(
                binding,
                binding.expires_at.millis_since(now).div_ceil(1000),
                gruu.as_deref(),
            ));
        }
        let service_route = self.options.service_route.clone();
        let date = Date { unix_seconds: now.as_millis() / 1000 };
        self.answer(asked, StatusCode::OK, |answer| {
            for contact in &contacts {
                answer.header(HeaderName::Contact, contact);
            }
            answer.copy(request, HeaderName::Path);
            if let Some(route) = &service_route {
                answer.header(HeaderName::ServiceRoute, route.as_bytes());
            }
            answer.header(HeaderName::Date, date.to_string().as_bytes());
            if outbound && has_reg_id {
                answer.header(HeaderName::Require, b"outbound");
            }
        });
    }
}

/// Keeps what is left of those that went, registers those that came, and keeps all bindings; gives what the store says
/// was told to them and not confirmed.
async fn make_durable(
    intake: &dyn Intake,
    released: Vec<(DeviceKey, Vec<u8>)>,
    bound: Vec<(DeviceKey, bool, Vec<u8>)>,
) -> Result<Vec<(DeviceKey, Vec<EventLine>)>, Option<Refusal>> {
    let keep = |key: &DeviceKey, kept| intake.keep(key.subscriber().clone(), key.device().clone(), kept);
    for (key, kept) in released {
        // Asked after the loss: when this is on disk, so is that.
        keep(&key, kept).await.map_err(|_| None)?.map_err(Some)?;
    }
    let mut came = Vec::new();
    for (key, is_new, kept) in bound {
        // Asked together, so that one commit has both.
        let registered = is_new.then(|| intake.register(key.subscriber().clone(), key.device().clone()));
        let keeping = keep(&key, kept);
        if let Some(registered) = registered {
            let missed = registered.await.map_err(|_| None)?.map_err(Some)?;
            came.push((key, missed));
        }
        keeping.await.map_err(|_| None)?.map_err(Some)?;
    }
    Ok(came)
}

/// A contact as the registrar gives it back.
fn contact(binding: &Binding, left: u64, gruu: Option<&str>) -> Vec<u8> {
    let mut value = Vec::with_capacity(binding.contact.len() + 64);
    let mut add = |parts: &[&[u8]]| parts.iter().for_each(|part| value.extend_from_slice(part));
    add(&[b"<", &binding.contact, b">;expires=", left.to_string().as_bytes()]);
    if let Some(instance) = &binding.instance {
        add(&[b";+sip.instance=\"<", instance, b">\""]);
        if let Some(reg_id) = binding.reg_id {
            add(&[b";reg-id=", reg_id.to_string().as_bytes()]);
        }
        if let Some(aor) = gruu {
            add(&[b";pub-gruu=\"", aor.as_bytes(), b";gr=", instance, b"\""]);
        }
    }
    value
}
