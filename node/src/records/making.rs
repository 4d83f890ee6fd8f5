//! Chapters of the log become records. Pure: what stands in a record follows from what was told of the message up to
//! its end, and from what never changes of it, so that the same log gives the same bytes whenever it is read.

use super::money::{Sums, priced};
use super::record::{Record, masked};
use super::words::{
    CHARGE_IN_DOUBT, CHARGE_UNCOLLECTED, charge_on, code_text, fail_word, kind_word, late, outcome, reasons,
    result, settlement,
};
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use std::fmt::Display;
use switchback_core::charge::{LedgerEntry, LedgerKind};
use switchback_core::decide::StepCode;
use switchback_core::model::{
    Address, Attempt, DecisionRecord, Event, EventKind, Message, Owner, Service, Time,
};
use switchback_ports::Chapter;

/// What a chapter brings, once and for all.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    /// The node's name.
    pub(crate) node: SmolStr,
    /// Whether numbers are masked.
    pub(crate) mask: bool,
}

/// The last chapter is about a message that has ended, ends in it, or goes on.
enum Place<'a> {
    Before,
    /// With the chapters up to the end, and its event.
    End(&'a Event),
    After,
}

impl Maker {
    /// The records that the last chapter of this story brings, without their numbers. The story begins with the
    /// chapter that made the message.
    pub(crate) fn records(&self, story: &[Chapter], message: &Message) -> Vec<Record> {
        let Some((last, before)) = story.split_last() else { return Vec::new() };
        let mut records = match place(before, last) {
            // A charging system's silence is looked into whatever becomes of the message.
            Place::Before => Vec::new(),
            Place::End(end) => self.closing(story, message, end),
            Place::After => self.moved(last, message),
        };
        let told = last.events.iter().filter(|event| late(&event.kind).is_some());
        records.extend(told.map(|event| self.late(last, message, event)));
        records
    }

    /// One record an attempt, and that of the message.
    fn closing(&self, story: &[Chapter], message: &Message, end: &Event) -> Vec<Record> {
        let told = Told::of(story);
        let attempts = message.attempts.iter().filter_map(|attempt| self.attempt(&told, message, attempt));
        attempts.chain([self.message(&told, message, end)]).collect()
    }

    /// The parts of a record that are alike for all of a message's.
    fn base(&self, message: &Message, chapter: u64, record: &'static str, key: impl Display) -> Record {
        let address = |address: &Address| {
            let text = address.to_smolstr();
            if self.mask { SmolStr::new(masked(&text)) } else { text }
        };
        Record {
            id: format_smolstr!("{}.{key}", message.id),
            record: SmolStr::new_static(record),
            log: chapter.to_smolstr(),
            node: self.node.clone(),
            message: message.id.to_smolstr(),
            owner: match &message.originator.owner {
                Owner::Subscriber(id) => format_smolstr!("subscriber:{id}"),
                Owner::Account(id) => format_smolstr!("account:{id}"),
                Owner::Network => SmolStr::new_static("network"),
            },
            payer: message.originator.payer.as_ref().map(ToSmolStr::to_smolstr).unwrap_or_default(),
            from: address(&message.originator.address),
            origin: message.originator.origin.to_smolstr(),
            to: address(&message.recipient),
            class: message.policy.class.to_smolstr(),
            bytes: message.content.bytes.to_smolstr(),
            accepted_at: message.accepted_at.to_smolstr(),
            ..Record::default()
        }
    }

    /// The record of an attempt; nothing of one that started after this story's end.
    fn attempt(&self, told: &Told<'_>, message: &Message, attempt: &Attempt) -> Option<Record> {
        let n = attempt.n;
        let started = told
            .events
            .iter()
            .find(|event| matches!(event.kind, EventKind::AttemptStarted { attempt, .. } if attempt == n))?;
        let handed_over = |event: &&&Event| event.kind == EventKind::AttemptHandedOver { attempt: n };
        let outcome = told.events.iter().rev().find_map(|event| Some((event.at, outcome(&event.kind, n)?)));
        let (ended_at, (result, code)) =
            outcome.map_or((None, ("unknown", None)), |(at, outcome)| (Some(at), outcome));
        let ledger = Sums::of(told.ledger.iter().copied().filter(|entry| entry.attempt == n));
        let decision =
            told.decision(|decision| decision.step == StepCode::Start && decision.attempt == Some(n));
        let offer =
            decision.and_then(|decision| decision.offers).map(|[im, sms, mms]| match attempt.service {
                Service::Im => im,
                Service::Sms => sms,
                Service::Mms => mms,
            });
        let mut record = Record {
            attempt: n.to_smolstr(),
            service: SmolStr::new_static(attempt.service.as_str()),
            route: attempt.route.as_ref().map(ToSmolStr::to_smolstr).unwrap_or_default(),
            kind: SmolStr::new_static(kind_word(attempt.kind)),
            units: offer.map(|offer| offer.units.to_smolstr()).unwrap_or_default(),
            parts: attempt.parts.len().to_smolstr(),
            started_at: started.at.to_smolstr(),
            handed_over_at: moment(told.events.iter().find(handed_over).map(|event| event.at)),
            ended_at: moment(ended_at),
            result: SmolStr::new_static(result),
            code: code.map(code_text).unwrap_or_default(),
            reasons: decision.map(|decision| reasons(&decision.reasons)).unwrap_or_default(),
            settlement: SmolStr::new_static(settlement(message, ledger.any(), attempt)),
            charge_on: SmolStr::new_static(charge_on(attempt.charge_on)),
            may_duplicate: if attempt.may_duplicate {
                SmolStr::new_static("true")
            } else {
                SmolStr::default()
            },
            state: SmolStr::new_static(match result {
                "unknown" => "in_doubt",
                // It came through after another attempt had taken the one charge slot: R14, never charged.
                "delivered" if ledger.reserved && !ledger.committed => "suppressed",
                _ => "closed",
            }),
            ..self.base(message, told.chapter, "attempt", n)
        };
        by_plan(&mut record, decision);
        priced(&mut record, Some(attempt.price));
        ledger.fill(&mut record);
        Some(record)
    }

    fn message(&self, told: &Told<'_>, message: &Message, end: &Event) -> Record {
        let ledger = Sums::of(told.ledger.iter().copied());
        let decision = told.decision(|decision| decision.step == StepCode::Finish);
        let service = match end.kind {
            EventKind::Delivered { service } => Some(service),
            _ => message.attempts.last().map(|attempt| attempt.service),
        };
        let result = result(&end.kind).unwrap_or_default();
        let why = decision.map(|decision| reasons(&decision.reasons)).unwrap_or_default();
        let why = match end.kind {
            EventKind::Failed { reason } if why.is_empty() => SmolStr::new_static(fail_word(reason)),
            EventKind::Failed { reason } => format_smolstr!("{} {why}", fail_word(reason)),
            _ => why,
        };
        let mut record = Record {
            service: service.map(|service| SmolStr::new_static(service.as_str())).unwrap_or_default(),
            ended_at: end.at.to_smolstr(),
            result: SmolStr::new_static(result),
            reasons: why,
            limit: message.limit().map(|limit| SmolStr::new(limit.amount())).unwrap_or_default(),
            state: SmolStr::new_static(match result {
                // The sender was told other sums than the ledger has: never to be seen, and so looked for.
                _ if told.charged() != ledger.charge => "disputed",
                "unknown" => "in_doubt",
                _ => "closed",
            }),
            ..self.base(message, told.chapter, "message", 0)
        };
        by_plan(&mut record, told.decision(|decision| decision.step == StepCode::Start));
        priced(&mut record, message.p1.map(|pinned| pinned.price));
        ledger.fill(&mut record);
        record
    }

    /// Money that moved after the end.
    fn moved(&self, chapter: &Chapter, message: &Message) -> Vec<Record> {
        let moved = chapter.ledger.iter().enumerate();
        let record = |(at, entry): (usize, &LedgerEntry)| {
            let result = match entry.kind {
                LedgerKind::Commit => "charge",
                LedgerKind::Refund => "refund",
                LedgerKind::Reserve | LedgerKind::Release | LedgerKind::Keep => return None,
            };
            let key = format_smolstr!("{}.{at}", chapter.seq);
            let mut record = self.adjusted(chapter, message, entry.attempt, result, entry.at, key);
            Sums::of([entry]).fill(&mut record);
            Some(record)
        };
        moved.filter_map(record).collect()
    }

    /// A delivery that was reported after the end (R15), or a charging system that gave no answer, gave it late, or
    /// refused: it moves no money.
    fn late(&self, chapter: &Chapter, message: &Message, event: &Event) -> Record {
        let (attempt, result) = late(&event.kind).unwrap_or_default();
        let key = format_smolstr!("e{}", event.seq);
        let mut record = self.adjusted(chapter, message, attempt, result, event.at, key);
        match result {
            CHARGE_IN_DOUBT => record.state = SmolStr::new_static("in_doubt"),
            CHARGE_UNCOLLECTED => record.state = SmolStr::new_static("uncollected"),
            _ => {}
        }
        record
    }

    fn adjusted(
        &self,
        chapter: &Chapter,
        message: &Message,
        attempt: u16,
        result: &'static str,
        at: Time,
        key: SmolStr,
    ) -> Record {
        let tried = message.attempt(attempt);
        Record {
            attempt: attempt.to_smolstr(),
            service: tried.map(|tried| SmolStr::new_static(tried.service.as_str())).unwrap_or_default(),
            route: tried
                .and_then(|tried| tried.route.as_ref())
                .map(ToSmolStr::to_smolstr)
                .unwrap_or_default(),
            ended_at: at.to_smolstr(),
            result: SmolStr::new_static(result),
            state: SmolStr::new_static("closed"),
            ..self.base(message, chapter.seq, "adjust", key)
        }
    }
}

/// Whether a chapter may bring records: what a reader that keeps no stories asks before it looks one up.
pub(crate) fn may_bring(chapter: &Chapter) -> bool {
    let by_money = |entry: &LedgerEntry| matches!(entry.kind, LedgerKind::Commit | LedgerKind::Refund);
    ends(chapter) || adjusts(chapter) || chapter.ledger.iter().any(by_money)
}

/// Whether something is told that brings an adjustment whenever it happens.
pub(crate) fn adjusts(chapter: &Chapter) -> bool {
    chapter.events.iter().any(|event| late(&event.kind).is_some())
}

/// Whether the message has ended by this chapter.
pub(crate) fn ends(chapter: &Chapter) -> bool {
    chapter.events.iter().any(|event| result(&event.kind).is_some())
}

fn place<'a>(before: &[Chapter], last: &'a Chapter) -> Place<'a> {
    if before.iter().any(ends) {
        return Place::After;
    }
    last.events.iter().find(|event| result(&event.kind).is_some()).map_or(Place::Before, Place::End)
}

/// All that was told of a message up to a chapter.
struct Told<'a> {
    chapter: u64,
    decisions: Vec<&'a DecisionRecord>,
    events: Vec<&'a Event>,
    ledger: Vec<&'a LedgerEntry>,
}

impl<'a> Told<'a> {
    fn of(story: &'a [Chapter]) -> Self {
        Self {
            chapter: story.last().map_or(0, |last| last.seq),
            decisions: story.iter().flat_map(|chapter| &chapter.decisions).collect(),
            events: story.iter().flat_map(|chapter| &chapter.events).collect(),
            ledger: story.iter().flat_map(|chapter| &chapter.ledger).collect(),
        }
    }

    fn decision(&self, wanted: impl Fn(&DecisionRecord) -> bool) -> Option<&'a DecisionRecord> {
        self.decisions.iter().copied().find(|decision| wanted(decision))
    }

    /// What the sender was told to have been charged, less what they were told to have got back; nano-units.
    fn charged(&self) -> i128 {
        self.events.iter().fold(0, |sum, event| match event.kind {
            EventKind::Charged { amount, .. } => sum.saturating_add(amount.nanos),
            EventKind::Refunded { amount, .. } => sum.saturating_sub(amount.nanos),
            _ => sum,
        })
    }
}

/// The plan that a decision relied on.
fn by_plan(record: &mut Record, decision: Option<&DecisionRecord>) {
    let Some(plan) = decision.and_then(|decision| decision.plan.as_ref()) else { return };
    record.plan = plan.id.to_smolstr();
    record.plan_version = plan.version.to_smolstr();
}

fn moment(at: Option<Time>) -> SmolStr {
    at.map(|at| at.to_smolstr()).unwrap_or_default()
}
