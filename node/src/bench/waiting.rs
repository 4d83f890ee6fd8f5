//! Messages that wait for people who are offline: what a million of them cost in memory, how soon a server that was
//! killed has them again, and how soon one who comes back gets their own.

use super::RunArgs;
use super::fill::{commit, open_payers, unwritable};
use super::gauge::memory_kib;
use super::people::{self, People};
use super::report::tell;
use super::stage::{Folder, Server};
use super::story::{self, Maker};
use crate::cli::Failure;
use crate::clock::AnchoredClock;
use crate::http::Client;
use crate::serve::open_store;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};
use switchback_core::model::Time;
use switchback_ports::{Clock, Expect, Store, Write};

/// Units of one commit.
const BATCH: u64 = 1024;

/// Fills, starts, kills, starts again, and lets one recipient come back.
pub(super) fn measure(args: &RunArgs, count: u64) -> Result<Value, Failure> {
    let folder = Folder::new(args.store.as_deref())?;
    let began = Instant::now();
    fill(&folder.data(), args, count)?;
    let filled = began.elapsed();
    let first = Server::start(&folder, "")?;
    let ready_first = first.ready_in;
    let peak_first = memory_kib(first.id(), "VmHWM");
    tell("killing the server")?;
    first.kill();
    let mut server = Server::start(&folder, "")?;
    let open = server.metric("switchback_messages_open")?;
    if open != count {
        return Err(Failure::Failed(format!("{count} messages waited before the kill, and {open} after it")));
    }
    let memory = (memory_kib(server.id(), "VmHWM"), memory_kib(server.id(), "VmRSS"));
    tell("one recipient comes back")?;
    let back = come_back(&server, args, count)?;
    let after = memory_kib(server.id(), "VmRSS");
    let ready = server.ready_in;
    server.stop()?;
    Ok(json!({
        "waiting": count, "recipients": args.recipients,
        "fill_per_s": count.saturating_mul(1000) / ms(filled).max(1),
        "ready_ms": {"first": ms(ready_first), "after_kill": ms(ready)},
        "rss_mib": {"first_peak": peak_first / 1024, "peak": memory.0 / 1024, "ready": memory.1 / 1024, "after_one_return": after / 1024},
        "one_return": back,
    }))
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn fill(folder: &Path, args: &RunArgs, count: u64) -> Result<(), Failure> {
    let store = open_store(folder, None).map_err(Failure::Failed)?;
    let there = store.totals().map_err(unwritable)?.open;
    let filled = if there < count { write(&*store, there, args, count) } else { Ok(()) };
    store.close();
    filled
}

fn write(store: &dyn Store, there: u64, args: &RunArgs, count: u64) -> Result<(), Failure> {
    let now = AnchoredClock::start().now();
    let mut maker = Maker::new(args.payers)?;
    open_payers(store, &mut maker)?;
    people::write(store, &People { subscribers: args.recipients, payers: 1, login: None }, now)?;
    let first = now.as_millis().saturating_sub(count - there);
    let mut told = Instant::now();
    let mut next = there;
    while next < count {
        let end = count.min(next + BATCH);
        let mut units = Vec::new();
        for n in next..end {
            let mut unit =
                maker.waiting(n, Time::from_millis(first + (n - there)), u64::from(args.recipients))?;
            unit.expects.extend(unit.writes.iter().find_map(|write| match write {
                Write::Message(message) => Some(Expect::Message { id: message.id, version: None }),
                _ => None,
            }));
            units.push(unit);
        }
        commit(store, units)?;
        next = end;
        if told.elapsed() > Duration::from_secs(5) || next == count {
            told = Instant::now();
            tell(&format!("{next} of {count} messages wait"))?;
        }
    }
    Ok(())
}

/// One recipient opens a stream as a device: how long until all that waited for them, and nothing else, is there.
fn come_back(server: &Server, args: &RunArgs, count: u64) -> Result<Value, Failure> {
    let recipients = u64::from(args.recipients);
    let who = recipients / 2;
    let own = count / recipients + u64::from(count % recipients > who);
    let token = server
        .admin()?
        .post("/v1/admin/tokens", &json!({"name": "bench", "subscriber": story::subscriber(who)}))?
        .good()?;
    let secret = token.get("secret").and_then(Value::as_str).unwrap_or_default();
    let client = Client::new(&server.url(), secret)?;
    let began = Instant::now();
    let mut events = client.stream("/v1/events/stream?device=phone", None)?;
    let mut seen = HashSet::new();
    let mut first = None;
    let closer = events.closer()?;
    closer.set_read_timeout(Some(Duration::from_secs(20)))?;
    while u64::try_from(seen.len()).is_ok_and(|seen| seen < own) {
        let Some(event) = events.next() else {
            return Err(Failure::Failed(format!(
                "of {own} waiting messages {} came within 20 s",
                seen.len()
            )));
        };
        if event.kind == "message.incoming"
            && let Some(id) = event.data.get("message").and_then(Value::as_str)
        {
            first.get_or_insert_with(|| began.elapsed());
            seen.insert(id.to_owned());
        }
    }
    Ok(json!({"messages": own, "first_ms": first.map(ms), "all_ms": ms(began.elapsed())}))
}
