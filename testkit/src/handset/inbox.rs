//! What a handset got, in the order in which it came.

use super::Wire;
use crate::clock;
use std::collections::VecDeque;
use std::net::SocketAddr;
use wire_cpim::{Cpim, Disposition, Imdn, Wants};
use wire_sip::header::{MediaType, NameAddr};
use wire_sip::{HeaderName, Message, StatusCode};

/// A message that came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// The URI of From.
    pub from: String,
    /// The URI of To.
    pub to: String,
    /// The Request-URI.
    pub target: String,
    /// The first URI of P-Asserted-Identity.
    pub asserted: Option<String>,
    /// The content as text, out of its envelope when it had one.
    pub text: String,
    /// The content's type, as written.
    pub content_type: String,
    /// Whether it came in a CPIM envelope.
    pub cpim: bool,
    /// `imdn.Message-ID`.
    pub imdn_id: Option<String>,
    /// What its sender wants to hear.
    pub wants: Wants,
    /// The envelope's `DateTime`, as written.
    pub date_time: Option<String>,
    /// The envelope's `From`.
    pub cpim_from: Option<String>,
    /// The envelope's first `To`.
    pub cpim_to: Option<String>,
    /// Conversation-ID.
    pub conversation: Option<String>,
    /// Contribution-ID.
    pub contribution: Option<String>,
    /// The elements of Route and Record-Route.
    pub routes: Vec<String>,
    /// By what it came.
    pub wire: Wire,
    /// From where.
    pub source: SocketAddr,
    /// The branch of its topmost Via.
    pub branch: String,
    /// How many times this request came, with this branch.
    pub came: u32,
    /// Whether this is what the handset shows: taken, and not a message that it shows already.
    pub shown: bool,
    /// What it was answered with, so far.
    pub status: Option<u16>,
    /// The request.
    pub message: Message,
}

/// A disposition notification that came in.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// The `imdn.Message-ID` that it is about.
    pub message_id: String,
    /// What it says.
    pub disposition: Disposition,
    /// Whom it is about.
    pub recipient: Option<String>,
    /// Its own `imdn.Message-ID`.
    pub imdn_id: Option<String>,
    /// The branch of its topmost Via.
    pub branch: String,
    /// How many times this request came, with this branch.
    pub came: u32,
    /// The request.
    pub message: Message,
}

/// A disposition notification that this handset sent, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The `imdn.Message-ID` that it is about.
    pub message_id: String,
    /// What it says.
    pub disposition: Disposition,
    /// The final status that answered it; `None`: nobody answered.
    pub status: Option<u16>,
}

/// Everything that a handset got and told, the latest [`Config::inbox`](super::Config::inbox) of each.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// Messages, taken or refused, oldest first.
    pub messages: VecDeque<Received>,
    /// Notifications, oldest first.
    pub notifications: VecDeque<Notification>,
    /// What it told, in the order of the answers.
    pub told: VecDeque<Told>,
    /// How many there were since it was started.
    pub counts: Counts,
}

/// How many there were since a handset was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that it showed.
    pub shown: u64,
    /// Messages that it took once more, by another request.
    pub again: u64,
    /// Messages that it did not take.
    pub refused: u64,
    /// Notifications.
    pub notified: u64,
    /// Requests that came again with their branch.
    pub absorbed: u64,
}

impl Inbox {
    /// What it shows: messages that it took, each once.
    pub fn shown(&self) -> impl Iterator<Item = &Received> {
        self.messages.iter().filter(|message| message.shown)
    }

    /// The texts that it shows, oldest first.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.shown().map(|message| message.text.as_str()).collect()
    }

    /// What was told about a message, in the order of arrival.
    #[must_use]
    pub fn ticks(&self, message_id: &str) -> Vec<Disposition> {
        let about = self.notifications.iter().filter(|notification| notification.message_id == message_id);
        about.map(|notification| notification.disposition).collect()
    }

    /// The latest message of this `imdn.Message-ID`.
    #[must_use]
    pub fn message(&self, imdn_id: &str) -> Option<&Received> {
        self.messages.iter().rev().find(|message| message.imdn_id.as_deref() == Some(imdn_id))
    }

    pub(super) fn came_again(&mut self, branch: &str) {
        self.counts.absorbed += 1;
        if let Some(message) = self.by_branch(branch) {
            message.came += 1;
        }
        if let Some(notification) = self.notifications.iter_mut().rev().find(|it| it.branch == branch) {
            notification.came += 1;
        }
    }

    pub(super) fn was_answered(&mut self, branch: &str, status: StatusCode) {
        if let Some(message) = self.by_branch(branch) {
            message.status = Some(status.0);
        }
    }

    /// Takes a message, and shows it unless it is shown already. Whether it is new.
    pub(super) fn take(&mut self, received: &Received) -> bool {
        let same = |message: &Received| received.imdn_id.is_some() && message.imdn_id == received.imdn_id;
        let is_new = !self.shown().any(same);
        if let Some(message) = self.by_branch(&received.branch) {
            message.shown = is_new;
        }
        *(if is_new { &mut self.counts.shown } else { &mut self.counts.again }) += 1;
        is_new
    }

    fn by_branch(&mut self, branch: &str) -> Option<&mut Received> {
        self.messages.iter_mut().rev().find(|message| message.branch == branch)
    }
}

impl Received {
    /// Reads a MESSAGE that is no notification. What is no text is shown as one as well as may be.
    pub(super) fn read(message: Message, wire: Wire, source: SocketAddr) -> Self {
        let header = |name: HeaderName| message.values(name).next().map(lossy);
        let body = message.body_bytes();
        let cpim = envelope(&message).and_then(|()| Cpim::parse(&body).ok());
        let decoded = cpim.as_ref().map(|cpim| cpim.content.decoded().unwrap_or_default());
        let routes = [HeaderName::Route, HeaderName::RecordRoute];
        Self {
            at: clock::now_us(),
            from: lossy(message.from().uri.as_bytes()),
            to: lossy(message.to().uri.as_bytes()),
            target: message.request_uri().map(|uri| lossy(uri.as_bytes())).unwrap_or_default(),
            asserted: asserted(&message),
            text: lossy(decoded.as_deref().unwrap_or(&body)),
            content_type: match &cpim {
                Some(cpim) => cpim.content.header("Content-Type").unwrap_or_default().to_owned(),
                None => header(HeaderName::ContentType).unwrap_or_default(),
            },
            cpim: cpim.is_some(),
            imdn_id: cpim.as_ref().and_then(|cpim| cpim.imdn.message_id.as_deref().map(str::to_owned)),
            wants: cpim.as_ref().map_or(Wants::NONE, Cpim::wants),
            date_time: cpim.as_ref().and_then(|cpim| cpim.date_time.as_deref().map(str::to_owned)),
            cpim_from: cpim.as_ref().and_then(|cpim| cpim.from.as_ref()).map(|from| from.uri.to_string()),
            cpim_to: cpim.as_ref().and_then(|cpim| cpim.to.first()).map(|to| to.uri.to_string()),
            conversation: header(HeaderName::ConversationId),
            contribution: header(HeaderName::ContributionId),
            routes: routes.into_iter().flat_map(|name| message.elements(name)).map(lossy).collect(),
            wire,
            source,
            branch: branch(&message),
            came: 1,
            shown: false,
            status: None,
            message,
        }
    }

    /// Who sent it: the identity that the network asserts, else From.
    #[must_use]
    pub fn sender(&self) -> &str {
        self.asserted.as_deref().unwrap_or(&self.from)
    }
}

impl Notification {
    /// Reads a MESSAGE that carries one; `None`: it carries something else.
    pub(super) fn read(message: &Message) -> Option<Self> {
        let body = message.body_bytes();
        envelope(message)?;
        let cpim = Cpim::parse(&body).ok().filter(Cpim::is_imdn)?;
        let imdn = Imdn::parse(&cpim.content.decoded().ok()?).ok()?;
        Some(Self {
            at: clock::now_us(),
            message_id: imdn.message_id,
            disposition: imdn.disposition,
            recipient: imdn.recipient_uri,
            imdn_id: cpim.imdn.message_id.as_deref().map(str::to_owned),
            branch: branch(message),
            came: 1,
            message: message.clone(),
        })
    }
}

/// Whether its body is an envelope.
fn envelope(message: &Message) -> Option<()> {
    let media = message.one::<MediaType<'_>>(HeaderName::ContentType).ok()??;
    media.is("message", "cpim").then_some(())
}

fn asserted(message: &Message) -> Option<String> {
    let first = message.each::<NameAddr<'_>>(HeaderName::PAssertedIdentity).next()?;
    first.ok().map(|identity| lossy(identity.uri.as_bytes()))
}

/// The branch of the topmost Via.
pub(super) fn branch(message: &Message) -> String {
    message.via().branch().map(lossy).unwrap_or_default()
}

pub(super) fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Adds at the end, and forgets the oldest beyond `most`.
pub(super) fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    list.push_back(item);
    while list.len() > most {
        list.pop_front();
    }
}
