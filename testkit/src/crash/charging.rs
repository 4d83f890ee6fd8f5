//! The charging system of a run with `--ocs`: it outlives the server, and its journal is a witness of the money.

use super::money::nanos;
use super::report::Summary;
use super::witness::Stored;
use super::{Fault, Options};
use crate::journal;
use crate::ocs::{BadScript, Config, Movement, Ocs, Prices, Seen};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What the charging system counted in a run.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Outside {
    /// Reservations that were made.
    pub holds: u64,
    /// Of these, charged.
    pub charges: u64,
    /// Of these, released.
    pub releases: u64,
    /// Requests that came again.
    pub repeated: u64,
}

/// Everything costs what the plan says, and nobody runs short.
const PRICE: i128 = 30_000_000;

/// Starts it; some of its answers are late, and some never come.
pub(super) fn start(options: &Options, folder: &Path) -> Result<Option<Ocs>, Fault> {
    if !options.ocs {
        return Ok(None);
    }
    let script = "answer-lost:5,drops-mid-session:5";
    let config = Config {
        script: script.parse().map_err(|error: BadScript| Fault::Server(error.to_string()))?,
        prices: Prices { sms: PRICE, mms: PRICE, im: PRICE, octet: 1 },
        opening: 1_000_000_000_000_000,
        journal: Some(folder.join("ocs.jsonl")),
        seed: options.seed,
        ..Config::default()
    };
    Ocs::start(config).map(Some).map_err(Fault::io("start the charging system"))
}

/// The server's section for it.
pub(super) fn section(ocs: &Ocs) -> String {
    format!(
        "[charging.ocs]\npeers = [\"{}\"]\norigin_host = \"crash.pretend.test\"\n\
         destination_realm = \"pretend.test\"\nquote = \"mirror\"\nim_units = \"messages\"\ndeduplicates = true\n\
         answer_timeout = \"500ms\"\n",
        ocs.address()
    )
}

/// What a plan's head says.
pub(super) const PLAN: &str = "charging = \"ocs\"\non_ocs_down = \"buffer\"\n";

/// Sums of a message.
#[derive(Default)]
struct Account {
    charged: i128,
    /// How often each session was charged, and what it holds still.
    sessions: BTreeMap<String, (u32, i128)>,
}

/// The journal against what the stopped server says of its messages.
pub(super) fn judge(ocs: &Ocs, folder: &Path, stored: &[Stored], summary: &mut Summary) -> Result<(), Fault> {
    ocs.flush().map_err(Fault::io("write the charging system's journal"))?;
    let counts = ocs.counts();
    let mut outside = Outside { repeated: counts.repeated, ..Outside::default() };
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    let mut take = |seen: Seen| {
        let Seen::Moved { session, movement, nanos, .. } = seen else { return };
        let amount: i128 = nanos.parse().unwrap_or(0);
        let account = accounts.entry(message_of(&session)).or_default();
        let (charged, held) = account.sessions.entry(session).or_default();
        match movement {
            Movement::Hold => (*held, outside.holds) = (*held + amount, outside.holds + 1),
            Movement::Release => (*held, outside.releases) = (*held - amount, outside.releases + 1),
            Movement::Charge => {
                (*charged, *held) = (*charged + 1, 0);
                account.charged += amount;
                outside.charges += 1;
            }
            Movement::Refund => account.charged -= amount,
        }
    };
    journal::read(&folder.join("ocs.jsonl"), &mut take).map_err(Fault::io("read ocs.jsonl"))?;
    let told: BTreeMap<&str, &Stored> = stored.iter().map(|stored| (stored.id.as_str(), stored)).collect();
    for (message, account) in &accounts {
        let times: u32 = account.sessions.values().map(|(charged, _)| charged).sum();
        if times > 1 {
            summary.violation("double charge outside", || format!("{message} was charged {times} times"));
        }
        if account.sessions.values().any(|(_, held)| *held != 0) {
            summary.violation("orphan hold outside", || format!("{message}: {:?}", account.sessions));
        }
        let own = told.get(message.as_str()).and_then(|stored| nanos(&stored.charged.as_ref()?.amount));
        if own.unwrap_or(0) != account.charged {
            summary.violation("wrong charge outside", || {
                format!("{message}: the ledger says {own:?}, the charging system {}", account.charged)
            });
        }
    }
    if counts.done_twice > 0 {
        summary.violation("done twice outside", || format!("{} requests", counts.done_twice));
    }
    summary.outside = Some(outside);
    Ok(())
}

/// The message of a session: its last part is the key, `MESSAGE.ATTEMPT`.
fn message_of(session: &str) -> String {
    let key = session.rsplit(';').next().unwrap_or(session);
    key.split('.').next().unwrap_or(key).to_owned()
}
