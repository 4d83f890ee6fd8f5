//! The nouns of the trade, one concept a file. Plain data with checked constructors; no rule lives here.

mod address;
mod attempt;
mod content;
mod decision;
mod event;
mod facts;
mod id;
mod message;
mod money;
mod names;
mod notice;
mod origin;
mod policy;
mod presence;
mod price;
mod reason;
mod report;
mod sentence;
mod service;
mod submission;
mod time;

pub use address::{Address, AddressError};
pub use attempt::{Attempt, AttemptKind, AttemptState, Outcome, Part, PartState, PeerCode, Withdrawal};
pub use content::{Chat, Content, ContentKind, ContentSummary, Media, Wants};
pub use decision::{
    Decision, DecisionRecord, FailReason, Needs, OfferFacts, Start, Step, WaitFor, WithdrawCause,
};
pub use event::{Event, EventKind};
pub use facts::{CannotCarry, Facts, Funds, Offer, Offers, Reach};
pub(crate) use id::fixed_hash;
pub use id::{IdError, MessageId, SHARD_COUNT, Shard};
pub use message::{Consent, Marks, Message, Originator, Owner, Pinned, Status, Told, Wait};
pub use money::{Currency, Money, MoneyError};
pub use names::{
    AccountId, ClassName, ClientRef, DeviceId, PayerId, PeerId, PlanId, RouteId, SimId, SubscriberId,
};
pub use notice::Notice;
pub use origin::{Origin, Plmn};
pub use policy::{Class, FallbackRule, MessagePolicy, OnUnknown, Priority, Timers};
pub use presence::Presence;
pub use price::{ChargeOn, NotOffered, PlanVersion, Price, Settlement, Unit, UnknownPrice};
pub use reason::Reason;
pub use report::{FailureClass, Input, Report, ReportKind, Target, WithdrawalAnswer};
pub use service::{ByService, Service};
pub use submission::{Choice, ServiceChoice, Submission};
pub use time::Time;
