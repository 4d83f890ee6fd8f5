//! The money of a record: sums over entries of the ledger, and the price that an attempt started at.

use super::record::Record;
use smol_str::{SmolStr, ToSmolStr};
use switchback_core::charge::{LedgerEntry, LedgerKind};
use switchback_core::model::{Money, Price};

/// What entries of the ledger come to; amounts in nano-units.
#[derive(Default)]
pub(super) struct Sums<'a> {
    money: Option<Money>,
    /// Commits less refunds.
    pub(super) charge: i128,
    kept: i128,
    /// Something was held.
    pub(super) reserved: bool,
    /// Something was charged, whether or not it was given back.
    pub(super) committed: bool,
    /// Allowances charged, and units of each.
    taken: Vec<(&'a str, i128)>,
}

impl<'a> Sums<'a> {
    /// The sums of these.
    pub(super) fn of(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> Self {
        let mut sums = Self::default();
        for LedgerEntry { kind, hold, .. } in entries {
            sums.money.get_or_insert(hold.amount);
            let sign = match kind {
                LedgerKind::Commit => 1,
                LedgerKind::Refund => -1,
                LedgerKind::Reserve | LedgerKind::Release | LedgerKind::Keep => 0,
            };
            sums.reserved |= *kind == LedgerKind::Reserve;
            sums.committed |= *kind == LedgerKind::Commit;
            sums.charge = sums.charge.saturating_add(sign * hold.amount.nanos);
            if *kind == LedgerKind::Keep {
                sums.kept = sums.kept.saturating_add(hold.amount.nanos);
            }
            for taken in hold.taken.iter().filter(|_| sign != 0) {
                let units = sign * i128::from(taken.units);
                match sums.taken.iter_mut().find(|(bucket, _)| *bucket == taken.bucket) {
                    Some((_, sum)) => *sum += units,
                    None => sums.taken.push((taken.bucket.as_str(), units)),
                }
            }
        }
        sums
    }

    /// Whether there was any entry at all.
    pub(super) const fn any(&self) -> bool {
        self.money.is_some()
    }

    /// Puts them into a record.
    pub(super) fn fill(&self, record: &mut Record) {
        let Some(Money { currency, .. }) = self.money else { return };
        let amount = |nanos| SmolStr::new(Money::from_nanos(currency, nanos).amount());
        record.charge = amount(self.charge);
        record.kept = if self.kept == 0 { SmolStr::default() } else { amount(self.kept) };
        record.currency = currency.to_smolstr();
        let taken = self.taken.iter().filter(|(_, units)| *units != 0);
        let taken: Vec<_> = taken.map(|(bucket, units)| format!("{bucket}:{units}")).collect();
        record.allowances = SmolStr::new(taken.join(" "));
    }
}

/// A price, and how sure it was.
pub(super) fn priced(record: &mut Record, price: Option<Price>) {
    let Some(price) = price else { return };
    record.price_kind = SmolStr::new_static(price.kind());
    if let Some(money) = price.as_next() {
        record.price = SmolStr::new(money.amount());
        record.currency = money.currency.to_smolstr();
    }
}
