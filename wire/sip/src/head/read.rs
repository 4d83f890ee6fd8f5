//! One pass over the octets of a head: lines, names, values. Nothing is understood here.

use crate::fault::Fault;
use crate::head::{Entry, Index, Span, Start};
use crate::limits::Limits;
use crate::method::Method;
use crate::name::HeaderName;
use crate::octets::{Scan, decimal, trim};
use crate::status::StatusCode;

/// The only version there is.
const VERSION: &[u8] = b"SIP/2.0";

/// Reads a head up to its empty line. What could be read stands in the index also where there is a fault, the first of
/// which is told: enough to answer it.
pub(crate) fn read(octets: &[u8], limits: &Limits) -> (Index, Result<(), Fault>) {
    let mut index = Index { fields: Vec::with_capacity(16), ..Index::default() };
    let result = read_into(&mut index, octets, limits);
    (index, result)
}

fn read_into(index: &mut Index, octets: &[u8], limits: &Limits) -> Result<(), Fault> {
    let mut lines = Lines { octets, at: 0 };
    let (start, mut first) = match read_start(octets, lines.next_line()?, limits) {
        Ok(start) => (start, Ok(())),
        Err(fault) => (Start::Unreadable, Err(fault)),
    };
    index.start = start;
    let mut vias = 0_usize;
    loop {
        let from = lines.at;
        let line = lines.next_line()?;
        if line.is_empty() {
            index.end = lines.at;
            return first;
        }
        let mut end = from.saturating_add(line.len());
        while matches!(octets.get(lines.at), Some(b' ' | b'\t')) {
            index.folded = true;
            let from = lines.at;
            end = from.saturating_add(lines.next_line()?.len());
        }
        let Some(entry) = read_field(octets, octets.get(from..end).unwrap_or_default()) else {
            first = first.and(Err(Fault::HeaderLine));
            continue;
        };
        vias = vias.saturating_add(usize::from(entry.name == HeaderName::Via));
        if end.saturating_sub(from) > limits.line
            || index.fields.len() >= limits.headers
            || vias > limits.vias
        {
            return first.and(Err(Fault::TooLarge));
        }
        index.fields.push(entry);
    }
}

fn read_field(octets: &[u8], line: &[u8]) -> Option<Entry> {
    let mut scan = Scan::new(line);
    let name = scan.token()?;
    // White space is legal before the colon: two parsers that disagree about it see two different messages.
    if !scan.eat_spaced(b':') {
        return None;
    }
    let value = trim(scan.rest());
    Some(Entry {
        name: HeaderName::find(name),
        raw_name: Span::within(octets, name),
        value: Span::within(octets, value),
    })
}

fn read_start(octets: &[u8], line: &[u8], limits: &Limits) -> Result<Start, Fault> {
    if line.len() > limits.line {
        return Err(Fault::UriTooLong);
    }
    let mut words = line.splitn(3, |octet| *octet == b' ');
    let mut word = || words.next().ok_or(Fault::StartLine);
    let (first, second, third) = (word()?, word()?, word()?);
    if is_version(first) {
        let status = match second {
            [b'1'..=b'6', _, _] => decimal(second).and_then(|code| u16::try_from(code).ok()),
            _ => None,
        };
        let status = StatusCode(status.ok_or(Fault::StartLine)?);
        if !first.eq_ignore_ascii_case(VERSION) {
            return Err(Fault::Version);
        }
        return Ok(Start::Response { status, reason: Span::within(octets, third) });
    }
    if Method::read(first).is_none() || second.is_empty() || !is_version(third) {
        return Err(Fault::StartLine);
    }
    if !third.eq_ignore_ascii_case(VERSION) {
        return Err(Fault::Version);
    }
    if second.len() > limits.uri {
        return Err(Fault::UriTooLong);
    }
    Ok(Start::Request { method: Span::within(octets, first), uri: Span::within(octets, second) })
}

/// `SIP/` and two numbers: some version of ours.
fn is_version(word: &[u8]) -> bool {
    if word == VERSION {
        return true;
    }
    let Some((name, numbers)) = word.split_at_checked(4) else { return false };
    let mut numbers = numbers.splitn(2, |octet| *octet == b'.');
    let digits = |number: Option<&[u8]>| number.is_some_and(|number| decimal(number).is_some());
    name.eq_ignore_ascii_case(b"SIP/") && digits(numbers.next()) && digits(numbers.next())
}

/// Lines that CR LF ends. A CR or an LF alone is no line end and nothing else either: who takes it for one sees other
/// header fields than who does not.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn next_line(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let end = memchr::memchr2(b'\r', b'\n', rest).ok_or(Fault::NoEnd)?;
        let (line, after) = rest.split_at_checked(end).ok_or(Fault::NoEnd)?;
        match after {
            [b'\r', b'\n', ..] => {
                self.at = self.at.saturating_add(end).saturating_add(2);
                Ok(line)
            }
            [b'\r'] => Err(Fault::NoEnd),
            _ => Err(Fault::HeaderLine),
        }
    }
}
