//! The suspects of an audit: attempts of which nobody knows what became of them, or of their charge, and those that were
//! delivered and that the charging system refused to charge. Every one of them is listed, however many there are, so each is written when the walk finds it and none is kept.

use serde_json::Value;
use smol_str::{SmolStr, format_smolstr};
use std::collections::BTreeSet;
use std::io::{self, Write};
use switchback_core::model::MessageId;

/// What stands before the list in JSON.
const HEAD: &str = r#"{"records":{"suspects":{"listed":["#;

/// The list, at the head of the audit's report.
pub(super) struct Suspects<'a> {
    out: &'a mut dyn Write,
    json: bool,
    count: u64,
    /// Charges in doubt, until another record clears them or the walk ends.
    doubts: BTreeSet<(MessageId, u16)>,
}

impl<'a> Suspects<'a> {
    /// An empty list; with `json` it stands first in the object `records` of the report.
    pub(super) fn new(out: &'a mut dyn Write, json: bool) -> Self {
        Self { out, json, count: 0, doubts: BTreeSet::new() }
    }

    /// One more: an attempt's name and what nobody knows of it.
    pub(super) fn add(&mut self, attempt: &str, what: &str) -> io::Result<()> {
        self.count += 1;
        let line = format!("{attempt} {what}");
        match (self.json, self.count) {
            (false, _) => writeln!(self.out, "suspect: {line}"),
            (true, 1) => write!(self.out, "{HEAD}{}", Value::from(line)),
            (true, _) => write!(self.out, ",{}", Value::from(line)),
        }
    }

    /// Nobody knows whether the attempt was charged.
    pub(super) fn doubt(&mut self, message: MessageId, attempt: u16) {
        self.doubts.insert((message, attempt));
    }

    /// It is known now.
    pub(super) fn clear(&mut self, message: MessageId, attempt: u16) {
        self.doubts.remove(&(message, attempt));
    }

    /// Ends the list with all charges that are in doubt still, and says how many suspects there are. The members of
    /// `records` follow.
    pub(super) fn end(mut self, in_doubt: &str) -> io::Result<u64> {
        for (message, attempt) in std::mem::take(&mut self.doubts) {
            let name: SmolStr = format_smolstr!("{message}.{attempt}");
            self.add(&name, in_doubt)?;
        }
        if self.json {
            let head = if self.count == 0 { HEAD } else { "" };
            write!(self.out, r#"{head}],"count":{}}},"#, self.count)?;
        }
        Ok(self.count)
    }
}
