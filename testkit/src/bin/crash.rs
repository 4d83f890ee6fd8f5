//! Kills the server under load and says what its witnesses saw. Exit codes: 0 as it must be (with
//! `--expect-violation`: a violation was found), 1 not so, 2 no verdict.
//!
//! `cargo run --release -p switchback-testkit --bin crash -- --kills 30 --server target/release/switchback`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its caller")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use switchback_testkit::crash::{self, Options};

const USAGE: &str = "crash [--sip] [--ocs] [--no-dedup] [--kills N] [--server FILE] [--folder DIR] [--rate PER_SECOND] [--connections N] \
                     [--life MILLISECONDS] [--ttl SECONDS] [--seed N] [--config-lines FILE] [--json FILE] \
                     [--least-in-flight N] [--some-windows] [--expect-violation] [--keep]";

struct Asked {
    options: Options,
    json: Option<PathBuf>,
    least_in_flight: u64,
    expect_violation: bool,
    some_windows: bool,
    keep: bool,
}

fn main() -> ExitCode {
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut count = 0;
    let ran = crash::run(&asked.options, |_| {
        count += 1;
        if count % 10 == 0 {
            eprintln!("{count} of {} kills", asked.options.kills);
        }
    });
    let summary = match ran {
        Ok(summary) => summary,
        Err(fault) => {
            eprintln!("no verdict: {fault} (everything is in {})", asked.options.folder.display());
            return ExitCode::from(2);
        }
    };
    print!("{summary}");
    let mut good = summary.is_clean() != asked.expect_violation;
    if !asked.expect_violation {
        if summary.in_flight_least < asked.least_in_flight {
            println!("fewer than {} messages in flight at a kill", asked.least_in_flight);
            good = false;
        }
        for window in summary.windows_missed() {
            println!("no kill met {window:?}");
            // A short run may miss the narrow ones.
            good &= asked.some_windows;
        }
    }
    if let Some(path) = &asked.json {
        let text = serde_json::to_string_pretty(&summary).unwrap_or_default();
        if let Err(error) = std::fs::write(path, text) {
            eprintln!("cannot write {}: {error}", path.display());
            good = false;
        }
    }
    println!("seed {} in {}", asked.options.seed, asked.options.folder.display());
    if good && !asked.keep {
        // Left over at worst: a folder below target/.
        let _ = std::fs::remove_dir_all(&asked.options.folder);
    }
    ExitCode::from(u8::from(!good))
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked {
        options: Options::default(),
        json: None,
        least_in_flight: 200,
        expect_violation: false,
        some_windows: false,
        keep: false,
    };
    let mut folder = None;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--some-windows" => asked.some_windows = true,
            "--expect-violation" => asked.expect_violation = true,
            "--sip" => asked.options.sip = true,
            "--ocs" => asked.options.ocs = true,
            "--no-dedup" => asked.options.deduplicates = false,
            "--keep" => asked.keep = true,
            _ => {
                let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
                if word == "--folder" {
                    folder = Some(PathBuf::from(value));
                } else {
                    set(&mut asked, &word, &value)?;
                }
            }
        }
    }
    let options = &mut asked.options;
    let own = || PathBuf::from(format!("target/crash/{}-{}", options.seed, std::process::id()));
    options.folder = folder.unwrap_or_else(own);
    Ok(asked)
}

fn set(asked: &mut Asked, word: &str, value: &str) -> Result<(), String> {
    fn number<T: std::str::FromStr>(word: &str, value: &str) -> Result<T, String> {
        value.parse().map_err(|_| format!("{word} needs a number, not `{value}`"))
    }
    let options = &mut asked.options;
    match word {
        "--kills" => options.kills = number(word, value)?,
        "--server" => options.server = PathBuf::from(value),
        "--rate" => options.rate = number(word, value)?,
        "--connections" => options.connections = number(word, value)?,
        "--life" => options.life = Duration::from_millis(number::<u64>(word, value)?.max(10)),
        "--ttl" => options.ttl = Duration::from_secs(number(word, value)?),
        "--seed" => options.seed = number(word, value)?,
        "--config-lines" => {
            let lines = std::fs::read_to_string(value);
            options.more_config = lines.map_err(|error| format!("cannot read {value}: {error}"))?;
        }
        "--json" => asked.json = Some(PathBuf::from(value)),
        "--least-in-flight" => asked.least_in_flight = number(word, value)?,
        _ => return Err(format!("unknown word `{word}`")),
    }
    Ok(())
}
