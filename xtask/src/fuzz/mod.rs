//! Runs the fuzz targets on the stable compiler: libFuzzer's counters come from a compiler pass that stable has, so no
//! other toolchain is needed. The targets are the files of `fuzz/targets/`; all of them take turns within a time budget.

mod report;
mod turns;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fault::Fault;
use crate::options::Options;
use crate::tool;

use report::Report;

/// How long one target runs when nothing else is said, in seconds.
const SECONDS: u64 = 60;
/// What a target may hold in memory, in MiB: our parsers are bounded, and a leak must show.
const RSS_LIMIT_MIB: u32 = 512;
/// Longest that one input may take, in seconds.
const INPUT_LIMIT_SECONDS: u32 = 10;

/// The pass that plants libFuzzer's counters, and what it counts.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the targets and runs one (`--target`), today's turn (`--today`), or all.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), Fault> {
    let options = Options::parse(args, &["today"], &["seconds", "target", "budget"])?;
    let seconds = options.number("seconds", SECONDS)?;
    let all = targets(&root.join("fuzz/targets"))?;
    let chosen = match options.value("target") {
        Some(name) if all.iter().any(|target| target == name) => vec![name.to_owned()],
        Some(name) => return Err(Fault::Usage(format!("no target {name:?}; there are: {}", all.join(", ")))),
        None if options.has("today") => {
            turns::of_day(&all, days_since_1970()?, options.number("budget", 300)? / seconds)
        }
        None => all,
    };
    let triple = tool::host_triple()?;
    build(root, &triple)?;
    println!("{:<28} {:>8} {:>12} {:>10} {:>9}", "target", "seconds", "executions", "per second", "peak MiB");
    let mut broken = 0_usize;
    for target in &chosen {
        let bin = root.join("target/fuzz").join(&triple).join("release").join(target);
        match fuzz(root, &bin, target, seconds)? {
            Ok(report) => println!("{target:<28} {report}"),
            Err(why) => {
                broken += 1;
                println!("{target:<28} {why}");
            }
        }
    }
    if broken == 0 { Ok(()) } else { Err(Fault::Found(broken)) }
}

/// Every `.rs` file in the folder is one target.
fn targets(folder: &Path) -> Result<Vec<String>, Fault> {
    let reading = || format!("cannot read {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Fault::io(reading()))? {
        let path = entry.map_err(Fault::io(reading()))?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    names.sort();
    if names.is_empty() { Err(Fault::Tool(format!("no target in {}", folder.display()))) } else { Ok(names) }
}

fn days_since_1970() -> Result<u64, Fault> {
    let age = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Fault::Tool("this machine's clock stands before 1970".to_owned()))?;
    Ok(age.as_secs() / 86_400)
}

/// Builds apart from everything else: the flags would otherwise rebuild the whole workspace each time. An overflow or a
/// failed debug assertion is a finding, so both are on.
fn build(root: &Path, triple: &str) -> Result<(), Fault> {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--bins", "--target", triple, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(root.join("target/fuzz"))
        .env("RUSTFLAGS", COVERAGE)
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true")
        .current_dir(root)
        .status()
        .map_err(Fault::io("cannot run cargo"))?;
    if status.success() { Ok(()) } else { Err(Fault::Tool("the fuzz targets do not build".to_owned())) }
}

/// Runs one target. The inner error is a finding: what broke and where the input lies.
fn fuzz(root: &Path, bin: &Path, target: &str, seconds: u64) -> Result<Result<Report, String>, Fault> {
    let work = root.join("target/fuzz/work").join(target);
    let corpus = work.join("corpus");
    std::fs::create_dir_all(&corpus).map_err(Fault::io(format!("cannot make {}", corpus.display())))?;
    let mut command = Command::new(bin);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={RSS_LIMIT_MIB}"))
        .arg(format!("-timeout={INPUT_LIMIT_SECONDS}"))
        .arg(format!("-artifact_prefix={}/", work.display()))
        .arg("-print_final_stats=1");
    let dictionary = root.join("fuzz/dictionaries").join(target).with_extension("dict");
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    // What the run finds goes to the first folder; kept seeds are only read.
    command.arg(&corpus);
    let seeds = root.join("fuzz/seeds").join(target);
    if seeds.is_dir() {
        command.arg(&seeds);
    }
    let output = tool::capture(&mut command)?;
    let text = tool::all_text(&output);
    let log: PathBuf = work.join("log");
    std::fs::write(&log, &text).map_err(Fault::io(format!("cannot write {}", log.display())))?;
    Ok(Report::read(&text, output.status.success(), seconds)
        .map_err(|why| format!("{why}; see {}", log.display())))
}
