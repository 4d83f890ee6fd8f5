//! Charging by CGRateS, over its JSON-RPC: written after its public documentation and the exchanges of its own tests, and
//! **not verified against a running CGRateS**.
//!
//! [`CgratesCharging`] is the [`Charging`](switchback_ports::Charging) port. A reservation is a session, whose OriginID
//! follows from what is charged, so that it is the same after a crash:
//!
//! | order | call |
//! |---|---|
//! | quote | `APIerSv1.GetAccountCost`: what the account would pay, with its allowances; nothing is debited |
//! | reserve | the same, then `SessionSv1.InitiateSession`, which debits all units or none |
//! | commit | `SessionSv1.TerminateSession` with the units used, then `SessionSv1.ProcessCDR` |
//! | release | `SessionSv1.TerminateSession` with no units used: what was debited is given back |
//! | refund | refused: it would need the cost's details, and twice would be twice |
//!
//! `SessionSv1.AuthorizeEvent` holds nothing, and `SessionSv1.ProcessMessage` debits what is there when that is less than
//! what was asked for: neither can keep the promise that a message costs its price or nothing.

mod answer;
mod charging;
mod decimal;
mod flow;
mod link;
mod options;
mod request;

pub use charging::CgratesCharging;
pub use options::Options;
