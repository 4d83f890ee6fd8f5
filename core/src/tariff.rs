//! What this message would cost this payer now: plans, payers and the marginal price.
//!
//! One function, [`price`], quotes and charges: the quote is the reservation that would be made, so the two
//! cannot disagree. Everything is integer arithmetic in nano-units, rounded once.
#![deny(clippy::arithmetic_side_effects)]

mod calendar;
mod check;
mod parse;
mod payer;
mod plan;
mod prefixes;
mod price;

pub use payer::{Bucket, LedgerError, Payer, Purse};
pub use plan::{Plan, PlanError, Rounding};
pub use price::{AllowanceLeft, Ask, Priced, Size, price};
