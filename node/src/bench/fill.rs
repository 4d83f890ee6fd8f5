//! `bench fill`: finished messages in numbers, so that a store can be measured at the age of a year. They come from
//! the shipped rules and go through the store's own port.

use super::report::tell;
use super::story::Maker;
use crate::cli::Failure;
use crate::clock::AnchoredClock;
use crate::serve::open_store;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use switchback_core::model::{Shard, Time};
use switchback_ports::{Clock, Store, StoreFailure, Unit, Write};

/// Messages handed to the store at a time.
const BATCH: u64 = 8192;

/// How often progress is told.
const TELL: Duration = Duration::from_secs(5);

/// `bench fill`
#[derive(clap::Args)]
pub(super) struct FillArgs {
    /// How many finished messages the store shall hold.
    count: u64,
    /// The data folder; made when it is not there. No server may run on it.
    #[arg(long)]
    store: PathBuf,
    /// Payers that they belong to.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    payers: u32,
}

/// Fills.
pub(super) fn fill(args: &FillArgs) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(&args.store)?;
    up_to(&args.store, args.count, args.payers)?;
    Ok(ExitCode::SUCCESS)
}

/// Fills the store in this folder up to `count` finished messages; one that holds them already is left alone.
pub(super) fn up_to(folder: &Path, count: u64, payers: u32) -> Result<(), Failure> {
    if count == 0 {
        return Ok(());
    }
    let store = open_store(folder, None).map_err(Failure::Failed)?;
    let there = store.totals().map_err(unwritable)?.finished;
    let filled = if there < count { write(&*store, there, count, payers) } else { Ok(()) };
    store.close();
    filled
}

fn write(store: &dyn Store, there: u64, count: u64, payers: u32) -> Result<(), Failure> {
    let mut maker = Maker::new(payers)?;
    open_payers(store, &mut maker)?;
    // A millisecond apart, the last one just now: ids in their order, all of them in the past.
    let first = AnchoredClock::start().now().as_millis().saturating_sub(count - there);
    let (began, mut told) = (Instant::now(), Instant::now());
    let mut next = there;
    while next < count {
        let end = count.min(next + BATCH);
        let units: Result<Vec<Unit>, Failure> =
            (next..end).map(|n| maker.finished(n, Time::from_millis(first + (n - there)), 10_000)).collect();
        store.fill(units?).map_err(unwritable)?;
        next = end;
        if told.elapsed() >= TELL || next == count {
            told = Instant::now();
            let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
            tell(&format!("{next} of {count} messages stored, {} a second", (next - there) * 1000 / ms))?;
        }
    }
    Ok(())
}

/// Payers as the store knows them already; those that it does not are written as they are opened.
pub(super) fn open_payers(store: &dyn Store, maker: &mut Maker) -> Result<(), Failure> {
    let mut units = Vec::new();
    for payer in maker.payers() {
        match store.payer(&payer.id).map_err(unwritable)? {
            Some(known) => *payer = known,
            None => units.push(Unit {
                shard: Shard::of(payer.id.as_str()),
                epoch: 1,
                expects: Vec::new(),
                writes: vec![Write::Payer(Box::new(payer.clone()))],
            }),
        }
    }
    commit(store, units)
}

/// Commits units that nothing can be in the way of.
pub(super) fn commit(store: &dyn Store, units: Vec<Unit>) -> Result<(), Failure> {
    for result in store.commit(units).map_err(unwritable)? {
        result.map_err(|conflict| Failure::Failed(conflict.to_string()))?;
    }
    Ok(())
}

pub(super) fn unwritable(failure: StoreFailure) -> Failure {
    Failure::Failed(failure.to_string())
}
