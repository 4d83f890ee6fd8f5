//! Names of headers: which namespace, which field.

use std::borrow::Cow;

use super::namespace;
use crate::content::is_content_name;
use crate::header::is_name;
use crate::party::is_uri;

/// A header's name, resolved: two messages may use different prefixes for the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderName<'a> {
    /// The URI of its namespace; [`namespace::CPIM`] for a name without prefix.
    pub namespace: Cow<'a, str>,
    /// The name without its prefix.
    pub name: Cow<'a, str>,
}

/// The headers that have a field in [`Cpim`](super::Cpim).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    From,
    To,
    Cc,
    DateTime,
    Subject,
    Require,
    MessageId,
    DispositionNotification,
    OriginalTo,
    ImdnRecordRoute,
    ImdnRoute,
}

impl Field {
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::From, namespace::CPIM, "From"),
        (Self::To, namespace::CPIM, "To"),
        (Self::Cc, namespace::CPIM, "cc"),
        (Self::DateTime, namespace::CPIM, "DateTime"),
        (Self::Subject, namespace::CPIM, "Subject"),
        (Self::Require, namespace::CPIM, "Require"),
        (Self::MessageId, namespace::IMDN, "Message-ID"),
        (Self::DispositionNotification, namespace::IMDN, "Disposition-Notification"),
        (Self::OriginalTo, namespace::IMDN, "Original-To"),
        (Self::ImdnRecordRoute, namespace::IMDN, "IMDN-Record-Route"),
        (Self::ImdnRoute, namespace::IMDN, "IMDN-Route"),
    ];
}

impl HeaderName<'_> {
    /// The field it has. Case is forgiven, though the standard tells `From` from `from`.
    pub(super) fn field(&self) -> Option<Field> {
        let same = |namespace: &str, name: &str| {
            name.eq_ignore_ascii_case(&self.name) && namespace == self.namespace
        };
        Field::ALL.into_iter().find(|(_, namespace, name)| same(namespace, name)).map(|(field, ..)| field)
    }

    /// Whether a further header may have this name: no field, no part of the format, nothing of the content.
    pub(super) fn is_further(&self) -> bool {
        let reserved = self.namespace == namespace::CPIM
            && (is_content_name(self.name.as_bytes()) || self.name.eq_ignore_ascii_case("NS"));
        is_name(&self.name) && !reserved && self.field().is_none()
    }
}

/// The prefixes declared so far, and what they stand for.
#[derive(Debug)]
pub(super) struct Prefixes<'a> {
    default: &'a str,
    bound: Vec<(&'a str, &'a str)>,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new() -> Self {
        Self { default: namespace::CPIM, bound: Vec::new() }
    }

    /// `NS` (RFC 3862 4.9): without a prefix it changes what names without one mean. From its line on.
    pub(super) fn declare(&mut self, value: &'a str) -> Option<()> {
        let (prefix, rest) = value.split_once('<')?;
        let uri = rest.split_once('>').map(|(uri, _)| uri).filter(|uri| is_uri(uri))?;
        let prefix = prefix.trim();
        if prefix.is_empty() {
            self.default = uri;
        } else if is_name(prefix) {
            self.bound.retain(|(bound, _)| *bound != prefix);
            self.bound.push((prefix, uri));
        } else {
            return None;
        }
        Some(())
    }

    /// `None` for a prefix that nobody declared, except `imdn`, which senders forget to declare or declare too late.
    pub(super) fn resolve(&self, prefix: Option<&str>, name: &'a str) -> Option<HeaderName<'a>> {
        let namespace = match prefix {
            None => self.default,
            Some(prefix) => match self.bound.iter().find(|(bound, _)| *bound == prefix) {
                Some((_, uri)) => uri,
                None if prefix.eq_ignore_ascii_case("imdn") => namespace::IMDN,
                None => return None,
            },
        };
        Some(HeaderName { namespace: Cow::Borrowed(namespace), name: Cow::Borrowed(name) })
    }
}
