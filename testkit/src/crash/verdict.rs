//! What the witnesses say of each message, against what the client was told.

use super::money::Sums;
use super::report::{Kill, Summary};
use super::witness::{Asked, Hearing, Money, Peers, Stored, Witnesses};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What was delivered so shortly before a kill may not have been on disk.
const RECORDED_US: u64 = 20_000;

/// So long after a kill a busy handset may read what the killed server sent, and answer nobody.
const READ_US: u64 = 100_000;

/// Compares, and fills in the summary. `audit` is what the stopped store says of its ledger.
/// `kills` are in their order.
pub(super) fn compare(witnesses: &Witnesses, audit: &Value, kills: &[Kill], summary: &mut Summary) {
    let mut stored: HashMap<u64, &Stored> = HashMap::new();
    let told: HashMap<&str, u64> = witnesses
        .asked
        .iter()
        .filter_map(|(n, asked)| Some((asked.answer.as_ref()?.id.as_deref()?, *n)))
        .collect();
    for message in &witnesses.stored {
        // Over SIP a message has no name but the id that its sender was told.
        let n = match &message.client_ref {
            Some(reference) => reference.parse().ok(),
            None => told.get(message.id.as_str()).copied(),
        };
        let known = n.and_then(|n| witnesses.asked.get(&n).map(|asked| (n, asked)));
        let Some((n, asked)) = known else {
            summary.violation("invented", || format!("{} was asked for by nobody", message.id));
            continue;
        };
        if asked.accepted().is_none() && asked.answer.is_some() {
            summary.violation("invented", || format!("{} was refused, and is in the store", message.id));
        }
        if let Some(other) = stored.insert(n, message) {
            summary.violation("key used twice", || format!("{} and {} for order {n}", other.id, message.id));
        }
    }
    let nothing = Peers::default();
    for (n, asked) in &witnesses.asked {
        let peers = witnesses.of(&asked.hash).unwrap_or(&nothing);
        match (&asked.answer, asked.accepted()) {
            (None, _) => summary.violation("never answered", || format!("order {n}")),
            (Some(_), None) => summary.refused += 1,
            (Some(_), Some(answer)) => {
                summary.accepted += 1;
                let kept = stored.get(n).copied();
                if kept.is_some_and(|kept| answer.id.as_ref() != Some(&kept.id)) {
                    summary.violation("another id", || format!("order {n} was told {:?}", answer.id));
                }
                judge(*n, asked, peers, kept, summary);
                for (handset, hearing) in &peers.hearings {
                    told_again(*n, handset, hearing, kept, kills, summary);
                }
            }
        }
    }
    strangers(witnesses, summary);
    money(witnesses, audit, summary);
}

/// One accepted message.
fn judge(n: u64, asked: &Asked, peers: &Peers, stored: Option<&Stored>, summary: &mut Summary) {
    let seen = peers.times_seen();
    let name = || format!("order {n} ({})", asked.class);
    let Some(stored) = stored else {
        return summary.violation("lost", || format!("{} is not in the store; seen {seen} times", name()));
    };
    let services: Vec<&str> = stored.attempts.iter().map(|attempt| attempt.service.as_str()).collect();
    *summary.ways.entry(services.join(" ")).or_default() += 1;
    let marked = stored.attempts.iter().any(|attempt| attempt.may_duplicate);
    summary.may_duplicate += u64::from(marked);
    summary.delivered += u64::from(seen > 0);
    let digits = asked.to.trim_start_matches('+');
    if let Some(other) = peers.phones.iter().find(|phone| *phone != digits) {
        summary.violation("mixed up", || format!("{} to {} was shown by {other}", name(), asked.to));
    }
    if seen > 1 {
        summary.duplicates += 1;
        if !marked || asked.class == "bulk" {
            let mark = if marked { "marked" } else { "unmarked" };
            summary
                .violation("duplicate", || format!("{} {} was seen {seen} times, {mark}", name(), stored.id));
        }
    }
    let told = || {
        format!(
            "{} {} ended {}, seen {seen} times, by {}",
            name(),
            stored.id,
            stored.status,
            services.join(" ")
        )
    };
    let is_delivered = matches!(stored.status.as_str(), "delivered" | "read");
    if is_delivered && asked.committed.is_some() && !peers.ticked {
        summary.violation("sender not told", || format!("{} {} was delivered", name(), stored.id));
    }
    match stored.status.as_str() {
        "delivered" | "read" if seen == 0 => summary.violation("lost", told),
        "delivered" | "read" => {}
        "unknown" => {
            summary.unknown += 1;
            summary.unknown_seen += u64::from(seen > 0);
            summary.unknown_bulk += u64::from(asked.class == "bulk");
        }
        "failed" | "expired" | "canceled" | "refused" if seen == 0 => {
            summary.violation("not delivered", told)
        }
        "failed" | "expired" | "canceled" | "refused" => summary.violation("wrong end", told),
        _ => summary.violation("unfinished", told),
    }
}

/// A text that one handset was told again, by a request of its own: only until its word was on disk.
fn told_again(
    n: u64,
    handset: &str,
    hearing: &Hearing,
    stored: Option<&Stored>,
    kills: &[Kill],
    summary: &mut Summary,
) {
    let Some((first, more)) = hearing.at.split_first() else { return };
    summary.told_again += u64::try_from(more.len()).unwrap_or(u64::MAX);
    let next_kill = kills.iter().find(|kill| kill.gone + READ_US > *first).map_or(u64::MAX, |kill| kill.at);
    let delivered = stored.and_then(|stored| stored.delivered_ms).map(|ms| ms * 1_000 + RECORDED_US);
    let is_excused = |at: u64| match hearing.own_word {
        // Its 200 was heard at once: only a kill before that was on disk excuses it.
        true => at > next_kill && delivered.is_none_or(|delivered| delivered >= next_kill),
        false => hearing.confirmed.is_none_or(|confirmed| at <= confirmed),
    };
    if let Some(at) = more.iter().find(|at| !is_excused(**at)) {
        summary.violation("confirmed and told again", || {
            format!(
                "order {n} to {handset}, told at {first} and at {at}, confirmed at {:?}",
                hearing.confirmed
            )
        });
    }
}

/// Texts that peers showed and nobody sent: mixed up or made up.
fn strangers(witnesses: &Witnesses, summary: &mut Summary) {
    let sent: HashSet<&str> = witnesses.asked.values().map(|asked| asked.hash.as_str()).collect();
    for (hash, peers) in &witnesses.peers {
        if peers.times_seen() > 0 && !sent.contains(hash.as_str()) {
            summary.violation("invented", || format!("a peer showed {hash}, and nobody sent it"));
        }
    }
}

fn money(witnesses: &Witnesses, audit: &Value, summary: &mut Summary) {
    for (kind, key) in [("double charge", "double_charges"), ("orphan reservation", "orphan_holds")] {
        let count = audit.get(key).and_then(Value::as_u64);
        if count != Some(0) {
            summary.violation(kind, || format!("the audit says {count:?}"));
        }
    }
    let unbalanced = audit.get("unbalanced").and_then(Value::as_array);
    if unbalanced.is_none_or(|payers| !payers.is_empty()) {
        summary.violation("unbalanced payer", || format!("{unbalanced:?}"));
    }
    let mut sums = Sums::default();
    for message in &witnesses.stored {
        let Some(charged) = &message.charged else { continue };
        let readable = sums.add(charged);
        if !readable || !matches!(message.status.as_str(), "delivered" | "read") {
            summary.violation("wrong charge", || format!("{} {} {charged:?}", message.id, message.status));
        }
    }
    let mut ledger = Sums::default();
    let charged = audit.get("charged").cloned().unwrap_or_default();
    let totals: Vec<Money> = serde_json::from_value(charged).unwrap_or_default();
    if !totals.iter().all(|total| ledger.add(total)) || ledger != sums {
        summary.violation("wrong total", || format!("the ledger says {ledger:?}, its messages {sums:?}"));
    }
    summary.audit = audit.clone();
    if let Some(suspects) = summary.audit.pointer_mut("/records/suspects").and_then(Value::as_object_mut) {
        // They are counted where they are compared.
        suspects.remove("listed");
    }
}

#[cfg(test)]
mod bites;
