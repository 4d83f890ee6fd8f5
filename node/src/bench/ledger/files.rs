//! Charging records of a whole store: written by the server, made again by `records export`, and held against the log
//! by `ledger audit`. Each as an operator runs it.

use crate::bench::gauge::tenths;
use crate::bench::stage::{Folder, Process, Server};
use crate::cli::Failure;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What makes a server write records: into `records` beside its data.
pub(super) const SECTION: &str = "[records]\npath = \"records\"\n";

/// How long records may take.
const PATIENCE: Duration = Duration::from_secs(1200);

/// Waits until the records are as far as the log.
pub(super) fn written(server: &Server) -> Result<Value, Failure> {
    let began = Instant::now();
    while server.metric("switchback_records_behind")? > 0 {
        if began.elapsed() > PATIENCE {
            return Err(Failure::Failed("the charging records do not get ready: see server.log".into()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // From the start of the server: the keeper of records begins before the server is ready.
    Ok(json!({ "took_s": seconds(began.elapsed() + server.ready_in) }))
}

/// Makes all records again, and compares them with the files byte by byte.
pub(super) fn again(folder: &Folder) -> Result<Value, Failure> {
    let (config, out) = (folder.path().join("switchback.toml"), folder.path().join("again.jsonl"));
    let args = ["records", "export", "--config", &config.display().to_string(), "--out"].map(str::to_owned);
    let (took, peak_kib) = run(folder, args.into_iter().chain([out.display().to_string()]))?;
    let files = record_files(&folder.path().join("records"))?;
    let mut whole = BufReader::new(File::open(&out)?);
    let mut records = 0_u64;
    for file in &files {
        let text = std::fs::read(file)?;
        let mut same = vec![0; text.len()];
        let is_there = whole.read_exact(&mut same).is_ok();
        if !is_there || same != text {
            return Err(Failure::Failed(format!("{} is not what is made again", file.display())));
        }
        records += text.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
    }
    if whole.read(&mut [0])? > 0 {
        return Err(Failure::Failed("more is made again than the files have".into()));
    }
    let bytes = std::fs::metadata(&out)?.len();
    std::fs::remove_file(&out)?;
    Ok(json!({
        "records": records, "files": files.len(), "mib": bytes >> 20, "took_s": seconds(took),
        "peak_mib": peak_kib >> 10, "same_bytes": true,
    }))
}

/// Audits the store with its records; a ledger that does not balance is a failure.
pub(super) fn audit(folder: &Folder) -> Result<Value, Failure> {
    let (data, records) = (folder.data().display().to_string(), folder.path().join("records"));
    let args = ["ledger", "audit", "--json", "--store", &data, "--records"].map(str::to_owned);
    let (took, peak_kib) = run(folder, args.into_iter().chain([records.display().to_string()]))?;
    Ok(json!({ "took_s": seconds(took), "peak_mib": peak_kib >> 10 }))
}

/// Runs this binary; how long it took, and its peak of memory in KiB.
fn run(folder: &Folder, args: impl Iterator<Item = String>) -> Result<(Duration, u64), Failure> {
    let args: Vec<String> = args.collect();
    let began = Instant::now();
    let mut process = Process::of_ours(&args, &folder.path().join("tools.log"))?;
    let mut out = process.lines()?;
    // Whoever writes more than a pipe holds ends only when somebody reads.
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        out.by_ref().take(1 << 20).read_to_string(&mut said)?;
        std::io::copy(&mut out, &mut std::io::sink()).map(|_| said)
    });
    let (status, peak) = process.finish()?;
    let took = began.elapsed();
    if status.success() {
        return Ok((took, peak));
    }
    let said = reader.join().ok().and_then(Result::ok).unwrap_or_default();
    Err(Failure::Failed(format!("{} said {status}: {said}", args.join(" "))))
}

/// The whole files in the order of their numbers, which is that of their names.
fn record_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    Ok(files)
}

fn seconds(took: Duration) -> Value {
    tenths(u64::try_from(took.as_millis() / 100).unwrap_or(u64::MAX))
}
