//! The small traits between Switchback's engine and the world.
//!
//! * [`Store`] - where messages live: durable commits with preconditions, exact point look-ups, lists behind a watermark.
//! * [`Transport`] - a way out of one service: measure, attempt, withdraw.
//! * [`Intake`] - the way in: services and the API hand the engine what they hear.
//! * [`Charging`] - an operator's own charging system: quote, reserve, commit, release, refund.
//! * [`Clock`] and [`Random`] - the only sources of time and chance, so that a test can be their master.
//! * [`contract`] - the examinations that stores and clients of charging systems pass, run by each implementation's own tests.
//!
//! The nouns that only travel through these doors ([`directory`], records, pages) live beside them.

mod answer;
mod charging;
mod clock;
pub mod contract;
pub mod directory;
mod intake;
mod page;
mod record;
mod store;
mod transport;
mod unit;

pub use answer::{Answer, Done, Gone, Responder, answer};
pub use charging::{
    BalanceLeft, ChargeDone, ChargeKey, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, ChargeTold,
    Charging,
};
pub use clock::{Clock, Random};
pub use intake::{
    Accepted, Arrival, CancelOutcome, DeviceReceipt, Disposition, Intake, NamedQuote, Overloaded,
    PayerChange, Quote, QuoteAsk, QuoteLine, QuotedCharge, QuotedFallback, Refusal, RefusalKind, RouteChange,
    RouteState, Subscription, Trace,
};
pub use page::{
    Chapter, ConversationLine, ConversationSummary, EventLine, IncomingMessage, LedgerTotals, MessageFilter,
    Page, StoreTotals,
};
pub use record::{CorruptRecord, decode, encode};
pub use store::{DeviceRow, LOST_BY_US, Store, StoreFailure};
pub use transport::{AttemptOrder, Measure, Transport, TransportFull, WithdrawOrder};
pub use unit::{
    Committed, Conflict, Expect, IdempotencyKey, IdempotencyRecord, KEPT_MAX, PeerRef, RefusalRecord, Unit,
    Write,
};
