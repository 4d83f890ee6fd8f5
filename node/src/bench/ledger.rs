//! `bench ledger`: what money costs. Reservations and charges on disk in a second; the charging records of many messages,
//! made, made again and audited; and a long price list that a server reads while it answers.

mod durable;
mod files;
mod reload;

use super::fill::up_to;
use super::report::{print, tell};
use super::stage::{Folder, Server, Smsc};
use crate::cli::Failure;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Payers of the messages.
const PAYERS: u32 = 1000;

/// `bench ledger`
#[derive(clap::Args)]
pub(super) struct LedgerArgs {
    /// Seconds of reserving and charging.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Messages that the store holds when records are made and audited.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Rows of the price list.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=900_000))]
    rows: u32,
    /// Keep the data in `data` of this folder; a folder for temporary files when not given.
    #[arg(long)]
    store: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Measures.
pub(super) fn bench(args: &LedgerArgs) -> Result<ExitCode, Failure> {
    let folder = Folder::new(args.store.as_deref())?;
    tell(&format!("{} s of reserving and charging", args.seconds))?;
    let durable = durable::measure(&folder, args.seconds)?;
    up_to(&folder.data(), args.messages, PAYERS)?;
    let list = reload::List::write(&folder, args.rows)?;
    let smsc = Smsc::start(10)?;
    let sections = format!("{}{}{}", files::SECTION, reload::SECTION, smsc.route());
    let mut server = Server::start(&folder, &sections)?;
    tell("writing the charging records")?;
    let written = files::written(&server)?;
    tell("reading a price list again")?;
    let reload = list.measure(&server)?;
    server.stop()?;
    tell("making the records again")?;
    let again = files::again(&folder)?;
    tell("auditing")?;
    let audit = files::audit(&folder)?;
    let measured = json!({
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "durable": durable, "records": written, "export": again, "audit": audit, "reload": reload,
    });
    print(&measured, args.json)?;
    Ok(ExitCode::SUCCESS)
}
