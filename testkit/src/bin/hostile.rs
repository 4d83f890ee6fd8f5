//! Assaults a server binary with hostile bytes on both sides. Exit codes: 0 nothing found, 1 findings, 2 no verdict.
//!
//! `cargo run -p switchback-testkit --bin hostile -- target/release/switchback FOLDER [IDLE_CONNECTIONS]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its caller")]

use std::path::PathBuf;
use std::process::ExitCode;
use switchback_testkit::hostile::assault;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(binary), Some(folder)) = (words.next().map(PathBuf::from), words.next().map(PathBuf::from))
    else {
        eprintln!("hostile BINARY FOLDER [IDLE_CONNECTIONS]");
        return ExitCode::from(2);
    };
    let idle = words.next().and_then(|word| word.parse().ok()).unwrap_or(1_000);
    match assault(&binary, &folder, idle) {
        Ok(outcome) => {
            println!(
                "resident {} KiB before, {} KiB at most",
                outcome.resident_before_kib, outcome.resident_most_kib
            );
            for finding in &outcome.findings {
                println!("{finding}");
            }
            println!("{} findings", outcome.findings.len());
            ExitCode::from(u8::from(!outcome.findings.is_empty()))
        }
        Err(fault) => {
            eprintln!("no verdict: {fault}");
            ExitCode::from(2)
        }
    }
}
