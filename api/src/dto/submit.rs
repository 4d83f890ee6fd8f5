//! What a sender asks, as JSON: read into the model, or refused field by field.

use super::money::MoneyIn;
use super::words::{ChoiceWord, DispositionWord, FallbackWord, ServiceWord};
use crate::path::{NAME_RULE, is_name};
use crate::problem::{FieldFault, Problem};
use crate::rfc3339;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use smol_str::SmolStr;
use switchback_core::model::{
    Address, Choice, ClassName, ClientRef, Content, FallbackRule, Media, Money, Origin, Originator,
    ServiceChoice, Submission, Time,
};
use switchback_ports::QuoteAsk;
use utoipa::ToSchema;

/// The longest deadline that may be asked for, in seconds: 30 days.
const FALLBACK_AFTER_MAX: u64 = 30 * 24 * 3600;

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Submission)]
pub(crate) struct SubmitIn {
    /// Who shall get it: `+NUMBER`, `tel:`, `sip:`, or a short code.
    #[schema(value_type = String, example = "+46701234567")]
    to: SmolStr,
    /// Which of the sender's own addresses the recipient sees; the first when not given.
    #[schema(value_type = Option<String>)]
    from: Option<SmolStr>,
    /// The text.
    text: Option<String>,
    /// Media parts, in order.
    #[serde(default)]
    media: Vec<MediaIn>,
    /// Which service first.
    #[serde(default)]
    service: ChoiceWord,
    /// Whether the server may change the service by itself.
    #[serde(default = "FallbackWord::default_rule")]
    fallback: FallbackWord,
    /// False: never back to the first service. The server's policy when not given.
    revert: Option<bool>,
    /// A quote's id: the sender never pays more than it.
    #[schema(value_type = Option<String>)]
    quote: Option<SmolStr>,
    /// Where the sender is: `home`, `wifi`, a visited network's MCC and MNC such as `52001`, or `wifi@52001`. Only
    /// where the operator believes clients (`origin_not_believed`); at home when not given.
    #[schema(value_type = Option<String>, example = "wifi")]
    origin: Option<SmolStr>,
    /// The sender's own bound.
    max_price: Option<MoneyIn>,
    /// When the message ends (RFC 3339), 60 seconds to 30 days from now unless the operator set other bounds; not
    /// with `ttl`.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<SmolStr>,
    /// Life in seconds, 60 to 2592000 unless the operator set other bounds; not with `expires_at`.
    ttl: Option<u64>,
    /// Deadline of the first attempt in seconds, 1 to 2592000.
    fallback_after: Option<u64>,
    /// Message class, for example `person`, `otp`, `alert`, `bulk`.
    #[schema(value_type = Option<String>)]
    class: Option<SmolStr>,
    /// The sender's own reference, at most 100 characters, echoed everywhere.
    #[schema(value_type = Option<String>)]
    client_ref: Option<SmolStr>,
}

/// What a quote is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuoteAsk)]
pub(crate) struct QuoteIn {
    /// Who would get it.
    #[schema(value_type = String, example = "+46701234567")]
    to: SmolStr,
    /// Which of the sender's own addresses the recipient would see.
    #[schema(value_type = Option<String>)]
    from: Option<SmolStr>,
    /// The text.
    text: Option<String>,
    /// Media parts.
    #[serde(default)]
    media: Vec<MediaIn>,
    /// The service that the sender has in mind.
    #[serde(default)]
    service: ChoiceWord,
    /// Whether the server might change the service.
    #[serde(default = "FallbackWord::default_rule")]
    fallback: FallbackWord,
    /// Where the sender is, as with a message.
    #[schema(value_type = Option<String>, example = "wifi")]
    origin: Option<SmolStr>,
    /// The sender's own bound.
    max_price: Option<MoneyIn>,
}

/// A media part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MediaPart)]
pub(crate) struct MediaIn {
    /// MIME type.
    #[schema(value_type = String, example = "image/jpeg")]
    content_type: SmolStr,
    /// File name.
    #[schema(value_type = String, example = "cat.jpg")]
    filename: SmolStr,
    /// The bytes, in base64 (RFC 4648 section 4, padded).
    data: String,
}

/// The sender's choice of a parked message's service, or consent to a dearer one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Choice)]
pub(crate) struct ChooseIn {
    /// The service to use next.
    service: ServiceWord,
    /// The new bound; it replaces the consent given before.
    max_price: Option<MoneyIn>,
}

/// What a recipient's device says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptIn {
    /// Delivered or displayed.
    pub(crate) disposition: DispositionWord,
    /// Which device says it.
    #[schema(value_type = String)]
    pub(crate) device: SmolStr,
}

impl FallbackWord {
    fn default_rule() -> Self {
        FallbackRule::default().into()
    }
}

/// Collects what is wrong, so that a sender hears of everything at once.
#[derive(Default)]
pub(crate) struct Faults(Vec<FieldFault>);

impl Faults {
    /// The value, or nothing and a fault.
    pub(crate) fn take<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.0.push(FieldFault::new(field, error))).ok()
    }

    /// A fault unless `fits`.
    pub(crate) fn check(&mut self, field: &str, fits: bool, detail: &str) {
        if !fits {
            self.0.push(FieldFault::new(field, detail));
        }
    }

    /// The value, or all that is wrong.
    pub(crate) fn end<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::fields(self.0)),
        }
    }

    /// The amount, if one was given.
    pub(crate) fn money(&mut self, field: &str, given: Option<&MoneyIn>) -> Option<Money> {
        given.and_then(|given| self.take(field, given.read()))
    }

    fn said(&mut self, from: Option<SmolStr>, origin: Option<SmolStr>) -> Said {
        let read = |origin: &str| Origin::parse(origin).ok_or("home, wifi, 52001 or wifi@52001");
        Said {
            from: from.and_then(|from| self.take("from", Address::parse(&from))),
            origin: origin.and_then(|origin| self.take("origin", read(&origin))),
        }
    }

    fn content(&mut self, text: Option<String>, media: Vec<MediaIn>) -> Content {
        let text = text.unwrap_or_default();
        self.check("text", !text.is_empty() || !media.is_empty(), "a message carries a text or media");
        let parts = media.into_iter().enumerate().filter_map(|(n, part)| self.media(n, part)).collect();
        Content { text, media: parts, chat: None }
    }

    fn media(&mut self, n: usize, part: MediaIn) -> Option<Media> {
        let typed = part
            .content_type
            .split_once('/')
            .is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
        let fits = typed
            && part.content_type.len() <= 100
            && part.content_type.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        self.check(
            &format!("media[{n}].content_type"),
            fits,
            "a MIME type such as image/jpeg, at most 100 characters",
        );
        let named = part.filename.chars().count() <= 200 && !part.filename.chars().any(char::is_control);
        self.check(&format!("media[{n}].filename"), named, "a file name of at most 200 characters");
        let data = self.take(&format!("media[{n}].data"), STANDARD.decode(&part.data))?;
        Some(Media { content_type: part.content_type, filename: part.filename, data })
    }
}

/// What a body says of its sender; who that is comes from the credential.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Which of the sender's addresses was asked for.
    pub(crate) from: Option<Address>,
    /// Where the sender is.
    pub(crate) origin: Option<Origin>,
}

/// A submission that was read; who sends it comes from the credential.
pub(crate) struct Ready {
    /// What it says of its sender.
    pub(crate) said: Said,
    /// The quote that was named.
    pub(crate) quote: Option<SmolStr>,
    recipient: Address,
    content: Content,
    service: ServiceChoice,
    fallback: FallbackRule,
    revert: Option<bool>,
    max_price: Option<Money>,
    expires_at: Option<Time>,
    fallback_after_ms: Option<u64>,
    class: Option<ClassName>,
    client_ref: Option<ClientRef>,
}

impl SubmitIn {
    /// Reads the fields; all that are wrong are told at once.
    pub(crate) fn read(self, now: Time) -> Result<Ready, Problem> {
        let mut faults = Faults::default();
        let recipient = faults.take("to", Address::parse(&self.to));
        let said = faults.said(self.from, self.origin);
        let content = faults.content(self.text, self.media);
        let expires_at = expiry(&mut faults, self.expires_at.as_deref(), self.ttl, now);
        let seconds = 1..=FALLBACK_AFTER_MAX;
        let after = self.fallback_after;
        faults.check("fallback_after", after.is_none_or(|s| seconds.contains(&s)), "seconds, 1 to 2592000");
        faults.check("class", self.class.as_deref().is_none_or(is_name), NAME_RULE);
        let reference = self.client_ref.as_deref().is_none_or(|text| text.chars().count() <= 100);
        faults.check("client_ref", reference, "at most 100 characters");
        let max_price = faults.money("max_price", self.max_price.as_ref());
        let ready = recipient.map(|recipient| Ready {
            said,
            quote: self.quote,
            recipient,
            content,
            service: self.service.into(),
            fallback: self.fallback.into(),
            revert: self.revert,
            max_price,
            expires_at,
            fallback_after_ms: after.map(|seconds| seconds.saturating_mul(1000)),
            class: self.class.map(ClassName::new),
            client_ref: self.client_ref.map(ClientRef::new),
        });
        faults.end(ready)
    }
}

fn expiry(faults: &mut Faults, at: Option<&str>, ttl: Option<u64>, now: Time) -> Option<Time> {
    faults.check("ttl", at.is_none() || ttl.is_none(), "give expires_at or ttl, not both");
    if let Some(text) = at {
        return faults.take("expires_at", rfc3339::parse(text));
    }
    // Whether it is too short or too long is the operator's to say: the engine refuses it.
    ttl.map(|seconds| now.plus_millis(seconds.saturating_mul(1000)))
}

impl Ready {
    /// The submission, sent by `originator`.
    pub(crate) fn from(self, originator: Originator) -> Submission {
        Submission {
            originator,
            recipient: self.recipient,
            content: self.content,
            service: self.service,
            fallback: self.fallback,
            revert: self.revert,
            quoted: None,
            max_price: self.max_price,
            expires_at: self.expires_at,
            fallback_after_ms: self.fallback_after_ms,
            class: self.class,
            client_ref: self.client_ref,
        }
    }
}

impl QuoteIn {
    /// Reads the fields, asks `sender` for the originator, and gives what the engine is asked.
    pub(crate) fn read(
        self,
        sender: impl FnOnce(&Said) -> Result<Originator, Problem>,
    ) -> Result<QuoteAsk, Problem> {
        let mut faults = Faults::default();
        let recipient = faults.take("to", Address::parse(&self.to));
        let said = faults.said(self.from, self.origin);
        let content = faults.content(self.text, self.media);
        let max_price = faults.money("max_price", self.max_price.as_ref());
        let recipient = faults.end(recipient)?;
        let originator = sender(&said)?;
        let (service, fallback) = (self.service.into(), self.fallback.into());
        Ok(QuoteAsk { originator, recipient, content, service, fallback, max_price })
    }
}

impl ChooseIn {
    /// The choice.
    pub(crate) fn read(self) -> Result<Choice, Problem> {
        let mut faults = Faults::default();
        let max_price = faults.money("max_price", self.max_price.as_ref());
        faults.end(Some(Choice { service: self.service.into(), max_price }))
    }
}

#[cfg(test)]
mod tests {
    use super::SubmitIn;
    use switchback_core::model::{
        Address, Currency, FallbackRule, Money, Origin, Originator, Owner, Service, ServiceChoice,
        SubscriberId, Time,
    };

    const NOW: Time = Time::from_millis(1_795_412_428_000);

    fn sent_by_anna() -> Originator {
        let address = Address::parse("+46701111111").unwrap();
        Originator {
            owner: Owner::Subscriber(SubscriberId::new("anna")),
            address,
            payer: None,
            origin: Origin::HOME,
        }
    }

    fn wrong(body: &str) -> Vec<String> {
        let read: SubmitIn = serde_json::from_str(body).unwrap();
        let problem = read.read(NOW).err().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&problem.to_json()).unwrap();
        assert_eq!(told["code"], "invalid_request");
        told["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["field"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_least_that_can_be_sent() {
        let read: SubmitIn = serde_json::from_str(r#"{"to": "tel:+46701234567", "text": "Hi"}"#).unwrap();
        let submission = read.read(NOW).unwrap().from(sent_by_anna());
        assert_eq!(submission.recipient.to_string(), "+46701234567");
        assert_eq!((submission.service, submission.fallback), (ServiceChoice::Auto, FallbackRule::Auto));
        assert_eq!(
            (submission.content.text.as_str(), submission.expires_at, submission.max_price),
            ("Hi", None, None)
        );
    }

    #[test]
    fn everything_that_can_be_said() {
        let body = r#"{"to": "+46701234567", "from": "+46701111111", "text": "Hi", "service": "sms", "fallback": "never",
            "media": [{"content_type": "image/png", "filename": "a.png", "data": "AAEC"}], "revert": false,
            "quote": "qt_1", "max_price": {"amount": "0.09", "currency": "EUR"}, "ttl": 60, "fallback_after": 5,
            "class": "otp", "client_ref": "order 7", "origin": "wifi@52001"}"#;
        let ready = serde_json::from_str::<SubmitIn>(body).unwrap().read(NOW).unwrap();
        assert_eq!(ready.quote.as_deref(), Some("qt_1"));
        assert_eq!(ready.said.origin, Origin::parse("wifi@52001"));
        let submission = ready.from(sent_by_anna());
        assert_eq!(submission.service, ServiceChoice::Named(Service::Sms));
        assert_eq!(submission.content.media[0].data, [0, 1, 2]);
        assert_eq!(submission.max_price, Some(Money::from_nanos(Currency::EUR, 90_000_000)));
        assert_eq!(submission.expires_at, Some(NOW.plus_millis(60_000)));
        assert_eq!((submission.fallback_after_ms, submission.revert), (Some(5000), Some(false)));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let body = r#"{"to": "0701234567", "from": "+0", "origin": "abroad", "fallback_after": 0, "class": "a b",
            "max_price": {"amount": "-1", "currency": "EUR"}}"#;
        assert_eq!(wrong(body), ["to", "from", "origin", "text", "fallback_after", "class", "max_price"]);
        let media =
            r#"{"to": "72404", "media": [{"content_type": "image", "filename": "a\nb", "data": "%"}]}"#;
        assert_eq!(wrong(media), ["media[0].content_type", "media[0].filename", "media[0].data"]);
    }

    #[test]
    fn the_end_of_life_is_a_time_and_is_said_once() {
        for (clock, fields) in [
            (r#""expires_at": "tomorrow""#, ["expires_at"]),
            (r#""expires_at": "2026-11-24T05:40:29Z", "ttl": 60"#, ["ttl"]),
        ] {
            assert_eq!(wrong(&format!(r#"{{"to": "72404", "text": "Hi", {clock}}}"#)), fields, "{clock}");
        }
    }
}
