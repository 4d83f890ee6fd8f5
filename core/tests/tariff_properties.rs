//! What must hold of prices and payers whatever the plan and the order of events.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test builds is known to be sound; a panic is its failure"
)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use switchback_core::charge::{Hold, LedgerEntry, LedgerKind, balance};
use switchback_core::model::{
    Address, Currency, Funds, MessageId, Money, PayerId, Price, Service, Shard, Time,
};
use switchback_core::tariff::{Ask, LedgerError, Payer, Plan, Priced, Size, price};

const DAY: u64 = 86_400_000;
/// 2026-11-30: a day later another month begins.
const START: u64 = 20_787 * DAY;

#[derive(Clone, Debug)]
struct Shape {
    step: u64,
    price: u64,
    setup: u64,
    min: u64,
    max: Option<u64>,
    decimals: u8,
    rounding: &'static str,
    allowances: Vec<(u64, bool, &'static str)>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let rounding = prop::sample::select(vec!["up", "half-up", "half-even", "down"]);
    let per = prop::sample::select(vec!["day", "month", "once"]);
    let allowances = prop::collection::vec((0u64..12, any::<bool>(), per), 0..3);
    (
        1u64..4,
        0u64..40_000,
        0u64..9_000,
        0u64..9_000,
        prop::option::of(0u64..90_000),
        2u8..6,
        rounding,
        allowances,
    )
        .prop_map(|(step, price, setup, min, max, decimals, rounding, allowances)| Shape {
            step,
            price,
            setup,
            min,
            max: max.map(|max| max.max(min)),
            decimals,
            rounding,
            allowances,
        })
}

/// Amounts of a shape are in millionths.
fn decimal(millionths: u64) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

fn plan(shape: &Shape) -> Plan {
    let mut text = format!(
        "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = {}\nrounding = \"{}\"\n\
         [[rate]]\nservice = \"sms\"\nstep = {}\nprice = \"{}\"\nsetup = \"{}\"\nmin = \"{}\"\n",
        shape.decimals,
        shape.rounding,
        shape.step,
        decimal(shape.price),
        decimal(shape.setup),
        decimal(shape.min)
    );
    if let Some(max) = shape.max {
        text.push_str(&format!("max = \"{}\"\n", decimal(max)));
    }
    for (i, (amount, whole, per)) in shape.allowances.iter().enumerate() {
        let split = if *whole { "whole" } else { "segments" };
        text.push_str(&format!(
            "[[allowance]]\nid = \"a{i}\"\nservices = [\"sms\"]\namount = {amount}\nper = \"{per}\"\nsplit = \"{split}\"\npriority = {i}\n"
        ));
    }
    Plan::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn sms(plan: &Plan, payer: &Payer, segments: u64, at: u64) -> Priced {
    let recipient = Address::parse("+46701234567").unwrap();
    let size = Size { segments, bytes: 1 };
    price(plan, payer, &Ask::from_home(Service::Sms, &recipient, size, Time::from_millis(at)))
}

/// The price by hand: one segment at a time out of the allowances, then decimal long division in millionths.
fn by_hand(shape: &Shape, left: &[u64], segments: u64) -> i128 {
    let (mut open, mut left) = (segments, left.to_vec());
    for (i, (_, whole, _)) in shape.allowances.iter().enumerate() {
        if *whole && left[i] < open {
            continue;
        }
        while open > 0 && left[i] > 0 {
            (open, left[i]) = (open - 1, left[i] - 1);
        }
    }
    if open == 0 {
        return 0;
    }
    let mut steps = 0;
    while steps * shape.step < open {
        steps += 1;
    }
    let mut exact = (shape.setup + steps * shape.price).max(shape.min);
    exact = shape.max.map_or(exact, |max| exact.min(max));
    let smallest = 10_u64.pow(6 - u32::from(shape.decimals));
    let (below, rest) = (exact / smallest, exact % smallest);
    let up = match shape.rounding {
        "up" => rest != 0,
        "down" => false,
        "half-up" => rest * 2 >= smallest,
        _ => rest * 2 > smallest || (rest * 2 == smallest && below % 2 == 1),
    };
    i128::from((below + u64::from(up)) * smallest) * 1000
}

/// One message of the random ledger: what it holds or was charged.
#[derive(Clone, Debug)]
struct Slot {
    attempt: u16,
    hold: Hold,
    charged: bool,
}

struct Books {
    plan: Plan,
    payer: Payer,
    ledger: Vec<LedgerEntry>,
    slots: BTreeMap<u8, Slot>,
    attempts: BTreeMap<u8, u16>,
    credits: i128,
    at: u64,
}

impl Books {
    fn entry(&self, message: u8, attempt: u16, kind: LedgerKind, hold: Hold) -> LedgerEntry {
        let at = Time::from_millis(self.at);
        let message = MessageId::new(Time::from_millis(START), Shard::of("anna"), u128::from(message));
        LedgerEntry { message, attempt, payer: self.payer.id.clone(), kind, hold, at }
    }

    fn write(&mut self, entry: LedgerEntry) -> Result<(), LedgerError> {
        let before = self.payer.clone();
        let done = self.payer.apply(&entry);
        match done {
            Ok(()) => self.ledger.push(entry),
            Err(_) => assert_eq!(self.payer, before, "a refused entry changes nothing"),
        }
        done
    }

    /// Quotes a message, and reserves what was quoted.
    fn reserve(&mut self, message: u8, segments: u64) {
        if self.slots.contains_key(&message) {
            return;
        }
        let quote = sms(&self.plan, &self.payer, segments, self.at);
        let Price::Exact(money) = quote.price else { panic!("{:?}", quote.price) };
        let hold = quote.hold.unwrap();
        assert!(money.nanos >= 0);
        assert_eq!(hold.amount, money, "what is quoted is what is reserved");
        let attempt = self.attempts.entry(message).or_default();
        *attempt += 1;
        let attempt = *attempt;
        let done = self.write(self.entry(message, attempt, LedgerKind::Reserve, hold.clone()));
        let expected = if quote.funds == Funds::Enough { Ok(()) } else { Err(LedgerError::Short) };
        assert_eq!(done, expected, "a quote that can be paid can be reserved");
        if done.is_ok() {
            self.slots.insert(message, Slot { attempt, hold, charged: false });
        }
    }

    fn end(&mut self, message: u8, kind: LedgerKind) {
        let Some(slot) = self.slots.get(&message).cloned() else { return };
        if slot.charged != matches!(kind, LedgerKind::Refund | LedgerKind::Keep) {
            return;
        }
        let (before, amount) = (self.payer.balance, slot.hold.amount);
        self.write(self.entry(message, slot.attempt, kind, slot.hold)).unwrap();
        if kind == LedgerKind::Commit {
            assert_eq!(
                before.checked_sub(self.payer.balance),
                Some(amount),
                "what is quoted is what is charged"
            );
            self.slots.get_mut(&message).unwrap().charged = true;
        } else {
            self.slots.remove(&message);
        }
    }

    fn check(&self) {
        let audit = balance(&self.ledger);
        assert_eq!(audit.faults, vec![]);
        assert_eq!(audit.open.len(), self.slots.values().filter(|slot| !slot.charged).count());
        if let Some(sums) = audit.payers.get(&self.payer.id) {
            assert_eq!(self.payer.held, sums.held, "held is the sum of open reservations");
            assert_eq!(self.payer.balance.nanos, self.credits - sums.charged.nanos, "the ledger balances");
        }
        assert!(self.payer.held.nanos >= 0);
        assert!(self.payer.available().nanos >= 0, "never past its bound");
        for bucket in &self.payer.buckets {
            assert!(bucket.used + bucket.held <= bucket.amount, "never past its allowance: {bucket:?}");
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Reserve(u8, u64),
    End(u8, LedgerKind),
    Credit(u64),
    Later(u64),
    /// Something that does not fit: the wrong holder's amount.
    Wrong(u8, LedgerKind, u64),
}

fn op() -> impl Strategy<Value = Op> {
    use LedgerKind::{Commit, Keep, Refund, Release};
    let kind = prop::sample::select(vec![Commit, Release, Refund, Keep]);
    prop_oneof![
        4 => (0u8..4, 1u64..9).prop_map(|(m, n)| Op::Reserve(m, n)),
        5 => (0u8..4, kind.clone()).prop_map(|(m, k)| Op::End(m, k)),
        1 => (0u64..100_000).prop_map(Op::Credit),
        1 => (1u64..40 * 24).prop_map(Op::Later),
        1 => (0u8..4, kind, 1u64..9).prop_map(|(m, k, n)| Op::Wrong(m, k, n)),
    ]
}

proptest! {
    #[test]
    fn a_second_implementation_agrees(shape in shape(), used in prop::collection::vec(0u64..12, 3), segments in 0u64..30) {
        let plan = plan(&shape);
        let mut payer = Payer::open(PayerId::new("anna"), &plan);
        let mut left = Vec::new();
        for (bucket, used) in payer.buckets.iter_mut().zip(used) {
            // The period is the one that the price will be asked in, so that the units count as used.
            bucket.used = used.min(bucket.amount);
            let per = shape.allowances[left.len()].2;
            bucket.period = match per { "once" => 0, "day" => 20_787, _ => 20_787 - 29 };
            left.push(bucket.amount - bucket.used);
        }
        let quote = sms(&plan, &payer, segments, START);
        let expected = Money::from_nanos(Currency::EUR, by_hand(&shape, &left, segments));
        prop_assert_eq!(quote.price, Price::Exact(expected));
        prop_assert_eq!(quote.units, segments);
    }

    #[test]
    fn ledger_and_payer_agree_whatever_happens(
        shape in shape(), credit_limit in 0u64..50_000, ops in prop::collection::vec(op(), 0..60),
    ) {
        let plan = plan(&shape);
        let mut payer = Payer::open(PayerId::new("anna"), &plan);
        payer.credit_limit = Money::from_nanos(Currency::EUR, i128::from(credit_limit) * 1000);
        let mut books = Books {
            plan, payer, ledger: Vec::new(), slots: BTreeMap::new(), attempts: BTreeMap::new(), credits: 0, at: START,
        };
        for op in ops {
            match op {
                Op::Reserve(message, segments) => books.reserve(message, segments),
                Op::End(message, kind) => books.end(message, kind),
                Op::Credit(amount) => {
                    let amount = Money::from_nanos(Currency::EUR, i128::from(amount) * 1000);
                    books.payer.credit(amount).unwrap();
                    books.credits += amount.nanos;
                }
                Op::Later(hours) => books.at += hours * 3_600_000,
                Op::Wrong(message, kind, nanos) => {
                    // More than everything that is held or could be: no bound may give way.
                    let past = Money::from_nanos(Currency::EUR, books.payer.held.nanos + i128::from(nanos));
                    let entry = books.entry(message, 999, kind, Hold { amount: past, taken: Vec::new() });
                    if matches!(kind, LedgerKind::Commit | LedgerKind::Release) {
                        prop_assert_eq!(books.write(entry), Err(LedgerError::NotHeld));
                    }
                }
            }
            books.check();
        }
    }

    #[test]
    fn more_segments_never_cost_less(shape in shape(), segments in 1u64..20) {
        // Of an allowance that covers only whole messages the last segment may be the one that is too many, never
        // the other way round.
        let plan = plan(&shape);
        let payer = Payer::open(PayerId::new("anna"), &plan);
        let (few, more) = (sms(&plan, &payer, segments, START), sms(&plan, &payer, segments + 1, START));
        prop_assume!(shape.allowances.iter().all(|(_, whole, _)| !whole));
        prop_assert!(few.price.as_first().unwrap().at_most(more.price.as_first().unwrap()));
    }
}

#[test]
fn units_given_back_after_the_month_do_not_swell_the_next() {
    let shape = Shape {
        step: 1,
        price: 10_000,
        setup: 0,
        min: 0,
        max: None,
        decimals: 2,
        rounding: "up",
        allowances: vec![(10, false, "month")],
    };
    let plan = plan(&shape);
    let payer = Payer::open(PayerId::new("anna"), &plan);
    let mut books = Books {
        plan,
        payer,
        ledger: Vec::new(),
        slots: BTreeMap::new(),
        attempts: BTreeMap::new(),
        credits: 0,
        at: START,
    };
    books.reserve(1, 4);
    books.reserve(2, 3);
    books.end(2, LedgerKind::Commit);
    let stale = sms(&books.plan, &books.payer, 1, books.at).hold.unwrap();
    assert_eq!((books.payer.buckets[0].held, books.payer.buckets[0].used), (4, 3));
    books.at += DAY;
    assert_eq!(
        sms(&books.plan, &books.payer, 11, books.at).price.as_first().unwrap().amount(),
        "0.01",
        "a fresh month of ten"
    );
    books.reserve(3, 2);
    assert_eq!((books.payer.buckets[0].held, books.payer.buckets[0].used), (2, 0));
    books.end(1, LedgerKind::Release);
    books.end(2, LedgerKind::Refund);
    assert_eq!((books.payer.buckets[0].held, books.payer.buckets[0].used), (2, 0));
    assert_eq!(
        books.payer.apply(&books.entry(4, 1, LedgerKind::Reserve, stale)),
        Err(LedgerError::PeriodEnded)
    );
}

#[test]
fn entries_of_others_are_refused() {
    let shape = Shape {
        step: 1,
        price: 0,
        setup: 0,
        min: 0,
        max: None,
        decimals: 2,
        rounding: "up",
        allowances: vec![(1, false, "once")],
    };
    let plan = plan(&shape);
    let payer = Payer::open(PayerId::new("anna"), &plan);
    let mut books = Books {
        plan,
        payer,
        ledger: Vec::new(),
        slots: BTreeMap::new(),
        attempts: BTreeMap::new(),
        credits: 0,
        at: START,
    };
    let hold = sms(&books.plan, &books.payer, 1, START).hold.unwrap();
    let mut foreign = books.entry(1, 1, LedgerKind::Reserve, hold.clone());
    foreign.payer = PayerId::new("bo");
    assert_eq!(books.write(foreign), Err(LedgerError::WrongPayer));
    let mut dollars = books.entry(1, 1, LedgerKind::Reserve, hold.clone());
    dollars.hold.amount.currency = Currency::parse("USD").unwrap();
    assert_eq!(books.write(dollars), Err(LedgerError::WrongCurrency));
    let mut negative = books.entry(1, 1, LedgerKind::Reserve, hold.clone());
    negative.hold.amount.nanos = -1;
    assert_eq!(books.write(negative), Err(LedgerError::Overflow));
    assert_eq!(books.write(books.entry(1, 1, LedgerKind::Reserve, hold.clone())), Ok(()));
    assert_eq!(
        books.write(books.entry(2, 1, LedgerKind::Reserve, hold.clone())),
        Err(LedgerError::AllowanceShort)
    );
    assert_eq!(books.write(books.entry(2, 1, LedgerKind::Refund, hold)), Err(LedgerError::NotHeld));
}

proptest! {
    #[test]
    fn no_text_panics_the_reader(text in ".{0,200}") {
        let _ = Plan::parse(&text);
    }

    #[test]
    fn no_size_panics_a_price(segments: u64, bytes: u64, at: u64) {
        let plan = Plan::parse("[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n[[rate]]\nservice = \"im\"\nunit = \"byte\"\nprice = \"1000000\"\nsetup = \"1000000\"\nprice_per = 281474976710655\nim_overhead_bytes = 4294967295\n").unwrap();
        let payer = Payer::open(PayerId::new("anna"), &plan);
        let recipient = Address::parse("+46701234567").unwrap();
        let ask = Ask::from_home(Service::Im, &recipient, Size { segments, bytes }, Time::from_millis(at));
        let quote = price(&plan, &payer, &ask);
        prop_assert!(quote.price.as_first().is_none_or(|money| money.nanos > 0));
    }
}
