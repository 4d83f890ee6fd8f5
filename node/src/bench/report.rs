//! How figures are shown: as a table for people, as one JSON object for programs; and progress, on the error stream.

use super::gauge::tenths;
use crate::cli::Failure;
use serde_json::Value;
use std::io::Write;

/// Tells what is being done.
pub(super) fn tell(what: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stderr(), "bench: {what}")?)
}

/// Prints what was measured.
pub(super) fn print(measured: &Value, as_json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{measured}")?;
        return Ok(());
    }
    for (name, value) in rows(measured) {
        writeln!(out, "{name:<44} {value}")?;
    }
    Ok(())
}

/// How many times `other` goes into `one`, to a tenth.
pub(super) fn ratio(one: u64, other: u64) -> Value {
    one.saturating_mul(10).checked_div(other).map_or(Value::Null, tenths)
}

/// Every figure with the path to it, `full accept_ms p99`.
fn rows(value: &Value) -> Vec<(String, String)> {
    let Some(fields) = value.as_object() else { return vec![(String::new(), value.to_string())] };
    let mut found = Vec::new();
    for (name, value) in fields {
        for (rest, figure) in rows(value) {
            let path = if rest.is_empty() { name.clone() } else { format!("{name} {rest}") };
            found.push((path.replace('_', " "), figure));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{ratio, rows};
    use serde_json::json;

    #[test]
    fn every_figure_has_a_row() {
        let rows = rows(&json!({"full": {"accept_ms": {"p50": 1, "p99": 7}, "refused": {}}, "cores": 2}));
        let rows: Vec<_> = rows.iter().map(|(path, figure)| format!("{path}={figure}")).collect();
        assert_eq!(rows, ["cores=2", "full accept ms p50=1", "full accept ms p99=7"]);
    }

    #[test]
    fn a_ratio_is_to_a_tenth() {
        assert_eq!(
            (ratio(75, 10), ratio(1, 0)),
            (serde_json::from_str("7.5").unwrap(), serde_json::Value::Null)
        );
    }
}
