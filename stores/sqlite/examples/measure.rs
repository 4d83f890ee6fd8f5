//! What a message costs the store: three units a message as the engine writes them (accepted with its first attempt,
//! handed over, delivered and charged), a thousand payers, ten thousand recipients, two committing threads.
//!
//! `cargo run --release -p switchback-sqlite --example measure -- FOLDER FILL SECONDS [WAITING [GROUP [RATE]]]`: fills
//! FILL final messages (and WAITING open ones), opens the store again, then four threads commit GROUP messages at a
//! time (64; few: low load) for SECONDS, together RATE messages a second (0: as fast as they can).
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that prints figures and ends at an error"
)]

use mimalloc::MiMalloc;
use smol_str::SmolStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use switchback_core::charge::{Hold, LedgerKind, Slot};
use switchback_core::model::{
    AccountId, Address, Currency, EventKind, Funds, Message, Money, OfferFacts, Owner, PayerId, PeerId,
    Price, Service, Status, SubscriberId,
};
use switchback_core::tariff::Payer;
use switchback_ports::contract::Sample;
use switchback_ports::{Expect, Store, Unit, Write};
use switchback_sqlite::{Options, SqliteStore};

/// As in the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const PAYERS: u64 = 1_000;
const RECIPIENTS: u64 = 10_000;
const THREADS: u64 = 4;

/// One message's life, number `n` of all.
struct Life {
    n: u64,
    message: Message,
}

fn price() -> Price {
    Price::Exact(Money::from_nanos(Currency::EUR, 30_000_000))
}

impl Life {
    fn new(n: u64) -> Self {
        let sample = Sample(n);
        let mut message = sample.attempted("smsc-a", &[&["00000000"]]);
        let shop = format!("shop-{:04}", n % PAYERS);
        message.originator.owner = Owner::Account(AccountId::new(&shop));
        message.originator.payer = Some(PayerId::new(&shop));
        let digits = format!("46701{:06}", n.wrapping_mul(2_654_435_761) % RECIPIENTS);
        message.recipient = Address::E164(SmolStr::new(digits));
        message.slot =
            Slot::Held { attempt: 1, hold: Hold { amount: price().as_first().unwrap(), taken: vec![] } };
        message.p1 = Some(switchback_core::model::Pinned { price: price(), at: message.accepted_at });
        for part in &mut message.attempts[0].parts {
            part.peer_id = None;
        }
        message.due = Some(message.accepted_at.plus_millis(60_000));
        Self { n, message }
    }

    fn unit(&self, kinds: Vec<EventKind>, money: Option<LedgerKind>, decided: bool) -> Unit {
        let (sample, message) = (Sample(self.n), &self.message);
        let first = (message.version - 1) * 2 + 1;
        let event = |(seq, kind)| switchback_core::model::Event {
            audience: message.originator.owner.clone(),
            ..sample.event(seq, kind)
        };
        let version = message.version.checked_sub(1).filter(|version| *version > 0);
        let mut writes = vec![
            Write::Message(Box::new(message.clone())),
            Write::Events((first..).zip(kinds).map(event).collect()),
        ];
        if decided {
            let mut decision = sample.decision(1);
            let offer = OfferFacts { price: price(), units: 1, funds: Funds::Enough, can_deliver: true };
            (decision.offers, decision.p1) = (Some([offer; 3]), Some(price()));
            writes.push(Write::Decisions(message.id, vec![decision]));
        }
        let payer = message.originator.payer.clone().unwrap();
        if let Some(kind) = money {
            let mut entry = sample.entry(1, kind, 3);
            entry.payer = payer.clone();
            writes.push(Write::Ledger(vec![entry]));
            writes.push(Write::Payer(Box::new(account(payer))));
        }
        let expects = vec![Expect::Message { id: message.id, version }];
        Unit { shard: message.id.shard(), epoch: 1, expects, writes }
    }

    fn accept(&self) -> Unit {
        let started = EventKind::AttemptStarted {
            attempt: 1,
            service: Service::Sms,
            route: self.message.attempts[0].route.clone(),
            kind: self.message.attempts[0].kind,
            price: price(),
            may_duplicate: false,
        };
        let mut unit = self.unit(vec![EventKind::Accepted, started], Some(LedgerKind::Reserve), true);
        unit.writes.push(Write::Content(self.message.id, Box::new(Sample(self.n).content())));
        unit
    }

    fn hand_over(&mut self) -> Unit {
        self.message.version = 2;
        self.message.attempts[0].parts[0].peer_id = Some(PeerId::new(format!("{:08x}", self.n)));
        self.unit(vec![EventKind::AttemptHandedOver { attempt: 1 }], None, false)
    }

    fn deliver(&mut self) -> Unit {
        let message = &mut self.message;
        (message.version, message.status, message.due) = (3, Status::Delivered, None);
        message.delivered_at = Some(message.accepted_at.plus_millis(900));
        message.slot =
            Slot::Charged { attempt: 1, hold: Hold { amount: price().as_first().unwrap(), taken: vec![] } };
        let kinds = vec![
            EventKind::AttemptDelivered { attempt: 1, service: Service::Sms },
            EventKind::Charged { attempt: 1, amount: price().as_first().unwrap() },
            EventKind::Delivered { service: Service::Sms },
        ];
        self.unit(kinds, Some(LedgerKind::Commit), true)
    }

    /// All three units in one, for the fill.
    fn whole(mut self) -> Unit {
        let (mut unit, over) = (self.accept(), self.hand_over());
        let done = self.deliver();
        unit.writes.retain(|write| !matches!(write, Write::Message(_) | Write::Payer(_)));
        let later = over.writes.into_iter().filter(|write| !matches!(write, Write::Message(_)));
        unit.writes.extend(later.chain(done.writes));
        unit
    }
}

fn account(id: PayerId) -> Payer {
    let zero = Money::zero(Currency::EUR);
    let plan = switchback_core::model::PlanId::new("prepaid");
    Payer {
        id,
        version: 1,
        plan,
        currency: Currency::EUR,
        balance: zero,
        credit_limit: zero,
        held: zero,
        buckets: vec![],
        barred: false,
        charged_outside: false,
    }
}

/// A line of this process's or thread's figures.
fn figure(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    line.split_whitespace().next().unwrap_or("0").parse().unwrap_or(0)
}

/// CPU nanoseconds of the threads of that name.
fn cpu(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::path::PathBuf| {
        let comm = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        (comm.trim() == name).then(|| figure(task.join("schedstat").to_str().unwrap_or(""), ""))
    };
    tasks.filter_map(|task| of(task.unwrap().path())).sum()
}

fn fill(store: &SqliteStore, count: u64) {
    let start = Instant::now();
    let mut next = 0;
    while next < count {
        let end = (next + 50_000).min(count);
        store.fill((next..end).map(|n| Life::new(n).whole()).collect()).unwrap();
        next = end;
    }
    println!("fill: {count} in {:.1?}", start.elapsed());
}

/// Open messages for offline subscribers.
fn wait(store: &SqliteStore, first: u64, count: u64) {
    let start = Instant::now();
    let one = |n: u64| {
        let mut life = Life::new(n);
        life.message.attempts.clear();
        life.message.status = Status::Waiting;
        life.message.recipient_subscriber = Some(SubscriberId::new(format!("subscriber-{n}")));
        let mut unit = life.accept_waiting();
        unit.expects.clear();
        unit
    };
    for chunk in 0..count.div_ceil(10_000) {
        let range = chunk * 10_000..((chunk + 1) * 10_000).min(count);
        store.fill(range.map(|n| one(first + n)).collect()).unwrap();
    }
    println!("waiting: {count} in {:.1?}", start.elapsed());
}

impl Life {
    fn accept_waiting(&self) -> Unit {
        let mut unit = self.unit(vec![EventKind::Accepted], None, true);
        unit.writes.push(Write::Content(self.message.id, Box::new(Sample(self.n).content())));
        unit
    }
}

/// What the committing threads do.
struct Drive {
    group: u64,
    rate: u64,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Drive {
    /// One thread: messages are accepted in one commit, handed over in the next, delivered in the one after.
    fn run(&self, store: &SqliteStore) -> Vec<Duration> {
        let (mut accepted, mut handed, mut took): (Vec<Life>, Vec<Life>, Vec<Duration>) =
            (vec![], vec![], vec![]);
        let pace = Duration::from_nanos(1_000_000_000 * self.group * THREADS / self.rate.max(1));
        let mut turn = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(self.group, Ordering::Relaxed);
            let fresh: Vec<_> = (first..first + self.group).map(Life::new).collect();
            let mut units: Vec<_> = fresh.iter().map(Life::accept).collect();
            units.extend(accepted.iter_mut().map(Life::hand_over));
            units.extend(handed.iter_mut().map(Life::deliver));
            let asked = Instant::now();
            assert!(store.commit(units).unwrap().iter().all(Result::is_ok));
            took.push(asked.elapsed());
            (handed, accepted) = (accepted, fresh);
            if self.rate > 0 {
                turn += pace;
                std::thread::sleep(turn.saturating_duration_since(Instant::now()));
            }
        }
        took
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "measure-store".into());
    let mut number = |default| arguments.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(default);
    let (filled, seconds, waiting, group, rate) =
        (number(10_000), number(5), number(0), number(64), number(0));
    std::fs::create_dir_all(&folder).unwrap();
    let store = SqliteStore::open(&Options::at(&folder)).unwrap();
    fill(&store, filled);
    wait(&store, filled, waiting);
    drop(store);
    let start = Instant::now();
    let store = SqliteStore::open(&Options::at(&folder)).unwrap();
    println!("opened in {:.1?}, RSS {} MiB, {:?}", start.elapsed(), rss(), store.totals().unwrap());

    let drive = Drive { group, rate, next: AtomicU64::new(filled + waiting), stop: AtomicBool::new(false) };
    measure(&store, &drive, Duration::from_secs(seconds));
    let closing = Instant::now();
    drop(store);
    let each = size(&folder) / drive.next.into_inner();
    println!("closed in {:.1?}, file {each} B a message", closing.elapsed());
}

fn measure(store: &SqliteStore, drive: &Drive, time: Duration) {
    let (before, written) = (store.totals().unwrap(), figure("/proc/self/io", "write_bytes: "));
    let (start, used) = (Instant::now(), (cpu("store-writer"), cpu("checkpointer")));
    let mut took: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| drive.run(store))).collect();
        std::thread::sleep(time);
        drive.stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let (elapsed, after) = (start.elapsed().as_millis().max(1), store.totals().unwrap());
    let (units, commits) = (after.units - before.units, (after.commits - before.commits).max(1));
    let messages = (units / 3).max(1);
    let micros = |name: &str, used: u64| (cpu(name) - used) / 10 / units.max(1);
    let (writer, checkpoint) = (micros("store-writer", used.0), micros("checkpointer", used.1));
    let a_second = |count: u64| u128::from(count) * 1000 / elapsed;
    println!(
        "{messages} messages at {}/s, {} units a commit, {} commits/s",
        a_second(messages),
        units / commits,
        a_second(commits)
    );
    took.sort_unstable();
    let [p50, p99, p999, p1000] =
        [500, 990, 999, 1000].map(|permille| took[(took.len() - 1) * permille / 1000]);
    println!("a commit takes p50 {p50:.1?}, p99 {p99:.1?}, p999 {p999:.1?}, longest {p1000:.1?}");
    println!("writer {writer} x 0.01 us a unit, checkpointer {checkpoint} x 0.01 us a unit");
    let disk = figure("/proc/self/io", "write_bytes: ") - written;
    println!(
        "stored {} B a message, written {} B a message",
        (after.bytes - before.bytes) / messages,
        disk / messages
    );
    println!("behind by {} events, RSS {} MiB", after.cursor - after.watermark, rss());
}

/// MiB of memory.
fn rss() -> u64 {
    figure("/proc/self/status", "VmRSS:") / 1024
}

fn size(folder: &str) -> u64 {
    std::fs::metadata(format!("{folder}/switchback.db")).map_or(0, |data| data.len())
}
