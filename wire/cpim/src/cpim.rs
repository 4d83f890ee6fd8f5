//! One message in its envelope: inert data, read by [`Cpim::parse`], written by [`Cpim::encode`].

mod names;
mod read;
mod write;

use std::borrow::Cow;

use crate::{Content, Param, Party, Wants};

pub use names::HeaderName;

/// The header namespaces that clients use. A prefix is any word that `NS` binds to one of them.
pub mod namespace {
    /// RFC 3862's own headers, which need no prefix.
    pub const CPIM: &str = "urn:ietf:params:cpim-headers:";
    /// RFC 5438.
    pub const IMDN: &str = "urn:ietf:params:imdn";
    /// OMA CPM (`cpm.Payload-Type`).
    pub const CPM: &str = "http://www.openmobilealliance.org/cpm/";
    /// GSMA messaging as a platform, for bots.
    pub const MAAP: &str = "http://www.gsma.com/rcs/maap/";
}

/// A message of type `message/cpim`. What is written by [`encode`](Self::encode) is read back equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cpim<'a> {
    /// Who sends, says the sender. Never to be believed.
    pub from: Option<Party<'a>>,
    /// To whom.
    pub to: Vec<Party<'a>>,
    /// To whom besides.
    pub cc: Vec<Party<'a>>,
    /// When it was sent, as written (RFC 3339).
    pub date_time: Option<Cow<'a, str>>,
    /// What about, in one or several languages.
    pub subjects: Vec<Subject<'a>>,
    /// What RFC 5438 adds.
    pub imdn: ImdnHeaders<'a>,
    /// Headers that have no field here, in their order. Those of undeclared prefixes mean nothing and are not kept.
    pub others: Vec<OtherHeader<'a>>,
    /// Headers that a reader must understand or refuse the message. See [`not_understood`](Self::not_understood).
    pub required: Vec<HeaderName<'a>>,
    /// What is sent.
    pub content: Content<'a>,
}

/// A `Subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The `lang` parameter.
    pub lang: Option<Cow<'a, str>>,
    /// The text, escapes undone.
    pub text: Cow<'a, str>,
}

/// The headers of the namespace [`namespace::IMDN`] (RFC 5438 6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImdnHeaders<'a> {
    /// The message's own id, to the letter: notifications name it.
    pub message_id: Option<Cow<'a, str>>,
    /// What the sender asks to hear. [`Cpim::wants`] is what it gets.
    pub wants: Wants,
    /// To whom the message went before somebody on the way changed that.
    pub original_to: Option<Party<'a>>,
    /// Those on the way who want to see the notifications, the last one first. A notification carries them as
    /// `route`, in this order (RFC 5438 7.2.1.1).
    pub record_route: Vec<Party<'a>>,
    /// In a notification: by whom it still has to go, the next one first.
    pub route: Vec<Party<'a>>,
}

/// A header without a field of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherHeader<'a> {
    /// Its name, with the namespace that its prefix stood for.
    pub name: HeaderName<'a>,
    /// Its parameters.
    pub params: Vec<Param<'a>>,
    /// Its value, escapes undone.
    pub value: Cow<'a, str>,
}

impl Cpim<'_> {
    /// Whether this is a disposition notification.
    #[must_use]
    pub fn is_imdn(&self) -> bool {
        self.content.is("message/imdn+xml")
    }

    /// What the sender is to hear about this message. Of a notification: nothing, whatever it asks for, or two
    /// servers would thank each other for ever (RFC 5438 7.2).
    #[must_use]
    pub fn wants(&self) -> Wants {
        if self.is_imdn() { Wants::NONE } else { self.imdn.wants }
    }

    /// The headers of `Require` that this crate has no field for. Who does not know them all either must refuse the
    /// message (RFC 3862 4.7).
    pub fn not_understood(&self) -> impl Iterator<Item = &HeaderName<'_>> {
        self.required.iter().filter(|name| name.field().is_none())
    }
}
