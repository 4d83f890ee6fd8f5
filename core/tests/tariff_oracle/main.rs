//! Random plans, states and messages against a second, naive implementation of the prices, and against the promise to
//! the sender. A million of them:
//!
//! `CASES=1000000 cargo test --release -p switchback-core --test tariff_oracle -- --include-ignored a_million`
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test builds is known to be sound; a panic is its failure"
)]

mod draw;
mod naive;
mod promise;

use draw::{Draw, Model};
use naive::Naive;
use switchback_core::charge::{Hold, LedgerEntry, LedgerKind, balance};
use switchback_core::model::{Currency, Funds, MessageId, Money, Notice, PayerId, Price, Shard, Time};
use switchback_core::tariff::{LedgerError, Payer, Plan, price};

const DAY: u64 = 86_400_000;
/// 2026-11-29: two days later another month begins.
const START: u64 = 20_786 * DAY;

/// How many prices are asked of one payer.
const ASKED: u64 = 16;

fn cases(usual: u64) -> u64 {
    std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

/// One payer's life: prices asked, reserved, charged, released and refunded while time goes by.
fn life(seed: u64) {
    let mut draw = Draw::new(seed);
    let model = Model::draw(&mut draw);
    let text = model.text();
    let plan = Plan::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    payer.credit_limit = Money::from_nanos(Currency::EUR, i128::from(draw.below(3)) * 10_000_000);
    let funds = Money::from_nanos(Currency::EUR, i128::from(draw.below(400)) * 1_000_000);
    payer.credit(funds).unwrap();
    let bonus = Money::from_nanos(Currency::EUR, i128::from(draw.below(100)) * 1_000_000);
    let bonus = if model.order.is_some() { bonus } else { Money::zero(Currency::EUR) };
    payer.credit_to(if model.order.is_some() { "bonus" } else { "main" }, bonus, &plan).unwrap();
    let funds = funds.checked_add(bonus).unwrap();
    let credit = payer.credit_limit.nanos;
    let mut naive = Naive::new(&model, funds.nanos, credit, u64::try_from(bonus.nanos).unwrap());
    let mut ledger: Vec<LedgerEntry> = Vec::new();
    // What is held or charged, by attempt.
    let mut slots: Vec<(u16, Hold, naive::Taken, bool)> = Vec::new();
    let mut at = START;
    for n in 0..ASKED {
        at += if draw.one_in(2) { draw.below(60) * 60_000 } else { draw.below(20) * DAY / 10 };
        raise(&mut draw, &model, (&mut payer, &plan), &mut naive, Time::from_millis(at));
        let message = draw.message(Time::from_millis(at));
        let quote = price(&plan, &payer, &message.ask());
        let expected = naive.price(&message);
        let before = payer.clone();
        let context = || format!("seed {seed} case {n}: {message:?}\n{text}\n{before:?}\n{quote:?}");
        assert_eq!(quote.price, expected.price, "{}", context());
        assert_eq!(quote.degraded, expected.degraded, "{}", context());
        if let (Price::Exact(money), Some(hold)) = (quote.price, quote.hold.clone()) {
            assert_eq!(hold.amount, money, "{}", context());
            assert_eq!(naive.can_pay(money.nanos), quote.funds == Funds::Enough, "{}", context());
            let attempt = u16::try_from(n + 1).unwrap();
            let done = write(&mut payer, &mut ledger, attempt, LedgerKind::Reserve, &hold, at);
            if quote.funds == Funds::Enough {
                assert_eq!(done, Ok(()), "a quote that can be paid can be reserved: {}", context());
                naive.reserve(money.nanos, &expected.taken);
                slots.push((attempt, hold, expected.taken, false));
            } else {
                assert_eq!(done, Err(LedgerError::Short), "{}", context());
            }
        }
        if !slots.is_empty() && draw.below(3) > 0 {
            let place = usize::try_from(draw.below(u64::try_from(slots.len()).unwrap())).unwrap();
            let (attempt, hold, taken, charged) = slots[place].clone();
            let kind = match (charged, draw.below(2)) {
                (false, 0) => LedgerKind::Release,
                (false, _) => LedgerKind::Commit,
                (true, 0) => LedgerKind::Keep,
                (true, _) => LedgerKind::Refund,
            };
            let before = payer.balance;
            write(&mut payer, &mut ledger, attempt, kind, &hold, at).unwrap();
            let told = payer.notices(&plan, ledger.last().unwrap());
            let told = told.iter().map(news).collect::<Vec<_>>();
            assert_eq!(told, naive.news(kind, hold.amount.nanos, &taken), "seed {seed} case {n}\n{text}");
            if kind == LedgerKind::Commit {
                let charged = before.checked_sub(payer.balance).unwrap();
                assert_eq!(charged, hold.amount, "what is quoted is what is charged");
                slots[place].3 = true;
            } else {
                slots.remove(place);
            }
            naive.end(kind, hold.amount.nanos, &taken);
        }
        check(&payer, &ledger, funds);
        let spent = payer.bucket("bonus").map_or(0, |bucket| bucket.used + bucket.held);
        assert_eq!(spent, naive.bonus_gone(), "seed {seed} case {n}\n{text}");
    }
}

/// A notice as the naive implementation tells it.
fn news(notice: &Notice) -> (String, u64) {
    match notice {
        Notice::CapReached { cap, percent } => {
            (cap.split('@').next().unwrap().to_owned(), u64::from(*percent))
        }
        Notice::BalanceLow => (String::new(), 0),
    }
}

/// Now and then the payer agrees that a cap takes more.
fn raise(
    draw: &mut Draw,
    model: &Model,
    (payer, plan): (&mut Payer, &Plan),
    naive: &mut Naive<'_>,
    at: Time,
) {
    for cap in model.caps.iter().filter(|cap| cap.raisable) {
        if draw.one_in(4) {
            let by = draw.below(60_000_000);
            payer.raise(cap.id, Money::from_nanos(Currency::EUR, by.into()), plan, at).unwrap();
            naive.raise(cap, by, at);
        }
    }
}

fn write(
    payer: &mut Payer,
    ledger: &mut Vec<LedgerEntry>,
    attempt: u16,
    kind: LedgerKind,
    hold: &Hold,
    at: u64,
) -> Result<(), LedgerError> {
    let message = MessageId::new(Time::from_millis(START), Shard::of("anna"), u128::from(attempt));
    let at = Time::from_millis(at);
    let entry = LedgerEntry { message, attempt, payer: payer.id.clone(), kind, hold: hold.clone(), at };
    payer.apply(&entry)?;
    ledger.push(entry);
    Ok(())
}

/// Ledger = opening + credits - charges, and nothing is past its bound.
fn check(payer: &Payer, ledger: &[LedgerEntry], funds: Money) {
    let audit = balance(ledger);
    assert_eq!(audit.faults, vec![]);
    if let Some(sums) = audit.payers.get(&payer.id) {
        assert_eq!((payer.held, payer.balance.nanos), (sums.held, funds.nanos - sums.charged.nanos));
    }
    assert!(payer.available().nanos >= 0 && payer.held.nanos >= 0);
    for bucket in &payer.buckets {
        assert!(bucket.used + bucket.held <= bucket.amount, "past its bound: {bucket:?}");
    }
}

#[test]
fn prices_agree_with_a_naive_second_implementation() {
    (0..cases(16_000) / ASKED).for_each(life);
}

#[test]
fn no_attempt_and_no_charge_goes_above_the_limit() {
    (0..cases(4_000)).for_each(promise::keep);
}

#[test]
#[ignore = "a million cases take a minute: run it in release mode"]
fn a_million_cases() {
    (0..cases(1_000_000) / ASKED).for_each(life);
    (0..cases(1_000_000)).for_each(promise::keep);
}
