//! Credit control (RFC 8506) as online charging uses it (TS 32.299): requests, answers, and the client's logic.
//!
//! A [`Dialogue`] is one thing that is wanted: a price, a reservation, its end, a debit, a refund. It says which
//! [`Step`] to ask, hears what came of it, and says what to do next. [`Profile::write`] makes the step's request of a
//! [`Charge`].

mod answer;
mod aoc;
mod client;
mod dialogue;
mod judge;
mod money;
mod request;
mod service;
mod units;
mod words;

pub use answer::{CreditControlAnswer, FailedAvp, MultipleServices};
pub use aoc::{AocInformation, CurrentTariff, RateElement};
pub use client::{Charge, Content, Contexts, Place, Profile, Step, UnitsAt, session_id};
pub use dialogue::{Dialogue, Ended, Heard, Next, Operation, Quoting};
pub use judge::{Grant, Refusal, Suspicion, Terms};
pub use money::{CostInformation, Decimal, Money};
pub use request::{CreditControlRequest, Subscription};
pub use service::{
    ImsInformation, MessageBody, MmsInformation, NodeAddress, PsInformation, RecipientInfo,
    ServiceInformation, SmsInformation,
};
pub use units::Units;
pub use words::{
    AddressType, AocRequest, DebitFailureHandling, FailureHandling, FinalUnitAction, RequestType,
    RequestedAction, SubscriptionType,
};
