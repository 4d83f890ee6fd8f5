//! Payers and the ledger's proof, for the operator.

use super::money::{MoneyIn, MoneyOut};
use super::shown::Shown;
use super::words::UnitWord;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use switchback_core::model::{Owner, Time};
use switchback_core::tariff::{Bucket, Payer};
use switchback_ports::{LedgerTotals, RefusalRecord};
use utoipa::{IntoParams, ToSchema};

/// A payer's plan, and what is paid in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayerIn)]
pub(crate) struct PayerIn {
    /// The plan that prices its messages.
    #[schema(value_type = String)]
    pub(crate) plan: SmolStr,
    /// Money paid in, added to the balance.
    pub(crate) top_up: Option<MoneyIn>,
    /// Which of the plan's balances it goes to; `main` when not given.
    #[schema(value_type = Option<String>)]
    pub(crate) top_up_to: Option<SmolStr>,
    /// How far the balance may go below zero; unchanged when not given.
    pub(crate) credit_limit: Option<MoneyIn>,
    /// A spending cap that the payer agreed to pass.
    pub(crate) raise: Option<RaiseIn>,
}

/// By how much a cap with `override` may be passed in its present period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RaiseIn)]
pub(crate) struct RaiseIn {
    /// The cap's id in the plan.
    #[schema(value_type = String)]
    pub(crate) cap: SmolStr,
    /// What may be charged beyond it, added to what it was raised by before.
    pub(crate) by: MoneyIn,
}

/// The money account behind SIMs and accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payer)]
pub(crate) struct PayerOut {
    /// Its id.
    id: String,
    /// Its plan.
    plan: String,
    /// ISO 4217.
    currency: String,
    /// Paid in and not charged.
    balance: MoneyOut,
    /// How far the balance may go below zero.
    credit_limit: MoneyOut,
    /// The sum of open reservations.
    held: MoneyOut,
    /// What a message may cost now.
    available: MoneyOut,
    /// True: nothing is sold to it.
    barred: bool,
    /// Its allowances, passes (one unit a period), spending caps and balances of their own (nano-units), counted volumes and
    /// open conversations.
    allowances: Vec<BucketOut>,
}

/// An allowance and how much of it is used in its current period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allowance)]
pub(crate) struct BucketOut {
    /// Its id in the plan; behind an `@` the account, route or recipient (a hash of it) that it counts for alone.
    #[schema(value_type = String)]
    id: SmolStr,
    /// What it counts.
    unit: UnitWord,
    /// Units a period.
    amount: u64,
    /// When the period that `used` and `held` are of began, by the clock of the plan: a day, like `2026-11-23`, or a
    /// minute, like `2026-11-23T14:00`. Null: it has no periods, or was never used.
    since: Option<String>,
    /// Units charged.
    used: u64,
    /// Units reserved.
    held: u64,
}

/// Sums that prove the ledger, as far as it has been read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerTotals)]
pub(crate) struct LedgerTotalsOut {
    /// Every entry that came with an event up to this cursor is in the sums.
    watermark: String,
    /// True when all that was stored is in the sums. While it is false, ask again: each answer goes on where the last
    /// one ended.
    complete: bool,
    /// Entries.
    entries: u64,
    /// Open reservations.
    open_holds: u64,
    /// Of those, reservations of messages that are final: must be 0.
    orphan_holds: u64,
    /// Messages charged more than once: must be 0.
    double_charges: u64,
    /// Charged minus refunded, by currency.
    charged: Vec<MoneyOut>,
    /// Payers whose balance does not add up: must be empty. Known once `complete`.
    unbalanced: Vec<String>,
}

/// A submission that was refused: no message, no charge, only this line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedSubmission)]
pub(crate) struct RefusalOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Time>,
    /// Who asked: `subscriber:ID`, `account:ID` or `network`.
    owner: String,
    /// For whom.
    to: Option<String>,
    /// The stable code.
    #[schema(value_type = String)]
    code: SmolStr,
}

/// How many refusals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LimitParams {
    /// How many lines, 1 to 200; 50 when not given.
    pub(crate) limit: Option<usize>,
}

impl From<&Payer> for PayerOut {
    fn from(payer: &Payer) -> Self {
        Self {
            id: payer.id.to_string(),
            plan: payer.plan.to_string(),
            currency: payer.currency.to_string(),
            balance: payer.balance.into(),
            credit_limit: payer.credit_limit.into(),
            held: payer.held.into(),
            available: payer.available().into(),
            barred: payer.barred,
            allowances: payer.buckets.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Bucket> for BucketOut {
    fn from(bucket: &Bucket) -> Self {
        Self {
            id: bucket.id.clone(),
            unit: bucket.unit.into(),
            amount: bucket.amount,
            since: bucket.since(),
            used: bucket.used,
            held: bucket.held,
        }
    }
}

impl From<LedgerTotals> for LedgerTotalsOut {
    fn from(totals: LedgerTotals) -> Self {
        Self {
            watermark: totals.watermark.to_string(),
            complete: totals.complete,
            entries: totals.entries,
            open_holds: totals.open_holds,
            orphan_holds: totals.orphan_holds,
            double_charges: totals.double_charges,
            charged: totals.charged.into_iter().map(Into::into).collect(),
            unbalanced: totals.unbalanced.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<RefusalRecord> for RefusalOut {
    fn from(record: RefusalRecord) -> Self {
        Self {
            at: Shown(record.at),
            owner: owner_text(&record.owner),
            to: record.recipient.map(|address| address.to_string()),
            code: record.code,
        }
    }
}

fn owner_text(owner: &Owner) -> String {
    match owner {
        Owner::Subscriber(id) => format!("subscriber:{id}"),
        Owner::Account(id) => format!("account:{id}"),
        Owner::Network => "network".to_owned(),
    }
}
