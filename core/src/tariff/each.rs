//! For whom a counter of a plan counts. Most count all that the payer sends; some have one of their own for each account,
//! route or recipient, which the payer opens when it is first used. Its name is that of the plan's counter and, behind
//! an `@`, whose it is.

use super::payer::{Bucket, Payer};
use crate::model::{AccountId, Address, RouteId, Time, Unit, fixed_hash};
use smol_str::{SmolStr, format_smolstr};

/// Stands between a counter's id and whose it is; no id of a plan holds it.
pub(super) const MARK: char = '@';

/// The most conversations that a payer has open at once: beyond it every message is one of its own.
pub(super) const CONVERSATIONS_MAX: usize = 1000;

/// How long a conversation lasts, in minutes.
const CONVERSATION: u32 = 24 * 60;

/// Whose a message is, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'a> {
    pub(super) recipient: &'a Address,
    pub(super) account: Option<&'a AccountId>,
    pub(super) route: Option<&'a RouteId>,
}

/// For whom a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    /// For all that the payer sends.
    Payer,
    /// For each account that sends.
    Account,
    /// For each route out.
    Route,
    /// For each recipient.
    Recipient,
}

impl Each {
    /// The bucket that counts this message; nothing where it is nobody's.
    pub(super) fn bucket(self, id: &SmolStr, of: &Whose<'_>) -> Option<SmolStr> {
        let whose = match self {
            Self::Payer => return Some(id.clone()),
            Self::Account => format_smolstr!("{}", of.account?),
            Self::Route => format_smolstr!("{}", of.route?),
            // Nobody reads a number out of a record of charges.
            Self::Recipient => {
                format_smolstr!("{:016x}", fixed_hash(&of.recipient.of_person().to_string()))
            }
        };
        Some(format_smolstr!("{id}{MARK}{whose}"))
    }
}

/// Where a payer's conversation with a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversation {
    /// It goes on until that minute since 1970-01-01.
    Open { until: u32 },
    /// The message begins one, in that minute.
    Begins { minute: u32 },
    /// The message is one by itself: no more are counted.
    Uncounted,
}

/// Whole minutes since 1970-01-01.
pub(super) fn minute(at: Time) -> u32 {
    u32::try_from(at.as_millis() / 60_000).unwrap_or(u32::MAX)
}

impl Bucket {
    /// The id of the plan's counter, where this is one of several.
    pub(super) fn counter(&self) -> Option<&str> {
        self.id.split_once(MARK).map(|(counter, _)| counter)
    }

    /// Until when the conversation goes on, once one has begun.
    pub(super) const fn until(&self) -> u32 {
        self.period.saturating_add(CONVERSATION)
    }

    /// True for a conversation that has ended, or never was.
    fn has_ended(&self, minute: u32) -> bool {
        self.unit == Unit::Conversation
            && self.counter().is_some()
            && (self.until() <= minute || self.used.saturating_add(self.held) == 0)
    }
}

impl Payer {
    /// The bucket of that id, or the one that it would begin as.
    #[must_use]
    pub fn bucket(&self, id: &str) -> Option<&Bucket> {
        let find = |id: &str| self.buckets.iter().find(|bucket| bucket.id == id);
        find(id).or_else(|| find(id.split_once(MARK)?.0))
    }

    /// True while no more conversations are counted.
    pub(super) fn talks_to_all_it_can(&self, minute: u32) -> bool {
        let open = self.buckets.iter().filter(|bucket| bucket.unit == Unit::Conversation);
        let open = open.filter(|bucket| bucket.counter().is_some() && !bucket.has_ended(minute));
        open.count() >= CONVERSATIONS_MAX
    }
}

/// Opens the bucket of that id, when the plan has its counter. `period` is when it is used first: conversations that ended
/// before then are forgotten.
pub(super) fn open(buckets: &mut Vec<Bucket>, id: &SmolStr, period: u32) -> Option<usize> {
    let counter = id.split_once(MARK)?.0;
    let first = buckets.iter().find(|bucket| bucket.id == counter)?.clone();
    if first.unit == Unit::Conversation {
        buckets.retain(|bucket| !bucket.has_ended(period));
    }
    buckets.push(Bucket { id: id.clone(), period, ..first });
    buckets.len().checked_sub(1)
}
