//! `ledger audit`: the proof that every charge, reservation and balance agree.
//!
//! Asked of a running server it is many requests, each bounded; with `--store` it reads the files of a stopped one,
//! which is also how the crash harness gets its verdict without trusting the server.

mod agreement;
mod compare;
mod print;
mod suspects;

use crate::cli::{ClientArgs, Failure};
use crate::http::Client;
use crate::progress::Progress;
use crate::records::{CHARGE_IN_DOUBT, Maker, Pages, Source};
use crate::serve::open_store;
use agreement::Agreement;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use suspects::Suspects;
use switchback_core::model::{AttemptState, Message, MessageId};
use switchback_ports::{LedgerTotals, MessageFilter, Store, StoreFailure};

/// How long to wait when an answer brought nothing new.
const PAUSE: Duration = Duration::from_millis(100);

/// `ledger`
#[derive(clap::Subcommand)]
pub(crate) enum LedgerCommand {
    /// Prove that charges, reservations and balances agree; exit code 1 when they do not.
    Audit(AuditArgs),
}

/// `ledger audit`
#[derive(clap::Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Read this data folder of a stopped server instead of asking a running one.
    #[arg(long)]
    store: Option<PathBuf>,
    /// Hold the record files of this folder against the log.
    #[arg(long)]
    records: Option<PathBuf>,
    /// With --store: also write every message to this file, one JSON object a line.
    #[arg(long, requires = "store")]
    messages: Option<PathBuf>,
}

/// Runs a ledger command.
pub(crate) fn ledger(command: LedgerCommand) -> Result<ExitCode, Failure> {
    let LedgerCommand::Audit(args) = command;
    let folder = args.records.as_deref();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut suspects = Suspects::new(&mut out, args.client.json);
    let (audit, agreement) = match &args.store {
        Some(path) => of_store(path, args.messages.as_deref(), folder, &mut suspects)?,
        None => {
            let client = args.client.client()?;
            let audit = of_server(&client)?;
            let until = watermark(&audit).unwrap_or(0);
            let agreement = Agreement::walk(&Source::Server(client), folder, until, &mut suspects)?;
            (audit, agreement)
        }
    };
    let suspects = suspects.end(CHARGE_IN_DOUBT)?;
    let charged = audit.get("charged").cloned().unwrap_or_default();
    let good = ["orphan_holds", "double_charges"]
        .iter()
        .all(|key| audit.get(*key).and_then(Value::as_u64) == Some(0))
        && audit.get("unbalanced").and_then(Value::as_array).is_some_and(Vec::is_empty)
        && agreement.holds(&charged);
    let records = agreement.json(&charged);
    if args.client.json {
        writeln!(out, "{},{}", members(&records), members(&audit))?;
    } else {
        print::audit(&mut out, &audit, &records, suspects)?;
        writeln!(
            out,
            "{}",
            if good {
                "the ledger balances, and the records say the same"
            } else {
                "the ledger does NOT balance: keep the data folder and report this"
            }
        )?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!good)))
}

/// An object but for the brace that opens it, which is written already.
fn members(object: &Value) -> String {
    object.to_string().split_off(1)
}

/// The cursor of the last event that the proof has read.
fn watermark(audit: &Value) -> Option<u64> {
    audit.get("watermark")?.as_str()?.parse().ok()
}

/// Asks a running server until it has read its whole ledger: each answer says how far it is.
pub(crate) fn of_server(client: &Client) -> Result<Value, Failure> {
    let (mut before, mut progress) = (None, Progress::new());
    loop {
        let audit = client.get("/v1/admin/ledger")?.good()?;
        if audit.get("complete") == Some(&Value::Bool(true)) {
            return Ok(audit);
        }
        let watermark = watermark(&audit);
        progress.at("events whose money is added up", watermark.unwrap_or(0), 0);
        if watermark == before {
            // Somebody else asks too, and is being read for.
            std::thread::sleep(PAUSE);
        }
        before = watermark;
    }
}

/// Audits the files of a stopped server.
fn of_store(
    path: &Path,
    messages: Option<&Path>,
    folder: Option<&Path>,
    suspects: &mut Suspects<'_>,
) -> Result<(Value, Agreement), Failure> {
    let store = open_store(path, None).map_err(Failure::Failed)?;
    let unreadable = |error: StoreFailure| Failure::Failed(error.to_string());
    let counts = store.totals().map_err(unreadable)?;
    let totals = proof(&*store, counts.cursor).map_err(unreadable)?;
    if let Some(file) = messages {
        dump(&*store, file)?;
    }
    let source = Source::Store(Pages::new(store.clone(), Maker::of(None)));
    let agreement = Agreement::walk(&source, folder, totals.watermark, suspects);
    store.close();
    let mut audit = totals_json(&totals);
    let messages =
        json!({"open": counts.open, "finished": counts.finished, "parked_receipts": counts.parked});
    if let Some(audit) = audit.as_object_mut() {
        audit.insert("messages".into(), messages);
    }
    Ok((audit, agreement?))
}

/// What [`Store::ledger_proof`] gives, with its progress up to the event with this cursor.
fn proof(store: &dyn Store, until: u64) -> Result<LedgerTotals, StoreFailure> {
    let mut progress = Progress::new();
    loop {
        let totals = store.ledger_totals()?;
        if totals.complete {
            return Ok(totals);
        }
        progress.at("adding up the ledger", totals.watermark, until);
    }
}

fn totals_json(totals: &LedgerTotals) -> Value {
    let charged: Vec<Value> = totals
        .charged
        .iter()
        .map(|money| json!({"amount": money.amount(), "currency": money.currency.as_str()}))
        .collect();
    let unbalanced: Vec<&str> = totals.unbalanced.iter().map(smol_str::SmolStr::as_str).collect();
    json!({
        "entries": totals.entries, "open_holds": totals.open_holds, "orphan_holds": totals.orphan_holds,
        "double_charges": totals.double_charges, "charged": charged, "unbalanced": unbalanced,
    })
}

/// Writes every message as one line of JSON, newest first.
fn dump(store: &dyn Store, file: &Path) -> Result<(), Failure> {
    let unreadable = |error: StoreFailure| Failure::Failed(error.to_string());
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    let mut before: Option<MessageId> = None;
    loop {
        let page = store.messages(&MessageFilter::default(), before, 1000).map_err(unreadable)?;
        for message in &page.lines {
            writeln!(out, "{}", line(message))?;
        }
        before = page.lines.last().map(|message| message.id);
        if !page.more || before.is_none() {
            return Ok(out.flush()?);
        }
    }
}

fn line(message: &Message) -> Value {
    let attempts: Vec<Value> = message
        .attempts
        .iter()
        .map(|attempt| {
            let outcome = match attempt.state {
                AttemptState::Ended(outcome) => format!("{outcome:?}"),
                state => format!("{state:?}"),
            };
            json!({"n": attempt.n, "service": attempt.service.as_str(), "outcome": outcome, "may_duplicate": attempt.may_duplicate})
        })
        .collect();
    json!({
        "id": message.id.to_string(),
        "client_ref": message.client_ref.as_ref().map(|reference| reference.as_str()),
        "status": message.status.as_str(),
        "accepted_ms": message.accepted_at.as_millis(),
        "delivered_ms": message.delivered_at.map(|at| at.as_millis()),
        "digest": message.content.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "attempts": attempts,
        "charged_attempt": message.slot.charged().and_then(|_| message.slot.holder()),
        "charged": message.slot.charged().map(|money| json!({"amount": money.amount(), "currency": money.currency.as_str()})),
    })
}
