//! `sandbox`: pretend peers to try things against, with named misbehaviours.

use crate::cli::Failure;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use switchback_testkit::ocs::{self, Ocs};
use switchback_testkit::smsc::{self, Smsc};

/// `sandbox`
#[derive(clap::Subcommand)]
pub(crate) enum SandboxCommand {
    /// A pretend SMSC: SMPP 3.4, receipts, and everything that goes wrong.
    Smsc(SmscArgs),
    /// A pretend charging system: Diameter credit control, accounts, and everything that goes wrong.
    Ocs(OcsArgs),
}

/// What every pretend peer is told.
#[derive(clap::Args)]
pub(crate) struct PeerArgs {
    /// What goes wrong: NAME[:PER_MILLE][@PREFIX], separated by commas; `--list` names all.
    #[arg(long, default_value = "")]
    script: String,
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

/// `sandbox smsc`
#[derive(clap::Args)]
pub(crate) struct SmscArgs {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 2775)]
    port: u16,
    /// Milliseconds from a submit to its fate.
    #[arg(long, default_value_t = 10)]
    delay: u64,
    #[command(flatten)]
    peer: PeerArgs,
}

/// `sandbox ocs`
#[derive(clap::Args)]
pub(crate) struct OcsArgs {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 3868)]
    port: u16,
    /// Thousandths of a euro on an account when its number is first seen.
    #[arg(long, default_value_t = 10_000)]
    opening: u64,
    #[command(flatten)]
    peer: PeerArgs,
}

/// Runs a pretend peer until it is killed.
pub(crate) fn sandbox(command: SandboxCommand) -> Result<ExitCode, Failure> {
    match command {
        SandboxCommand::Smsc(args) => run_smsc(args),
        SandboxCommand::Ocs(args) => run_ocs(args),
    }
}

fn run_smsc(args: SmscArgs) -> Result<ExitCode, Failure> {
    if args.peer.list {
        return list(smsc::Misbehaviour::NAMES.iter().map(|(name, _, what)| (*name, *what)));
    }
    let smsc = Smsc::start(smsc::Config {
        listen: SocketAddr::from(([127, 0, 0, 1], args.port)),
        script: args.peer.script.parse().map_err(bad_script)?,
        delay: Duration::from_millis(args.delay),
        journal: args.peer.journal,
        pcap: args.peer.pcap,
        ..smsc::Config::default()
    })?;
    let address = smsc.address();
    say(&format!(
        "A pretend SMSC listens on {address}; any system_id and password may bind. Ctrl-C ends it."
    ))?;
    smsc.wait();
    Ok(ExitCode::SUCCESS)
}

fn run_ocs(args: OcsArgs) -> Result<ExitCode, Failure> {
    if args.peer.list {
        return list(ocs::Misbehaviour::NAMES.iter().map(|(name, _, what)| (*name, *what)));
    }
    let ocs = Ocs::start(ocs::Config {
        listen: SocketAddr::from(([127, 0, 0, 1], args.port)),
        script: args.peer.script.parse().map_err(bad_script)?,
        opening: i128::from(args.opening) * 1_000_000,
        journal: args.peer.journal,
        pcap: args.peer.pcap,
        ..ocs::Config::default()
    })?;
    let address = ocs.address();
    say(&format!("A pretend charging system listens on {address}; any client may connect. Ctrl-C ends it."))?;
    ocs.wait();
    Ok(ExitCode::SUCCESS)
}

fn bad_script(error: smsc::BadScript) -> Failure {
    Failure::Usage(format!("--script: {error}"))
}

fn list(names: impl Iterator<Item = (&'static str, &'static str)>) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout();
    for (name, what) in names {
        writeln!(out, "{name:<24} {what}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
