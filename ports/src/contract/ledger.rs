//! The ledger: its order, and a proof that finds what is wrong (I7, I8, I9).

use super::sample::{cents, payer, writes};
use super::{Sample, StoreUnderTest, got, put};
use crate::{LedgerTotals, Store, Unit, Write};
use switchback_core::charge::LedgerKind::{self, Commit, Release, Reserve};
use switchback_core::model::Status;

/// A unit with entries of one message, and the payer's balance and reservations after it.
fn entries(n: u64, list: &[(u16, LedgerKind)], balance: i128, held: i128) -> Unit {
    let ledger = list.iter().map(|(attempt, kind)| Sample(n).entry(*attempt, *kind, 3)).collect();
    writes(vec![Write::Ledger(ledger), Write::Payer(Box::new(payer("payer", 1, balance, held)))])
}

/// The sums, which are whole and of now.
fn proof(store: &dyn Store) -> LedgerTotals {
    let totals = got(store.ledger_proof());
    assert_eq!((totals.complete, totals.watermark), (true, got(store.totals()).cursor));
    LedgerTotals { watermark: 0, complete: false, ..totals }
}

/// A payer with a euro, and three messages.
fn begin(store: &dyn Store) {
    put(store, writes(vec![Write::Payer(Box::new(payer("payer", 1, 60, 0)))]));
    put(store, writes(vec![Write::Payer(Box::new(payer("payer", 2, 100, 0)))]));
    for n in 1..=3 {
        put(store, Sample(n).accept());
    }
}

/// Reservations, charges, and a top-up in between.
pub(super) fn balanced(of: &mut dyn StoreUnderTest) {
    begin(of.store());
    put(of.store(), entries(1, &[(1, Reserve)], 100, 3));
    put(of.store(), entries(1, &[(1, Release), (2, Reserve)], 100, 3));
    put(of.store(), entries(2, &[(1, Reserve)], 100, 6));
    put(of.store(), entries(1, &[(2, Commit)], 97, 3));
    put(of.store(), writes(vec![Write::Payer(Box::new(payer("payer", 1, 147, 3)))]));
    put(of.store(), Sample(1).finish(Status::Delivered));
    let expected =
        LedgerTotals { entries: 5, open_holds: 1, charged: vec![cents(3)], ..LedgerTotals::default() };
    assert_eq!(proof(of.store()), expected);
    super::catch_up(of);
    assert_eq!(proof(of.store()), expected);
    of.reopen();
    assert_eq!(proof(of.store()), expected);
}

/// An orphan, a double charge, money that went without an entry, and an entry that nobody paid.
pub(super) fn faults(of: &mut dyn StoreUnderTest) {
    begin(of.store());
    let clean = LedgerTotals::default();
    assert_eq!(proof(of.store()), clean);
    put(of.store(), entries(1, &[(1, Reserve)], 100, 3));
    assert_eq!(proof(of.store()).orphan_holds, 0);
    put(of.store(), Sample(1).finish(Status::Failed));
    assert_eq!(proof(of.store()).orphan_holds, 1, "its message is final");
    put(of.store(), entries(1, &[(1, Release)], 100, 0));
    assert_eq!(proof(of.store()).orphan_holds, 0);

    put(of.store(), entries(2, &[(1, Reserve), (1, Commit), (2, Reserve), (2, Commit)], 94, 0));
    let double = proof(of.store());
    assert_eq!((double.double_charges, double.unbalanced.len()), (1, 0), "{double:?}");

    put(of.store(), entries(3, &[(1, Reserve), (1, Commit)], 94, 0));
    let unpaid = proof(of.store());
    assert_eq!(unpaid.unbalanced, ["payer"], "the charge did not leave the balance");
    put(of.store(), entries(3, &[(2, Reserve), (2, Release)], 91, 0));
    assert_eq!(proof(of.store()).unbalanced, Vec::<smol_str::SmolStr>::new());
    put(of.store(), entries(3, &[(3, Reserve)], 91, 0));
    assert_eq!(proof(of.store()).unbalanced, ["payer"], "the reservation is not held");
}

/// Asked after every step, the sums are those of a store that reads it all for the first time; whatever the order in
/// which a message and its entries come, and also when a final message is opened again.
pub(super) fn asked_again(of: &mut dyn StoreUnderTest) {
    put(of.store(), writes(vec![Write::Payer(Box::new(payer("payer", 1, 100, 0)))]));
    let mut again = Sample(1).message();
    again.version = 3;
    let steps = [
        (entries(1, &[(1, Reserve)], 100, 3), (1, 1)),
        (Sample(1).accept(), (1, 0)),
        (Sample(1).finish(Status::Failed), (1, 1)),
        (writes(vec![Write::Message(Box::new(again))]), (1, 0)),
        (entries(1, &[(1, Release), (2, Reserve)], 100, 3), (1, 0)),
        (entries(1, &[(2, Commit)], 97, 0), (0, 0)),
    ];
    for (step, (unit, (open, orphans))) in steps.into_iter().enumerate() {
        put(of.store(), unit);
        let asked = proof(of.store());
        assert_eq!((asked.open_holds, asked.orphan_holds), (open, orphans), "step {step}");
        assert!(asked.unbalanced.is_empty(), "step {step}: {asked:?}");
        of.reopen();
        assert_eq!(proof(of.store()), asked, "step {step}");
    }
}
