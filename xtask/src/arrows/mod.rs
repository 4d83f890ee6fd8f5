//! The arrows between our crates, one way and without circles, and the fences round third-party crates. Cargo knows
//! the real graph; `table` holds the permitted one; `check` compares them. A crate outside the layout is refused too:
//! folder = kind, so a new kind of crate is a decision and not an accident.

mod check;
mod graph;
mod table;

use std::path::Path;
use std::process::Command;

use crate::fault::Fault;
use crate::options::Options;
use crate::tool;

/// Reads the graph of the workspace at `root` from cargo and prints every illegal edge.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), Fault> {
    Options::parse(args, &[], &[])?;
    // All features, so that no forbidden edge hides behind an optional one; the host only, so that crates for other
    // systems are neither downloaded nor blamed.
    let metadata = tool::stdout(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--all-features", "--filter-platform"])
            .arg(tool::host_triple()?)
            .current_dir(root),
    )?;
    let graph = graph::Graph::from_metadata(&metadata)?;
    let broken = check::check(&graph);
    for violation in &broken {
        println!("{violation}");
    }
    if broken.is_empty() {
        println!("arrows: {} crates of ours, every edge legal", graph.ours().count());
        return Ok(());
    }
    Err(Fault::Found(broken.len()))
}
