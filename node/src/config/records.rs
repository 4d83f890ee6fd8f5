//! `[records]`: charging records for a billing system. Without the section none are written.

use super::read::duration;
use crate::records::{Form, Limits, NODE, Settings};
use smol_str::SmolStr;
use std::path::Path;
use std::time::Duration;
use switchback_core::rows::{Faults, Row};

/// Bytes that end a file when nothing else is said: 64 MiB.
const SIZE: u64 = 64 << 20;
/// The age that ends a file when nothing else is said: an hour.
const AGE_MS: u64 = 3_600_000;

/// Reads the section; its path is relative to `base`.
pub(super) fn records(root: &Row<'_, '_>, base: &Path, faults: &mut Faults) -> Option<Settings> {
    let row = root.section("records", "[records]", faults)?;
    row.only(&["path", "node", "format", "rotate_size", "rotate_every", "mask_numbers"], faults);
    let forms = |word: &str| match word {
        "jsonl" => Some(vec![Form::Jsonl]),
        "csv" => Some(vec![Form::Csv]),
        "both" => Some(vec![Form::Jsonl, Form::Csv]),
        _ => None,
    };
    let node = row.name("node", faults).unwrap_or(NODE);
    if !node.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte)) {
        let line = row.line_of("node", faults);
        faults.add(line, "`node` stands in names of files: 1 to 64 letters, digits and . _".into());
    }
    let mut age = AGE_MS;
    duration(&row, "rotate_every", &mut age, faults);
    Some(Settings {
        path: base.join(row.text("path", faults).unwrap_or("records")),
        node: SmolStr::new(node),
        forms: row
            .word("format", &["jsonl", "csv", "both"], forms, faults)
            .unwrap_or_else(|| vec![Form::Jsonl]),
        limits: Limits {
            size: row.whole("rotate_size", 1024..(1 << 40) + 1, faults).unwrap_or(SIZE),
            age: Duration::from_millis(age),
        },
        mask: row.flag("mask_numbers", faults).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use crate::config::read::parse;
    use crate::records::{Form, NODE};
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn without_the_section_there_are_no_records_and_with_it_there_are_defaults() {
        let read = |text: &str| parse(text, Path::new("/etc/sb"), &|_| None);
        assert_eq!(read("").unwrap().records, None);
        let settings = read("[records]\n").unwrap().records.unwrap();
        assert_eq!((settings.path.as_path(), settings.node.as_str()), (Path::new("/etc/sb/records"), NODE));
        assert_eq!((settings.forms, settings.mask), (vec![Form::Jsonl], false));
        let given = "[records]\npath = \"/var/cdr\"\nformat = \"both\"\nnode = \"eu1\"\nrotate_size = 4096\n\
                     rotate_every = \"5m\"\nmask_numbers = true\n";
        let settings = read(given).unwrap().records.unwrap();
        assert_eq!((settings.path.as_path(), settings.node.as_str()), (Path::new("/var/cdr"), "eu1"));
        assert_eq!((settings.forms, settings.mask), (vec![Form::Jsonl, Form::Csv], true));
        assert_eq!((settings.limits.size, settings.limits.age), (4096, Duration::from_mins(5)));
        let faults = read("[records]\nnode = \"a/b\"\nformat = \"xml\"\nrotate_size = 3\n").unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
