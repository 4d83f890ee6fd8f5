//! Orders to charging systems, and what comes of them.
//!
//! An order of a claim follows from a commit, and its answer is an input like a report. A price is asked for before
//! anything is decided: the input that needs it is set aside, and is handled anew when the prices are there or the time
//! for facts is over. At most [`UNDER_WAY`] orders of a loop are under way, so the answers always find room.

use super::{Job, Looper};
use crate::charging::System;
use crate::facts::Quoted;
use crate::locks::read;
use crate::shared::Shared;
use crate::work::{ClaimedWork, Work};
use smol_str::SmolStr;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use switchback_core::charge::{ClaimAnswer, ClaimState, LedgerKind, Unpaid};
use switchback_core::model::{
    Address, Content, Currency, Message, MessageId, Price, Service, Time, UnknownPrice,
};
use switchback_ports::{ChargeKey, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep};

/// Orders of one loop under way at once.
const UNDER_WAY: usize = 1024;

/// What an order was for.
#[derive(Clone, Copy)]
enum Subject {
    /// The claim of an attempt; with somebody who does each order once, or not.
    Claim { message: MessageId, attempt: u16, order: LedgerKind, does_once: bool },
    /// A price for an input that is set aside.
    Price { aside: u64, service: Service },
}

/// An input that waits for prices.
struct Aside {
    job: Job,
    quoted: Quoted,
    left: usize,
    until: Instant,
}

/// A loop's orders.
pub(super) struct Till {
    tell: SyncSender<(Subject, ChargeOutcome)>,
    told: Receiver<(Subject, ChargeOutcome)>,
    under_way: usize,
    /// Claims whose orders wait for others to be answered.
    waiting: VecDeque<(MessageId, u16)>,
    aside: HashMap<u64, Aside>,
    next: u64,
}

impl Till {
    pub(super) fn new() -> Self {
        let (tell, told) = sync_channel(UNDER_WAY);
        let (waiting, aside) = (VecDeque::new(), HashMap::new());
        Self { tell, told, under_way: 0, waiting, aside, next: 0 }
    }

    /// True while nothing is under way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0 && self.waiting.is_empty() && self.aside.is_empty()
    }
}

impl Looper {
    /// Takes in what charging systems said: inputs, in the order of the answers.
    pub(super) fn hear_charging(&mut self) -> Vec<Job> {
        let mut jobs = Vec::new();
        while let Ok((subject, outcome)) = self.till.told.try_recv() {
            self.till.under_way = self.till.under_way.saturating_sub(1);
            match subject {
                Subject::Claim { message, attempt, order, does_once } => {
                    jobs.push(claimed(message, attempt, order, answer(outcome, does_once)));
                }
                Subject::Price { aside, service } => jobs.extend(self.till.priced(aside, service, outcome)),
            }
        }
        if !self.till.aside.is_empty() {
            let now = Instant::now();
            let late = self.till.aside.iter().filter(|(_, aside)| aside.until <= now);
            let late: Vec<u64> = late.map(|(number, _)| *number).collect();
            jobs.extend(late.into_iter().filter_map(|number| self.till.take_up(number)));
        }
        while self.till.under_way < UNDER_WAY
            && let Some((message, attempt)) = self.till.waiting.pop_front()
        {
            self.order(message, attempt);
        }
        jobs
    }

    /// Gives the order that the attempt's claim asks for.
    pub(super) fn order(&mut self, id: MessageId, n: u16) {
        if self.till.under_way >= UNDER_WAY {
            self.till.waiting.push_back((id, n));
            return;
        }
        let shared = Arc::clone(&self.shared);
        let Ok(Some(message)) = self.seats.message(id, &*shared.store) else { return };
        let Some(attempt) = message.attempt(n) else { return };
        let Some(claim) = attempt.claim.as_deref() else { return };
        let ClaimState::Asked { order, .. } = claim.state else { return };
        let step = match order {
            LedgerKind::Reserve => ChargeStep::Reserve,
            LedgerKind::Commit => ChargeStep::Commit,
            LedgerKind::Release => ChargeStep::Release,
            LedgerKind::Refund => ChargeStep::Refund,
            LedgerKind::Keep => return,
        };
        let system = read(&shared.charging).get(&claim.external.system).cloned();
        let Some(system) = system else {
            tracing::error!(system = %claim.external.system, "a charging system is not configured: it is as if it were away");
            return self.again.push_back(claimed(id, n, order, ClaimAnswer::Refused(Unpaid::Down)));
        };
        let moves = matches!(order, LedgerKind::Commit | LedgerKind::Refund);
        let does_once = system.charging.deduplicates();
        if moves && claim.doubt == Some(order) && !does_once {
            // Never a blind second time.
            return self.again.push_back(claimed(id, n, order, ClaimAnswer::Unknown { does_once }));
        }
        let currency = claim.hold.amount.currency;
        let given = ChargeOrder {
            at_most: message.may_cost(attempt.service, currency).filter(|_| order == LedgerKind::Reserve),
            at: attempt.started_at,
            service: attempt.service,
            parts: u16::try_from(attempt.parts.len()).unwrap_or(u16::MAX),
            ..shared.charge_order(message, step, ChargeKey { message: id, attempt: n }, currency)
        };
        self.give(&system, Subject::Claim { message: id, attempt: n, order, does_once }, given);
    }

    fn give(&mut self, system: &System, subject: Subject, order: ChargeOrder) {
        self.till.under_way += 1;
        let (tell, shared, index) = (self.till.tell.clone(), Arc::clone(&self.shared), self.index);
        let told = move |outcome| {
            // There is room for every order under way.
            if tell.try_send((subject, outcome)).is_err() {
                tracing::warn!("a charging system answered after the loop had ended");
            }
            // A full inbox wakes its loop by itself.
            drop(shared.send(index, Work::Wake));
        };
        system.charging.order(order, Box::new(told));
    }

    /// Sets an input aside and asks for the prices that it needs. It comes back when all are there; or at once, without
    /// them, when too much is under way.
    pub(super) fn ask_prices(&mut self, mut job: Job, message: &Message, content: &Content, now: Time) {
        let asks = self.price_orders(message, content, now);
        let room = UNDER_WAY.saturating_sub(self.till.under_way);
        let Some((system, orders)) = asks.filter(|(_, orders)| !orders.is_empty() && orders.len() <= room)
        else {
            job.quoted = Some(Quoted::default());
            return self.again.push_back(job);
        };
        self.till.next = self.till.next.wrapping_add(1);
        let aside = self.till.next;
        let until = Instant::now() + Duration::from_millis(self.shared.options.timers.facts_ms);
        let left = orders.len();
        self.till.aside.insert(aside, Aside { job, quoted: Quoted::default(), left, until });
        for order in orders {
            self.give(&system, Subject::Price { aside, service: order.service }, order);
        }
    }

    /// One order for each service that could take the message.
    fn price_orders(
        &self,
        message: &Message,
        content: &Content,
        now: Time,
    ) -> Option<(System, Vec<ChargeOrder>)> {
        let seat = self.seats.seated(message.originator.payer.as_ref()?)?;
        let external = seat.plan.as_ref()?.external.as_ref()?;
        let system = read(&self.shared.charging).get(&external.system).cloned()?;
        let orders = Service::ALL.into_iter().filter_map(|service| {
            let measure = self.shared.measured(service, message, content)?;
            let key = ChargeKey { message: message.id, attempt: 0 };
            let draft = self.shared.charge_order(message, ChargeStep::Quote, key, seat.payer.currency);
            Some(ChargeOrder { service, parts: measure.parts.max(1), at: now, ..draft })
        });
        Some((system, orders.collect()))
    }
}

impl Shared {
    /// An order about a message, as far as it does not depend on the attempt.
    fn charge_order(
        &self,
        message: &Message,
        step: ChargeStep,
        key: ChargeKey,
        currency: Currency,
    ) -> ChargeOrder {
        let payer = message.originator.payer.as_ref();
        let number = match &message.originator.address {
            Address::E164(digits) => Some(digits.clone()),
            _ => payer.map(|payer| SmolStr::new(payer.as_str())).filter(is_number),
        };
        ChargeOrder {
            step,
            key,
            imsi: read(&self.book).sim_of(&message.originator.address).filter(is_number),
            number,
            from: message.originator.address.clone(),
            to: message.recipient.clone(),
            origin: message.originator.origin,
            service: Service::Sms,
            parts: 1,
            bytes: message.content.bytes,
            at: message.accepted_at,
            currency,
            at_most: None,
        }
    }
}

impl Till {
    fn priced(&mut self, number: u64, service: Service, outcome: ChargeOutcome) -> Option<Job> {
        let aside = self.aside.get_mut(&number)?;
        *aside.quoted.0.get_mut(service) = Some(quoted_price(outcome));
        aside.left = aside.left.saturating_sub(1);
        if aside.left == 0 { self.take_up(number) } else { None }
    }

    fn take_up(&mut self, number: u64) -> Option<Job> {
        let aside = self.aside.remove(&number)?;
        Some(Job { quoted: Some(aside.quoted), ..aside.job })
    }
}

fn quoted_price(outcome: ChargeOutcome) -> Price {
    match outcome {
        ChargeOutcome::Done(done) => match done.price {
            Some(price) if done.is_list => Price::List(price),
            Some(price) => Price::Exact(price),
            None => Price::Unknown(UnknownPrice::NotTold),
        },
        ChargeOutcome::Refused(ChargeRefusal::NotSupported | ChargeRefusal::NoPrice) => {
            Price::Unknown(UnknownPrice::NotTold)
        }
        ChargeOutcome::Refused(_) | ChargeOutcome::Unknown => Price::Unknown(UnknownPrice::NoAnswer),
    }
}

fn is_number(text: &SmolStr) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn claimed(message: MessageId, attempt: u16, order: LedgerKind, answer: ClaimAnswer) -> Job {
    let work = ClaimedWork { message, attempt, order, answer };
    Job { waiting: false, ..Job::new(Work::Claimed(Box::new(work))) }
}

const fn answer(outcome: ChargeOutcome, does_once: bool) -> ClaimAnswer {
    match outcome {
        ChargeOutcome::Done(done) => ClaimAnswer::Done { price: done.price, is_free: done.is_free },
        ChargeOutcome::Refused(refusal) => ClaimAnswer::Refused(match refusal {
            ChargeRefusal::InsufficientFunds => Unpaid::Funds,
            ChargeRefusal::Barred => Unpaid::Barred,
            ChargeRefusal::UnknownPayer => Unpaid::UnknownPayer,
            ChargeRefusal::NoPrice => Unpaid::NoPrice,
            ChargeRefusal::PriceAbove(price) => Unpaid::TooDear(price),
            ChargeRefusal::WrongGrant => Unpaid::WrongGrant,
            ChargeRefusal::NotHeld => Unpaid::NotHeld,
            ChargeRefusal::Unreachable => Unpaid::Down,
            ChargeRefusal::NotSupported | ChargeRefusal::OurFault => Unpaid::Fault,
        }),
        ChargeOutcome::Unknown => ClaimAnswer::Unknown { does_once },
    }
}
