//! Why a step was taken or a candidate refused: machine-readable, with the numbers it was decided on, and in plain
//! English for the sender.

use super::{Money, Service, Time};
use crate::charge::Unpaid;
use serde::{Deserialize, Serialize};

/// Why a step was taken or a candidate refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The sender named or chose this service.
    SenderChose(Service),
    /// The policy of R3 prefers this service.
    PolicyChose(Service),
    /// The sender wants to choose.
    SenderWillChoose,
    /// The sender did not choose in time: policy.
    ChoiceTimedOut,
    /// The recipient is online.
    RecipientOnline,
    /// The recipient is offline since then.
    RecipientOffline(Time),
    /// The recipient is no subscriber and no route serves the address.
    RecipientNotAUser,
    /// The recipient's status is not known.
    RecipientUnknown,
    /// The gate is open: committed + p2 <= limit (or p2 is 0).
    GateOpen {
        /// The service that passes.
        service: Service,
        /// Its price.
        p2: Money,
        /// What is committed.
        committed: Money,
        /// The limit; nothing when p1 and consent are unknown and p2 is 0.
        limit: Option<Money>,
    },
    /// The gate is closed: the price is higher.
    PriceHigher {
        /// The service refused.
        service: Service,
        /// Its price.
        p2: Money,
        /// What is committed.
        committed: Money,
        /// The limit; nothing when it is unknown.
        limit: Option<Money>,
    },
    /// Refused: its price is not known.
    PriceUnknown(Service),
    /// Refused: the plan does not sell it here.
    NotOffered(Service),
    /// Refused: the payer is short of funds.
    InsufficientFunds(Service),
    /// Refused: it can't carry the content.
    CannotCarry(Service),
    /// Refused: the recipient can't be reached by it.
    NotReachable(Service),
    /// Refused: it failed permanently for this message (R9).
    FailedForGood(Service),
    /// Refused: the sender said no fallback.
    FallbackNever,
    /// Reverting is switched off.
    RevertOff,
    /// The one revert has been made.
    RevertsUsed,
    /// The running attempt passed its deadline.
    DeadlinePassed,
    /// The last attempt failed for now.
    FailedForNow(Service),
    /// The attempt was taken back.
    WasWithdrawn(Service),
    /// The withdrawal brought no certainty: the attempt stays.
    WithdrawalUnclear,
    /// The peer says that it was delivered: its report is awaited.
    SaidDelivered,
    /// Nobody knows whether the attempt delivered.
    OutcomeUnknown(Service),
    /// The class allows another attempt after an unknown one.
    AtLeastOnce,
    /// The class forbids it.
    AtMostOnce,
    /// The recipient has been offline long enough (R8).
    OfflineLongEnough,
    /// Not yet offline long enough: not before then.
    OfflineUntil(Time),
    /// A registration arrived while the attempt was handed over (R7).
    CameOnline,
    /// The message was delivered.
    WasDelivered(Service),
    /// The recipient refused it.
    WasRefused,
    /// The message's life ended.
    LifeEnded,
    /// The sender took it back.
    SenderCanceled,
    /// The fault was ours (R13).
    OurFault,
    /// The next try waits for its backoff (R9).
    BackoffUntil(Time),
    /// The price rose above the quote (R2).
    PriceRose,
    /// Refused as the first service: its price is above the sender's bound (R3).
    AboveMax {
        /// The service.
        service: Service,
        /// Its price.
        price: Money,
        /// The bound.
        max: Money,
    },
    /// The first service's price was unknown when the sender took it, and still is.
    StillUnknown(Service),
    /// The gate is open, but nothing would go out now: no device is online, or the route is down; a running
    /// attempt is not given up for that.
    CannotGoNow(Service),
    /// Our own outage is not long over: nothing is concluded before then (R13).
    OurOutageUntil(Time),
    /// The bound on attempts of one message is reached.
    TooManyAttempts,
    /// What a sender sees of `RecipientOffline`: not since when.
    RecipientNotOnline,
    /// What a sender sees of `OfflineUntil`: not until when.
    NotOfflineLongEnough,
    /// The charging system turned it away, a moment ago.
    NotPayable(Service, Unpaid),
}

impl Reason {
    /// The stable code used in traces.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SenderChose(_) => "sender_chose",
            Self::PolicyChose(_) => "policy_chose",
            Self::SenderWillChoose => "sender_will_choose",
            Self::ChoiceTimedOut => "choice_timed_out",
            Self::RecipientOnline => "recipient_online",
            Self::RecipientOffline(_) | Self::RecipientNotOnline => "recipient_offline",
            Self::RecipientNotAUser => "recipient_not_a_user",
            Self::RecipientUnknown => "recipient_unknown",
            Self::GateOpen { .. } => "gate_open",
            Self::PriceHigher { .. } => "price_higher",
            Self::PriceUnknown(_) => "price_unknown",
            Self::NotOffered(_) => "not_offered",
            Self::InsufficientFunds(_) => "insufficient_funds",
            Self::CannotCarry(_) => "cannot_carry",
            Self::NotReachable(_) => "not_reachable",
            Self::FailedForGood(_) => "failed_for_good",
            Self::FallbackNever => "fallback_never",
            Self::RevertOff => "revert_off",
            Self::RevertsUsed => "reverts_used",
            Self::DeadlinePassed => "deadline_passed",
            Self::FailedForNow(_) => "failed_for_now",
            Self::WasWithdrawn(_) => "was_withdrawn",
            Self::WithdrawalUnclear => "withdrawal_unclear",
            Self::SaidDelivered => "said_delivered",
            Self::OutcomeUnknown(_) => "outcome_unknown",
            Self::AtLeastOnce => "at_least_once",
            Self::AtMostOnce => "at_most_once",
            Self::OfflineLongEnough => "offline_long_enough",
            Self::OfflineUntil(_) | Self::NotOfflineLongEnough => "not_offline_long_enough",
            Self::CameOnline => "came_online",
            Self::WasDelivered(_) => "was_delivered",
            Self::WasRefused => "was_refused",
            Self::LifeEnded => "life_ended",
            Self::SenderCanceled => "sender_canceled",
            Self::OurFault => "our_fault",
            Self::BackoffUntil(_) => "backoff",
            Self::PriceRose => "price_rose",
            Self::AboveMax { .. } => "price_above_max",
            Self::StillUnknown(_) => "price_still_unknown",
            Self::CannotGoNow(_) => "cannot_go_now",
            Self::OurOutageUntil(_) => "our_outage",
            Self::TooManyAttempts => "too_many_attempts",
            Self::NotPayable(..) => "not_payable",
        }
    }

    /// A clause for the sender, without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        match *self {
            Self::GateOpen { service, p2, committed, limit } => gate_open(service, p2, committed, limit),
            Self::PriceHigher { service, p2, committed, limit } => {
                price_higher(service, p2, committed, limit)
            }
            Self::AboveMax { service, price, max } => {
                format!("{} costs {price}, more than your bound of {max}", service.spoken())
            }
            Self::RecipientOffline(since) => format!("the recipient is offline since {since}"),
            Self::OfflineUntil(at) => format!("the recipient is not offline long enough before {at}"),
            Self::BackoffUntil(at) => format!("the next try is due at {at}"),
            Self::OurOutageUntil(at) => {
                format!("our own outage is not long over; nothing is concluded before {at}")
            }
            _ => self.of_service().unwrap_or_else(|| self.plain().into()),
        }
    }

    /// The clauses about one service.
    fn of_service(&self) -> Option<String> {
        Some(match *self {
            Self::SenderChose(service) => format!("you chose {}", service.spoken()),
            Self::PolicyChose(service) => format!("{} suits best", service.spoken()),
            Self::PriceUnknown(service) => format!("the price of {} is not known", service.spoken()),
            Self::NotOffered(service) => format!("your plan does not offer {} here", service.spoken()),
            Self::InsufficientFunds(service) => format!("your funds are short for {}", service.spoken()),
            Self::CannotCarry(service) => format!("{} cannot carry this content", service.spoken()),
            Self::NotReachable(service) => format!("the recipient cannot be reached by {}", service.spoken()),
            Self::FailedForGood(service) => format!("{} failed for good", service.spoken()),
            Self::FailedForNow(service) => format!("not delivered by {}", service.spoken()),
            Self::WasWithdrawn(service) => format!("the {} message was taken back", service.spoken()),
            Self::OutcomeUnknown(service) => {
                format!("nobody can tell whether {} delivered it", service.spoken())
            }
            Self::WasDelivered(service) => format!("delivered by {}", service.spoken()),
            Self::StillUnknown(service) => {
                format!("the price of {} is still unknown, as you took it", service.spoken())
            }
            Self::CannotGoNow(service) => format!("{} could not go out now", service.spoken()),
            Self::NotPayable(service, why) => {
                format!("{} cannot be paid, since {}", service.spoken(), why.sentence())
            }
            _ => return None,
        })
    }

    /// The clauses without numbers and names. The others are said above; here they would be their bare codes.
    const fn plain(&self) -> &'static str {
        match self {
            Self::SenderWillChoose => "you want to choose the service",
            Self::ChoiceTimedOut => "no choice came in time",
            Self::RecipientOnline => "the recipient is online",
            Self::RecipientNotOnline => "the recipient is not online",
            Self::RecipientNotAUser => "the recipient does not use chat here",
            Self::RecipientUnknown => "the recipient's status is not known",
            Self::FallbackNever => "you asked for no other service",
            Self::RevertOff => "going back is switched off",
            Self::RevertsUsed => "it has gone back once already",
            Self::DeadlinePassed => "not delivered in time",
            Self::WithdrawalUnclear => "it could not be taken back for certain",
            Self::SaidDelivered => "the network says that it was delivered",
            Self::AtLeastOnce => "rather twice than not at all",
            Self::AtMostOnce => "it must not arrive twice",
            Self::OfflineLongEnough => "the recipient has been offline long enough",
            Self::NotOfflineLongEnough => "the recipient has not been offline long enough",
            Self::CameOnline => "the recipient came online",
            Self::WasRefused => "the recipient did not accept it",
            Self::LifeEnded => "its time is over",
            Self::SenderCanceled => "you asked for it back",
            Self::OurFault => "the fault was ours",
            Self::PriceRose => "the price rose above your quote",
            Self::TooManyAttempts => "it was tried too often",
            _ => self.code(),
        }
    }
}

fn gate_open(service: Service, p2: Money, committed: Money, limit: Option<Money>) -> String {
    let name = service.spoken();
    match limit {
        _ if p2.is_zero() => format!("{name} costs nothing"),
        Some(limit) => format!("{name} costs {p2}, and {} + {} <= {limit}", committed.amount(), p2.amount()),
        None => format!("{name} costs {p2}"),
    }
}

fn price_higher(service: Service, p2: Money, committed: Money, limit: Option<Money>) -> String {
    let name = service.spoken();
    match limit {
        None => format!("{name} would cost {p2}, and no price was agreed"),
        Some(limit) if committed.is_zero() => {
            format!("{name} would cost {p2}, more than the {limit} you agreed to")
        }
        Some(limit) => format!(
            "{name} would cost {p2}, and {} + {} is more than the {limit} you agreed to",
            committed.amount(),
            p2.amount()
        ),
    }
}
