//! REGISTER: what a client asks for, checked against RFC 3261 section 10.3 before anything changes.

use super::binding::{Binding, DeviceKey, Devices, name_of};
use super::flow::{Flow, FlowKey};
use super::options::{Expires, Options};
use super::words::address_of;
use switchback_core::model::{Address, DeviceId, SubscriberId, Time};
use wire_sip::header::{Contact, NameAddr, Seconds};
use wire_sip::{HeaderName, Message, StatusCode};

/// What a REGISTER asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Devices to bind, and whether they say that they keep their flow alive.
    pub(super) bind: Vec<(DeviceId, Binding)>,
    /// Devices to let go, or one flow of them.
    pub(super) release: Vec<(DeviceId, Option<u32>)>,
}

/// Why it can't be granted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unwell {
    /// With this status.
    Refused(StatusCode, &'static str),
    /// 423, with the shortest life that is granted.
    TooBrief(u32),
}

const fn refused(status: u16, why: &'static str) -> Unwell {
    Unwell::Refused(StatusCode(status), why)
}

/// Whether the address of record that is registered is the subscriber's.
pub(super) fn concerns(
    request: &Message,
    owner_of: impl Fn(&Address) -> Option<SubscriberId>,
) -> Option<SubscriberId> {
    address_of(&request.to().uri).and_then(|address| owner_of(&address))
}

/// Reads what is wished for a subscriber.
///
/// # Errors
/// [`Unwell`] says how to refuse it; then nothing is changed.
pub(super) fn wish(
    request: &Message,
    subscriber: &SubscriberId,
    devices: &Devices,
    flow: &Flow,
    options: &Options,
    now: Time,
) -> Result<Wish, Unwell> {
    let bad = |_| refused(400, "a header cannot be read");
    let general = request.one::<Seconds>(HeaderName::Expires).map_err(bad)?;
    let path: Vec<Vec<u8>> = request.elements(HeaderName::Path).map(<[u8]>::to_vec).collect();
    let contacts: Vec<Contact<'_>> =
        request.each::<Contact<'_>>(HeaderName::Contact).collect::<Result<_, _>>().map_err(bad)?;
    if contacts.iter().any(|contact| matches!(contact, Contact::All)) {
        let alone = contacts.len() == 1 && general == Some(Seconds(0));
        let bound = devices.of(subscriber).filter(|(_, device)| device.is_bound(now));
        let all = bound.map(|(key, _)| (key.device().clone(), None)).collect();
        return alone
            .then_some(Wish { bind: Vec::new(), release: all })
            .ok_or(refused(400, "Contact * stands alone and with Expires 0"));
    }
    let mut wish = Wish::default();
    for contact in contacts {
        let Some(address) = contact.address() else { continue };
        let life = granted(contact.expires().or(general), options.expires)?;
        let name = device(&contact, &address);
        let old = devices.get(&DeviceKey::new(subscriber.clone(), name.clone()));
        let (call_id, cseq) = (request.call_id(), request.cseq().number);
        let before = old.and_then(|old| old.registered(contact.reg_id()));
        if before.is_some_and(|before| before.call_id == call_id && cseq <= before.cseq) {
            return Err(refused(500, "an older request of the same call"));
        }
        if life == 0 {
            wish.release.push((name, contact.reg_id()));
            continue;
        }
        let binding = Binding {
            contact: address.uri.as_bytes().to_vec(),
            path: path.clone(),
            instance: contact.instance().map(<[u8]>::to_vec),
            reg_id: contact.reg_id(),
            expires_at: now.plus_millis(u64::from(life) * 1000),
            call_id: call_id.to_vec(),
            cseq,
            cpm: is_cpm(&address),
            datagrams: match flow.key() {
                FlowKey::Datagrams { socket, peer } => Some((socket, peer)),
                FlowKey::Connection(_) => None,
            },
            told: old.map_or(0, |old| old.binding.told),
            sent: old.map_or(0, |old| old.binding.sent),
        };
        wish.bind.push((name, binding));
    }
    let is_bound = |name: &DeviceId| {
        devices
            .get(&DeviceKey::new(subscriber.clone(), name.clone()))
            .is_some_and(|device| device.is_bound(now))
    };
    let new = wish.bind.iter().filter(|(name, _)| !is_bound(name)).count();
    let bound = devices.of(subscriber).filter(|(_, device)| device.is_bound(now)).count();
    if bound + new > options.devices_max {
        return Err(refused(403, "too many devices are registered"));
    }
    Ok(wish)
}

/// How long a binding may live, in seconds; 0 lets it go.
fn granted(asked: Option<Seconds>, bounds: Expires) -> Result<u32, Unwell> {
    match asked.map_or(bounds.default, |seconds| seconds.0) {
        0 => Ok(0),
        asked if asked < bounds.min => Err(Unwell::TooBrief(bounds.min)),
        asked => Ok(asked.min(bounds.max)),
    }
}

fn device(contact: &Contact<'_>, address: &NameAddr<'_>) -> DeviceId {
    name_of(address.uri.as_bytes(), contact.instance())
}

/// Whether a contact carries the CPM service among its features: whole tokens are compared, after percent-decoding
/// (standards.md 3.1: one service's name is the beginning of another's).
fn is_cpm(address: &NameAddr<'_>) -> bool {
    let Some(value) = address.params.get("+g.3gpp.icsi-ref") else { return false };
    let listed = value.text();
    let mut tokens = listed.split(|octet| *octet == b',');
    tokens.any(|token| CPM_SERVICES.contains(&&*wire_sip::uri::unescape(token.trim_ascii())))
}

/// Pager, deferred and session mode: whoever speaks any of them answers with notifications.
const CPM_SERVICES: [&[u8]; 3] = [
    b"urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg",
    b"urn:urn-7:3gpp-service.ims.icsi.oma.cpm.deferred",
    b"urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session",
];
