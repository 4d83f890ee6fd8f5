//! `bench`: what this machine can do, measured from outside.
//!
//! Everything is a process of its own over real TCP: the server (`serve` of this binary on a fresh store), a pretend
//! SMSC that sends a receipt for each message, and the load. One message a request, every text another, a thousand
//! payers, and the ledger is audited at the end: figures of a run whose ledger does not balance are not printed.

mod cast;
mod fill;
mod gauge;
mod kannel;
mod kannel_load;
mod ledger;
mod load;
mod page;
mod people;
mod phase;
mod report;
mod sip;
mod stage;
mod story;
mod waiting;

use crate::cli::Failure;
use serde_json::{Value, json};
use std::process::ExitCode;

/// `bench`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Write finished messages into a store, through the store's own port in sorted batches.
    Fill(fill::FillArgs),
    /// Measure money instead: reservations on disk, charging records and their audit, a reload of a long price list.
    Ledger(ledger::LedgerArgs),
    /// Measure SIP clients instead: both ways over UDP and TCP, offline, registrations, and Kamailio beside it.
    Sip(sip::SipArgs),
    /// A fleet of SIP handsets, as a process of its own.
    #[command(hide = true)]
    SipLoad(sip::SipLoadArgs),
    /// The load on a running server, as a process of its own.
    #[command(hide = true)]
    Load(load::LoadArgs),
    /// The load on Kannel, as a process of its own.
    #[command(hide = true)]
    KannelLoad(kannel_load::KannelLoadArgs),
}

/// How to measure.
#[derive(clap::Args, Clone)]
pub(crate) struct RunArgs {
    /// Fill the store with so many finished messages first.
    #[arg(long, default_value_t = 0)]
    stored: u64,
    /// Measure so many messages that wait for offline recipients instead: memory, start after a kill, one return.
    #[arg(long, conflicts_with = "stored")]
    waiting: Option<u64>,
    /// Seconds under full load, and again at half of what that gave.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Connections of the load, each with one request at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// Senders, each with a payer of its own.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    payers: u32,
    /// Recipients.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    recipients: u32,
    /// Milliseconds from a submit at the SMSC to its receipt.
    #[arg(long, default_value_t = 10)]
    delay: u64,
    /// Send an Idempotency-Key with every request.
    #[arg(long)]
    keys: bool,
    /// Do not measure Kannel, even when it is installed.
    #[arg(long)]
    no_kannel: bool,
    /// Keep the data in `data` of this folder and use what is there; a folder for temporary files when not given.
    #[arg(long)]
    store: Option<std::path::PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Measures.
pub(crate) fn bench(args: BenchArgs) -> Result<ExitCode, Failure> {
    match args.part {
        Some(Part::Fill(args)) => fill::fill(&args),
        Some(Part::Ledger(args)) => ledger::bench(&args),
        Some(Part::Sip(args)) => sip::bench(&args),
        Some(Part::SipLoad(args)) => sip::load(&args),
        Some(Part::Load(args)) => load::load(args),
        Some(Part::KannelLoad(args)) => kannel_load::load(args),
        None => {
            let measured = match args.run.waiting {
                Some(count) => waiting::measure(&args.run, count)?,
                None => throughput(&args.run)?,
            };
            report::print(&measured, args.run.json)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Full load until all is final, half of it for the latencies, the audit, and Kannel beside it.
fn throughput(args: &RunArgs) -> Result<Value, Failure> {
    let smsc = stage::Smsc::start(args.delay)?;
    let folder = stage::Folder::new(args.store.as_deref())?;
    fill::up_to(&folder.data(), args.stored, args.payers)?;
    let mut server = stage::Server::start(&folder, &smsc.route())?;
    report::tell(&format!("making {} senders", args.payers))?;
    let senders = cast::make(&server, args.payers)?;
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, senders.join("\n"))?;
    let stage = phase::Stage { server: &server, smsc: &smsc, tokens: &tokens, folder: &folder, args };
    report::tell(&format!("{} s under full load", args.seconds))?;
    // No text twice, not even of a store that was measured before.
    let before = server.metric("switchback_messages_final")?;
    let full = stage.measure(None, before)?;
    let half = full.end_to_end_per_s() / 2;
    report::tell(&format!("{} s at {half} messages a second", args.seconds))?;
    let calm = stage.measure(Some(u32::try_from(half.max(1)).unwrap_or(u32::MAX)), full.begun())?;
    report::tell("auditing the ledger")?;
    let ledger = cast::audit(&server)?;
    let stored = server.metric("switchback_messages_final")?;
    server.stop()?;
    let kannel = if args.no_kannel { None } else { kannel::measure(args, &smsc, &folder)? };
    let ratio = kannel.as_ref().map(|kannel| full.against(kannel));
    Ok(json!({
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "stored_before": before, "stored_after": stored, "payers": args.payers, "recipients": args.recipients,
        "connections": args.connections, "full": full.to_json(), "half": calm.to_json(), "ledger": ledger,
        "kannel": kannel, "ratio": ratio,
    }))
}
