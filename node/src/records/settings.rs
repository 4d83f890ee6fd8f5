//! What a configuration says of record files.

use smol_str::SmolStr;
use std::path::PathBuf;
use std::time::Duration;

/// The node's name when none is configured.
pub(crate) const NODE: &str = "switchback";

/// Where record files go and how they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Their folder.
    pub(crate) path: PathBuf,
    /// The node's name, in their names and in every record.
    pub(crate) node: SmolStr,
    /// Their forms; each has files of its own.
    pub(crate) forms: Vec<Form>,
    /// When a file ends.
    pub(crate) limits: Limits,
    /// Whether numbers of people are masked.
    pub(crate) mask: bool,
}

/// A form of record files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a line of names.
    Csv,
}

/// When a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// At this many bytes; the records of one chapter are never parted.
    pub(crate) size: u64,
    /// At this age, if it has a record.
    pub(crate) age: Duration,
}
