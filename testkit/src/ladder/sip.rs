//! SIP in a ladder: the line that starts a message, and of the rest what a story is about.

use super::frames::Packet;
use super::{Ids, Said};
use crate::handset::word_of;
use bytes::Bytes;
use serde_json::Value;
use wire_cpim::{Cpim, Imdn, Wants};
use wire_sip::header::{Contact, MediaType};
use wire_sip::{HeaderName, Incoming, Limits, Message, Method, read_datagram};

/// Headers that are shown as they are written.
const SHOWN: [&str; 5] = ["X-Switchback-Price", "Expires", "Retry-After", "Reason", "Warning"];

/// Reads a datagram; nothing when it is a keep-alive.
pub(super) fn read(packet: &Packet, ids: &mut Ids) -> Option<Said> {
    let octets = Bytes::copy_from_slice(&packet.payload);
    let Incoming::Message(message) = read_datagram(octets, &Limits::default()) else { return None };
    let title = match message.status() {
        Some(status) => format!("{status} ({})", text(message.method().as_bytes())),
        None => request_line(&message, packet.from_peer),
    };
    let mut notes = Vec::new();
    registration(&message, &mut notes);
    if let Some(id) = message.values("X-Switchback-Message-ID").next() {
        notes.push(format!("X-Switchback-Message-ID: {}", ids.name("msg", &text(id))));
    }
    for name in SHOWN {
        notes.extend(message.values(name).map(|value| format!("{name}: {}", text(value))));
    }
    body(&message, ids, &mut notes);
    Some(Said { title, notes })
}

/// A client's request names an address; ours name a client's contact, which is new in every run.
fn request_line(message: &Message, from_peer: bool) -> String {
    let method = text(message.method().as_bytes());
    let uri = message.request_uri().map(|uri| text(uri.as_bytes())).unwrap_or_default();
    if from_peer { format!("{method} {uri}") } else { method }
}

/// Who is bound for how long, and how the server wants to be shown who asks.
fn registration(message: &Message, notes: &mut Vec<String>) {
    if message.is_request() && message.method() == Method::Register {
        let contacts = message.each::<Contact<'_>>(HeaderName::Contact).filter_map(Result::ok);
        notes.extend(
            contacts
                .filter_map(|contact| contact.expires())
                .map(|life| format!("Contact: its own, expires={}", life.0)),
        );
    }
    for name in [HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate] {
        if let Some(challenge) = message.values(name).next() {
            let challenge = text(challenge);
            let algorithm =
                challenge.split("algorithm=").nth(1).and_then(|rest| rest.split([',', ' ']).next());
            notes.push(format!("challenge: Digest {}", algorithm.unwrap_or("MD5").trim_matches('"')));
        }
    }
    for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
        if message.is_request() && message.has(name) {
            notes.push("with credentials".to_owned());
        }
    }
}

fn body(message: &Message, ids: &mut Ids, notes: &mut Vec<String>) {
    let Ok(Some(kind)) = message.one::<MediaType<'_>>(HeaderName::ContentType) else { return };
    if kind.is("message", "cpim") {
        let Ok(envelope) = Cpim::parse(message.body()) else { return };
        let Ok(content) = envelope.content.decoded() else { return };
        if envelope.is_imdn() {
            let Ok(notification) = Imdn::parse(&content) else { return };
            let of = ids.name("imdn", &notification.message_id);
            return notes.push(format!("notification of {of}: {}", word_of(notification.disposition)));
        }
        if let Some(id) = envelope.imdn.message_id.as_deref() {
            notes.push(format!("imdn.Message-ID: {}", ids.name("imdn", id)));
        }
        if envelope.wants() != Wants::NONE {
            notes.push(format!("imdn.Disposition-Notification: {}", wanted(envelope.wants())));
        }
        notes.push(format!("\"{}\"", text(&content)));
    } else if kind.is("application", "vnd.switchback.offer+json") {
        offer(message.body(), ids, notes);
    } else {
        notes.push(format!("\"{}\"", text(message.body())));
    }
}

fn wanted(wants: Wants) -> String {
    let all = [
        (Wants::POSITIVE_DELIVERY, "positive-delivery"),
        (Wants::NEGATIVE_DELIVERY, "negative-delivery"),
        (Wants::DISPLAY, "display"),
        (Wants::INTERWORKING, "interworking"),
    ];
    let named = all.into_iter().filter(|(want, _)| wants.has(*want)).map(|(_, name)| name);
    named.collect::<Vec<_>>().join(", ")
}

/// An offer in a few lines: who it is about, what each service costs, what is suggested.
fn offer(document: &[u8], ids: &mut Ids, notes: &mut Vec<String>) {
    let Ok(offer) = serde_json::from_slice::<Value>(document) else { return };
    let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = offer.get("message").map(|id| format!(" for {}", ids.name("msg", &word(Some(id)))));
    let status = word(offer.pointer("/recipient/status"));
    notes.push(format!("offer{}: the recipient is {status}", message.unwrap_or_default()));
    for line in offer.get("services").and_then(Value::as_array).into_iter().flatten() {
        let amount = word(line.pointer("/price/amount"));
        if !amount.is_empty() {
            let currency = word(line.pointer("/price/currency"));
            notes.push(format!("  {}: {amount} {currency}", word(line.get("service"))));
        }
    }
    if let Some(suggested) = offer.get("suggested") {
        notes.push(format!("  suggested: {}", word(Some(suggested))));
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
