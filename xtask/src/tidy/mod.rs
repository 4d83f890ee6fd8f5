//! What a reviewer would say of every file, said by a machine before the review: module docs, length, names, words
//! that promise instead of doing, words that do not belong in pure code, and places that exist on one machine only.

mod rules;
mod words;

pub(crate) use words::stands_in;

use std::path::Path;
use std::process::Command;

use crate::fault::Fault;
use crate::options::Options;
use crate::tool;

/// Half of all source files must be shorter than this.
const MEDIAN_LINES_MAX: usize = 200;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path below the workspace root.
    pub(crate) path: String,
    /// Line, from 1; `None` when the whole file is meant.
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
}

/// Reads every file that git knows or would know, and prints what is untidy.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), Fault> {
    Options::parse(args, &[], &[])?;
    let listed = tool::stdout(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    )?;
    let mut findings = Vec::new();
    let mut lengths = Vec::new();
    let mut read = 0_usize;
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let place = root.join(path);
        if !place.is_file() {
            continue; // Listed, but deleted since.
        }
        read += 1;
        findings.extend(rules::name(path));
        let bytes = std::fs::read(&place).map_err(Fault::io(format!("cannot read {path}")))?;
        let Ok(text) = String::from_utf8(bytes) else { continue }; // Pictures and captures have no words.
        findings.extend(rules::text(path, &text));
        if rules::is_rust(path) {
            lengths.push(text.lines().count());
        }
    }
    let median = median(&mut lengths);
    println!("tidy: {read} files, {} of them Rust, median {median} lines", lengths.len());
    if median >= MEDIAN_LINES_MAX {
        findings.push(Finding {
            path: "the Rust files".to_owned(),
            line: None,
            what: format!("their median length is {median} lines, and must stay below {MEDIAN_LINES_MAX}"),
        });
    }
    report(&findings)
}

fn report(findings: &[Finding]) -> Result<(), Fault> {
    for Finding { path, line, what } in findings {
        match line {
            Some(line) => println!("{path}:{line}: {what}"),
            None => println!("{path}: {what}"),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Fault::Found(findings.len())) }
}

fn median(lengths: &mut [usize]) -> usize {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&mut []), 0);
        assert_eq!(median(&mut [900, 10, 30]), 30);
        assert_eq!(median(&mut [10, 900, 30, 20]), 30);
    }

    #[test]
    fn one_finding_is_enough_to_fail() {
        assert!(report(&[]).is_ok());
        let finding = Finding { path: "a.rs".to_owned(), line: Some(3), what: "untidy".to_owned() };
        assert!(matches!(report(&[finding]), Err(Fault::Found(1))));
    }
}
