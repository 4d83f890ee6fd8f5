//! What a server answered.

use super::inbox::lossy;
use std::io;
use wire_sip::header::Contact;
use wire_sip::{HeaderName, Message};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody answered in time.
    #[error("no final answer in time")]
    NoAnswer,
    /// There is no flow, or it ended meanwhile.
    #[error("the flow is closed")]
    Closed,
    /// The system says.
    #[error("network: {0}")]
    Network(io::ErrorKind),
    /// A value that no request can carry.
    #[error("a value can't be written")]
    Unwritable,
    /// No such message in the inbox, or one without an id.
    #[error("no message with such an id")]
    NoMessage,
}

/// A final answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// All of it.
    pub message: Message,
    /// The request that it answers, as it was written: to be replayed by somebody else.
    pub request: Vec<u8>,
}

/// What a REGISTER was answered with.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The answer.
    pub answer: Answer,
    /// Every binding that the registrar tells of.
    pub contacts: Vec<Binding>,
    /// For how long this handset's own holds, in seconds; `None`: it has none.
    pub expires: Option<u32>,
}

/// One contact of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub uri: String,
    /// For how long, in seconds.
    pub expires: Option<u32>,
    /// Which device.
    pub instance: Option<String>,
}

/// What a message was answered with.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The answer.
    pub answer: Answer,
    /// The `imdn.Message-ID` that it was sent with.
    pub imdn_id: String,
    /// The Conversation-ID that it was sent with.
    pub conversation: Option<String>,
}

impl Answer {
    pub(super) fn new(message: Message, request: Vec<u8>) -> Self {
        Self { status: message.status().map_or(0, |status| status.0), message, request }
    }

    /// Whether it is a 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of a name, in any case: `X-Switchback-Message-ID`, `X-Switchback-Price`, `Warning`,
    /// `Retry-After`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.message.values(name).next().map(lossy)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        lossy(self.message.body())
    }
}

impl Registered {
    pub(super) fn of(answer: Answer, contact_user: &str) -> Self {
        let read = |contact: Contact<'_>| {
            let uri = contact.address().map(|address| lossy(address.uri.as_bytes()))?;
            let expires = contact.expires().map(|seconds| seconds.0);
            Some(Binding { uri, expires, instance: contact.instance().map(lossy) })
        };
        let contacts: Vec<_> =
            answer.message.each(HeaderName::Contact).filter_map(Result::ok).filter_map(read).collect();
        let own = format!("sip:{contact_user}@");
        let expires = contacts.iter().find(|it| it.uri.starts_with(&own)).and_then(|it| it.expires);
        Self { answer, contacts, expires }
    }
}
