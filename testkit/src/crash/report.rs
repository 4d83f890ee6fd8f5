//! The outcome of a run, for people and for machines.

use super::charging::Outside;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A window that a kill can meet; see the module above for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The message was committed, its answer not sent.
    CommittedNotAnswered,
    /// The intent was committed, the submit not sent.
    IntentNotSent,
    /// The submit was sent, its answer not there.
    SentNotAnswered,
    /// The answer was there, and not committed.
    AnsweredNotRecorded,
    /// A receipt was there, and not committed.
    ReceiptNotRecorded,
    /// A withdrawal was asked, the next attempt not made.
    WithdrawalOpen,
    /// A charge was being settled.
    Settle,
}

impl Window {
    /// All windows.
    pub const ALL: [Self; 7] = [
        Self::CommittedNotAnswered,
        Self::IntentNotSent,
        Self::SentNotAnswered,
        Self::AnsweredNotRecorded,
        Self::ReceiptNotRecorded,
        Self::WithdrawalOpen,
        Self::Settle,
    ];
}

/// One kill.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Kill {
    /// Just before the signal, in microseconds since 1970.
    pub at: u64,
    /// When the process was gone.
    pub gone: u64,
    /// Messages between acceptance and their settled delivery.
    pub in_flight: u64,
    /// How many messages stood in each window.
    pub windows: BTreeMap<Window, u64>,
    /// From the next start to readiness, in milliseconds; `None` when it was killed before.
    pub ready_ms: Option<u64>,
}

/// What handsets knew of their registrations and the restarted server said too.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Registrations {
    /// Devices that were looked for in the server's list of bindings.
    pub bindings: u64,
    /// People whose status, and since when, was asked for.
    pub statuses: u64,
}

/// The outcome of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The seed of the dice.
    pub seed: u64,
    /// Kills.
    pub kills: u64,
    /// Orders that the client was told are accepted.
    pub accepted: u64,
    /// Orders refused for good.
    pub refused: u64,
    /// Requests sent again after something unclear.
    pub repeats: u64,
    /// Accepted and seen by a peer.
    pub delivered: u64,
    /// Final status `unknown` in the server's own record.
    pub unknown: u64,
    /// Of these, seen by a peer all the same.
    pub unknown_seen: u64,
    /// Those of the class that is sent at most once; the others met more than one crash.
    pub unknown_bulk: u64,
    /// Texts that peers showed more than once.
    pub duplicates: u64,
    /// Messages that the server's record marks `may_duplicate`: every duplicate must be among them.
    pub may_duplicate: u64,
    /// Messages by the services of their attempts, such as `im sms im`.
    pub ways: BTreeMap<String, u64>,
    /// With a charging system: what it counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// Over SIP: registrations that were compared after restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registrations: Option<Registrations>,
    /// Over SIP: messages that a device had not confirmed, or not so that it was on disk, and that it was told again.
    pub told_again: u64,
    /// The least number of messages in flight at a kill.
    pub in_flight_least: u64,
    /// How many kills met each window.
    pub kills_met: BTreeMap<Window, u64>,
    /// The longest start after a kill, in milliseconds.
    pub ready_ms_most: u64,
    /// Violations by kind.
    pub violations: BTreeMap<&'static str, u64>,
    /// The first few of each kind, in words.
    pub examples: Vec<String>,
    /// What the audit of the stopped store said.
    pub audit: serde_json::Value,
}

/// Examples kept of one kind of violation.
const EXAMPLES: u64 = 5;

impl Summary {
    /// Notes a violation.
    pub(super) fn violation(&mut self, kind: &'static str, example: impl FnOnce() -> String) {
        let count = self.violations.entry(kind).or_default();
        *count += 1;
        if *count <= EXAMPLES {
            self.examples.push(format!("{kind}: {}", example()));
        }
    }

    /// Counts what the kills met.
    pub(super) fn count_kills(&mut self, kills: &[Kill]) {
        self.kills = u64::try_from(kills.len()).unwrap_or(u64::MAX);
        self.in_flight_least = kills.iter().map(|kill| kill.in_flight).min().unwrap_or(0);
        self.ready_ms_most = kills.iter().filter_map(|kill| kill.ready_ms).max().unwrap_or(0);
        for window in Window::ALL {
            let met = kills.iter().filter(|kill| kill.windows.contains_key(&window)).count();
            self.kills_met.insert(window, u64::try_from(met).unwrap_or(u64::MAX));
        }
    }

    /// Whether nothing was violated.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Windows that no kill met: the run then says nothing about them.
    #[must_use]
    pub fn windows_missed(&self) -> Vec<Window> {
        Window::ALL
            .into_iter()
            .filter(|window| self.kills_met.get(window).is_none_or(|met| *met == 0))
            .collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} kills, seed {}", self.kills, self.seed)?;
        writeln!(
            f,
            "accepted {}, delivered {}, refused {}, requests repeated {}",
            self.accepted, self.delivered, self.refused, self.repeats
        )?;
        writeln!(
            f,
            "unknown at the end {} ({} sent at most once), of these seen by a peer {}",
            self.unknown, self.unknown_bulk, self.unknown_seen
        )?;
        writeln!(f, "shown twice {}, marked may_duplicate {}", self.duplicates, self.may_duplicate)?;
        writeln!(f, "at least {} messages in flight at every kill", self.in_flight_least)?;
        writeln!(f, "ready again within {} ms", self.ready_ms_most)?;
        if let Some(Registrations { bindings, statuses }) = self.registrations {
            writeln!(f, "told again, not being confirmed: {}", self.told_again)?;
            writeln!(f, "after restarts: {bindings} bindings and {statuses} statuses compared")?;
        }
        if let Some(Outside { holds, charges, releases, repeated, suspects }) = &self.outside {
            writeln!(
                f,
                "charging system: {holds} held, {charges} charged, {releases} released, {repeated} requests again"
            )?;
            writeln!(f, "suspects that the audit lists, by what the charging system says: {suspects:?}")?;
        }
        for (way, count) in &self.ways {
            writeln!(f, "  {way:<24} {count}")?;
        }
        writeln!(f, "kills that met each window:")?;
        for (window, met) in &self.kills_met {
            writeln!(f, "  {:<24} {met}", format!("{window:?}"))?;
        }
        writeln!(f, "audit: {}", self.audit)?;
        for (kind, count) in &self.violations {
            writeln!(f, "VIOLATION {kind}: {count}")?;
        }
        for example in &self.examples {
            writeln!(f, "  {example}")?;
        }
        if self.is_clean() {
            writeln!(f, "nothing lost, nothing doubled unmarked, the ledger balances")
        } else {
            Ok(())
        }
    }
}
