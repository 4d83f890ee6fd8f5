//! A charging record: one line for an attempt, for a message, or for what came after a message's end.
//!
//! The table below is the whole form: its order is that of JSON members and CSV columns, its names are theirs. Every
//! value is the text that stands in the file, an empty one is left out, so that writing, reading, comparing and
//! masking each need one way through it.

use smol_str::SmolStr;
use switchback_core::model::Address;

/// How a value stands in JSON. In CSV all of them are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A whole number, without quotes.
    Number,
    /// `true`; left out when false.
    Flag,
}

macro_rules! record {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// One record. See the manual's page of charging records for what each value means.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Record { $($(#[$doc])* pub(crate) $name: SmolStr,)* }

        /// Names and kinds of all values, in the order of the files.
        pub(crate) const COLUMNS: &[(&str, Kind)] = &[$((stringify!($name), Kind::$kind),)*];

        impl Record {
            /// All values, in the order of [`COLUMNS`].
            pub(crate) fn values(&self) -> [&SmolStr; COLUMNS.len()] {
                [$(&self.$name,)*]
            }

            /// A value's kind and place; nothing when there is no such column.
            pub(crate) fn value_mut(&mut self, name: &str) -> Option<(Kind, &mut SmolStr)> {
                match name { $(stringify!($name) => Some((Kind::$kind, &mut self.$name)),)* _ => None }
            }
        }
    };
}

record! {
    /// Number in the node's stream, from 1, without a gap.
    seq: Number,
    /// The record's own key: a loader that has it already drops the second one.
    id: Text,
    /// `attempt`, `message` or `adjust`.
    record: Text,
    /// The chapter of the log that it was made from.
    log: Number,
    /// The node that wrote it.
    node: Text,
    /// The message.
    message: Text,
    /// The attempt's number.
    attempt: Number,
    /// Whose message: `subscriber:ID`, `account:ID` or `network`.
    owner: Text,
    /// Who pays.
    payer: Text,
    /// The sender's address.
    from: Text,
    /// The recipient's address.
    to: Text,
    /// Where the sender was: `home`, `wifi`, a visited network's MCC and MNC, or `wifi@` and that.
    origin: Text,
    /// The message class.
    class: Text,
    /// The service; of a message the one that delivered it, else the last one tried.
    service: Text,
    /// The route.
    route: Text,
    /// Why the attempt was made: `first`, `fallback`, `revert`, `retry`, `repeat`.
    kind: Text,
    /// Units as the plan counts them.
    units: Number,
    /// Wire parts.
    parts: Number,
    /// Bytes of content.
    bytes: Number,
    /// When the message was accepted.
    accepted_at: Text,
    /// When the attempt's intent was durable.
    started_at: Text,
    /// When the next hop took it.
    handed_over_at: Text,
    /// When it ended; of an adjustment, when that happened.
    ended_at: Text,
    /// What became of it.
    result: Text,
    /// The peer's last code, `smpp:NUMBER`, `smpp_receipt:NUMBER` or `sip:NUMBER`.
    code: Text,
    /// The reasons of the decision, by their codes.
    reasons: Text,
    /// The price at which the attempt started; of a message p1.
    price: Text,
    /// `exact`, `estimate`, `list`, `not_offered` or `unknown`.
    price_kind: Text,
    /// The most that the message was allowed to cost.
    limit: Text,
    /// The plan that priced the attempt; of a message that of p1.
    plan: Text,
    /// Its version.
    plan_version: Number,
    /// Who debits: `server`, `external` (a charging system of the operator's), `bearer`, or `none` when nobody pays.
    settlement: Text,
    /// `delivered` or `submitted`.
    charge_on: Text,
    /// What the ledger charged less what it gave back; of an adjustment what it moved.
    charge: Text,
    /// The part of it that the plan keeps although undelivered.
    kept: Text,
    /// The currency of all amounts.
    currency: Text,
    /// Units of allowances that were charged, `ID:UNITS`.
    allowances: Text,
    /// A copy may have reached the recipient by another attempt.
    may_duplicate: Flag,
    /// `closed`, `in_doubt`, `uncollected`, `suppressed` or `disputed`.
    state: Text,
}

impl Record {
    /// The number in the stream; 0 when it has none yet.
    pub(crate) fn number(&self) -> u64 {
        self.seq.parse().unwrap_or(0)
    }

    /// The chapter it was made from; 0 when that is not told.
    pub(crate) fn chapter(&self) -> u64 {
        self.log.parse().unwrap_or(0)
    }

    /// The columns in which two records differ. Numbers may be masked in one and not in the other, and the node's name
    /// is a matter of configuration: neither is a difference.
    pub(crate) fn differs_in(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.values().into_iter().zip(other.values());
        let unlike = COLUMNS.iter().zip(pairs).filter(|((name, _), (own, others))| match *name {
            "node" => false,
            "from" | "to" => own != others && masked(own) != **others && masked(others) != **own,
            _ => own != others,
        });
        unlike.map(|((name, _), _)| *name).collect()
    }
}

/// An address as records have it when numbers are masked: people's are, short codes and names of businesses are not.
pub(crate) fn masked(address: &str) -> String {
    match Address::parse(address) {
        Ok(address @ (Address::E164(_) | Address::Sip(_))) => address.masked(),
        _ => address.to_owned(),
    }
}
