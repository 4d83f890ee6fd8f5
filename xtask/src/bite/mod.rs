//! A check that has never failed proves nothing. Beside core lie planted faults: patches that each break one rule on
//! purpose. Here every one of them is applied to a scratch copy of core, the model check runs over the broken code,
//! and must fail by the invariant that the patch names. A fault that survives is a hole in the check.

mod planted;
mod scratch;
mod verdict;

use std::path::Path;
use std::process::Command;

use crate::fault::Fault;
use crate::options::Options;
use crate::tool;

use planted::Planted;
use scratch::Scratch;
use verdict::Verdict;

/// Longest that one model check may take, build included, in seconds. Overridden by `--limit`.
const LIMIT_SECONDS: u64 = 900;

/// Applies the planted faults (all, or `--only NAME`), and prints what became of each.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), Fault> {
    let options = Options::parse(args, &[], &["only", "limit"])?;
    let limit = options.number("limit", LIMIT_SECONDS)?;
    let planted = Planted::read_all(&root.join("core/planted"), options.value("only"))?;
    let scratch = Scratch::new(root)?;

    // The sound core must pass first: else every fault would seem caught.
    scratch.copy_core()?;
    let sound = model_check(&scratch, limit, "sound")?;
    if !verdict::passed(&sound) {
        return Err(Fault::Tool(format!(
            "the model check fails on the core as it is: {}",
            scratch.log("sound").display()
        )));
    }
    for line in sound.text.lines().filter(|line| line.starts_with("test result:")) {
        println!("the core as it is: {line}");
    }
    println!("{:<40} {:<10} what became of it", "planted fault", "breaks");
    let mut survived = 0_usize;
    for fault in &planted {
        scratch.copy_core()?;
        let verdict = match scratch.apply(&fault.patch)? {
            Some(refusal) => Verdict::DoesNotApply(refusal),
            None => verdict::of(&model_check(&scratch, limit, &fault.name)?, &fault.invariant),
        };
        if verdict != Verdict::Caught {
            survived += 1;
        }
        println!("{:<40} {:<10} {verdict}", fault.name, fault.invariant);
    }
    println!(
        "bite: {} planted, {} caught; logs in {}",
        planted.len(),
        planted.len() - survived,
        scratch.logs().display()
    );
    if survived == 0 { Ok(()) } else { Err(Fault::Found(survived)) }
}

/// What a model check did: how it ended and what it said.
pub(crate) struct Checked {
    /// Exit code; `None` when a signal ended it.
    code: Option<i32>,
    text: String,
}

fn model_check(scratch: &Scratch, limit: u64, log: &str) -> Result<Checked, Fault> {
    // `timeout` ends cargo and the test below it together, which a plain kill of cargo would not.
    let output = tool::capture(
        Command::new("timeout")
            .args(["--kill-after=5", &limit.to_string(), "cargo", "test", "--release"])
            .args(["--package", "switchback-core", "--test", "model_check", "--", "--nocapture"])
            .current_dir(scratch.tree())
            .env("CARGO_TARGET_DIR", scratch.build())
            .env_remove("RUSTFLAGS"),
    )?;
    let checked = Checked { code: output.status.code(), text: tool::all_text(&output) };
    let place = scratch.log(log);
    std::fs::write(&place, &checked.text).map_err(Fault::io(format!("cannot write {}", place.display())))?;
    Ok(checked)
}
