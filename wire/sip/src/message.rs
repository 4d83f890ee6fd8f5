//! A message that can be acted on: what every element on its way needs has been read once and holds.

mod essentials;
mod typed;

use core::ops::Range;

use bytes::Bytes;

use crate::fault::Fault;
use crate::head::{Field, Head, Start};
use crate::header::{CSeq, NameAddr, Value, Via};
use crate::incoming::{Incoming, read_frame};
use crate::limits::Limits;
use crate::method::Method;
use crate::name::{FieldName, HeaderName};
use crate::status::StatusCode;
use crate::uri::Uri;

use essentials::Essentials;

pub use typed::BadHeader;

/// A request or a response, with its octets: cheap to move to another thread, to keep and to clone in part.
///
/// Whoever holds one may rely on this: the start line is of SIP 2.0; Via, From, To, Call-ID and CSeq are there (the
/// last four once) and follow their grammar; CSeq names the method of the request; Content-Length is right, and so is
/// the Request-URI. Everything else is read when it is asked for, see [`one`](Self::one), [`each`](Self::each) and
/// [`values`](Self::values). No header value has a CR or an LF.
#[derive(Debug, Clone)]
pub struct Message {
    head: Head,
    essentials: Essentials,
}

/// The first line of a message.
#[derive(Debug, Clone, Copy)]
pub enum StartLine<'a> {
    /// What somebody wants.
    Request {
        /// The method.
        method: Method<'a>,
        /// The Request-URI.
        uri: Uri<'a>,
    },
    /// An answer.
    Response {
        /// The status code.
        status: StatusCode,
        /// The phrase behind it: for people, may be empty, any octets.
        reason: &'a [u8],
    },
}

impl Message {
    /// Reads a message that is certain to be alone in `octets`: one that was written here, or kept.
    ///
    /// # Errors
    /// [`Fault`]: it is none.
    pub fn read(octets: Bytes) -> Result<Self, Fault> {
        match read_frame(octets, &Limits::default()) {
            Incoming::Message(message) => Ok(message),
            Incoming::Refused(refusal) => Err(refusal.fault),
            Incoming::Ping | Incoming::Pong => Err(Fault::StartLine),
        }
    }

    /// Checks what every message must have. The head comes back with what is wrong, to be answered.
    pub(crate) fn check(head: Head) -> Result<Self, (Head, Fault)> {
        match Essentials::read(&head) {
            Ok(essentials) => Ok(Self { head, essentials }),
            Err(fault) => Err((head, fault)),
        }
    }

    /// Where the value of the topmost Via stands.
    pub(crate) fn top_via_span(&self) -> Range<usize> {
        self.essentials.via_range()
    }

    /// With octets in which the topmost Via, which ended at `old`, ends with these parameters.
    pub(crate) fn with_via_params(self, octets: Bytes, old: usize, params: Range<usize>) -> Self {
        let head = self.head.replaced(octets, old, params.end);
        let essentials = self.essentials.with_via_params(old, params);
        Self { head, essentials }
    }

    /// The first line.
    #[must_use]
    pub fn start_line(&self) -> StartLine<'_> {
        match self.head.index.start {
            Start::Response { status, reason } => {
                StartLine::Response { status, reason: self.head.text(reason) }
            }
            _ => StartLine::Request { method: self.method(), uri: self.essentials.uri(&self.head) },
        }
    }

    /// The method of the request, or of the request that is answered: CSeq says both.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        self.cseq().method
    }

    /// The Request-URI; `None` in responses.
    #[must_use]
    pub fn request_uri(&self) -> Option<Uri<'_>> {
        self.is_request().then(|| self.essentials.uri(&self.head))
    }

    /// The status code; `None` in requests.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self.head.index.start {
            Start::Response { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.status().is_none()
    }

    /// The topmost Via.
    #[must_use]
    pub fn via(&self) -> Via<'_> {
        self.essentials.via(&self.head)
    }

    /// From.
    #[must_use]
    pub fn from(&self) -> NameAddr<'_> {
        self.essentials.sender(&self.head)
    }

    /// The tag of From; `None` from a peer that only knows RFC 2543.
    #[must_use]
    pub fn from_tag(&self) -> Option<&[u8]> {
        self.essentials.sender_tag(&self.head)
    }

    /// To.
    #[must_use]
    pub fn to(&self) -> NameAddr<'_> {
        self.essentials.recipient(&self.head)
    }

    /// The tag of To; none in a request outside a dialog.
    #[must_use]
    pub fn to_tag(&self) -> Option<&[u8]> {
        self.essentials.recipient_tag(&self.head)
    }

    /// Call-ID, compared letter by letter.
    #[must_use]
    pub fn call_id(&self) -> &[u8] {
        self.essentials.call_id(&self.head)
    }

    /// CSeq.
    #[must_use]
    pub fn cseq(&self) -> CSeq<'_> {
        self.essentials.cseq(&self.head)
    }

    /// The body: what Content-Length says, or everything after the head of a datagram without one.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.head.octets.get(self.head.index.end..).unwrap_or_default()
    }

    /// The body as a share of the message's octets: nothing is copied, and the message lives as long as it does.
    #[must_use]
    pub fn body_bytes(&self) -> Bytes {
        self.share(self.body())
    }

    /// The whole message as it stands on the wire, folded lines joined.
    #[must_use]
    pub const fn octets(&self) -> &Bytes {
        &self.head.octets
    }

    /// A part of this message as a share of its octets; what is no part of it is copied.
    #[must_use]
    pub fn share(&self, part: &[u8]) -> Bytes {
        let whole = self.head.octets.as_ptr_range();
        let range = part.as_ptr_range();
        if whole.start <= range.start && range.end <= whole.end {
            self.head.octets.slice_ref(part)
        } else {
            Bytes::copy_from_slice(part)
        }
    }

    /// All header fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.head.fields()
    }

    /// The values of all fields of a name, each as a whole, in their order. A name is a [`HeaderName`] or a text, in
    /// any case.
    pub fn values<'a>(&'a self, name: impl Into<FieldName<'a>>) -> impl Iterator<Item = &'a [u8]> {
        self.head.values(name.into())
    }

    /// The elements of a comma list, over all fields of the name, each without white space around it.
    pub fn elements<'a>(&'a self, name: impl Into<FieldName<'a>>) -> impl Iterator<Item = &'a [u8]> {
        self.head.elements(name.into())
    }

    /// Whether there is a field of the name.
    pub fn has<'a>(&'a self, name: impl Into<FieldName<'a>>) -> bool {
        self.values(name).next().is_some()
    }

    /// The value of a header that may be there only once, read by its grammar: `Ok(None)` when it is absent.
    ///
    /// # Errors
    /// [`BadHeader`]: it is there more than once, or does not follow the grammar.
    pub fn one<'a, T: Value<'a>>(&'a self, name: HeaderName) -> Result<Option<T>, BadHeader> {
        typed::one(&self.head, name)
    }

    /// The elements of a comma list, over all fields of the name, each read by its grammar.
    pub fn each<'a, T: Value<'a>>(&'a self, name: HeaderName) -> impl Iterator<Item = Result<T, BadHeader>> {
        typed::each(&self.head, name)
    }

    /// The fields of a name that is no comma list, each read by its grammar as a whole: challenges and credentials
    /// (RFC 3261 7.3.1).
    pub fn whole<'a, T: Value<'a>>(&'a self, name: HeaderName) -> impl Iterator<Item = Result<T, BadHeader>> {
        typed::whole(&self.head, name)
    }
}
