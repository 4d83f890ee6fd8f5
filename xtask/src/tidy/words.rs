//! The words that rules look for, and how a word is found: whole, so that `operand::` is not `rand::`. The lists are
//! cut in two with `concat!`, because this file is read by the rules that it serves.

/// A name that says nothing about its contents. Refused for crates, folders, files and modules.
pub(super) const EMPTY_NAMES: &[&str] =
    &["common", "util", "utils", "helper", "helpers", "misc", "manager", "base", "prelude"];

/// Promises instead of work, in any text. Three bare X are ISO 4217 for "no currency": only their use as a mark counts.
pub(super) const PROMISES: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X:"),
    concat!("// XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// What pure code may not say, and the reason that the author is told.
pub(super) const IMPURE: &[(&str, &str)] = &[
    ("SystemTime::now", TIME),
    ("Instant::now", TIME),
    ("tokio", RUNTIME),
    ("async fn", RUNTIME),
    ("async move", RUNTIME),
    (".await", RUNTIME),
    ("std::thread", RUNTIME),
    ("std::net", "sockets live in services and api; core::net has the address types"),
    ("TcpStream", SOCKET),
    ("TcpListener", SOCKET),
    ("UdpSocket", SOCKET),
    ("std::fs", FILE),
    ("std::env", FILE),
    ("std::process", FILE),
    ("rand::", "randomness is an argument"),
    ("getrandom", "randomness is an argument"),
];

const TIME: &str = "time is an argument";
const RUNTIME: &str = "pure code runs in nobody's runtime";
const SOCKET: &str = "sockets live in services and api";
const FILE: &str = "files, environment and processes belong to the outside";

/// Folders of one machine, which mean nothing on another.
pub(super) const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

/// Hosts of registries: a build takes what its client is configured to take.
pub(super) const REGISTRY_HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
];

/// Whether `word` stands in `text` as a whole word: no letter, digit or underscore continues it on either side.
pub(crate) fn stands_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
        let open_left = !continues(before) || !continues(word.chars().next());
        let open_right = !continues(after) || !continues(word.chars().next_back());
        open_left && open_right
    })
}

fn continues(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
}

/// The part of a line of Rust before its `//` comment. A `//` inside a string literal is no comment.
pub(super) fn code_of(line: &str) -> &str {
    let mut in_string = false;
    let mut escaped = false;
    let mut slash_before = false;
    for (at, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '/' if slash_before && !in_string => return line.get(..at - 1).unwrap_or_default(),
            _ => {}
        }
        slash_before = letter == '/';
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole_or_not_at_all() {
        assert!(stands_in("let x = rand::random();", "rand::"));
        assert!(!stands_in("let x = operand::first();", "rand::"));
        assert!(stands_in("call().await?;", ".await"));
        assert!(!stands_in("queue.awaiting()", ".await"));
        assert!(stands_in("use tokio;", "tokio"));
        assert!(!stands_in("tokio_like()", "tokio"));
        assert!(stands_in("mistokio tokio", "tokio"), "the second one counts");
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(code_of("let a = 1; // of the runtime"), "let a = 1; ");
        assert_eq!(code_of("/// docs"), "");
        assert_eq!(code_of(r#"let a = "sip://x"; f()"#), r#"let a = "sip://x"; f()"#);
        assert_eq!(code_of(r#"let a = "\"//"; // b"#), r#"let a = "\"//"; "#);
        assert_eq!(code_of("a / b"), "a / b");
    }
}
