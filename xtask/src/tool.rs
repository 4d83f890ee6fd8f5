//! Running other programs: one place that says which program failed and what it said.

use std::process::{Command, Output};

use crate::fault::Fault;

/// Runs `command` to its end and returns what it printed, whatever its exit code.
pub(crate) fn capture(command: &mut Command) -> Result<Output, Fault> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.output().map_err(Fault::io(format!("cannot run {name}")))
}

/// Runs `command`; its standard output, or what it complained of.
pub(crate) fn stdout(command: &mut Command) -> Result<String, Fault> {
    let output = capture(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let name = command.get_program().to_string_lossy().into_owned();
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Fault::Tool(format!("{name} failed ({}):\n{said}", output.status)))
}

/// Everything a program printed, both streams: for logs, and for looking for a word in them.
pub(crate) fn all_text(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}

/// The target triple that this compiler builds for.
pub(crate) fn host_triple() -> Result<String, Fault> {
    let told = stdout(Command::new("rustc").arg("-vV"))?;
    told.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Fault::Tool("rustc -vV names no host".to_owned()))
}
