//! The audit for people: the proof, what the records come to by day, and what was found, each line saying one thing.

use serde_json::Value;
use std::io::{self, Write};

/// Prints the whole audit but the list of its suspects, which stands above it.
pub(super) fn audit(out: &mut dyn Write, audit: &Value, records: &Value, suspects: u64) -> io::Result<()> {
    for (key, value) in audit.as_object().into_iter().flatten() {
        writeln!(out, "{:<16} {value}", key.replace('_', " "))?;
    }
    for key in ["records", "messages", "charged_and_open"] {
        writeln!(out, "{:<16} {}", key.replace('_', " "), records.get(key).unwrap_or(&Value::Null))?;
    }
    let days = records.get("days").and_then(Value::as_array);
    if days.is_some_and(|days| !days.is_empty()) {
        writeln!(out, "\nday         service  attempts  delivered  adjusted  charged")?;
    }
    for day in days.into_iter().flatten() {
        let text = |key: &str| day.get(key).and_then(Value::as_str).unwrap_or("-");
        let number = |key: &str| day.get(key).and_then(Value::as_u64).unwrap_or(0);
        writeln!(
            out,
            "{:<11} {:<8} {:>8}  {:>9}  {:>8}  {} {}",
            text("day"),
            text("service"),
            number("attempts"),
            number("delivered"),
            number("adjusted"),
            text("charged"),
            text("currency")
        )?;
    }
    writeln!(out)?;
    for currency in records.get("unequal").and_then(Value::as_array).into_iter().flatten() {
        writeln!(out, "DIFFERENT: the log's charges in {currency} are not those of the proof")?;
    }
    found(out, "DIFFERENT: records and ledger", records.get("disagreeing"))?;
    if suspects > 0 {
        writeln!(out, "suspects: {suspects}, listed above")?;
    }
    for files in records.get("files").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| files.get(key).and_then(Value::as_u64).unwrap_or(0);
        let form = files.get("format").and_then(Value::as_str).unwrap_or_default();
        writeln!(
            out,
            "{form} files: {} alike, {} before the first file, {} not written yet",
            number("alike"),
            number("earlier"),
            number("later")
        )?;
        for key in ["missing", "extra", "different", "unreadable"] {
            found(out, &format!("DIFFERENT: {form} {key}"), files.get(key))?;
        }
    }
    Ok(())
}

/// What was found of one kind: nothing is said when nothing was.
fn found(out: &mut dyn Write, what: &str, found: Option<&Value>) -> io::Result<()> {
    let count = found.and_then(|found| found.get("count")).and_then(Value::as_u64).unwrap_or(0);
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "{what}: {count}")?;
    let listed = found.and_then(|found| found.get("listed")).and_then(Value::as_array);
    for line in listed.into_iter().flatten().filter_map(Value::as_str) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
