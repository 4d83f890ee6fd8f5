//! Reports, and receipts that come before the answer they belong to (I13).
//!
//! A receipt names its attempt by the id that the peer gave in its answer. The two travel apart, may come in any
//! order, and are handled by different loops: the message's loop records the id, any loop may get the receipt.
//! No order loses a receipt, because each side writes first and looks afterwards:
//!
//! * a receipt that matches nothing is **parked** (a durable unit); after that commit its loop looks the id up
//!   again;
//! * a hand-over **records the id** (a durable unit); after that commit its loop looks for receipts parked under it.
//!
//! Both look-ups see every committed unit. Of two commits one is the later, and whoever made it finds the other.
//! If both find each other, the message's loop takes the parked receipts in once: they are read from the store
//! and forgotten in the same unit. If the process dies between commit and look-up, recovery looks for the parked
//! receipts of every open message. `Shared::parked` spares the second look-up while nothing is parked under the id:
//! a name is noted there before its parking is committed, so whoever finds no name after committing an id comes
//! before that parking, whose own second look-up then finds the id.
//!
//! The table of recent ids is only a hint that saves work; it is checked like everything else.
//!
//! A receipt may spell the id in another way than the answer (T1): case and zeros are the store's to bear with, other
//! bases are told as candidates, each in its place, and [`crate::spellings`] knows which place counts on a route.
//! Receipts are parked under the folded forms of all their candidates.

use super::settle::{Pending, Reply};
use super::step::Trouble;
use super::{Job, Looper};
use crate::work::{MatchWork, ReportWork, Work};
use switchback_core::model::{Input, Message, MessageId, PeerId, Report, ReportKind, RouteId, Shard, Target};
use switchback_ports::{PeerRef, StoreFailure, Unit, Write};

impl Looper {
    /// A report: of an attempt by our numbers, or by a peer's id.
    pub(super) fn report(&mut self, job: Job) {
        let Work::Report(work) = &job.work else { return };
        match &work.report.target {
            Target::Attempt { message, attempt, part } => {
                let (id, input) = (*message, input(*attempt, *part, &work.report, job.without_peer_id));
                if self.shared.loop_of_message(id) == self.index {
                    self.step(job, id, &[input], Reply::Nothing, Vec::new());
                } else {
                    self.pass_on(id, job.work);
                }
            }
            Target::Peer { route, ids } => {
                let (route, ids, hint) = (route.clone(), ids.clone(), work.hint);
                match self.resolve(&route, &ids, hint) {
                    Ok(Some(found)) => self.take_in(job, found),
                    Ok(None) => self.park(job, route, names_of(&ids)),
                    Err(failure) => self.lookup_failed(job, failure),
                }
            }
        }
    }

    fn lookup_failed(&self, job: Job, failure: StoreFailure) {
        if failure != StoreFailure::Behind {
            self.shared.health.fail(&failure.to_string());
        }
        job.work.refuse(crate::refuse::from_store(&failure));
    }

    /// The report is of this attempt: from now on it is named by our own numbers.
    fn take_in(&mut self, mut job: Job, found: PeerRef) {
        if let Work::Report(work) = &mut job.work {
            work.report.target =
                Target::Attempt { message: found.message, attempt: found.attempt, part: found.part };
        }
        self.report(job);
    }

    /// Hands a report to the loop of its message; a peer whose word cannot be taken now is told so.
    fn pass_on(&mut self, id: MessageId, work: Work) {
        if let Err(work) = self.forward(id, work) {
            self.shared.counters.overloads.one();
            work.refuse(crate::refuse::overloaded());
        }
    }

    /// The one message part that a receipt is about; nothing, or more than one, does not count (T1).
    fn resolve(
        &mut self,
        route: &RouteId,
        ids: &[PeerId],
        hint: Option<MessageId>,
    ) -> Result<Option<PeerRef>, StoreFailure> {
        if let Some(id) = self.shared.spellings.known(route).and_then(|place| ids.get(place)) {
            return self.part_named(route, id, hint);
        }
        let mut fits: Vec<(usize, PeerRef)> = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            // While it is a guess, another base counts only for an attempt that waits for a receipt.
            if let Some(part) = self.part_named(route, id, hint)?
                && (place == 0 || self.awaits(part)?)
            {
                fits.push((place, part));
            }
        }
        let Some((place, first)) = fits.first().copied() else { return Ok(None) };
        if fits.iter().any(|(_, part)| *part != first) {
            if let Some(known) = self.shared.spellings.unclear(route, names_of(ids)) {
                return Ok(fits.into_iter().find_map(|(place, part)| (place == known).then_some(part)));
            }
            tracing::warn!(%route, "a receipt fits more than one message: it is kept aside");
            return Ok(None);
        }
        if fits.len() == 1 {
            for names in self.shared.spellings.fitted(route, place) {
                self.look_again_for_parked(route, &names);
            }
        }
        Ok(Some(first))
    }

    fn part_named(
        &self,
        route: &RouteId,
        id: &PeerId,
        hint: Option<MessageId>,
    ) -> Result<Option<PeerRef>, StoreFailure> {
        let known = hint.and_then(|hint| self.seats.known(hint));
        match known.and_then(|message| part_of(message, route, id)) {
            Some(part) => Ok(Some(part)),
            None => self.shared.store.by_peer_id(route, id),
        }
    }

    fn awaits(&self, part: PeerRef) -> Result<bool, StoreFailure> {
        let message = self.shared.store.message(part.message)?;
        let attempt = message.as_ref().and_then(|message| message.attempt(part.attempt));
        Ok(attempt.is_some_and(|attempt| attempt.outcome().is_none()))
    }

    fn park(&mut self, job: Job, route: RouteId, ids: Vec<PeerId>) {
        let Work::Report(work) = &job.work else { return };
        // Before the commit: see the head of this file.
        self.shared.parked.note(&ids);
        self.shared.counters.parked.one();
        let until = self.shared.clock.now().plus_millis(self.shared.options.timers.early_receipts_ms);
        let unit = Unit {
            shard: Shard::of(route.as_str()),
            epoch: crate::EPOCH,
            expects: Vec::new(),
            writes: vec![Write::Park {
                route: route.clone(),
                ids: ids.clone(),
                report: Box::new(work.report.clone()),
                until,
            }],
        };
        self.turn.units.push(unit);
        self.turn.pending.push(Pending::aside(job, Reply::Parked { route, ids }));
    }

    /// After the parking commit: the id may have become known meanwhile.
    pub(super) fn look_again_for_parked(&mut self, route: &RouteId, ids: &[PeerId]) {
        for id in ids {
            let found = match self.shared.store.by_peer_id(route, id) {
                Ok(found) => found,
                Err(failure) => {
                    // The receipt is durable; recovery matches it.
                    tracing::warn!(%failure, "a parked receipt could not be looked up again");
                    return;
                }
            };
            if let Some(found) = found {
                let work = MatchWork { message: found.message, route: route.clone(), id: id.clone() };
                if let Err(work) = self.forward(found.message, Work::Match(Box::new(work))) {
                    let index = self.shared.loop_of_message(found.message);
                    if self.shared.dispatcher.later(index, work).is_err() {
                        tracing::error!("a parked receipt waits for the next start: too much is late");
                    }
                }
            }
        }
    }

    /// Takes in what is parked for a message under a peer's id, all of it in one unit that forgets it.
    pub(super) fn match_parked(&mut self, job: Job) {
        let Work::Match(work) = &job.work else { return };
        let MatchWork { message, route, id } = (**work).clone();
        let taken = match self.parked_for(message, &route, &id) {
            Ok(taken) if taken.is_empty() => return,
            Ok(taken) => taken,
            Err(failure) => return self.trouble(job, message, Trouble::Store(failure)),
        };
        self.shared.counters.unparked.add(u64::try_from(taken.len()).unwrap_or(0));
        let (mut inputs, mut names, mut forget) = (Vec::new(), Vec::new(), Vec::new());
        for (part, report) in taken {
            inputs.push(input(part.attempt, part.part, &report, false));
            if let Target::Peer { ids, .. } = &report.target {
                names.push(names_of(ids));
            }
            self.turn.unparked.insert(report.clone());
            forget.push(Write::Unpark { route: route.clone(), id: id.clone(), report: Box::new(report) });
        }
        self.step(job, message, &inputs, Reply::Unparked(names), forget);
    }

    /// Parked receipts that are this message's and nobody else's, and that no unit of this batch has taken in.
    fn parked_for(
        &mut self,
        id: MessageId,
        route: &RouteId,
        peer: &PeerId,
    ) -> Result<Vec<(PeerRef, Report)>, StoreFailure> {
        let mut taken = Vec::new();
        for report in self.shared.store.parked(route, peer)? {
            let Target::Peer { ids, .. } = &report.target else { continue };
            if let Some(part) = self.resolve(route, ids, Some(id))?
                && part.message == id
                && !self.turn.unparked.contains(&report)
            {
                taken.push((part, report));
            }
        }
        Ok(taken)
    }
}

/// What a receipt is parked under.
fn names_of(ids: &[PeerId]) -> Vec<PeerId> {
    let mut names: Vec<PeerId> = ids.iter().map(PeerId::folded).collect();
    names.dedup();
    names
}

/// A report as the core takes it in.
fn input(attempt: u16, part: u16, report: &Report, without_peer_id: bool) -> Input {
    let kind = match &report.kind {
        ReportKind::HandedOver { .. } if without_peer_id => ReportKind::HandedOver { peer_id: None },
        kind => kind.clone(),
    };
    Input::Report { attempt, part, kind, code: report.code }
}

/// The part of this message that has the id on that route.
fn part_of(message: &Message, route: &RouteId, id: &PeerId) -> Option<PeerRef> {
    let on_route = message.attempts.iter().filter(|attempt| attempt.route.as_ref() == Some(route));
    on_route.rev().find_map(|attempt| {
        let place = attempt.parts.iter().position(|part| part.peer_id.as_ref() == Some(id))?;
        Some(PeerRef { message: message.id, attempt: attempt.n, part: u16::try_from(place).ok()? })
    })
}

impl crate::shared::Shared {
    /// Takes a report from a service: to the loop that most likely owns its message.
    pub(crate) fn take_report(&self, report: Report, done: switchback_ports::Done) -> Result<(), ()> {
        let (index, hint) = match &report.target {
            Target::Attempt { message, .. } => (self.loop_of_message(*message), None),
            Target::Peer { route, ids } => {
                let hint = ids.iter().find_map(|id| self.recent.find(id));
                let by_name =
                    || self.loop_of(Shard::of(ids.first().map_or_else(|| route.as_str(), |id| id.as_str())));
                (hint.map_or_else(by_name, |id| self.loop_of_message(id)), hint)
            }
        };
        let named = match (&report.target, &report.kind) {
            (Target::Attempt { message, .. }, ReportKind::HandedOver { peer_id: Some(id) }) => {
                Some((id.clone(), *message))
            }
            _ => None,
        };
        let work = Box::new(ReportWork { report, done: Some(done), hint });
        self.send(index, Work::Report(work)).map_err(|work| {
            self.counters.overloads.one();
            // Not taken: by the contract `done` is not called either.
            drop(work);
        })?;
        if let Some((id, message)) = named {
            self.recent.keep(&id, message);
        }
        Ok(())
    }

    /// After a restart: receipts parked under ids of open messages, which the last run had no time to match.
    pub(crate) fn match_parked_of(
        &self,
        message: &Message,
        send: &mut impl FnMut(Work),
    ) -> Result<(), StoreFailure> {
        for attempt in message.attempts.iter().filter(|attempt| attempt.outcome().is_none()) {
            let Some(route) = &attempt.route else { continue };
            for id in attempt.parts.iter().filter_map(|part| part.peer_id.as_ref().map(PeerId::folded)) {
                if !self.store.parked(route, &id)?.is_empty() {
                    let work = MatchWork { message: message.id, route: route.clone(), id };
                    send(Work::Match(Box::new(work)));
                }
            }
        }
        Ok(())
    }
}
