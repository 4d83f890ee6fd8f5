//! Named misbehaviours of a charging system, in the grammar of all [scripts](crate::script). Rates are rolled for each
//! request, numbers are those of its payer.

use crate::script::{self, Misbehaves};
use wire_diameter::ResultCode;

/// What can go wrong at a charging system. The names in scripts are in [`Misbehaviour::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of names beside them says what each does")]
pub enum Misbehaviour {
    Late,
    AnswerLost,
    NoDeduplication,
    NoPriceEnquiry,
    RatingFailed,
    CreditLimit,
    GrantsMore,
    GrantsLess,
    GrantsNothing,
    DropsMidSession,
    WatchdogOnly,
    FailsOver,
    ExponentOff,
    UnknownUser,
    Denied,
    NotApplicable,
    NoRefund,
    AnswersTwice,
    Broke,
    Expires,
}

/// What a charging system does wrong.
pub type Script = script::Script<Misbehaviour>;

/// One line of it.
pub type Rule = script::Rule<Misbehaviour>;

impl Misbehaviour {
    /// Every name, with what it does.
    pub const NAMES: &'static [(&'static str, Self, &'static str)] = &[
        ("late", Self::Late, "done, and answered 5 s late"),
        ("answer-lost", Self::AnswerLost, "done, and never answered"),
        ("no-dedup", Self::NoDeduplication, "a request that comes again is done again"),
        ("no-price-enquiry", Self::NoPriceEnquiry, "price enquiries are refused with 5012"),
        ("rating-failed", Self::RatingFailed, "prices, reservations and debits are refused with 5031"),
        ("credit-limit", Self::CreditLimit, "reservations and debits are refused with 4012"),
        ("grants-more", Self::GrantsMore, "grants and holds more units than were asked for"),
        ("grants-less", Self::GrantsLess, "grants and holds one unit less than was asked for"),
        ("grants-nothing", Self::GrantsNothing, "says success and no granted units"),
        ("drops-mid-session", Self::DropsMidSession, "the link is cut after the answer to a reservation"),
        ("watchdog-only", Self::WatchdogOnly, "answers the watchdog and nothing else; nothing is done"),
        (
            "fails-over",
            Self::FailsOver,
            "the link that a session began on refuses its end with 3004; another takes it",
        ),
        ("exponent-off", Self::ExponentOff, "prices are told ten times as high as they are"),
        ("unknown-user", Self::UnknownUser, "refused with 5030"),
        ("denied", Self::Denied, "prices, reservations and debits are refused with 4010"),
        ("not-applicable", Self::NotApplicable, "prices, reservations and debits are free: 4011"),
        ("no-refund", Self::NoRefund, "refunds are refused with 5012"),
        ("answers-twice", Self::AnswersTwice, "done once, and answered twice"),
        ("expires", Self::Expires, "a reservation is granted and has run out at once"),
        ("broke", Self::Broke, "says with every answer that nothing is left, whatever is"),
    ];

    /// Its name in scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known, _)| *known == self).map_or("", |(name, ..)| name)
    }

    /// What it answers to something that begins, instead of doing it.
    pub(super) const fn refusal(self) -> Option<ResultCode> {
        match self {
            Self::RatingFailed => Some(ResultCode::RATING_FAILED),
            Self::UnknownUser => Some(ResultCode::USER_UNKNOWN),
            Self::Denied => Some(ResultCode::END_USER_SERVICE_DENIED),
            Self::NotApplicable => Some(ResultCode::CREDIT_CONTROL_NOT_APPLICABLE),
            _ => None,
        }
    }
}

impl Misbehaves for Misbehaviour {
    const NAMES: &'static [(&'static str, Self, &'static str)] = Self::NAMES;
}
