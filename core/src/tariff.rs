//! What this message would cost this payer now: plans, payers and the marginal price.
//!
//! One function, [`price`], quotes and charges: the quote is the reservation that would be made, so the two
//! cannot disagree. Everything is integer arithmetic in nano-units, rounded once.
#![deny(clippy::arithmetic_side_effects)]

mod amount;
mod buckets;
mod calendar;
mod check;
mod csv;
mod each;
mod example;
mod explain;
mod json_list;
mod notices;
mod numbers;
mod numbers_read;
mod occasion;
mod origin;
mod parse;
mod payer;
mod place;
mod plan;
mod prefixes;
mod price;
mod rates;
mod tariffs;
mod zone;

pub use example::{Example, ExampleFailed, ExampleMessage};
pub use explain::{Explanation, explain};
pub use occasion::Occasion;
pub use payer::{Bucket, LedgerError, Payer, Purse};
pub use plan::{MAIN_BALANCE, Plan, PlanError, Rounding};
pub use price::{AllowanceLeft, Ask, Priced, Size, price};
pub use tariffs::{TariffError, TariffFault, Tariffs};
