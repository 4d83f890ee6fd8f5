//! Addresses of the model as URIs and back, refusals as answers, answers as reports: the dictionary between SIP and us.

use smol_str::{SmolStr, format_smolstr};
use switchback_core::model::{Address, FailureClass, Service, ServiceChoice};
use switchback_ports::{Refusal, RefusalKind};
use wire_sip::StatusCode;
use wire_sip::uri::{Host, SipUri, Uri, UriKind, unescape};

/// The address that a URI names: a number, from `tel:` or from the user part of a SIP URI, or a SIP address without its
/// parameters and port.
pub(super) fn address_of(uri: &Uri<'_>) -> Option<Address> {
    match uri.kind() {
        UriKind::Tel(_) => Address::parse(std::str::from_utf8(uri.as_bytes()).ok()?).ok(),
        UriKind::Sip(sip) => of_sip(&sip),
        UriKind::Other { .. } => None,
    }
}

fn of_sip(uri: &SipUri<'_>) -> Option<Address> {
    let user = uri.user_text();
    let user = std::str::from_utf8(&user).ok()?;
    if user.starts_with('+') {
        return Address::parse(user.split(';').next()?).ok();
    }
    Address::parse(&format!("sip:{user}@{}", host_of(&uri.host)?)).ok()
}

/// The address that a request is for: of a person, or of one of their devices (a public GRUU, RFC 5627 3.1).
pub(super) fn target_of(uri: &Uri<'_>) -> Option<Address> {
    let person = address_of(uri)?;
    let Some(device) = uri.sip().and_then(|sip| sip.params.get("gr")).flatten() else { return Some(person) };
    let person = match person {
        Address::E164(number) => format_smolstr!("sip:+{number}@{}", host_of(&uri.sip()?.host)?),
        Address::Sip(person) => person,
        Address::ShortCode(_) | Address::Alphanumeric(_) => return None,
    };
    Address::parse(&format!("{person};gr={}", String::from_utf8_lossy(&unescape(device)))).ok()
}

fn host_of(host: &Host<'_>) -> Option<String> {
    Some(match host {
        Host::Name(name) => std::str::from_utf8(name).ok()?.to_ascii_lowercase(),
        Host::V4(_) | Host::V6(_) => host.address()?.to_string(),
    })
}

/// An address as a URI that our clients can answer to.
pub(super) fn uri_of(address: &Address, domain: &str) -> SmolStr {
    match address {
        Address::E164(number) => format_smolstr!("sip:+{number}@{domain};user=phone"),
        Address::Sip(uri) => uri.clone(),
        Address::ShortCode(name) | Address::Alphanumeric(name) => {
            format_smolstr!("sip:{}@{domain}", name.replace([' ', '&'], "_"))
        }
    }
}

/// The service that a Request-URI chooses by `;service=` (DESIGN section 7); nothing when the word is none of ours.
pub(super) fn service_of(uri: &Uri<'_>) -> Option<ServiceChoice> {
    let Some(word) = uri.sip().and_then(|sip| sip.params.get("service")).flatten() else {
        return Some(ServiceChoice::Auto);
    };
    Some(match word.to_ascii_lowercase().as_slice() {
        b"auto" => ServiceChoice::Auto,
        b"ask" => ServiceChoice::Ask,
        b"im" => ServiceChoice::Named(Service::Im),
        b"sms" => ServiceChoice::Named(Service::Sms),
        b"mms" => ServiceChoice::Named(Service::Mms),
        _ => return None,
    })
}

/// The quote that a Request-URI names by `;quote=`.
pub(super) fn quote_of(uri: &Uri<'_>) -> Option<SmolStr> {
    let name = uri.sip()?.params.get("quote").flatten()?;
    Some(String::from_utf8_lossy(name).into())
}

/// How a refusal is told.
pub(super) const fn status_of(refusal: &Refusal) -> StatusCode {
    StatusCode(match refusal.kind {
        RefusalKind::Invalid => 400,
        RefusalKind::Payment => 402,
        RefusalKind::Forbidden => 403,
        RefusalKind::NotFound | RefusalKind::Unreachable => 404,
        RefusalKind::Conflict => 409,
        RefusalKind::Overload | RefusalKind::Unavailable => 503,
    })
}

/// The text of a `Warning`: our code and what to do, in one line.
pub(super) fn warning(host: &str, refusal: &Refusal) -> SmolStr {
    let detail = refusal.detail.replace(['"', '\\', '\r', '\n'], "'");
    format_smolstr!("399 {host} \"{}: {detail}\"", refusal.code)
}

/// What a device's final answer to a MESSAGE means (standards.md section 5.1, the recipient's own device).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It has it.
    Taken,
    /// It wants it a little later: no outcome (R13).
    Later,
    /// It did not take it.
    Failed(FailureClass),
}

/// The meaning of a final status; `retry_after`: it said when to come again.
pub(super) const fn meaning_of(status: StatusCode, retry_after: bool) -> Meaning {
    use FailureClass::{Local, Permanent, Refused, Temporary};
    Meaning::Failed(match status.0 {
        200..300 => return Meaning::Taken,
        503 if retry_after => return Meaning::Later,
        603 | 607 | 608 => Refused,
        400 | 401 | 405 | 407 | 412 | 420 | 421 | 423 | 439 | 482 | 483 | 493 | 494 | 501 | 505 | 555
        | 580 => Local,
        408 | 430 | 480 | 481 | 486 | 487 | 491 | 500 | 502 | 503 | 504 | 600 => Temporary,
        _ => Permanent,
    })
}
