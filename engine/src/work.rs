//! What a loop is given to do. Everything that happens to a message or its payer comes as one of these, through
//! the one inbox of the loop that owns its shard.

use crate::in_flight::HeldKey;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use switchback_core::charge::{ClaimAnswer, LedgerKind};
use switchback_core::model::{
    Choice, Content, Message, MessageId, Owner, PayerId, PeerId, Report, RouteId, Shard, Submission,
};
use switchback_core::tariff::Payer;
use switchback_ports::{
    Accepted, CancelOutcome, DeviceReceipt, Done, NamedQuote, PayerChange, Quote, QuoteAsk, Refusal,
    Responder,
};

/// One input of a loop. Small: what is large is boxed, so that a full inbox stays small too.
pub(crate) enum Work {
    /// A submission, by the API or from another network.
    Submit(Box<SubmitWork>),
    /// A quote.
    Quote(Box<QuoteWork>),
    /// A report.
    Report(Box<ReportWork>),
    /// Receipts that were parked under a peer's id may be this message's.
    Match(Box<MatchWork>),
    /// A sender or a device asks something of a message.
    Command(Box<CommandWork>),
    /// A payer is made or changed.
    Payer(Box<PayerWork>),
    /// A charging system answered an order.
    Claimed(Box<ClaimedWork>),
    /// Look at this message again.
    Poke(MessageId, Poke),
    /// Only wake up.
    Wake,
}

/// Why a message is looked at again.
#[derive(Clone)]
pub(crate) enum Poke {
    /// It is due, or its recipient came or went: the dispatcher counts it as under way.
    Dispatched,
    /// The recipient came or went while it was decided.
    Changed,
    /// After a crash; the count of those not yet done goes down with it.
    Recovered(Arc<AtomicUsize>),
}

/// A submission on its way.
pub(crate) struct SubmitWork {
    /// What was asked; its content has been moved to `content`.
    pub(crate) submission: Submission,
    /// The content: shared by measuring, the first attempt and the commit.
    pub(crate) content: Arc<Content>,
    /// The quote that it names.
    pub(crate) quote: Option<NamedQuote>,
    /// The idempotency key, held until the answer.
    pub(crate) key: Option<HeldKey>,
    /// The shard it will live in.
    pub(crate) shard: Shard,
    /// Who waits.
    pub(crate) answer: SubmitAnswer,
}

/// Who waits for a submission's answer.
pub(crate) enum SubmitAnswer {
    /// The API.
    Sender(Responder<Result<Accepted, Refusal>>),
    /// A peer network: told only whether it is settled.
    Peer(Done),
}

/// A quote on its way.
pub(crate) struct QuoteWork {
    /// What was asked.
    pub(crate) ask: QuoteAsk,
    /// Who waits.
    pub(crate) answer: Responder<Result<Quote, Refusal>>,
}

/// A report on its way.
pub(crate) struct ReportWork {
    /// What was said.
    pub(crate) report: Report,
    /// A peer waits for the word that it is durable.
    pub(crate) done: Option<Done>,
    /// A message that may be meant.
    pub(crate) hint: Option<MessageId>,
}

/// A peer's id that has become known, or was found to be known, while receipts are parked.
#[derive(Clone)]
pub(crate) struct MatchWork {
    /// The message that has it.
    pub(crate) message: MessageId,
    /// The route it was given on.
    pub(crate) route: RouteId,
    /// The id, folded: what receipts are parked under.
    pub(crate) id: PeerId,
}

/// Something asked of one message.
pub(crate) enum CommandWork {
    /// The sender chose or consented.
    Choose {
        /// Which message.
        id: MessageId,
        /// Who asks; nothing = the operator.
        who: Option<Owner>,
        /// What.
        choice: Choice,
        /// Who waits.
        answer: Responder<Result<Message, Refusal>>,
    },
    /// The sender wants it back.
    Cancel {
        /// Which message.
        id: MessageId,
        /// Who asks; nothing = the operator.
        who: Option<Owner>,
        /// Who waits.
        answer: Responder<Result<CancelOutcome, Refusal>>,
    },
    /// A device of the recipient confirms.
    Receipt {
        /// What it says.
        receipt: DeviceReceipt,
        /// Who waits.
        answer: Responder<Result<(), Refusal>>,
    },
}

/// A charging system's answer to an order of an attempt's claim.
pub(crate) struct ClaimedWork {
    /// The message.
    pub(crate) message: MessageId,
    /// The attempt.
    pub(crate) attempt: u16,
    /// What was ordered.
    pub(crate) order: LedgerKind,
    /// What was answered.
    pub(crate) answer: ClaimAnswer,
}

/// A payer to make or change.
pub(crate) struct PayerWork {
    /// Which.
    pub(crate) id: PayerId,
    /// What it is to have.
    pub(crate) change: PayerChange,
    /// Who waits.
    pub(crate) answer: Responder<Result<Payer, Refusal>>,
}

impl SubmitWork {
    /// Tells whoever waits; of a peer only whether it is settled. The key is free before they hear of it, so that
    /// they may use it again at once.
    pub(crate) fn tell(self, outcome: Result<Accepted, Refusal>, settled: bool) {
        drop(self.key);
        match self.answer {
            SubmitAnswer::Sender(answer) => answer.give(outcome),
            SubmitAnswer::Peer(done) => done(settled),
        }
    }
}

impl CommandWork {
    /// The message that it is about.
    pub(crate) const fn id(&self) -> MessageId {
        match self {
            Self::Choose { id, .. } | Self::Cancel { id, .. } => *id,
            Self::Receipt { receipt, .. } => receipt.message,
        }
    }
}

impl Work {
    /// Answers that it cannot be done.
    pub(crate) fn refuse(self, refusal: Refusal) {
        match self {
            Self::Submit(work) => work.tell(Err(refusal), false),
            Self::Quote(work) => work.answer.give(Err(refusal)),
            Self::Report(work) => {
                if let Some(done) = work.done {
                    done(false);
                }
            }
            Self::Command(work) => match *work {
                CommandWork::Choose { answer, .. } => answer.give(Err(refusal)),
                CommandWork::Cancel { answer, .. } => answer.give(Err(refusal)),
                CommandWork::Receipt { answer, .. } => answer.give(Err(refusal)),
            },
            Self::Payer(work) => work.answer.give(Err(refusal)),
            Self::Poke(_, Poke::Recovered(left)) => {
                left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            }
            // What a charging system said is asked for again after the next start.
            Self::Poke(..) | Self::Match(_) | Self::Claimed(_) | Self::Wake => {}
        }
    }
}
