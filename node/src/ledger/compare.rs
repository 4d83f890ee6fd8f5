//! Record files held against the records that the log gives: number by number, in one pass over both.

use crate::records::{Form, Lines, Record};
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// Differences that are listed; more are counted.
pub(super) const LISTED: usize = 20;

/// Something found, listed up to a bound.
#[derive(Debug, Default)]
pub(super) struct Found {
    count: u64,
    listed: Vec<String>,
}

impl Found {
    /// One more.
    pub(super) fn add(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.listed.len() < LISTED {
            self.listed.push(what());
        }
    }

    /// How many.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// As the report has it.
    pub(super) fn json(&self) -> Value {
        json!({"count": self.count, "listed": self.listed})
    }
}

/// The files of one form, and what was found in them.
#[derive(Debug)]
pub(super) struct Compared {
    form: Form,
    lines: Lines,
    next: Option<Box<Record>>,
    /// Records of the log before the first one in the files: they were moved away.
    earlier: u64,
    /// Records that are alike.
    alike: u64,
    /// Records of the log after the last one in the files: not written yet.
    later: u64,
    missing: Found,
    extra: Found,
    different: Found,
    unreadable: Found,
}

impl Compared {
    /// The files of this form in a folder; nothing when there are none.
    pub(super) fn of(folder: &Path, form: Form) -> io::Result<Option<Self>> {
        let lines = Lines::of(folder, form)?;
        if lines.is_empty() {
            return Ok(None);
        }
        let mut compared = Self {
            form,
            lines,
            next: None,
            earlier: 0,
            alike: 0,
            later: 0,
            missing: Found::default(),
            extra: Found::default(),
            different: Found::default(),
            unreadable: Found::default(),
        };
        compared.advance()?;
        Ok(Some(compared))
    }

    /// The next record of the log, with its number.
    pub(super) fn expect(&mut self, wanted: &Record) -> io::Result<()> {
        loop {
            let Some(next) = &self.next else {
                self.later += 1;
                return Ok(());
            };
            if next.number() > wanted.number() {
                if self.alike + self.different.count() + self.missing.count() == 0 {
                    self.earlier += 1;
                } else {
                    self.missing.add(|| format!("{} {}", wanted.seq, wanted.id));
                }
                return Ok(());
            }
            if next.number() == wanted.number() {
                let unlike = next.differs_in(wanted);
                if unlike.is_empty() {
                    self.alike += 1;
                } else {
                    self.different.add(|| told(next, wanted, &unlike));
                }
                return self.advance();
            }
            self.extra.add(|| format!("{} {}", next.seq, next.id));
            self.advance()?;
        }
    }

    /// The log was read up to this chapter: what the files have of it beyond that is one too many.
    pub(super) fn end(&mut self, chapter: u64) -> io::Result<()> {
        while let Some(next) = &self.next {
            if next.chapter() <= chapter {
                self.extra.add(|| format!("{} {}", next.seq, next.id));
            }
            self.advance()?;
        }
        Ok(())
    }

    /// How many differences.
    pub(super) const fn faults(&self) -> u64 {
        self.missing.count() + self.extra.count() + self.different.count() + self.unreadable.count()
    }

    /// As the report has it.
    pub(super) fn json(&self) -> Value {
        json!({
            "format": self.form.ending(), "alike": self.alike, "earlier": self.earlier, "later": self.later,
            "missing": self.missing.json(), "extra": self.extra.json(), "different": self.different.json(),
            "unreadable": self.unreadable.json(),
        })
    }

    fn advance(&mut self) -> io::Result<()> {
        self.next = None;
        while let Some(record) = self.lines.next()? {
            match record {
                Ok(record) => {
                    self.next = Some(Box::new(record));
                    return Ok(());
                }
                Err(why) => self.unreadable.add(|| why),
            }
        }
        Ok(())
    }
}

/// In what two records of one number differ.
fn told(has: &Record, wanted: &Record, unlike: &[&'static str]) -> String {
    let value = |record: &Record, name| {
        record.clone().value_mut(name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let parts: Vec<_> = unlike
        .iter()
        .map(|name| format!("{name} is \"{}\", the log says \"{}\"", value(has, name), value(wanted, name)))
        .collect();
    format!("{} {}: {}", wanted.seq, wanted.id, parts.join("; "))
}
