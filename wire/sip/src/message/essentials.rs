//! What every element on the way of a message needs (RFC 3261 8.1.1): read once, and kept as places.

use crate::fault::Fault;
use crate::head::{Head, Span, Start};
use crate::header::{CSeq, NameAddr, Value, Via, Word};
use crate::name::HeaderName;
use crate::octets::Elements;
use crate::uri::Uri;

#[derive(Debug, Clone, Default)]
pub(super) struct Essentials {
    /// The Request-URI; nowhere in responses.
    pub(super) uri: Span,
    /// The topmost Via.
    pub(super) via: Span,
    pub(super) from: Span,
    pub(super) from_tag: Option<Span>,
    pub(super) to: Span,
    pub(super) to_tag: Option<Span>,
    pub(super) call_id: Span,
    pub(super) cseq: Span,
}

/// The fields as they are met; a second one of those that may be there once is a fault.
#[derive(Default)]
struct Met<'a> {
    via: Option<&'a [u8]>,
    from: Option<&'a [u8]>,
    to: Option<&'a [u8]>,
    call_id: Option<&'a [u8]>,
    cseq: Option<&'a [u8]>,
}

impl Essentials {
    pub(super) fn read(head: &Head) -> Result<Self, Fault> {
        let met = Met::in_head(head)?;
        let span = |part: &[u8]| Span::within(&head.octets, part);
        let uri = match head.index.start {
            Start::Request { uri, .. } => {
                let read = Uri::read(head.text(uri)).ok_or(Fault::RequestUri)?;
                // Headers would be smuggled into whatever is made from it (RFC 3261 19.1.1, table 1).
                if read.sip().is_some_and(|sip| !sip.headers.is_empty()) {
                    return Err(Fault::RequestUri);
                }
                uri
            }
            Start::Response { .. } => Span::default(),
            Start::Unreadable => return Err(Fault::StartLine),
        };
        let via = must(met.via, HeaderName::Via)?;
        let via = Elements::of(via).next().ok_or(Fault::Malformed(HeaderName::Via))?;
        read_as::<Via<'_>>(via, HeaderName::Via)?;
        let from = must(met.from, HeaderName::From)?;
        let from_tag = read_as::<NameAddr<'_>>(from, HeaderName::From)?.tag().map(span);
        let to = must(met.to, HeaderName::To)?;
        let to_tag = read_as::<NameAddr<'_>>(to, HeaderName::To)?.tag().map(span);
        let call_id = must(met.call_id, HeaderName::CallId)?;
        read_as::<Word<'_>>(call_id, HeaderName::CallId)?;
        let cseq = must(met.cseq, HeaderName::CSeq)?;
        let method = read_as::<CSeq<'_>>(cseq, HeaderName::CSeq)?.method;
        if head.method().is_some_and(|asked| asked != method) {
            return Err(Fault::OtherMethod);
        }
        Ok(Self {
            uri,
            via: span(via),
            from: span(from),
            from_tag,
            to: span(to),
            to_tag,
            call_id: span(call_id),
            cseq: span(cseq),
        })
    }

    /// As [`Head::replaced`].
    pub(super) fn moved(&self, old: usize, new: usize) -> Self {
        let moved = |span: Span| span.moved(old, new);
        Self {
            uri: moved(self.uri),
            via: moved(self.via),
            from: moved(self.from),
            from_tag: self.from_tag.map(moved),
            to: moved(self.to),
            to_tag: self.to_tag.map(moved),
            call_id: moved(self.call_id),
            cseq: moved(self.cseq),
        }
    }
}

impl<'a> Met<'a> {
    fn in_head(head: &'a Head) -> Result<Self, Fault> {
        let mut met = Self::default();
        for entry in &head.index.fields {
            let place = match entry.name {
                HeaderName::Via => {
                    met.via = met.via.or_else(|| Some(head.text(entry.value)));
                    continue;
                }
                HeaderName::From => &mut met.from,
                HeaderName::To => &mut met.to,
                HeaderName::CallId => &mut met.call_id,
                HeaderName::CSeq => &mut met.cseq,
                _ => continue,
            };
            if place.replace(head.text(entry.value)).is_some() {
                return Err(Fault::Repeated(entry.name));
            }
        }
        Ok(met)
    }
}

fn must(value: Option<&[u8]>, name: HeaderName) -> Result<&[u8], Fault> {
    value.ok_or(Fault::Missing(name))
}

fn read_as<'a, T: Value<'a>>(value: &'a [u8], name: HeaderName) -> Result<T, Fault> {
    T::read(value).ok_or(Fault::Malformed(name))
}
