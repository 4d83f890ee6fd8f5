//! What a handset writes: requests, envelopes and notifications, before they know by which flow they go.

use super::{Config, Received, SendOptions};
use crate::clock;
use wire_cpim::{Content, Cpim, Disposition, EncodeError, Imdn, ImdnHeaders, Party, Wants};
use wire_sip::Method;

/// The tag of a device that speaks CPM pager mode, as Contact and Accept-Contact carry it.
const CPM: &str = "+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"";
const CPM_SERVICE: &str = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg";

pub(super) const ALLOW: &str = "MESSAGE, OPTIONS";
pub(super) const ACCEPT: &str = "message/cpim, text/plain, message/imdn+xml";

/// A request without its Via, CSeq and credentials.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) method: Method<'static>,
    pub(super) uri: String,
    /// The URI of From.
    pub(super) from: String,
    /// The URI of To.
    pub(super) to: String,
    pub(super) call_id: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether its lines end with LF alone.
    pub(super) is_ragged: bool,
}

impl Draft {
    fn new(method: Method<'static>, uri: &str, config: &Config, call_id: String) -> Self {
        Self {
            method,
            uri: uri.to_owned(),
            from: config.aor.clone(),
            to: uri.to_owned(),
            call_id,
            headers: Vec::new(),
            body: Vec::new(),
            is_ragged: false,
        }
    }

    fn header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }
}

/// The element of Contact, `expires` seconds long where that is given.
pub(super) fn contact(config: &Config, uri: &str, expires: Option<u32>) -> String {
    let mut contact = format!("<{uri}>");
    if let Some(instance) = &config.instance {
        contact.push_str(&format!(";+sip.instance=\"<{instance}>\""));
        if let Some(reg_id) = config.reg_id {
            contact.push_str(&format!(";reg-id={reg_id}"));
        }
    }
    if config.cpm {
        contact.push_str(&format!(";{CPM}"));
    }
    if let Some(expires) = expires {
        contact.push_str(&format!(";expires={expires}"));
    }
    contact
}

/// A REGISTER of one contact; `expires` 0 takes it away.
pub(super) fn register(config: &Config, contact_uri: &str, expires: u32, call_id: String) -> Draft {
    let mut draft = Draft::new(Method::Register, &format!("sip:{}", config.domain), config, call_id);
    draft.to.clone_from(&config.aor);
    draft.header("Contact", contact(config, contact_uri, Some(expires)));
    draft.header("Supported", "path, outbound, gruu");
    draft.header("Allow", ALLOW);
    draft
}

/// A REGISTER that binds nothing and asks what is bound (RFC 3261 10.2.3).
pub(super) fn fetch(config: &Config, call_id: String) -> Draft {
    let mut draft = Draft::new(Method::Register, &format!("sip:{}", config.domain), config, call_id);
    draft.to.clone_from(&config.aor);
    draft
}

/// An OPTIONS that asks what is possible with somebody.
pub(super) fn options(config: &Config, uri: &str, text: &str, call_id: String) -> Draft {
    let mut draft = Draft::new(Method::Options, uri, config, call_id);
    draft.header("Accept", "application/vnd.switchback.offer+json");
    if !text.is_empty() {
        draft.header("Content-Type", "text/plain;charset=UTF-8");
        text.as_bytes().clone_into(&mut draft.body);
    }
    if config.cpm {
        draft.header("Accept-Contact", format!("*;{CPM}"));
    }
    draft
}

/// A MESSAGE of the person with this handset.
pub(super) fn message(
    config: &Config,
    to: &str,
    text: &str,
    options: &SendOptions,
    call_id: String,
) -> Result<Draft, EncodeError> {
    let mut draft = Draft::new(Method::Message, to, config, call_id);
    for (name, value) in [("service", &options.service), ("quote", &options.quote)] {
        if let Some(value) = value {
            draft.uri.push_str(&format!(";{name}={value}"));
        }
    }
    if let Some(from) = &options.from {
        draft.from.clone_from(from);
    }
    if config.cpm {
        draft.header("Accept-Contact", format!("*;{CPM}"));
        draft.header("P-Preferred-Service", CPM_SERVICE);
    }
    if let Some(conversation) = &options.conversation {
        draft.header("Conversation-ID", conversation);
    }
    if let Some(contribution) = &options.contribution {
        draft.header("Contribution-ID", contribution);
    }
    if let Some(expires) = options.expires {
        draft.header("Expires", expires.to_string());
    }
    draft.headers.extend(options.headers.iter().cloned());
    let (content_type, body) = match &options.body {
        Some((content_type, body)) => (content_type.as_str(), body.as_slice()),
        None => ("text/plain;charset=UTF-8", text.as_bytes()),
    };
    if !options.cpim {
        draft.header("Content-Type", content_type);
        draft.body = body.to_vec();
        return Ok(draft);
    }
    let date_time = options.date_time.clone().unwrap_or_else(|| clock::date_time(clock::now_us()));
    let envelope = Cpim {
        from: Some(Party::of_uri(options.cpim_from.as_deref().unwrap_or(&config.aor))),
        to: vec![Party::of_uri(to)],
        date_time: Some(date_time.into()),
        imdn: ImdnHeaders {
            message_id: options.imdn_id.as_deref().map(Into::into),
            wants: options.wants,
            ..ImdnHeaders::default()
        },
        content: Content::of_type(content_type, body),
        ..Cpim::default()
    };
    draft.header("Content-Type", "message/cpim");
    envelope.encode(&mut draft.body)?;
    Ok(draft)
}

/// What a notification is about.
pub(super) struct About<'a> {
    /// The request that brought the message.
    pub(super) received: &'a Received,
    pub(super) message_id: &'a str,
    /// The notification's own.
    pub(super) imdn_id: String,
}

/// A MESSAGE that notifies a message's sender (RFC 5438 7.2.1.1).
pub(super) fn notification(
    config: &Config,
    about: &About<'_>,
    disposition: Disposition,
    call_id: String,
) -> Result<Draft, EncodeError> {
    let received = about.received;
    let mut draft = Draft::new(Method::Message, received.sender(), config, call_id);
    if config.cpm {
        draft.header("Accept-Contact", format!("*;{CPM}"));
        draft.header("P-Preferred-Service", CPM_SERVICE);
    }
    for (name, value) in
        [("Conversation-ID", &received.conversation), ("Contribution-ID", &received.contribution)]
    {
        if let Some(value) = value {
            draft.header(name, value);
        }
    }
    draft.header("Content-Type", "message/cpim");
    let date_time = clock::date_time(clock::now_us());
    let document = Imdn {
        message_id: about.message_id.to_owned(),
        // Without one there is nothing to echo, and the schema wants something.
        date_time: received.date_time.clone().unwrap_or_else(|| date_time.clone()),
        recipient_uri: Some(config.aor.clone()),
        original_recipient_uri: None,
        subject: None,
        disposition,
    };
    let body = received.message.body();
    let route = Cpim::parse(body).map(|cpim| cpim.imdn.record_route).unwrap_or_default();
    let document = document.encode()?;
    let envelope = Cpim {
        from: Some(Party::of_uri(config.aor.as_str())),
        to: vec![Party::of_uri(received.cpim_from.as_deref().unwrap_or_else(|| received.sender()))],
        date_time: Some(date_time.into()),
        imdn: ImdnHeaders {
            message_id: Some(about.imdn_id.as_str().into()),
            wants: Wants::NONE,
            route,
            ..ImdnHeaders::default()
        },
        content: Content::imdn(&document),
        ..Cpim::default()
    };
    envelope.encode(&mut draft.body)?;
    Ok(draft)
}

/// The same octets with every line of the head ended by LF alone; the body stays, and so does its length.
pub(super) fn ragged(octets: &[u8]) -> Vec<u8> {
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n").map_or(octets.len(), |at| at + 4);
    let (head, body) = octets.split_at_checked(end).unwrap_or((octets, &[]));
    head.iter().filter(|octet| **octet != b'\r').chain(body).copied().collect()
}
