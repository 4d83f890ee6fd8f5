//! Why a check did not pass: the caller's mistake, the machine's, or a rule that somebody broke. Kept apart because
//! only the last one is news about the code.

use std::fmt;
use std::io;

/// Why `xtask` exits with something other than success.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The command line made no sense.
    Usage(String),
    /// A file or a folder could not be read or written.
    Io { what: String, source: io::Error },
    /// A program that we need could not be run, or failed at its own work.
    Tool(String),
    /// The check ran, and this many places break its rule.
    Found(usize),
}

impl Fault {
    /// For `map_err`: an I/O error with the thing that was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Tool(text) => f.write_str(text),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Found(1) => f.write_str("1 place breaks the rule"),
            Self::Found(n) => write!(f, "{n} places break the rules"),
        }
    }
}
