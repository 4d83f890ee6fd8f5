//! The rules of the house, kept by a machine and not by good will: which crate may name which, what a source file may
//! look like, that the planted faults are still caught, and that the parsers survive a fuzzer. `cargo xtask` alone
//! lists what there is; every check says who broke which rule and why the rule exists.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: its report is its purpose"
)]

mod arrows;
mod bite;
mod fault;
mod fuzz;
mod options;
mod tidy;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fault::Fault;

const USAGE: &str = "\
cargo xtask arrows                  who may name whom (ARCHITECTURE.md), and the fences round third-party crates
cargo xtask tidy                    file length, module docs, names, forbidden words in core and wire
cargo xtask bite [--only NAME] [--limit SECONDS]
                                    every planted fault must be caught by the model check, by the invariant it names
cargo xtask fuzz [--target NAME] [--seconds N] [--today [--budget SECONDS]]
                                    build and run the fuzz targets: one, all, or those whose turn it is today";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    match run(&command, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault @ Fault::Usage(_)) => {
            eprintln!("xtask: {fault}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(fault) => {
            eprintln!("xtask {command}: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, args: &[String]) -> Result<(), Fault> {
    let root = workspace_root()?;
    match command {
        "arrows" => arrows::run(&root, args),
        "tidy" => tidy::run(&root, args),
        "bite" => bite::run(&root, args),
        "fuzz" => fuzz::run(&root, args),
        "" => Err(Fault::Usage("say which check".to_owned())),
        other => Err(Fault::Usage(format!("there is no check called {other:?}"))),
    }
}

/// The folder above this package. Cargo tells the running package where it lies, so that a moved clone with a kept
/// target directory is not read in its old place.
fn workspace_root() -> Result<PathBuf, Fault> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| Fault::Usage("this package has no parent folder".to_owned()))
}
