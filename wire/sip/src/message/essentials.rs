//! What every element on the way of a message needs (RFC 3261 8.1.1): read once, and kept as places.

use core::net::IpAddr;
use core::ops::Range;

use crate::fault::Fault;
use crate::head::{Head, Span, Start};
use crate::header::{CSeq, NameAddr, Param, Params, Value, Via, Word};
use crate::method::Method;
use crate::name::HeaderName;
use crate::octets::Elements;
use crate::uri::{Host, Uri};

#[derive(Debug, Clone, Default)]
pub(super) struct Essentials {
    /// The Request-URI; nowhere in responses.
    uri: Span,
    via: Hop,
    from: Party,
    to: Party,
    call_id: Span,
    number: u32,
    method: Span,
}

/// The topmost Via, as a whole and in parts.
#[derive(Debug, Clone, Default)]
struct Hop {
    whole: Span,
    transport: Span,
    address: Option<IpAddr>,
    name: Span,
    port: Option<u16>,
    params: Span,
}

/// From or To.
#[derive(Debug, Clone, Default)]
struct Party {
    display: Span,
    uri: Span,
    params: Span,
    tag: Option<Span>,
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
        let uri = match head.index.start {
            Start::Request { uri, .. } => {
                let read = Uri::read(head.text(uri)).ok_or(Fault::RequestUri)?;
                // Headers would be smuggled into whatever is made from it (RFC 3261 19.1.1, table 1).
                if read.as_bytes().contains(&b'?') && read.sip().is_some_and(|sip| !sip.headers.is_empty()) {
                    return Err(Fault::RequestUri);
                }
                uri
            }
            Start::Response { .. } => Span::default(),
            Start::Unreadable => return Err(Fault::StartLine),
        };
        let via = must(met.via, HeaderName::Via)?;
        let via = Hop::read(head, Elements::of(via).next().ok_or(Fault::Malformed(HeaderName::Via))?)?;
        let from = Party::read(head, must(met.from, HeaderName::From)?, HeaderName::From)?;
        let to = Party::read(head, must(met.to, HeaderName::To)?, HeaderName::To)?;
        let call_id = must(met.call_id, HeaderName::CallId)?;
        read_as::<Word<'_>>(call_id, HeaderName::CallId)?;
        let CSeq { number, method } = read_as(must(met.cseq, HeaderName::CSeq)?, HeaderName::CSeq)?;
        if head.method().is_some_and(|asked| asked != method) {
            return Err(Fault::OtherMethod);
        }
        // The token itself, not the constant that a known one is read to.
        let method = met.cseq.and_then(|cseq| cseq.get(cseq.len().checked_sub(method.as_bytes().len())?..));
        let span = |part: &[u8]| Span::within(&head.octets, part);
        let (call_id, method) = (span(call_id), span(method.unwrap_or_default()));
        Ok(Self { uri, via, from, to, call_id, number, method })
    }

    pub(super) fn uri<'a>(&self, head: &'a Head) -> Uri<'a> {
        Uri::known(head.text(self.uri))
    }

    pub(super) fn via<'a>(&self, head: &'a Head) -> Via<'a> {
        self.via.known(head)
    }

    /// Where the topmost Via stands.
    pub(super) fn via_range(&self) -> Range<usize> {
        self.via.whole.range()
    }

    pub(super) fn sender<'a>(&self, head: &'a Head) -> NameAddr<'a> {
        self.from.known(head)
    }

    pub(super) fn sender_tag<'a>(&self, head: &'a Head) -> Option<&'a [u8]> {
        self.from.tag.map(|tag| head.text(tag))
    }

    pub(super) fn recipient<'a>(&self, head: &'a Head) -> NameAddr<'a> {
        self.to.known(head)
    }

    pub(super) fn recipient_tag<'a>(&self, head: &'a Head) -> Option<&'a [u8]> {
        self.to.tag.map(|tag| head.text(tag))
    }

    pub(super) fn call_id<'a>(&self, head: &'a Head) -> &'a [u8] {
        head.text(self.call_id)
    }

    pub(super) fn cseq<'a>(&self, head: &'a Head) -> CSeq<'a> {
        let method = head.text(self.method);
        CSeq { number: self.number, method: Method::read(method).unwrap_or(Method::Other(method)) }
    }

    /// As [`Head::replaced`], when what ended at `old` is the topmost Via, and its parameters are these now.
    pub(super) fn with_via_params(self, old: usize, params: Range<usize>) -> Self {
        let new = params.end;
        let moved = |span: Span| span.moved(old, new);
        let party = |party: Party| Party {
            display: moved(party.display),
            uri: moved(party.uri),
            params: moved(party.params),
            tag: party.tag.map(moved),
        };
        let whole = Span::new(self.via_range().start..new);
        Self {
            uri: moved(self.uri),
            via: Hop { whole, params: Span::new(params), ..self.via },
            from: party(self.from),
            to: party(self.to),
            call_id: moved(self.call_id),
            method: moved(self.method),
            ..self
        }
    }
}

impl Hop {
    fn read(head: &Head, value: &[u8]) -> Result<Self, Fault> {
        let via = read_as::<Via<'_>>(value, HeaderName::Via)?;
        named(&via.params, "branch", HeaderName::Via)?;
        let span = |part: &[u8]| Span::within(&head.octets, part);
        Ok(Self {
            whole: span(value),
            transport: span(via.transport),
            address: via.host.address(),
            name: if let Host::Name(name) = via.host { span(name) } else { Span::default() },
            port: via.port,
            params: span(via.params.as_bytes()),
        })
    }

    fn known<'a>(&self, head: &'a Head) -> Via<'a> {
        Via {
            transport: head.text(self.transport),
            host: self.address.map_or_else(|| Host::Name(head.text(self.name)), Host::from),
            port: self.port,
            params: Params::known(head.text(self.params)),
        }
    }
}

impl Party {
    fn read(head: &Head, value: &[u8], name: HeaderName) -> Result<Self, Fault> {
        let party = read_as::<NameAddr<'_>>(value, name)?;
        let tag = named(&party.params, "tag", name)?;
        let span = |part: &[u8]| Span::within(&head.octets, part);
        Ok(Self {
            display: span(party.display),
            uri: span(party.uri.as_bytes()),
            params: span(party.params.as_bytes()),
            tag: tag.map(span),
        })
    }

    fn known<'a>(&self, head: &'a Head) -> NameAddr<'a> {
        NameAddr {
            display: head.text(self.display),
            uri: Uri::known(head.text(self.uri)),
            params: Params::known(head.text(self.params)),
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

/// A tag or a branch, if there is one: a token (RFC 3261 25.1). One without a value, or one in quotes, would be found by
/// nobody who looks for it, and a second one would be put beside it.
fn named<'a>(params: &Params<'a>, param: &str, name: HeaderName) -> Result<Option<&'a [u8]>, Fault> {
    match params.get(param) {
        None => Ok(None),
        Some(Param { value: Some(value), quoted: false, .. }) => Ok(Some(value)),
        Some(_) => Err(Fault::Malformed(name)),
    }
}
