//! The rules themselves: a path and a text in, findings out. No file is opened here, so every rule is shown to bite on
//! a line of text.

use super::Finding;
use super::words::{EMPTY_NAMES, IMPURE, MACHINE_PATHS, PROMISES, REGISTRY_HOSTS, code_of, stands_in};

/// A file longer than this is a file with two subjects.
const LINES_MAX: usize = 500;

/// Endings of what people write by hand, and must be able to read in one sitting.
const WRITTEN: &[&str] = &["rs", "js", "mjs", "ts", "css", "html", "sh", "py", "sql"];

/// Whether the rules for Rust hold for this path.
pub(super) fn is_rust(path: &str) -> bool {
    ending(path) == Some("rs")
}

/// What is wrong with the path alone.
pub(super) fn name(path: &str) -> Vec<Finding> {
    if !is_rust(path) {
        return Vec::new();
    }
    let stemmed = path.strip_suffix(".rs").unwrap_or(path);
    stemmed
        .split('/')
        .filter(|part| is_empty_name(part))
        .map(|part| whole(path, refusal_of_name(part)))
        .collect()
}

/// What is wrong with the text of the file at `path`.
pub(super) fn text(path: &str, text: &str) -> Vec<Finding> {
    if is_lock_file(path) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if is_rust(path) && !text.starts_with("//!") {
        findings.push(whole(path, "does not open with `//!` docs that say why it exists".to_owned()));
    }
    let lines = text.lines().count();
    if ending(path).is_some_and(|ending| WRITTEN.contains(&ending)) && lines > LINES_MAX {
        findings
            .push(whole(path, format!("has {lines} lines; {LINES_MAX} is the most: split it by concept")));
    }
    for (number, line) in (1..).zip(text.lines()) {
        findings.extend(line_faults(path, line).into_iter().map(|what| Finding {
            path: path.to_owned(),
            line: Some(number),
            what,
        }));
    }
    findings
}

fn line_faults(path: &str, line: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for word in PROMISES.iter().filter(|word| stands_in(line, word)) {
        faults.push(format!("{word}: do it, or leave it out and say so where users read"));
    }
    for place in MACHINE_PATHS.iter().filter(|place| line.contains(**place)) {
        faults.push(format!("{place} is a folder of one machine"));
    }
    for host in REGISTRY_HOSTS.iter().filter(|host| stands_in(line, host)) {
        faults.push(format!("{host} is a registry's host: clients know their own"));
    }
    if is_rust(path) {
        faults.extend(declared_module(line).filter(|name| is_empty_name(name)).map(refusal_of_name));
    }
    if path.rsplit('/').next() == Some("Cargo.toml") {
        faults.extend(declared_crate(line).filter(|name| is_empty_name(name)).map(refusal_of_name));
    }
    if is_pure(path) {
        let code = code_of(line);
        for (word, why) in IMPURE.iter().filter(|(word, _)| stands_in(code, word)) {
            faults.push(format!("`{word}` in pure code: {why}"));
        }
    }
    faults
}

/// The shipped sources of core and wire, their inline tests included.
fn is_pure(path: &str) -> bool {
    let own = path.starts_with("core/") || path.starts_with("wire/");
    own && is_rust(path) && path.contains("/src/")
}

/// `mod name` as a declaration or an inline module.
fn declared_module(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let first = words.find(|word| *word != "pub" && !word.starts_with("pub("))?;
    let name = words.next().filter(|_| first == "mod")?;
    Some(name.trim_end_matches([';', '{']))
}

/// `name = "..."` in a manifest.
fn declared_crate(line: &str) -> Option<&str> {
    let value = line.strip_prefix("name")?.trim_start().strip_prefix('=')?;
    Some(value.trim().trim_matches('"'))
}

fn is_empty_name(name: &str) -> bool {
    name.split(['_', '-']).any(|part| EMPTY_NAMES.contains(&part))
}

fn refusal_of_name(name: &str) -> String {
    format!("the name `{name}` says nothing: name what is inside")
}

fn is_lock_file(path: &str) -> bool {
    ending(path) == Some("lock") || path.ends_with("package-lock.json")
}

fn ending(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.rsplit_once('.').map(|(_, ending)| ending)
}

fn whole(path: &str, what: String) -> Finding {
    Finding { path: path.to_owned(), line: None, what }
}

#[cfg(test)]
mod bites;
