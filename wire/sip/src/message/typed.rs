//! Header values read by their grammar, when somebody asks.

use crate::fault::Fault;
use crate::head::Head;
use crate::header::Value;
use crate::name::HeaderName;

/// A header that can't be read. For a request: 400, in the words of [`fault`](Self::fault).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct BadHeader {
    /// Which one.
    pub name: HeaderName,
    /// What is wrong with it.
    pub fault: Fault,
}

impl BadHeader {
    const fn malformed(name: HeaderName) -> Self {
        Self { name, fault: Fault::Malformed(name) }
    }
}

pub(super) fn one<'a, T: Value<'a>>(head: &'a Head, name: HeaderName) -> Result<Option<T>, BadHeader> {
    let mut values = head.values(name.into());
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(BadHeader { name, fault: Fault::Repeated(name) });
    }
    T::read(value).map(Some).ok_or_else(|| BadHeader::malformed(name))
}

pub(super) fn each<'a, T: Value<'a>>(
    head: &'a Head,
    name: HeaderName,
) -> impl Iterator<Item = Result<T, BadHeader>> {
    head.elements(name.into()).map(move |element| T::read(element).ok_or_else(|| BadHeader::malformed(name)))
}

pub(super) fn whole<'a, T: Value<'a>>(
    head: &'a Head,
    name: HeaderName,
) -> impl Iterator<Item = Result<T, BadHeader>> {
    head.values(name.into()).map(move |value| T::read(value).ok_or_else(|| BadHeader::malformed(name)))
}
