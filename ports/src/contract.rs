//! The examinations that every store and every charging system's client pass, run by each implementation's own tests.
//!
//! A property asks only what the port promises (DESIGN section 6). All of a store's are run twice: with lists that follow
//! and with lists that are held back, for what is exact must be exact either way.

mod charging;
mod feed;
mod ledger;
mod lists;
mod lookups;
mod reports;
mod sample;
mod units;

pub use charging::{ChargingUnderTest, PAYER, ask, examine_charging, order};
pub use sample::Sample;

use crate::{Committed, Conflict, Store, StoreFailure, Unit};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// A store on the examiner's table.
pub trait StoreUnderTest {
    /// The store.
    fn store(&self) -> &dyn Store;

    /// Keeps the lists' watermark from moving, or lets it move again.
    fn hold_back(&self, held: bool);

    /// Closes the store and opens it again on what is durable.
    fn reopen(&mut self);
}

/// How far the lists of a store may be behind before its commits refuse.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Units.
    pub units: u64,
    /// Milliseconds.
    pub ms: u64,
}

impl Bounds {
    /// Far enough that no property meets them by accident on a slow machine.
    pub const WIDE: Self = Self { units: 200_000, ms: 600_000 };
}

/// A property: what it says, and the test that it holds for a new, empty store.
type Property = (&'static str, fn(&mut dyn StoreUnderTest));

/// Every property.
const PROPERTIES: &[Property] = &[
    ("a unit is all or nothing", units::all_or_nothing),
    ("units of a commit see those before them", units::in_order),
    ("a conflict touches no other unit", units::conflict_isolated),
    ("every precondition is checked exactly", units::every_expectation),
    ("an older lease is refused", units::lease_fenced),
    ("a peer's id is free again when its message is final", units::peer_id_freed),
    ("eight threads commit at once", units::eight_threads),
    ("what was answered is there after reopening", lookups::survives),
    ("a message is found as it was last written", lookups::message_exact),
    ("content comes back unchanged, and is written once", lookups::content_unchanged),
    ("waiting messages are found by recipient", lookups::waiting),
    ("due messages come in the order of their time", lookups::due),
    ("open messages are walked in the order of their ids", lookups::open_walk),
    ("payers are exact", lookups::payers),
    ("keys are remembered until they expire", lookups::keys),
    ("devices and the directory are kept", lookups::directory),
    ("refusals are kept, and bounded", lookups::refusals),
    ("peers' ids find their part of their attempt", reports::peer_ids),
    ("peers' ids are found by other spellings", reports::peer_ids_respelled),
    ("receipts that come early are parked", reports::parked),
    ("a message's story is kept in order", reports::story),
    ("cursors have no gap", feed::cursors),
    ("each audience has its own events", feed::audiences),
    ("events are paged without loss", feed::paged),
    ("the log is read in order, and is never edited", feed::log),
    ("messages are listed newest first", lists::messages),
    ("filters all apply", lists::filters),
    ("conversations belong to both ends", lists::conversations),
    ("filled messages are like others", lists::filled),
    ("a balanced ledger is proved", ledger::balanced),
    ("a ledger that does not balance is found out", ledger::faults),
    ("a proof that is asked again goes on where it ended", ledger::asked_again),
    ("totals count", lists::totals),
    ("a closed store says so", units::closed),
];

/// Examines an implementation: each property on a new store of its own, with its lists held back or not.
///
/// # Panics
/// When a property does not hold; the panic's message, and the property named before it, say which and where.
pub fn examine(make: impl Fn(Bounds) -> Box<dyn StoreUnderTest>, held_back: bool) {
    for (says, property) in PROPERTIES {
        let on_failure = Named(says);
        let mut store = make(Bounds::WIDE);
        store.hold_back(held_back);
        property(&mut *store);
        std::mem::forget(on_failure);
    }
    lists::refuses_when_behind(&*make(Bounds { units: 50, ms: Bounds::WIDE.ms }));
    lists::refuses_when_late(&*make(Bounds { units: Bounds::WIDE.units, ms: 50 }));
}

/// Dropped only by a property that panics: names it.
struct Named(&'static str);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "an examiner says which property failed")]
    fn drop(&mut self) {
        eprintln!("this does not hold: {}", self.0);
    }
}

/// The value, or the end of the examination.
#[track_caller]
fn got<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the store failed: {error:?}"),
    }
}

/// The thing that must be there.
#[track_caller]
fn there<T>(thing: Option<T>) -> T {
    let Some(thing) = thing else { panic!("it is missing") };
    thing
}

/// Commits one unit and gives its answer.
#[track_caller]
fn commit(store: &dyn Store, unit: Unit) -> Result<Committed, Conflict> {
    there(got(store.commit(vec![unit])).pop())
}

/// Commits one unit that must be taken.
#[track_caller]
fn put(store: &dyn Store, unit: Unit) -> Committed {
    got(commit(store, unit))
}

/// Lets the lists follow, and waits until they have.
#[track_caller]
fn catch_up(of: &dyn StoreUnderTest) {
    of.hold_back(false);
    wait_for(|| {
        let totals = got(of.store().totals());
        totals.watermark == totals.cursor
    });
}

/// Waits for a condition, 30 s at most.
#[track_caller]
fn wait_for(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited for in vain");
        std::thread::yield_now();
    }
}

/// The failure that must have come.
#[track_caller]
fn refused<T: Debug>(result: Result<T, StoreFailure>) -> StoreFailure {
    match result {
        Err(failure) => failure,
        Ok(value) => panic!("it was taken: {value:?}"),
    }
}
