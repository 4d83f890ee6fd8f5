//! The forms of record files: JSON lines, and CSV as RFC 4180 has it. Both are written and read here and nowhere else;
//! a reader takes exactly what a writer gives, and anything else is an error that names its place.

use super::record::{COLUMNS, Kind, Record};
use super::settings::Form;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// The longest line that a reader takes, in bytes.
pub(crate) const LINE_MAX: usize = 65_536;

/// How a flag stands in a record.
const YES: SmolStr = SmolStr::new_static("true");

/// Why a line is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(SmolStr);

impl Unreadable {
    fn why(text: impl fmt::Display) -> Self {
        Self(format_smolstr!("{text}"))
    }
}

impl Form {
    /// The ending of its files' names.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What stands at the head of a file.
    pub(crate) fn head(self) -> String {
        match self {
            Self::Jsonl => String::new(),
            Self::Csv => {
                let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
                names.join(",") + "\n"
            }
        }
    }

    /// Adds a record's line.
    pub(crate) fn write(self, record: &Record, to: &mut String) {
        match self {
            Self::Jsonl => write_json(record, to),
            Self::Csv => write_csv(record.values().map(SmolStr::as_str), to),
        }
        to.push('\n');
    }

    /// Reads a line, without its end.
    ///
    /// # Errors
    /// [`Unreadable`], for the operator.
    pub(crate) fn read(self, line: &str) -> Result<Record, Unreadable> {
        if line.len() > LINE_MAX {
            return Err(Unreadable::why("the line is too long for a record"));
        }
        match self {
            Self::Jsonl => read_json(line),
            Self::Csv => read_csv(line),
        }
    }
}

/// A record as one JSON object.
pub(crate) fn write_json(record: &Record, to: &mut String) {
    let mut mark = '{';
    for ((name, kind), value) in COLUMNS.iter().zip(record.values()).filter(|(_, value)| !value.is_empty()) {
        // Writing to a string never fails.
        let _ = match kind {
            Kind::Text => write!(to, "{mark}\"{name}\":{}", Value::from(value.as_str())),
            Kind::Number | Kind::Flag => write!(to, "{mark}\"{name}\":{value}"),
        };
        mark = ',';
    }
    to.push_str(if mark == '{' { "{}" } else { "}" });
}

/// A line of values.
pub(crate) fn write_csv<'a>(values: impl IntoIterator<Item = &'a str>, to: &mut String) {
    for (at, value) in values.into_iter().enumerate() {
        if at > 0 {
            to.push(',');
        }
        if value.contains([',', '"', '\r', '\n']) {
            to.push('"');
            to.push_str(&value.replace('"', "\"\""));
            to.push('"');
        } else {
            to.push_str(value);
        }
    }
}

fn read_json(line: &str) -> Result<Record, Unreadable> {
    serde_json::from_str(line).map_err(Unreadable::why)
}

/// The record that a JSON object stands for; an error when a member is unknown or of another kind.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
        let mut record = Record::default();
        while let Some(name) = members.next_key::<SmolStr>()? {
            let Some((kind, place)) = record.value_mut(&name) else {
                return Err(Error::custom(format_args!("no record has `{name}`")));
            };
            let value = match kind {
                Kind::Text => members.next_value::<SmolStr>().ok().filter(|text| !text.is_empty()),
                Kind::Number => members.next_value::<u64>().ok().map(|number| number.to_smolstr()),
                Kind::Flag => members.next_value::<bool>().ok().filter(|flag| *flag).map(|_| YES),
            };
            let odd = || Error::custom(format_args!("`{name}` is not as a record has it"));
            *place = value.ok_or_else(odd)?;
        }
        Ok(record)
    }
}

fn read_csv(line: &str) -> Result<Record, Unreadable> {
    let values = values_of(line)?;
    if values.len() != COLUMNS.len() {
        let (has, wants) = (values.len(), COLUMNS.len());
        return Err(Unreadable::why(format_args!("{has} values where a record has {wants}")));
    }
    let mut record = Record::default();
    for ((name, kind), value) in COLUMNS.iter().zip(values) {
        let good = match kind {
            Kind::Text => true,
            Kind::Number => value.is_empty() || value.parse::<u64>().is_ok_and(|n| *n.to_smolstr() == *value),
            Kind::Flag => value.is_empty() || *YES == *value,
        };
        if !good {
            return Err(Unreadable::why(format_args!("`{name}` is not as a record has it")));
        }
        if let Some((_, place)) = record.value_mut(name) {
            *place = SmolStr::new(value);
        }
    }
    Ok(record)
}

/// The values of a line of CSV. A quoted one may hold everything but the end of the line, which no value of ours has.
fn values_of(line: &str) -> Result<Vec<Cow<'_, str>>, Unreadable> {
    let (mut values, mut rest) = (Vec::with_capacity(COLUMNS.len()), line);
    loop {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted_value(quoted)?;
                (Cow::Owned(value), after)
            }
            None => {
                let (value, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if value.contains('"') {
                    return Err(Unreadable::why("a quotation mark inside a bare value"));
                }
                (Cow::Borrowed(value), after)
            }
        };
        values.push(value);
        if after.is_empty() {
            return Ok(values);
        }
        rest =
            after.strip_prefix(',').ok_or_else(|| Unreadable::why("a value goes on after its quotation"))?;
    }
}

/// A value up to its closing quotation mark, and what follows that.
fn quoted_value(mut rest: &str) -> Result<(String, &str), Unreadable> {
    let mut value = String::new();
    loop {
        let (piece, after) =
            rest.split_once('"').ok_or_else(|| Unreadable::why("a quotation without its end"))?;
        value.push_str(piece);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return Ok((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, read_csv};
    use crate::records::record::{COLUMNS, Kind, Record};
    use proptest::prelude::*;
    use smol_str::SmolStr;

    /// A record with any texts that have no end of a line, as none of ours has.
    fn any_record() -> impl Strategy<Value = Record> {
        let value = |kind| match kind {
            Kind::Text => "[^\r\n]{0,12}".boxed(),
            Kind::Number => proptest::option::of(any::<u64>())
                .prop_map(|n| n.map_or_else(String::new, |n| n.to_string()))
                .boxed(),
            Kind::Flag => prop_oneof![Just(String::new()), Just("true".to_owned())].boxed(),
        };
        let values: Vec<_> = COLUMNS.iter().map(|(_, kind)| value(*kind)).collect();
        values.prop_map(|values| {
            let mut record = Record::default();
            for ((name, _), value) in COLUMNS.iter().zip(values) {
                *record.value_mut(name).unwrap().1 = SmolStr::new(value);
            }
            record
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(record in any_record()) {
            for form in [Form::Jsonl, Form::Csv] {
                let mut line = String::new();
                form.write(&record, &mut line);
                prop_assert_eq!(form.read(line.strip_suffix('\n').unwrap()), Ok(record.clone()));
            }
        }

        #[test]
        fn no_line_panics_a_reader(line in "\\PC*", raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            for form in [Form::Jsonl, Form::Csv] {
                let _ = form.read(&line);
                let _ = form.read(&String::from_utf8_lossy(&raw));
            }
        }

        /// Lines that are nearly right: one byte of a real one is another.
        #[test]
        fn a_changed_byte_is_an_error_or_another_record(
            record in any_record(),
            at in any::<prop::sample::Index>(),
            byte in 0_u8..128,
        ) {
            for form in [Form::Jsonl, Form::Csv] {
                let mut line = String::new();
                form.write(&record, &mut line);
                let mut bytes = line.trim_end_matches('\n').as_bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                if let Ok(read) = form.read(&changed) {
                    let mut again = String::new();
                    form.write(&read, &mut again);
                    prop_assert_eq!(form.read(again.trim_end_matches('\n')), Ok(read));
                }
            }
        }
    }

    #[test]
    fn what_is_no_record_says_why() {
        let why = |form: Form, line: &str| form.read(line).unwrap_err().to_string();
        let begins = |line: &str, with: &str| {
            let why = why(Form::Jsonl, line);
            assert!(why.starts_with(with), "{why}");
        };
        begins(r#"{"seq":1,"sequence":2}"#, "no record has `sequence`");
        begins(r#"{"seq":"1"}"#, "`seq` is not as a record has it");
        begins(r#"{"charge":0.09}"#, "`charge` is not as a record has it");
        begins(r#"{"owner":""}"#, "`owner` is not as a record has it");
        begins(r#"{"may_duplicate":false}"#, "`may_duplicate` is not as a record has it");
        assert_eq!(why(Form::Csv, "1,2"), format!("2 values where a record has {}", COLUMNS.len()));
        let line = format!("01{}", ",".repeat(COLUMNS.len() - 1));
        assert_eq!(why(Form::Csv, &line), "`seq` is not as a record has it");
        assert!(read_csv(&",".repeat(COLUMNS.len() - 1)).is_ok());
        assert!(why(Form::Jsonl, &"[".repeat(70_000)).contains("too long"));
    }
}
