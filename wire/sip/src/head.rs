//! The head of a message: a start line and an index of header fields, as spans into the octets. Everything else is
//! read from it when somebody asks.

mod read;
mod span;

use bytes::Bytes;

use crate::method::Method;
use crate::name::{FieldName, HeaderName};
use crate::octets::Elements;
use crate::status::StatusCode;

pub(crate) use read::read;
pub(crate) use span::Span;

/// One header field as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Which it is.
    pub name: HeaderName,
    /// Its name as the peer wrote it.
    pub raw_name: &'a [u8],
    /// Its value: no white space around it, folded lines joined.
    pub value: &'a [u8],
}

/// The index of a head. It is of no use without the octets that it was made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub(crate) start: Start,
    pub(crate) fields: Vec<Entry>,
    /// Where the body begins.
    pub(crate) end: usize,
    /// Whether a field goes on over several lines: [`Head::new`] joins them.
    pub(crate) folded: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Start {
    Request {
        method: Span,
        uri: Span,
    },
    Response {
        status: StatusCode,
        reason: Span,
    },
    /// Not a start line of SIP 2.0. A request, as far as anybody can tell, is answered all the same.
    #[default]
    Unreadable,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) name: HeaderName,
    pub(crate) raw_name: Span,
    pub(crate) value: Span,
}

/// A head with its octets.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) octets: Bytes,
    pub(crate) index: Index,
}

impl Head {
    /// Joins folded lines: each line end becomes white space, so that no value has one any more. The only case in
    /// which a message is copied.
    pub(crate) fn new(octets: Bytes, mut index: Index) -> Self {
        if !index.folded {
            return Self { octets, index };
        }
        let mut joined = octets.to_vec();
        for entry in &index.fields {
            let value = joined.get_mut(entry.value.range()).unwrap_or_default();
            value.iter_mut().filter(|octet| matches!(octet, b'\r' | b'\n')).for_each(|octet| *octet = b' ');
        }
        index.folded = false;
        Self { octets: Bytes::from(joined), index }
    }

    /// With other octets in the place that ended at `old` and ends at `new` now.
    pub(crate) fn replaced(self, octets: Bytes, old: usize, new: usize) -> Self {
        let mut index = self.index;
        for entry in &mut index.fields {
            entry.raw_name = entry.raw_name.moved(old, new);
            entry.value = entry.value.moved(old, new);
        }
        index.end = index.end.saturating_sub(old).saturating_add(new);
        Self { octets, index }
    }

    pub(crate) fn text(&self, span: Span) -> &[u8] {
        span.of(&self.octets)
    }

    /// Whether it is a request, as far as anybody can tell.
    pub(crate) fn asks(&self) -> bool {
        match self.index.start {
            Start::Request { .. } => true,
            Start::Response { .. } => false,
            Start::Unreadable => !self.octets.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/")),
        }
    }

    pub(crate) fn method(&self) -> Option<Method<'_>> {
        match self.index.start {
            Start::Request { method, .. } => Method::read(self.text(method)),
            _ => None,
        }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.index.fields.iter().map(|entry| Field {
            name: entry.name,
            raw_name: self.text(entry.raw_name),
            value: self.text(entry.value),
        })
    }

    pub(crate) fn values<'a>(&'a self, name: FieldName<'a>) -> impl Iterator<Item = &'a [u8]> {
        let entries = self.index.fields.iter().filter(move |entry| {
            entry.name == name.known
                && (name.known != HeaderName::Other
                    || self.text(entry.raw_name).eq_ignore_ascii_case(name.text))
        });
        entries.map(|entry| self.text(entry.value))
    }

    pub(crate) fn elements<'a>(&'a self, name: FieldName<'a>) -> impl Iterator<Item = &'a [u8]> {
        self.values(name).flat_map(Elements::of)
    }
}
