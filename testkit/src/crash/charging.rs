//! The charging system of a run with `--ocs`: it outlives the server, and its journal is a witness of the money.

use super::money::nanos;
use super::report::Summary;
use super::witness::Stored;
use super::{Fault, Options};
use crate::journal;
use crate::ocs::{BadScript, Config, Movement, Ocs, Prices, Seen};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the charging system counted in a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outside {
    /// Reservations that were made.
    pub holds: u64,
    /// Of these, charged.
    pub charges: u64,
    /// Of these, released.
    pub releases: u64,
    /// Requests that came again.
    pub repeated: u64,
    /// The charges in doubt that the audit lists, by what the charging system says of their sessions.
    pub suspects: BTreeMap<&'static str, u64>,
}

/// Everything costs what the plan says, and nobody runs short.
const PRICE: i128 = 30_000_000;

/// Starts it; some of its answers are late, and some never come.
pub(super) fn start(options: &Options, folder: &Path) -> Result<Option<Ocs>, Fault> {
    if !options.ocs {
        return Ok(None);
    }
    let script = "answer-lost:5,drops-mid-session:5";
    let script = if options.deduplicates { script.to_owned() } else { format!("{script},no-dedup") };
    let config = Config {
        script: script.parse().map_err(|error: BadScript| Fault::Server(error.to_string()))?,
        prices: Prices { sms: PRICE, sms_abroad: PRICE, mms: PRICE, im: PRICE, octet: 1 },
        opening: 1_000_000_000_000_000,
        journal: Some(folder.join("ocs.jsonl")),
        seed: options.seed,
        ..Config::default()
    };
    Ocs::start(config).map(Some).map_err(Fault::io("start the charging system"))
}

/// The server's section for it.
pub(super) fn section(ocs: &Ocs, options: &Options) -> String {
    format!(
        "[charging.ocs]\npeers = [\"{}\"]\norigin_host = \"crash.pretend.test\"\n\
         destination_realm = \"pretend.test\"\nquote = \"mirror\"\nim_units = \"messages\"\ndeduplicates = {}\n\
         answer_timeout = \"500ms\"\n",
        ocs.address(),
        options.deduplicates
    )
}

/// What a plan's head says.
pub(super) const PLAN: &str = "charging = \"ocs\"\non_ocs_down = \"buffer\"\n";

/// What became of a session.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    /// How often it was charged.
    times: u32,
    charged: i128,
    held: i128,
}

impl Session {
    const fn said(self) -> &'static str {
        match self {
            Self { held: 1.., .. } => "held",
            Self { times: 1.., .. } => "charged",
            _ => "neither",
        }
    }
}

/// The sessions in the journal, by the names that the server gave them: `MESSAGE.ATTEMPT`, the last part of a Session-Id.
fn sessions(folder: &Path, outside: &mut Outside) -> Result<BTreeMap<String, Session>, Fault> {
    let mut sessions: BTreeMap<String, Session> = BTreeMap::new();
    let take = |seen: Seen| {
        let Seen::Moved { session, movement, nanos, .. } = seen else { return };
        let amount: i128 = nanos.parse().unwrap_or(0);
        let name = session.rsplit(';').next().unwrap_or(&session);
        let session = sessions.entry(name.to_owned()).or_default();
        match movement {
            Movement::Hold => (session.held, outside.holds) = (session.held + amount, outside.holds + 1),
            Movement::Release => {
                (session.held, outside.releases) = (session.held - amount, outside.releases + 1);
            }
            Movement::Charge => {
                (session.times, session.held) = (session.times + 1, 0);
                session.charged += amount;
                outside.charges += 1;
            }
            Movement::Refund => session.charged -= amount,
        }
    };
    journal::read(&folder.join("ocs.jsonl"), take).map_err(Fault::io("read ocs.jsonl"))?;
    Ok(sessions)
}

/// The journal against what the stopped server says: of its messages, and of what it is in doubt about. Where the two books
/// differ about a session, the audit must have listed it by its name; and it lists nothing that never was. Nor anything in the
/// end where `is_declared` that each order is done once.
pub(super) fn judge(
    ocs: &Ocs,
    folder: &Path,
    stored: &[Stored],
    audit: &Value,
    is_declared: bool,
    summary: &mut Summary,
) -> Result<(), Fault> {
    ocs.flush().map_err(Fault::io("write the charging system's journal"))?;
    let counts = ocs.counts();
    let mut outside = Outside { repeated: counts.repeated, ..Outside::default() };
    let sessions = sessions(folder, &mut outside)?;
    compare(&sessions, stored, &listed(audit), &mut outside, summary);
    let left: u64 = outside.suspects.values().sum();
    if is_declared && left > 0 {
        summary.violation("suspect never cleared", || {
            format!("{left}, and each may be ordered until it is answered")
        });
    }
    if counts.done_twice > 0 {
        summary.violation("done twice outside", || format!("{} requests", counts.done_twice));
    }
    summary.outside = Some(outside);
    Ok(())
}

/// The attempts whose charges the audit lists as in doubt.
fn listed(audit: &Value) -> BTreeSet<&str> {
    let listed = audit.pointer("/records/suspects/listed").and_then(Value::as_array);
    let names = listed.into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|line| line.strip_suffix(" charge_in_doubt")).collect()
}

fn compare(
    sessions: &BTreeMap<String, Session>,
    stored: &[Stored],
    listed: &BTreeSet<&str>,
    outside: &mut Outside,
    summary: &mut Summary,
) {
    let charged = |stored: &Stored| {
        Some((format!("{}.{}", stored.id, stored.charged_attempt?), nanos(&stored.charged.as_ref()?.amount)?))
    };
    let ledger: BTreeMap<String, i128> = stored.iter().filter_map(charged).collect();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for (name, session) in sessions {
        let message = name.split('.').next().unwrap_or(name);
        *times.entry(message).or_default() += session.times;
        if listed.contains(name.as_str()) {
            continue;
        }
        let own = ledger.get(name).copied().unwrap_or(0);
        if session.held != 0 {
            summary.violation("orphan hold outside", || format!("{name}: {session:?}, and no suspect"));
        }
        if own != session.charged {
            summary.violation("wrong charge outside", || {
                format!(
                    "{name}: the ledger says {own}, the charging system {session:?}, and it is no suspect"
                )
            });
        }
    }
    for (message, times) in times.into_iter().filter(|(_, times)| *times > 1) {
        summary.violation("double charge outside", || format!("{message} was charged {times} times"));
    }
    for name in listed {
        let said = sessions.get(*name).map_or("never begun", |session| session.said());
        *outside.suspects.entry(said).or_default() += 1;
        if !sessions.contains_key(*name) {
            summary.violation("suspect of nothing", || format!("{name} was never begun outside"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::witness::Money;
    use super::*;

    /// One session at the charging system, a message that our ledger charged or not, and the audit's list.
    fn found(session: Option<Session>, is_charged: bool, listed: &[&str]) -> Vec<&'static str> {
        let money = || Money { amount: "0.03".into(), currency: "EUR".into() };
        let stored = Stored {
            id: "msg_a".into(),
            client_ref: None,
            status: "delivered".into(),
            accepted_ms: 0,
            delivered_ms: None,
            attempts: Vec::new(),
            charged: is_charged.then(money),
            charged_attempt: is_charged.then_some(1),
        };
        let sessions = session.map(|session| ("msg_a.1".to_owned(), session)).into_iter().collect();
        let (mut outside, mut summary) = (Outside::default(), Summary::default());
        compare(&sessions, &[stored], &listed.iter().copied().collect(), &mut outside, &mut summary);
        summary.violations.into_keys().collect()
    }

    #[test]
    fn where_the_two_books_differ_the_audit_must_say_so_by_name() {
        let charged = Session { times: 1, charged: 30_000_000, held: 0 };
        let held = Session { held: 30_000_000, ..Session::default() };
        let none: [&str; 0] = [];
        assert_eq!(found(Some(charged), true, &[]), none);
        assert_eq!(found(Some(Session::default()), false, &[]), none);
        assert_eq!(found(Some(held), false, &[]), ["orphan hold outside"]);
        assert_eq!(found(Some(held), true, &[]), ["orphan hold outside", "wrong charge outside"]);
        assert_eq!(found(Some(held), true, &["msg_a.1"]), none);
        assert_eq!(found(Some(charged), false, &[]), ["wrong charge outside"]);
        assert_eq!(found(Some(charged), false, &["msg_a.1"]), none);
        assert_eq!(found(Some(charged), false, &["msg_a.2"]), ["suspect of nothing", "wrong charge outside"]);
        let twice = Session { times: 2, charged: 60_000_000, held: 0 };
        assert_eq!(found(Some(twice), true, &["msg_a.1"]), ["double charge outside"]);
    }

    #[test]
    fn only_charges_in_doubt_are_compared() {
        let lines = ["msg_a.1 charge_in_doubt", "msg_b.1 unknown by sms"];
        let audit = serde_json::json!({"records": {"suspects": {"listed": lines}}});
        assert_eq!(listed(&audit).into_iter().collect::<Vec<_>>(), ["msg_a.1"]);
    }
}
