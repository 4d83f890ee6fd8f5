//! MESSAGEs that we send: a message to a recipient's device, and a notification to its sender's (standards.md 3.3, 3.5).

use super::binding::Binding;
use super::flow::Flow;
use super::words::uri_of;
use bytes::BytesMut;
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use std::borrow::Cow;
use switchback_core::model::{Address, MessageId};
use switchback_ports::IncomingMessage;
use wire_cpim::{Content, Cpim, Disposition, Imdn, ImdnHeaders, Party, Wants};
use wire_sip::transaction::Branch;
use wire_sip::uri::Uri;
use wire_sip::{HeaderName, Method, Target, Unwritable, Writer};

/// The pager service, as an asserted service and, percent-encoded, as a feature that is asked for.
const SERVICE: &[u8] = b"urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg";
const ACCEPT: &[u8] = b"*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"";

/// The type of an envelope.
const CPIM: &str = "message/cpim";

/// What is longer goes by a stream, if there is one to be had (RFC 3261 18.1.1, RFC 3428 section 8).
pub(super) const DATAGRAM_GOOD: usize = 1300;
/// The longest request: what a datagram can carry at most, and about what every SIP peer takes at least.
pub(super) const REQUEST_MAX: usize = 65_507;

/// The names of one request: given by the caller, since chance is not ours.
pub(super) struct Names {
    /// Of the transaction.
    pub(super) branch: Branch,
    pub(super) call_id: SmolStr,
    pub(super) tag: SmolStr,
}

/// Who a request is from and to, as its device sees it.
pub(super) struct Ends<'a> {
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    pub(super) domain: &'a str,
}

/// What a request says.
pub(super) enum Said<'a> {
    /// A message.
    Message { id: MessageId, incoming: &'a IncomingMessage },
    /// A notification, in its envelope.
    Notification(&'a Imdn),
    /// An offer, as its document.
    Offer(&'a str),
    /// Somebody is typing, as the document that they sent.
    Typing(&'a [u8]),
}

/// The `imdn.Message-ID` that a message has on every way: its sender's, or its own id.
pub(super) fn imdn_id(id: MessageId, incoming: &IncomingMessage) -> SmolStr {
    match &incoming.content.chat {
        Some(chat) => chat.imdn_id.clone(),
        None => format_smolstr!("{id}"),
    }
}

/// Writes the request for a device behind what `out` holds.
///
/// # Errors
/// [`Unwritable`]: the device's addresses cannot stand in a request; nothing was written.
pub(super) fn request(
    out: &mut BytesMut,
    binding: &Binding,
    flow: &Flow,
    ends: &Ends<'_>,
    names: &Names,
    said: &Said<'_>,
) -> Result<(), Unwritable> {
    let contact = Uri::read(&binding.contact).ok_or(Unwritable::Octets)?;
    let path: Vec<&[u8]> = binding.path.iter().map(Vec::as_slice).collect();
    let target = Target::new(contact, &path).ok_or(Unwritable::Octets)?;
    let mut request = Writer::request(out, Method::Message, target.request_uri);
    let (wire, local) = (flow.wire().name().as_bytes(), flow.local().to_smolstr());
    let via: [&[u8]; 6] =
        [b"SIP/2.0/", wire, b" ", local.as_bytes(), b";rport;branch=", names.branch.as_ref()];
    request.parts(HeaderName::Via, &via);
    request.number(HeaderName::MaxForwards, 70);
    request.routes(&target);
    let (from, to) = (uri_of(ends.from, ends.domain), uri_of(ends.to, ends.domain));
    request.parts(HeaderName::From, &[b"<", from.as_bytes(), b">;tag=", names.tag.as_bytes()]);
    request.parts(HeaderName::To, &[b"<", to.as_bytes(), b">"]);
    request.header(HeaderName::CallId, names.call_id.as_bytes());
    request.cseq(1, Method::Message);
    request.parts(HeaderName::PAssertedIdentity, &[b"<", from.as_bytes(), b">"]);
    if binding.cpm && !matches!(said, Said::Offer(_) | Said::Typing(_)) {
        request.header(HeaderName::AcceptContact, ACCEPT);
        request.header(HeaderName::PAssertedService, SERVICE);
    }
    let (body, media_type) = match said {
        Said::Message { id, incoming } => {
            threads(&mut request, *id, incoming);
            message_body(*id, incoming, binding.cpm, &from, &to)?
        }
        Said::Typing(document) => (Cow::Borrowed(*document), super::typing::TYPE),
        Said::Offer(document) => (Cow::Borrowed(document.as_bytes()), super::offer::TYPE),
        Said::Notification(imdn) => (notification_body(imdn, &from, &to)?.into(), CPIM),
    };
    request.header(HeaderName::ContentType, media_type.as_bytes());
    request.finish(&body)
}

/// The thread that a message belongs to, as its sender named it; a message from elsewhere begins one.
fn threads(request: &mut Writer<'_>, id: MessageId, incoming: &IncomingMessage) {
    let own = id.to_smolstr();
    let chat = incoming.content.chat.as_deref();
    let conversation = chat.and_then(|chat| chat.conversation.as_ref()).unwrap_or(&own);
    let contribution = chat.and_then(|chat| chat.contribution.as_ref()).unwrap_or(&own);
    request.header(HeaderName::ConversationId, conversation.as_bytes());
    request.header(HeaderName::ContributionId, contribution.as_bytes());
    if let Some(before) = chat.and_then(|chat| chat.in_reply_to.as_ref()) {
        request.header(HeaderName::InReplyToContributionId, before.as_bytes());
    }
}

/// The body for a device, and its type: in an envelope for a CPM client, bare for any other.
fn message_body<'a>(
    id: MessageId,
    incoming: &'a IncomingMessage,
    cpm: bool,
    from: &str,
    to: &str,
) -> Result<(Cow<'a, [u8]>, &'a str), Unwritable> {
    let content = &incoming.content;
    let (media_type, body) = match content.media.first() {
        Some(part) if content.text.is_empty() => (part.content_type.as_str(), part.data.as_slice()),
        _ => ("text/plain;charset=UTF-8", content.text.as_bytes()),
    };
    if !cpm {
        return Ok((Cow::Borrowed(body), media_type));
    }
    let chat = content.chat.as_deref();
    // The device's word is what delivery is known by (R4), whatever its sender asked for.
    let mut wants = Wants::POSITIVE_DELIVERY;
    if chat.is_none_or(|chat| chat.wants.displayed) {
        wants = wants.and(Wants::DISPLAY);
    }
    let written = chat.and_then(|chat| chat.written_at.as_deref()).map(Cow::Borrowed);
    let imdn_id = imdn_id(id, incoming);
    let cpim = Cpim {
        from: Some(Party::of_uri(from)),
        to: vec![Party::of_uri(to)],
        date_time: Some(written.unwrap_or_else(|| incoming.accepted_at.to_string().into())),
        imdn: ImdnHeaders { message_id: Some(imdn_id.as_str().into()), wants, ..ImdnHeaders::default() },
        content: Content::of_type(media_type, body),
        ..Cpim::default()
    };
    let mut out = Vec::with_capacity(512 + body.len());
    cpim.encode(&mut out).map_err(|_| Unwritable::Octets)?;
    Ok((Cow::Owned(out), CPIM))
}

fn notification_body(imdn: &Imdn, from: &str, to: &str) -> Result<Vec<u8>, Unwritable> {
    let document = imdn.encode().map_err(|_| Unwritable::Octets)?;
    let cpim = Cpim {
        from: Some(Party::of_uri(from)),
        to: vec![Party::of_uri(to)],
        imdn: ImdnHeaders {
            message_id: Some(format!("{}-{}", imdn.message_id, tail(imdn.disposition)).into()),
            ..ImdnHeaders::default()
        },
        content: Content::imdn(&document),
        ..Cpim::default()
    };
    let mut out = Vec::with_capacity(1024);
    cpim.encode(&mut out).map_err(|_| Unwritable::Octets)?;
    Ok(out)
}

/// What makes the id of a notification another than that of its message, and the same each time it is sent.
const fn tail(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Delivery(_) => "delivery",
        Disposition::Processing(_) => "processing",
        Disposition::Display(_) => "display",
        Disposition::Interworking(_) => "interworking",
    }
}
