//! Named misbehaviours of an SMSC, by rate and by destination, in the grammar of all [scripts](crate::script).
//!
//! `throttled:50,no-answer@+4670999,receipt-three-times:100@+46` means fifty submits in a thousand are throttled,
//! every submit to numbers that begin with +4670999 gets no answer, and a tenth of those to +46 get their receipt
//! three times. Of several answers that a submit could get, the first in the script is given; everything that
//! concerns its receipt is combined.

use crate::chance::Dice;
use crate::script::{self, Misbehaves};
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

impl Misbehaves for Misbehaviour {
    const NAMES: &'static [(&'static str, Self, &'static str)] = Self::NAMES;
}

/// What an SMSC does wrong.
pub type Script = script::Script<Misbehaviour>;

/// One line of it.
pub type Rule = script::Rule<Misbehaviour>;

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
        for misbehaviour in self.roll(destination, dice).into_iter().filter(|it| !it.is_of_link()) {
            if !misbehaviour.is_answer() {
                play.rest.push(misbehaviour);
            } else if play.answer.is_none() {
                play.answer = Some(misbehaviour);
            }
        }
        play
    }

    /// Rolls the dice for a link.
    pub(super) fn of_link(&self, misbehaviour: Misbehaviour, dice: &mut Dice) -> bool {
        self.rules.iter().any(|rule| rule.misbehaviour == misbehaviour && dice.per_mille(rule.per_mille))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::BadScript;

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
