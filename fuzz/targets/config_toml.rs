//! The configuration as anybody might write it: read, or refused with a line for every fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;

/// The server's own reader, compiled from its own files.
#[allow(dead_code, reason = "the server uses more of it")]
#[path = "../../node/src/config"]
mod config {
    mod charging;
    mod duration;
    mod read;
    mod records;
    mod sections;
    mod sip;
    mod warnings;

    pub(crate) use read::parse;
    pub(crate) use sections::Config;
    pub(crate) use warnings::warnings;
}

/// What the configuration says of record files, likewise.
#[allow(dead_code, unused_imports, reason = "the server uses more of it")]
#[path = "../../node/src/records"]
mod records {
    mod settings;

    pub(crate) use settings::{Form, Limits, NODE, Settings};
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A secret may be any file of the machine: which ones a fuzzer opens is no concern here.
    if text.contains("password_file") {
        return;
    }
    match config::parse(text, Path::new("/etc/switchback"), &|_| Some("secret".to_owned())) {
        Ok(read) => {
            assert!(config::warnings(&read).iter().all(|warning| !warning.is_empty()));
            assert!(read.http.connections_max > 0);
        }
        Err(faults) => {
            let lines = text.lines().count() + 1;
            assert!(!faults.is_empty());
            assert!(
                faults.iter().all(|fault| (1..=lines).contains(&fault.line) && !fault.message.is_empty()),
                "{faults:?}"
            );
        }
    }
});
