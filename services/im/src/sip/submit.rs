//! MESSAGE as the model understands it: a message to somebody, or a notification about one (RFC 3428, RFC 3862,
//! RFC 5438).

mod encoding;

pub(super) use encoding::ACCEPTED as ACCEPTED_ENCODING;

use super::resent;
use super::typing;
use super::words::{address_of, quote_of, service_of, target_of};
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use switchback_core::model::{
    Address, Chat, Content, FallbackRule, Media, Originator, Owner, ServiceChoice, Submission, Time, Wants,
};
use switchback_ports::{IdempotencyKey, NamedQuote};
use wire_cpim::{Cpim, Disposition, Imdn};
use wire_sip::header::{MaxForwards, MediaType, Seconds};
use wire_sip::{HeaderName, Message, StatusCode};

/// What a MESSAGE carries.
#[derive(Debug)]
pub(super) enum Carried {
    /// Something for somebody.
    Message(Box<Letter>),
    /// Somebody is typing, or no longer (RFC 3994): whom it is for, and the document as it is.
    Typing { to: Address, document: Vec<u8> },
    /// A notification about a message: its id, whom its sender is, and what is told.
    Notification { imdn_id: SmolStr, sender: Option<Address>, disposition: Disposition },
}

/// A message to be.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) to: Address,
    pub(super) service: ServiceChoice,
    /// The quote that shall bind. The answer has no room for a new one, so a risen price parks the message (R2).
    pub(super) quote: Option<NamedQuote>,
    pub(super) content: Content,
    /// Seconds to live, as the sender asked.
    pub(super) life: Option<u32>,
    /// What makes a repetition of it known.
    pub(super) once: SmolStr,
}

/// Why it can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit(pub(super) StatusCode, pub(super) &'static str);

const fn unfit(status: u16, why: &'static str) -> Unfit {
    Unfit(StatusCode(status), why)
}

/// Reads a MESSAGE.
///
/// # Errors
/// [`Unfit`] with the answer.
pub(super) fn read(request: &Message) -> Result<Carried, Unfit> {
    passable(request)?;
    let kind = request.one::<MediaType<'_>>(HeaderName::ContentType);
    let kind = kind.map_err(|_| unfit(400, "the Content-Type cannot be read"))?;
    let body = encoding::plain(request)?;
    let is = |subtype| kind.as_ref().is_some_and(|kind| kind.is("message", subtype));
    // Clients that put no envelope round their messages put none round their notifications (Linphone).
    if is("imdn+xml") {
        return notification(request, &body);
    }
    if !is("cpim") {
        let media_type = kind.map_or_else(|| "text/plain".into(), |kind| text_of(&kind));
        if is_typing(&media_type) {
            return typing(request, &body);
        }
        let content = content(&media_type, &body, None)?;
        let once = once_sent(request);
        return letter(request, content, once).map(Carried::Message);
    }
    let cpim = Cpim::parse(&body).map_err(|_| unfit(400, "the CPIM envelope cannot be read"))?;
    if cpim.not_understood().next().is_some() {
        return Err(unfit(420, "a required CPIM header is not known here"));
    }
    let body = cpim.content.decoded().map_err(|_| unfit(400, "the transfer encoding cannot be undone"))?;
    if cpim.is_imdn() {
        return notification(request, &body);
    }
    let chat = chat(request, &cpim);
    let media_type = cpim.content.header("Content-Type").unwrap_or("text/plain");
    if is_typing(media_type) {
        return typing(request, &body);
    }
    let once = match &chat {
        Some(chat) => once_of(&chat.imdn_id),
        None => once_sent(request),
    };
    let content = content(media_type, &body, chat)?;
    letter(request, content, once).map(Carried::Message)
}

fn notification(request: &Message, document: &[u8]) -> Result<Carried, Unfit> {
    let imdn = Imdn::parse(document).map_err(|_| unfit(400, "the notification cannot be read"))?;
    let sender = request.request_uri().and_then(|uri| address_of(&uri));
    let imdn_id = SmolStr::new(&imdn.message_id);
    Ok(Carried::Notification { imdn_id, sender, disposition: imdn.disposition })
}

/// Whether it may be passed on: not beyond its last hop, as a loop would have it (RFC 7332 3).
fn passable(request: &Message) -> Result<(), Unfit> {
    let hops = request.one::<MaxForwards>(HeaderName::MaxForwards);
    if hops.map_err(|_| unfit(400, "Max-Forwards cannot be read"))? == Some(MaxForwards(0)) {
        return Err(unfit(483, "the message has gone too far"));
    }
    Ok(())
}

/// The key under which a repetition finds the message that was made: of this sender, to this recipient.
pub(super) fn key(owner: Owner, to: &Address, once: &str) -> IdempotencyKey {
    let key = format_smolstr!("{once}\n{}", to.of_person());
    // A sender's id may be as long as a header; the store's bound for keys is shorter.
    let key = if key.len() <= 200 { key } else { digest(key.as_bytes()) };
    IdempotencyKey { owner, key }
}

/// What makes a message with this `imdn.Message-ID` known again.
pub(super) fn once_of(imdn_id: &str) -> SmolStr {
    format_smolstr!("imdn:{imdn_id}")
}

/// What makes a message without an id known again: the request that it came by, however often it is asked who sends it.
fn once_sent(request: &Message) -> SmolStr {
    format_smolstr!("call:{}:{}", lossy(request.call_id()), resent::first_cseq(request))
}

/// SHA-256 in hexadecimal.
fn digest(bytes: &[u8]) -> SmolStr {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Letter {
    /// As a submission of this sender.
    pub(super) fn submission(self, originator: Originator, now: Time) -> Submission {
        Submission {
            originator,
            recipient: self.to,
            content: self.content,
            service: self.service,
            fallback: FallbackRule::Auto,
            revert: None,
            quoted: None,
            max_price: None,
            expires_at: self.life.map(|seconds| now.plus_millis(u64::from(seconds) * 1000)),
            fallback_after_ms: None,
            class: None,
            client_ref: None,
        }
    }
}

fn letter(request: &Message, content: Content, once: SmolStr) -> Result<Box<Letter>, Unfit> {
    let uri = request.request_uri().ok_or(unfit(400, "no Request-URI"))?;
    let to = target(request)?;
    let service = service_of(&uri).ok_or(unfit(400, "service= is auto, ask, im, sms or mms"))?;
    let life =
        request.one::<Seconds>(HeaderName::Expires).map_err(|_| unfit(400, "Expires cannot be read"))?;
    let life = life.map(|seconds| seconds.0);
    if life == Some(0) {
        return Err(unfit(400, "Expires 0 ends the message before it was accepted"));
    }
    let quote = quote_of(&uri).map(|id| NamedQuote { id, parks: true });
    Ok(Box::new(Letter { to, service, quote, content, life, once }))
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn is_typing(media_type: &str) -> bool {
    essence(media_type).eq_ignore_ascii_case(typing::TYPE)
}

fn typing(request: &Message, document: &[u8]) -> Result<Carried, Unfit> {
    Ok(Carried::Typing { to: target(request)?, document: document.to_vec() })
}

fn target(request: &Message) -> Result<Address, Unfit> {
    let uri = request.request_uri().ok_or(unfit(400, "no Request-URI"))?;
    target_of(&uri).ok_or(unfit(416, "the Request-URI is no address that is served here"))
}

/// Text stays text; everything else is a media part, to the octet.
fn content(media_type: &str, body: &[u8], chat: Option<Box<Chat>>) -> Result<Content, Unfit> {
    if body.is_empty() {
        return Err(unfit(400, "the message is empty"));
    }
    if !essence(media_type).eq_ignore_ascii_case("text/plain") {
        let part = Media {
            content_type: SmolStr::new(media_type),
            filename: SmolStr::default(),
            data: body.to_vec(),
        };
        return Ok(Content { text: String::new(), media: vec![part], chat });
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        // Latin-1 is what clients send when they do not say what they send.
        Err(_) => body.iter().map(|octet| char::from(*octet)).collect(),
    };
    Ok(Content { text, media: Vec::new(), chat })
}

/// What the chat client said around its content; nothing when it gave the message no id.
fn chat(request: &Message, cpim: &Cpim<'_>) -> Option<Box<Chat>> {
    let imdn_id = SmolStr::new(cpim.imdn.message_id.as_deref()?);
    let wants = cpim.wants();
    let header = |name: HeaderName| request.values(name).next().map(|value| lossy(value).to_smolstr());
    Some(Box::new(Chat {
        imdn_id,
        wants: Wants {
            delivered: wants.has(wire_cpim::Wants::POSITIVE_DELIVERY),
            failed: wants.has(wire_cpim::Wants::NEGATIVE_DELIVERY),
            displayed: wants.has(wire_cpim::Wants::DISPLAY),
            interworking: wants.has(wire_cpim::Wants::INTERWORKING),
        },
        conversation: header(HeaderName::ConversationId),
        contribution: header(HeaderName::ContributionId),
        in_reply_to: header(HeaderName::InReplyToContributionId),
        written_at: cpim.date_time.as_deref().map(SmolStr::new),
        text_type: None,
    }))
}

fn text_of(kind: &MediaType<'_>) -> SmolStr {
    format_smolstr!("{}/{}{}", lossy(kind.kind), lossy(kind.subtype), lossy(kind.params.as_bytes()))
}

fn lossy(octets: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(octets)
}
