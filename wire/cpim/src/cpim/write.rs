//! Writing an envelope: the standard's form and no other, refused rather than bent.

use std::borrow::Cow;

use super::{Cpim, HeaderName, Subject, namespace};
use crate::escape::push_escaped;
use crate::header::{is_name, is_verbatim, push_params};
use crate::party::push_uri;
use crate::{BLOCK_MAX, EncodeError, HEADERS_MAX, Param};

/// Prefixes that readers know by sight. Others are numbered.
const KNOWN: [(&str, &str); 3] =
    [(namespace::IMDN, "imdn"), (namespace::CPM, "cpm"), (namespace::MAAP, "maap")];

impl Cpim<'_> {
    /// Appends the message to `out`: headers, an empty line, the content's headers with its length, an empty line,
    /// the body to the octet.
    ///
    /// # Errors
    /// An [`EncodeError`]; `out` is as before.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.content.is("message/cpim") {
            return Err(EncodeError::Nested);
        }
        if self.from.is_none() || self.to.is_empty() {
            return Err(EncodeError::NoParty);
        }
        if self.is_imdn() && !self.imdn.wants.is_none() {
            return Err(EncodeError::WantsAboutImdn);
        }
        let headers = self.headers()?;
        let before = out.len();
        out.extend_from_slice(headers.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.content.write(out).inspect_err(|_| out.truncate(before))
    }

    fn headers(&self) -> Result<String, EncodeError> {
        let mut lines = Lines { out: String::with_capacity(512), count: 0, prefixes: self.prefixes() };
        for (name, parties) in [("From", self.from.as_slice()), ("To", &self.to), ("cc", &self.cc)] {
            for party in parties {
                lines.line(name, |out| party.write(out))?;
            }
        }
        if let Some(date_time) = &self.date_time {
            lines.verbatim("DateTime", date_time)?;
        }
        for subject in &self.subjects {
            lines.subject(subject)?;
        }
        lines.declare()?;
        self.imdn_headers(&mut lines)?;
        for other in &self.others {
            if !other.name.is_further() {
                return Err(EncodeError::Name);
            }
            let name = lines.prefixed(&other.name);
            lines.with_params(&name, &other.params, &other.value)?;
        }
        if !self.required.is_empty() {
            let names = self.required.iter().map(|name| lines.prefixed(name)).collect::<Vec<_>>();
            if !self.required.iter().all(|name| is_name(&name.name)) {
                return Err(EncodeError::Name);
            }
            lines.verbatim("Require", &names.join(","))?;
        }
        lines.finish()
    }

    fn imdn_headers(&self, lines: &mut Lines<'_>) -> Result<(), EncodeError> {
        let imdn = &self.imdn;
        if let Some(id) = &imdn.message_id {
            lines.verbatim("imdn.Message-ID", id)?;
        }
        if !imdn.wants.is_none() {
            lines.line("imdn.Disposition-Notification", |out| {
                imdn.wants.write(out);
                Ok(())
            })?;
        }
        let parties = [
            ("imdn.Original-To", imdn.original_to.as_slice()),
            ("imdn.IMDN-Record-Route", &imdn.record_route),
            ("imdn.IMDN-Route", &imdn.route),
        ];
        for (name, parties) in parties {
            for party in parties {
                lines.line(name, |out| party.write(out))?;
            }
        }
        Ok(())
    }

    /// The namespaces that this message needs, each with its prefix.
    fn prefixes(&self) -> Vec<(&str, Cow<'static, str>)> {
        let imdn = (self.imdn != super::ImdnHeaders::default()).then_some(namespace::IMDN);
        let further = self.others.iter().map(|other| &other.name).chain(&self.required);
        let mut prefixes: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for uri in imdn.into_iter().chain(further.map(|name| &*name.namespace)) {
            if uri == namespace::CPIM || prefixes.iter().any(|(known, _)| *known == uri) {
                continue;
            }
            let known =
                KNOWN.iter().find(|(known, _)| *known == uri).map(|(_, prefix)| Cow::Borrowed(*prefix));
            let prefix = known.unwrap_or_else(|| Cow::Owned(format!("n{}", prefixes.len())));
            prefixes.push((uri, prefix));
        }
        prefixes
    }
}

struct Lines<'a> {
    out: String,
    count: usize,
    prefixes: Vec<(&'a str, Cow<'static, str>)>,
}

impl Lines<'_> {
    fn line(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut String) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.out.extend([name, ": "]);
        value(&mut self.out)?;
        self.out.push_str("\r\n");
        self.count += 1;
        Ok(())
    }

    /// A value that is read as it stands.
    fn verbatim(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        if !is_verbatim(value) {
            return Err(EncodeError::Value);
        }
        self.line(name, |out| {
            out.push_str(value);
            Ok(())
        })
    }

    fn with_params(&mut self, name: &str, params: &[Param<'_>], value: &str) -> Result<(), EncodeError> {
        self.out.extend([name, ":"]);
        push_params(params, &mut self.out)?;
        self.out.push(' ');
        push_escaped(value, false, &mut self.out);
        self.out.push_str("\r\n");
        self.count += 1;
        Ok(())
    }

    fn subject(&mut self, subject: &Subject<'_>) -> Result<(), EncodeError> {
        let lang = subject.lang.as_ref().map(|lang| Param { name: "lang".into(), value: lang.clone() });
        self.with_params("Subject", lang.as_slice(), &subject.text)
    }

    fn declare(&mut self) -> Result<(), EncodeError> {
        for (uri, prefix) in self.prefixes.clone() {
            self.line("NS", |out| {
                out.extend([&*prefix, " "]);
                push_uri(uri, out)
            })?;
        }
        Ok(())
    }

    fn prefixed(&self, name: &HeaderName<'_>) -> String {
        let prefix = self.prefixes.iter().find(|(uri, _)| *uri == name.namespace).map(|(_, prefix)| prefix);
        prefix.map_or_else(|| name.name.to_string(), |prefix| format!("{prefix}.{}", name.name))
    }

    fn finish(self) -> Result<String, EncodeError> {
        let fits = self.count <= HEADERS_MAX && self.out.len() <= BLOCK_MAX;
        fits.then_some(self.out).ok_or(EncodeError::TooLong)
    }
}
