//! Replays the ledger alone and says whether it balances: what each payer was charged, which reservations are
//! open, and every entry that could not have followed the one before it (I7, I8, I9).

use super::{Hold, LedgerEntry, LedgerKind, Slot};
use crate::model::{Currency, MessageId, Money, PayerId};
use std::collections::{BTreeMap, HashMap};

/// What a replay of the ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many entries were read.
    pub entries: u64,
    /// Sums of each payer.
    pub payers: BTreeMap<PayerId, Sums>,
    /// Reservations without an end, by message.
    pub open: Vec<OpenHold>,
    /// Entries that do not follow from those before them, in the ledger's order.
    pub faults: Vec<AuditFault>,
}

/// Sums of one payer: opening balance + credits - `charged` is its balance, `held` is what it has held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Open reservations.
    pub held: Money,
    /// Commits less refunds.
    pub charged: Money,
    /// The part of `charged` that a plan keeps although undelivered.
    pub kept: Money,
}

/// A reservation without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHold {
    /// The message.
    pub message: MessageId,
    /// The attempt.
    pub attempt: u16,
    /// Whose money it holds.
    pub payer: PayerId,
    /// What it holds.
    pub hold: Hold,
}

/// An entry that does not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// The message.
    pub message: MessageId,
    /// The attempt.
    pub attempt: u16,
    /// The payer.
    pub payer: PayerId,
    /// What is wrong.
    pub what: FaultKind,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A commit, or a reservation, while a charge stands that is neither refunded nor kept (I7).
    DoubleCharge,
    /// A reservation beside an open one (I9).
    DoubleReserve,
    /// A commit or release of what is not held for that attempt.
    NotReserved,
    /// A refund or keep of what is not charged for that attempt.
    NotCharged,
    /// It moves another amount, or other units, than the entry before it.
    OtherAmount,
    /// An attempt takes the slot after it, or a later one, has had it.
    AttemptAgain,
    /// Its payer or currency is not that of the message's first entry.
    OtherPayer,
    /// A sum does not fit; no real ledger comes near.
    Overflow,
}

/// The state that the entries of one message lead to.
struct Replay {
    payer: PayerId,
    currency: Currency,
    last_attempt: u16,
    slot: Slot,
}

/// Replays a ledger. Entries of one message must come in their order; messages may be mixed.
/// Uses memory in proportion to the number of messages.
#[must_use]
pub fn balance<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> Audit {
    let mut audit = Audit::default();
    let mut replays: HashMap<MessageId, Replay> = HashMap::new();
    for entry in entries {
        audit.entries = audit.entries.saturating_add(1);
        let replay = replays.entry(entry.message).or_insert_with(|| Replay {
            payer: entry.payer.clone(),
            currency: entry.hold.amount.currency,
            last_attempt: 0,
            slot: Slot::Empty,
        });
        let follows = replay.follow(entry);
        let summed = audit.sum(entry);
        for what in [follows, summed].into_iter().filter_map(Result::err) {
            let (message, attempt, payer) = (entry.message, entry.attempt, entry.payer.clone());
            audit.faults.push(AuditFault { message, attempt, payer, what });
        }
    }
    for (message, replay) in replays {
        if let Slot::Held { attempt, hold } = replay.slot {
            audit.open.push(OpenHold { message, attempt, payer: replay.payer, hold });
        }
    }
    audit.open.sort_by_key(|open| open.message);
    audit
}

impl Audit {
    /// Open reservations of messages that are not open: nothing will ever end them (I9).
    #[must_use]
    pub fn orphans(&self, is_open: impl Fn(MessageId) -> bool) -> Vec<&OpenHold> {
        self.open.iter().filter(|open| !is_open(open.message)).collect()
    }

    /// Charges that stand beside another of the same message (I7).
    #[must_use]
    pub fn double_charges(&self) -> usize {
        self.faults.iter().filter(|fault| fault.what == FaultKind::DoubleCharge).count()
    }

    /// Adds the entry to its payer's sums.
    fn sum(&mut self, entry: &LedgerEntry) -> Result<(), FaultKind> {
        let amount = entry.hold.amount;
        let zero = Money::zero(amount.currency);
        let sums =
            self.payers.entry(entry.payer.clone()).or_insert(Sums { held: zero, charged: zero, kept: zero });
        if sums.held.currency != amount.currency {
            return Err(FaultKind::OtherPayer);
        }
        let (held, charged, kept) = match entry.kind {
            LedgerKind::Reserve => (sums.held.checked_add(amount), Some(sums.charged), Some(sums.kept)),
            LedgerKind::Commit => {
                (sums.held.checked_sub(amount), sums.charged.checked_add(amount), Some(sums.kept))
            }
            LedgerKind::Release => (sums.held.checked_sub(amount), Some(sums.charged), Some(sums.kept)),
            LedgerKind::Refund => (Some(sums.held), sums.charged.checked_sub(amount), Some(sums.kept)),
            LedgerKind::Keep => (Some(sums.held), Some(sums.charged), sums.kept.checked_add(amount)),
        };
        let (Some(held), Some(charged), Some(kept)) = (held, charged, kept) else {
            return Err(FaultKind::Overflow);
        };
        *sums = Sums { held, charged, kept };
        Ok(())
    }
}

impl Replay {
    /// Moves the slot as the entry says, and says whether it could.
    fn follow(&mut self, entry: &LedgerEntry) -> Result<(), FaultKind> {
        let mut verdict = Ok(());
        if entry.payer != self.payer || entry.hold.amount.currency != self.currency {
            verdict = Err(FaultKind::OtherPayer);
        }
        let same = |hold: &Hold| if *hold == entry.hold { Ok(()) } else { Err(FaultKind::OtherAmount) };
        let (attempt, hold) = (entry.attempt, entry.hold.clone());
        let step = match (entry.kind, &self.slot) {
            (LedgerKind::Reserve, Slot::Empty) if attempt <= self.last_attempt => {
                Err(FaultKind::AttemptAgain)
            }
            (LedgerKind::Reserve, Slot::Empty) => Ok(()),
            (LedgerKind::Reserve, Slot::Held { .. }) => Err(FaultKind::DoubleReserve),
            (LedgerKind::Reserve | LedgerKind::Commit, Slot::Charged { .. }) => Err(FaultKind::DoubleCharge),
            (LedgerKind::Commit | LedgerKind::Release, Slot::Held { attempt: holder, hold })
                if *holder == attempt =>
            {
                same(hold)
            }
            (LedgerKind::Refund | LedgerKind::Keep, Slot::Charged { attempt: holder, hold })
                if *holder == attempt =>
            {
                same(hold)
            }
            (LedgerKind::Commit | LedgerKind::Release, _) => Err(FaultKind::NotReserved),
            (LedgerKind::Refund | LedgerKind::Keep, _) => Err(FaultKind::NotCharged),
        };
        // The entry stands in the ledger whatever we think of it: go on from what it says.
        self.slot = match entry.kind {
            LedgerKind::Reserve => Slot::Held { attempt, hold },
            LedgerKind::Commit => Slot::Charged { attempt, hold },
            LedgerKind::Release | LedgerKind::Refund | LedgerKind::Keep => Slot::Empty,
        };
        self.last_attempt = self.last_attempt.max(attempt);
        verdict.and(step)
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultKind, Hold, LedgerEntry, LedgerKind, balance};
    use crate::model::{Currency, MessageId, Money, PayerId, Shard, Time};
    use LedgerKind::{Commit, Keep, Refund, Release, Reserve};

    fn ledger(steps: &[(u16, LedgerKind, i128)]) -> Vec<LedgerEntry> {
        let message = MessageId::new(Time::from_millis(1), Shard::of("anna"), 1);
        let entry = |&(attempt, kind, nanos): &(u16, LedgerKind, i128)| LedgerEntry {
            message,
            attempt,
            payer: PayerId::new("anna"),
            kind,
            hold: Hold { amount: Money::from_nanos(Currency::EUR, nanos), taken: Vec::new() },
            at: Time::from_millis(1),
        };
        steps.iter().map(entry).collect()
    }

    fn faults(steps: &[(u16, LedgerKind, i128)]) -> Vec<FaultKind> {
        balance(&ledger(steps)).faults.iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_message_that_switched_and_was_refunded_balances() {
        let audit = balance(&ledger(&[
            (1, Reserve, 3),
            (1, Release, 3),
            (2, Reserve, 2),
            (2, Commit, 2),
            (2, Refund, 2),
            (3, Reserve, 3),
            (3, Commit, 3),
            (3, Keep, 3),
            (4, Reserve, 1),
        ]));
        let sums = audit.payers[&PayerId::new("anna")];
        assert_eq!((audit.faults, audit.entries), (vec![], 9));
        assert_eq!((sums.held.nanos, sums.charged.nanos, sums.kept.nanos), (1, 3, 3));
        assert_eq!(audit.open.len(), 1);
    }

    #[test]
    fn an_open_reservation_is_an_orphan_once_its_message_is_final() {
        let audit = balance(&ledger(&[(1, Reserve, 3)]));
        assert_eq!(audit.orphans(|_| true).len(), 0);
        assert_eq!(audit.orphans(|_| false).len(), 1);
    }

    #[test]
    fn finds_every_entry_that_does_not_follow() {
        use FaultKind::{AttemptAgain, DoubleCharge, DoubleReserve, NotCharged, NotReserved, OtherAmount};
        assert_eq!(faults(&[(1, Reserve, 3), (1, Commit, 3), (1, Commit, 3)]), [DoubleCharge]);
        assert_eq!(
            faults(&[(1, Reserve, 3), (1, Commit, 3), (2, Reserve, 3), (2, Commit, 3)]),
            [DoubleCharge]
        );
        assert_eq!(faults(&[(1, Reserve, 3), (2, Reserve, 3)]), [DoubleReserve]);
        assert_eq!(faults(&[(1, Reserve, 3), (2, Commit, 3)]), [NotReserved]);
        assert_eq!(faults(&[(1, Release, 3)]), [NotReserved]);
        assert_eq!(faults(&[(1, Reserve, 3), (1, Refund, 3)]), [NotCharged]);
        assert_eq!(faults(&[(1, Reserve, 3), (1, Commit, 4)]), [OtherAmount]);
        assert_eq!(faults(&[(1, Reserve, 3), (1, Release, 3), (1, Reserve, 3)]), [AttemptAgain]);
    }
}
