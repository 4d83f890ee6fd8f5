//! `sandbox`: pretend peers to try things against, with named misbehaviours.

use crate::cli::Failure;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use switchback_testkit::smsc::{Config, Misbehaviour, Smsc};

/// `sandbox`
#[derive(clap::Subcommand)]
pub(crate) enum SandboxCommand {
    /// A pretend SMSC: SMPP 3.4, receipts, and everything that goes wrong.
    Smsc(SmscArgs),
}

/// `sandbox smsc`
#[derive(clap::Args)]
pub(crate) struct SmscArgs {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 2775)]
    port: u16,
    /// What goes wrong: NAME[:PER_MILLE][@PREFIX], separated by commas; `--list` names all.
    #[arg(long, default_value = "")]
    script: String,
    /// Milliseconds from a submit to its fate.
    #[arg(long, default_value_t = 10)]
    delay: u64,
    /// Write what it saw, one JSON object a line.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Write what was on the wire.
    #[arg(long)]
    pcap: Option<PathBuf>,
    /// List the misbehaviours and end.
    #[arg(long)]
    list: bool,
}

/// Runs a pretend peer until it is killed.
pub(crate) fn sandbox(command: SandboxCommand) -> Result<ExitCode, Failure> {
    let SandboxCommand::Smsc(args) = command;
    let mut out = std::io::stdout();
    if args.list {
        for (name, _, what) in Misbehaviour::NAMES {
            writeln!(out, "{name:<24} {what}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let smsc = Smsc::start(Config {
        listen: SocketAddr::from(([127, 0, 0, 1], args.port)),
        script: args.script.parse().map_err(|error| Failure::Usage(format!("--script: {error}")))?,
        delay: Duration::from_millis(args.delay),
        journal: args.journal,
        pcap: args.pcap,
        ..Config::default()
    })?;
    writeln!(
        out,
        "A pretend SMSC listens on {}; any system_id and password may bind. Ctrl-C ends it.",
        smsc.address()
    )?;
    out.flush()?;
    smsc.wait();
    Ok(ExitCode::SUCCESS)
}
