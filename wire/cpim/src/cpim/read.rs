//! Reading an envelope: tolerant in form, strict where two readers could understand two things.

use std::borrow::Cow;

use super::names::{Field, Prefixes};
use super::{Cpim, OtherHeader, Subject};
use crate::content::is_content_line;
use crate::header::{Line, is_name};
use crate::lines::{Block, block, skip_empty};
use crate::{Content, Fault, Param, Party, Wants};

impl<'a> Cpim<'a> {
    /// Reads the body of something of type `message/cpim` (RFC 3862 2).
    ///
    /// Tolerated, because real clients send it: LF alone as a line end; the outer MIME headers repeated in front, or
    /// empty lines there; no space after a colon; no empty line between the envelope's headers and the content's (as
    /// in RFC 5438's own examples), or one too many; no content headers; no empty line before the body; a URI
    /// without brackets; `imdn.` used before, or without, its `NS`; octets that are no UTF-8 in a `Subject`; any
    /// `Content-Length`. Where the strict reading is possible it wins.
    ///
    /// # Errors
    /// A [`Fault`]; among them everything by which a value could pass for another one.
    pub fn parse(input: &'a [u8]) -> Result<Self, Fault> {
        let Block { lines, after } = without_outer_mime(block(skip_empty(input))?)?;
        let mut cpim = Self::default();
        let mut prefixes = Prefixes::new();
        let mut stray = Vec::new();
        for (line, number) in lines.iter().zip(1..) {
            if is_content_line(line) {
                stray.push(*line);
            } else {
                cpim.header(line, &mut prefixes, number)?;
            }
        }
        // Without a header of its own the envelope is missing: what came first are the content's headers.
        let missing = !stray.is_empty() && stray.len() == lines.len();
        cpim.content = match after.filter(|_| missing) {
            Some(body) => Content::adopted(&stray, body).ok_or(Fault::BadContentHeader)?,
            None => content(&stray, after)?,
        };
        if cpim.content.is("message/cpim") {
            return Err(Fault::Nested);
        }
        let types = cpim.content.headers.iter().filter(|header| header.is("Content-Type"));
        if types.count() > 1 {
            return Err(Fault::Duplicate("Content-Type"));
        }
        Ok(cpim)
    }

    fn header(&mut self, line: &'a [u8], prefixes: &mut Prefixes<'a>, number: usize) -> Result<(), Fault> {
        let bad = || Fault::BadHeader { line: number };
        let line = Line::parse(line).ok_or_else(bad)?;
        if line.prefix.is_none() && line.name.eq_ignore_ascii_case("NS") {
            return line.value().and_then(|value| prefixes.declare(value)).ok_or_else(bad);
        }
        let Some(name) = prefixes.resolve(line.prefix, line.name) else { return Ok(()) };
        let value = || line.value().filter(|value| !value.is_empty()).ok_or_else(bad);
        let party = || Party::parse(value()?).ok_or_else(bad);
        match name.field() {
            Some(Field::From) => once(&mut self.from, party()?, "From")?,
            Some(Field::To) => self.to.push(party()?),
            Some(Field::Cc) => self.cc.push(party()?),
            Some(Field::DateTime) => once(&mut self.date_time, Cow::Borrowed(value()?), "DateTime")?,
            Some(Field::Subject) => {
                let lang = lang(line.params().ok_or_else(bad)?);
                self.subjects.push(Subject { lang, text: line.text() });
            }
            Some(Field::MessageId) => once(&mut self.imdn.message_id, Cow::Borrowed(value()?), "Message-ID")?,
            Some(Field::DispositionNotification) => {
                // An empty list asks for nothing, which is no fault.
                self.imdn.wants = self.imdn.wants.and(Wants::parse(line.value().ok_or_else(bad)?));
            }
            Some(Field::OriginalTo) => once(&mut self.imdn.original_to, party()?, "Original-To")?,
            Some(Field::ImdnRecordRoute) => self.imdn.record_route.push(party()?),
            Some(Field::ImdnRoute) => self.imdn.route.push(party()?),
            Some(Field::Require) => self.require(value()?, prefixes).ok_or(Fault::UndeclaredPrefix)?,
            None => {
                let params = line.params().ok_or_else(bad)?;
                self.others.push(OtherHeader { name, params, value: line.text() });
            }
        }
        Ok(())
    }

    fn require(&mut self, value: &'a str, prefixes: &Prefixes<'a>) -> Option<()> {
        for item in value.split(',').map(str::trim) {
            let (prefix, name) =
                item.split_once('.').map_or((None, item), |(prefix, name)| (Some(prefix), name));
            self.required.push(prefixes.resolve(prefix, name).filter(|_| is_name(name))?);
        }
        Some(())
    }
}

/// Some clients put the MIME headers of the whole, which belong to the carrier, in front of the envelope.
fn without_outer_mime(first: Block<'_>) -> Result<Block<'_>, Fault> {
    let mime = !first.lines.is_empty() && first.lines.iter().all(|line| is_content_line(line));
    let outer = mime && Content::adopted(&first.lines, b"").is_some_and(|content| content.is("message/cpim"));
    match first.after.filter(|_| outer) {
        Some(rest) => block(skip_empty(rest)),
        None => Ok(first),
    }
}

/// The content, by the strict reading if there is one.
fn content<'a>(stray: &[&'a [u8]], after: Option<&'a [u8]>) -> Result<Content<'a>, Fault> {
    let Some(rest) = after else {
        // The headers end with the message: at best it is an empty content whose headers stand among them.
        let adopted = Content::adopted(stray, b"").filter(|_| !stray.is_empty());
        return adopted.ok_or(Fault::NoContent);
    };
    if let Some(content) = Content::strict(rest) {
        return Ok(content);
    }
    if !stray.is_empty() {
        return Content::adopted(stray, rest).ok_or(Fault::BadContentHeader);
    }
    // An empty line: no content headers, or one line end too many before them.
    match rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
        Some(rest) => {
            Ok(Content::strict(rest).unwrap_or_else(|| Content { body: rest.into(), ..Content::default() }))
        }
        None => Content::loose(rest),
    }
}

fn lang<'a>(params: Vec<Param<'a>>) -> Option<Cow<'a, str>> {
    params.into_iter().find(|param| param.name.eq_ignore_ascii_case("lang")).map(|param| param.value)
}

fn once<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), Fault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Fault::Duplicate(name)),
    }
}
