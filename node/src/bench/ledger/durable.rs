//! Reservations and charges on disk: messages by the shipped rules, each reserved in one commit and charged in the next,
//! through the store's own port, by as many hands as the engine has loops here.

use super::PAYERS;
use crate::bench::fill::{commit, open_payers, unwritable};
use crate::bench::gauge::Span;
use crate::bench::load::millis;
use crate::bench::stage::Folder;
use crate::bench::story::Maker;
use crate::cli::Failure;
use crate::clock::AnchoredClock;
use crate::serve::open_store;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use switchback_core::model::Message;
use switchback_ports::{Clock, Store};
use switchback_testkit::load::Histogram;

/// Hands that commit at the same time; each has every second payer.
const HANDS: u64 = 2;
/// Messages that a commit begins, beside as many that it ends: with both, the most that the engine gives at once.
const BATCH: usize = 512;

/// What a hand did.
struct Done {
    pairs: u64,
    commits: Histogram,
}

/// Reserves and charges for so many seconds.
pub(super) fn measure(folder: &Folder, seconds: u64) -> Result<Value, Failure> {
    let store = open_store(&folder.data(), None).map_err(Failure::Failed)?;
    let first = store.totals().map_err(unwritable)?.finished;
    let span = Span::begin(&[("all", std::process::id())], folder.path());
    let until = Instant::now() + Duration::from_secs(seconds);
    // Payers are opened by one hand after the other: the first finds none.
    let makers = (0..HANDS).map(|_| {
        let mut maker = Maker::new(PAYERS)?;
        open_payers(&*store, &mut maker).map(|()| maker)
    });
    let makers: Vec<Maker> = makers.collect::<Result<_, Failure>>()?;
    let done = std::thread::scope(|scope| {
        let work = |(hand, maker)| {
            let store = &*store;
            scope.spawn(move || turns(store, maker, first + hand, until))
        };
        let hands: Vec<_> = (0..HANDS).zip(makers).map(work).collect();
        let joined = hands.into_iter().map(|hand| {
            hand.join().unwrap_or_else(|_| Err(Failure::Failed("reserving and charging failed".into())))
        });
        joined.collect::<Result<Vec<Done>, Failure>>()
    })?;
    let cost = span.end();
    store.close();
    let pairs: u64 = done.iter().map(|done| done.pairs).sum();
    let mut commits = Histogram::default();
    done.iter().for_each(|done| commits.merge(&done.commits));
    Ok(json!({
        "reserved_and_charged": pairs, "per_s": pairs.saturating_mul(1_000_000) / cost.wall_us,
        "commit_ms": millis(&commits), "cpu_us": cost.per_message(pairs), "written_mib": cost.written >> 20,
        "foreign_millicores": cost.foreign_millicores,
    }))
}

fn turns(store: &dyn Store, mut maker: Maker, first: u64, until: Instant) -> Result<Done, Failure> {
    let clock = AnchoredClock::start();
    let mut done = Done { pairs: 0, commits: Histogram::default() };
    let mut open: Vec<(u64, Message)> = Vec::new();
    let mut next = (first..).step_by(usize::try_from(HANDS).unwrap_or(1));
    loop {
        let now = clock.now();
        let (mut units, ending) = (Vec::with_capacity(2 * BATCH), std::mem::take(&mut open));
        done.pairs += u64::try_from(ending.len()).unwrap_or(0);
        for (n, message) in ending {
            units.push(maker.ended(n, message, now)?);
        }
        let begin = if Instant::now() < until { BATCH } else { 0 };
        for n in next.by_ref().take(begin) {
            let (unit, message) = maker.begun(n, now, 10_000)?;
            units.push(unit);
            open.push((n, message));
        }
        if units.is_empty() {
            return Ok(done);
        }
        let began = Instant::now();
        commit(store, units)?;
        done.commits.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
}
