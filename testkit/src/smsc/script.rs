//! Named misbehaviours of an SMSC, by rate and by destination, in any combination.
//!
//! A script is text: `throttled:50,no-answer@+4670999,receipt-three-times:100@+46` means fifty submits in a
//! thousand are throttled, every submit to numbers that begin with +4670999 gets no answer, and a tenth of those to
//! +46 get their receipt three times. Of several answers that a submit could get, the first in the script is given;
//! everything that concerns its receipt is combined.

use crate::chance::Dice;
use std::str::FromStr;
use wire_smpp::CommandStatus;

/// What can go wrong at an SMSC. The names in scripts are in [`Misbehaviour::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of names beside them says what each does")]
pub enum Misbehaviour {
    NoAnswer,
    Swallowed,
    AnswerLate,
    AnswerAfterTimeout,
    AnswerDoubled,
    AnswerUnknownSequence,
    AnswersOutOfOrder,
    InvalidDestination,
    SystemError,
    Throttled,
    QueueFull,
    NoMessageId,
    CutBeforeAnswer,
    CutInsidePdu,
    HalfOpen,
    BindRefused,
    AlreadyBound,
    ReceiptBeforeAnswer,
    ReceiptThreeTimes,
    DeliveredThenUndelivered,
    NoReceipt,
    ReceiptAfterRebind,
    IdDecimal,
    IdUpperCase,
    IdPadded,
    AnswerDecimal,
    AnswerUpperCase,
    AnswerPadded,
    ReceiptOnOtherBind,
    ReceiptByDataSm,
    ReceiptInPayload,
    ReceiptTlvOnly,
    ReadsSlowly,
    Undelivered,
    UnknownSubscriber,
    Expired,
    Rejected,
    Pending,
}

impl Misbehaviour {
    /// Every name, with what it does.
    pub const NAMES: &'static [(&'static str, Self, &'static str)] = &[
        ("no-answer", Self::NoAnswer, "the message is taken, the submit never answered"),
        ("swallowed", Self::Swallowed, "the submit is neither taken nor answered"),
        ("answer-late", Self::AnswerLate, "the answer comes 5 s late"),
        ("answer-after-timeout", Self::AnswerAfterTimeout, "the answer comes after the client's timeout"),
        ("answer-doubled", Self::AnswerDoubled, "the answer comes twice"),
        ("unknown-sequence", Self::AnswerUnknownSequence, "the answer has a sequence that was never sent"),
        ("out-of-order", Self::AnswersOutOfOrder, "the answer comes after the next one"),
        ("invalid-destination", Self::InvalidDestination, "refused with 0x0B"),
        ("system-error", Self::SystemError, "refused with 0x08"),
        ("throttled", Self::Throttled, "refused with 0x58"),
        ("queue-full", Self::QueueFull, "refused with 0x14"),
        ("no-message-id", Self::NoMessageId, "taken, and answered without an id"),
        ("cut-before-answer", Self::CutBeforeAnswer, "taken, and the link is cut instead of an answer"),
        ("cut-inside-pdu", Self::CutInsidePdu, "taken, and the link is cut inside the answer"),
        (
            "half-open",
            Self::HalfOpen,
            "taken, and nothing is answered on this link any more, not even enquire_link",
        ),
        ("bind-refused", Self::BindRefused, "binds are refused with 0x0E"),
        ("already-bound", Self::AlreadyBound, "binds within 2 s of a lost link are refused with 0x05"),
        ("receipt-before-answer", Self::ReceiptBeforeAnswer, "the receipt comes before the answer"),
        ("receipt-three-times", Self::ReceiptThreeTimes, "the receipt comes three times"),
        ("delivered-then-undelivered", Self::DeliveredThenUndelivered, "DELIVRD, then UNDELIV"),
        ("no-receipt", Self::NoReceipt, "there is no receipt"),
        ("receipt-after-rebind", Self::ReceiptAfterRebind, "the receipt waits for the client's next bind"),
        ("id-decimal", Self::IdDecimal, "the id is hexadecimal in the answer and decimal in the receipt"),
        ("id-upper-case", Self::IdUpperCase, "the id is in upper case in the receipt"),
        ("id-padded", Self::IdPadded, "the id is padded with zeros in the receipt"),
        (
            "answer-decimal",
            Self::AnswerDecimal,
            "the id is decimal in the answer and hexadecimal in the receipt",
        ),
        ("answer-upper-case", Self::AnswerUpperCase, "the id is in upper case in the answer"),
        ("answer-padded", Self::AnswerPadded, "the id is padded with zeros in the answer"),
        ("receipt-on-other-bind", Self::ReceiptOnOtherBind, "the receipt comes on another bind"),
        ("receipt-by-data-sm", Self::ReceiptByDataSm, "the receipt comes by data_sm"),
        ("receipt-in-payload", Self::ReceiptInPayload, "the receipt's text is in message_payload"),
        ("receipt-tlv-only", Self::ReceiptTlvOnly, "the receipt has no text"),
        ("reads-slowly", Self::ReadsSlowly, "the link is read at 2 KiB a second"),
        ("undelivered", Self::Undelivered, "the phone is absent: UNDELIV, a temporary error"),
        ("unknown-subscriber", Self::UnknownSubscriber, "there is no such phone: UNDELIV, a permanent error"),
        ("expired", Self::Expired, "never delivered: EXPIRED after the delay"),
        ("rejected", Self::Rejected, "REJECTD after the delay"),
        ("pending", Self::Pending, "waits until its number becomes reachable or it is cancelled"),
    ];

    /// Its name in scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known, _)| *known == self).map_or("", |(name, ..)| name)
    }

    pub(super) const fn refusal(self) -> Option<CommandStatus> {
        match self {
            Self::InvalidDestination => Some(CommandStatus::INVDSTADR),
            Self::SystemError => Some(CommandStatus::SYSERR),
            Self::Throttled => Some(CommandStatus::THROTTLED),
            Self::QueueFull => Some(CommandStatus::MSGQFUL),
            _ => None,
        }
    }

    const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::NoAnswer
                | Self::Swallowed
                | Self::AnswerLate
                | Self::AnswerAfterTimeout
                | Self::AnswerDoubled
                | Self::AnswerUnknownSequence
                | Self::AnswersOutOfOrder
                | Self::InvalidDestination
                | Self::SystemError
                | Self::Throttled
                | Self::QueueFull
                | Self::NoMessageId
                | Self::CutBeforeAnswer
                | Self::CutInsidePdu
                | Self::HalfOpen
        )
    }

    const fn is_of_link(self) -> bool {
        matches!(self, Self::BindRefused | Self::AlreadyBound | Self::ReadsSlowly)
    }
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Destinations that begin so; empty: all. With or without the leading `+`.
    pub prefix: String,
    /// How often, 0 to 1000.
    pub per_mille: u16,
    /// What.
    pub misbehaviour: Misbehaviour,
}

/// Rules, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A script that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadScript {
    /// No such name.
    #[error("no misbehaviour is called `{0}`")]
    UnknownName(String),
    /// Not 0 to 1000.
    #[error("`{0}` is not a rate from 0 to 1000 in a thousand")]
    BadRate(String),
}

impl FromStr for Script {
    type Err = BadScript;

    fn from_str(text: &str) -> Result<Self, BadScript> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(Rule::from_str);
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }
}

impl FromStr for Rule {
    type Err = BadScript;

    fn from_str(text: &str) -> Result<Self, BadScript> {
        let (head, prefix) = text.split_once('@').unwrap_or((text, ""));
        let (name, rate) = head.split_once(':').unwrap_or((head, "1000"));
        let per_mille = rate.parse().ok().filter(|rate| *rate <= 1000);
        let per_mille = per_mille.ok_or_else(|| BadScript::BadRate(rate.to_owned()))?;
        let known = Misbehaviour::NAMES.iter().find(|(known, ..)| *known == name);
        let (_, misbehaviour, _) = known.ok_or_else(|| BadScript::UnknownName(name.to_owned()))?;
        Ok(Self { prefix: digits(prefix).to_owned(), per_mille, misbehaviour: *misbehaviour })
    }
}

/// What a submit meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Play {
    pub(super) answer: Option<Misbehaviour>,
    pub(super) rest: Vec<Misbehaviour>,
}

impl Play {
    /// How the id in the answer is spelled, if not as usual.
    pub(super) fn answered_id(&self) -> Option<Misbehaviour> {
        use Misbehaviour::{AnswerDecimal, AnswerPadded, AnswerUpperCase};
        [AnswerDecimal, AnswerUpperCase, AnswerPadded].into_iter().find(|spelling| self.has(*spelling))
    }

    pub(super) fn has(&self, misbehaviour: Misbehaviour) -> bool {
        self.rest.contains(&misbehaviour)
    }
}

impl Script {
    /// Rolls the dice for a submit to `destination`.
    pub(super) fn play(&self, destination: &str, dice: &mut Dice) -> Play {
        let mut play = Play::default();
        for rule in &self.rules {
            let met = !rule.misbehaviour.is_of_link()
                && digits(destination).starts_with(digits(&rule.prefix))
                && dice.per_mille(rule.per_mille);
            if !met {
                continue;
            }
            if !rule.misbehaviour.is_answer() {
                play.rest.push(rule.misbehaviour);
            } else if play.answer.is_none() {
                play.answer = Some(rule.misbehaviour);
            }
        }
        play
    }

    /// Rolls the dice for a link.
    pub(super) fn of_link(&self, misbehaviour: Misbehaviour, dice: &mut Dice) -> bool {
        self.rules.iter().any(|rule| rule.misbehaviour == misbehaviour && dice.per_mille(rule.per_mille))
    }
}

/// A number without its `+`.
pub(super) fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_with_rates_and_prefixes() {
        let script: Script = "throttled:50, no-answer@+4670999,receipt-three-times:100@+46".parse().unwrap();
        let read: Vec<_> =
            script.rules.iter().map(|r| (r.misbehaviour.name(), r.per_mille, r.prefix.as_str())).collect();
        assert_eq!(
            read,
            [("throttled", 50, ""), ("no-answer", 1000, "4670999"), ("receipt-three-times", 100, "46")]
        );
        assert_eq!("".parse(), Ok(Script::default()));
    }

    #[test]
    fn what_is_no_script_is_refused() {
        assert_eq!("trotled".parse::<Script>(), Err(BadScript::UnknownName("trotled".to_owned())));
        assert_eq!("throttled:1001".parse::<Script>(), Err(BadScript::BadRate("1001".to_owned())));
        assert_eq!("throttled:often".parse::<Script>(), Err(BadScript::BadRate("often".to_owned())));
    }

    #[test]
    fn the_first_answer_counts_and_receipts_combine() {
        let script: Script = "queue-full@+4611,throttled,id-decimal,receipt-three-times@+46".parse().unwrap();
        let mut dice = Dice::seeded(1);
        assert_eq!(script.play("4611222", &mut dice).answer, Some(Misbehaviour::QueueFull));
        let other = script.play("+4711", &mut dice);
        assert_eq!(other.answer, Some(Misbehaviour::Throttled));
        assert!(other.has(Misbehaviour::IdDecimal) && !other.has(Misbehaviour::ReceiptThreeTimes));
    }
}
