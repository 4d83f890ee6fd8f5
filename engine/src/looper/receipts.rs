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

use super::settle::{Pending, Reply};
use super::step::Trouble;
use super::{Job, Looper};
use crate::work::{MatchWork, ReportWork, Work};
use switchback_core::model::{Input, Message, MessageId, PeerId, Report, ReportKind, RouteId, Shard, Target};
use switchback_ports::{PeerRef, StoreFailure, Unit, Write};

/// What a peer's id stands for.
enum Found {
    One(PeerRef),
    /// Nothing, or more than one: neither counts (T1).
    None,
}

impl Looper {
    /// A report: of an attempt by our numbers, or by a peer's id.
    pub(super) fn report(&mut self, job: Job) {
        let Work::Report(work) = &job.work else { return };
        match &work.report.target {
            Target::Attempt { message, attempt, part } => {
                let (id, input) = (*message, input(*attempt, *part, &work.report, job.without_peer_id));
                if self.shared.loop_of_message(id) == self.index {
                    self.step(job, id, &[input], Reply::Nothing, None);
                } else {
                    self.pass_on(id, job.work);
                }
            }
            Target::Peer { route, ids } => {
                let (route, ids, hint) = (route.clone(), ids.clone(), work.hint);
                match self.resolve(&route, &ids, hint) {
                    Ok(Found::One(found)) => self.take_in(job, found),
                    Ok(Found::None) => self.park(job, route, ids),
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

    /// The one message part that any of the spellings stands for.
    fn resolve(
        &self,
        route: &RouteId,
        ids: &[PeerId],
        hint: Option<MessageId>,
    ) -> Result<Found, StoreFailure> {
        let mut found: Option<PeerRef> = None;
        for id in ids {
            let here =
                hint.and_then(|hint| self.seats.known(hint)).and_then(|message| part_of(message, route, id));
            let this = match here {
                Some(part) => Some(part),
                None => self.shared.store.by_peer_id(route, id)?,
            };
            match (found, this) {
                (Some(first), Some(second)) if first != second => {
                    tracing::warn!("a receipt fits more than one message: it is kept aside");
                    return Ok(Found::None);
                }
                (None, Some(this)) => found = Some(this),
                _ => {}
            }
        }
        Ok(found.map_or(Found::None, Found::One))
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

    /// Takes in what is parked under a peer's id, all of it in one unit that forgets it.
    pub(super) fn match_parked(&mut self, job: Job) {
        let Work::Match(work) = &job.work else { return };
        let MatchWork { message, route, id } = &**work;
        let (message, name) = (*message, (route.clone(), id.clone()));
        if self.turn.unparked.contains(&name) {
            return;
        }
        match self.parked_inputs(message, &name.0, &name.1) {
            Ok((inputs, _)) if inputs.is_empty() => {}
            Ok((inputs, names)) => {
                self.shared.counters.unparked.add(u64::try_from(inputs.len()).unwrap_or(0));
                self.step(job, message, &inputs, Reply::Unparked(names), Some(name));
            }
            Err(failure) => self.trouble(job, message, Trouble::Store(failure)),
        }
    }

    /// Parked receipts that are this message's and nobody else's, and the names that all of them are parked under.
    fn parked_inputs(&self, id: MessageId, route: &RouteId, peer: &PeerId) -> Result<Parked, StoreFailure> {
        let (mut inputs, mut names) = (Vec::new(), Vec::new());
        for report in self.shared.store.parked(route, peer)? {
            let Target::Peer { ids, .. } = &report.target else { continue };
            names.push(ids.clone());
            if let Found::One(part) = self.resolve(route, ids, Some(id))?
                && part.message == id
            {
                inputs.push(input(part.attempt, part.part, &report, false));
            }
        }
        Ok((inputs, names))
    }
}

/// Inputs made of parked receipts, and the names of each receipt.
type Parked = (Vec<Input>, Vec<Vec<PeerId>>);

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
            for id in attempt.parts.iter().filter_map(|part| part.peer_id.as_ref()) {
                if !self.store.parked(route, id)?.is_empty() {
                    let work = MatchWork { message: message.id, route: route.clone(), id: id.clone() };
                    send(Work::Match(Box::new(work)));
                }
            }
        }
        Ok(())
    }
}
