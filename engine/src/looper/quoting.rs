//! Quotes (R2): prices now, what the policy would use, and what would follow. Nothing here is a rule: the core is
//! asked what it would do with such a message, on a copy that is thrown away.

use super::step::purse;
use super::{Job, Looper};
use crate::admission::{Draft, said, summary, told};
use crate::facts::{Allowances, Question, Quoted};
use crate::locks::read;
use crate::quotes::Promise;
use crate::refuse::{from_store, our_fault};
use crate::work::{SubmitWork, Work};
use smol_str::{SmolStr, format_smolstr};
use switchback_core::decide::admit;
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    AttemptState, ByService, Content, Facts, FailureClass, FallbackRule, Input, Message, Money, Offers,
    Presence, Reason, ReportKind, Service, ServiceChoice, Shard, Time, Timers,
};
use switchback_ports::{Quote, QuoteLine, QuotedCharge, QuotedFallback, Refusal};

/// Rounds of the thought experiment: hand-over or deadline, failure, next attempt.
const ROUNDS: usize = 3;

impl Looper {
    /// Answers a quote; nothing is committed.
    pub(super) fn quote(&mut self, job: Job) {
        let Work::Quote(work) = &job.work else { return };
        let ask = &work.ask;
        let now = self.shared.clock.now();
        let shard = Shard::of(ask.originator.payer.as_ref().map_or("", |payer| payer.as_str()));
        let draft = Draft {
            id: self.shared.ids.next(now, shard),
            originator: &ask.originator,
            recipient: &ask.recipient,
            content: summary(&ask.content),
            choice: ask.service,
            fallback: ask.fallback,
            revert: None,
            max_price: ask.max_price,
            quoted: None,
            expires_at: None,
            fallback_after_ms: None,
            class: None,
            now,
        };
        let drafted = draft.message(&self.shared, &read(&self.shared.book));
        let drafted = drafted.and_then(|message| {
            let quote = self.quote_message(&message, &ask.content, job.quoted.as_ref(), now)?;
            Ok((message, quote))
        });
        match drafted {
            Ok((message, None)) => {
                let content = ask.content.clone();
                self.ask_prices(job, &message, &content, now);
            }
            Ok((_, Some(quote))) => job.answer_quote(Ok(quote)),
            Err(refused) => job.answer_quote(Err(refused)),
        }
    }

    /// A quote for a submission that was refused because its price rose.
    pub(super) fn fresh_quote(
        &mut self,
        work: &SubmitWork,
        quoted: Option<&Quoted>,
        now: Time,
    ) -> Option<Quote> {
        let id = self.shared.ids.next(now, work.shard);
        let draft = Draft::of(&work.submission, id, summary(&work.content), now);
        let draft = Draft { quoted: None, ..draft };
        let message = draft.message(&self.shared, &read(&self.shared.book)).ok()?;
        self.quote_message(&message, &work.content, quoted, now).ok()?
    }

    /// The quote; nothing when a charging system knows the prices and was not asked yet.
    fn quote_message(
        &mut self,
        message: &Message,
        content: &Content,
        quoted: Option<&Quoted>,
        now: Time,
    ) -> Result<Option<Quote>, Refusal> {
        if let Some(refused) = self.shared.health.refusal() {
            return Err(refused);
        }
        self.load_payer(message).map_err(|_| our_fault())?;
        let shared = std::sync::Arc::clone(&self.shared);
        let seat = match &message.originator.payer {
            Some(payer) => self.seats.payer(payer, &*shared.store).map_err(|failure| from_store(&failure))?,
            None => None,
        };
        let subscriber = message.recipient_subscriber.as_ref();
        let (recipient, originator) = (&message.recipient, &message.originator);
        let question = Question { recipient, subscriber, content, originator, at: now, quoted };
        let purse = purse(message, seat.as_deref(), None);
        let (plan, notices) = (purse.plan(), purse.standing(originator, now));
        let Some((offers, allowances)) = shared.offers(question, purse) else {
            return Ok(None);
        };
        let book = read(&shared.book);
        let presence = shared.status_of(&message.recipient, subscriber, &book, now);
        let hidden = subscriber.and_then(|id| book.subscriber(id)).is_some_and(|known| known.hide_presence);
        drop(book);
        let forecast = forecast(message, &offers, presence, &shared.options.timers, now);
        let valid_until = now.plus_millis(shared.options.timers.quote_ms);
        // Hours and periods that end before change the price by themselves.
        let steady = seat.as_deref().and_then(|seat| seat.plan.as_ref()?.steady_until(now));
        let valid_until = steady.map_or(valid_until, |steady| steady.min(valid_until));
        let quote = Quote {
            id: self.quote_id(),
            valid_until,
            plan,
            origin: originator.origin,
            presence: if hidden { Presence::Unknown } else { presence },
            lines: lines(message, &offers, &allowances, quoted, presence),
            suggested: forecast.as_ref().and_then(|forecast| forecast.first),
            fallback: forecast.as_ref().and_then(|forecast| forecast.fallback.clone()),
            you_pay_at_most: forecast.as_ref().and_then(|forecast| forecast.message.limit()),
            notices,
        };
        let promise = Promise {
            owner: message.originator.owner.clone(),
            payer: message.originator.payer.clone(),
            recipient: message.recipient.clone(),
            digest: said(content, &message.content),
            amounts: ByService::from_fn(|service| offers.get(service).price.as_first()),
            suggested: quote.suggested,
            valid_until,
        };
        shared.quotes.keep(quote.id.clone(), promise);
        Ok(Some(quote))
    }

    fn quote_id(&self) -> SmolStr {
        let mut bytes = [0_u8; 16];
        self.shared.random.fill(&mut bytes);
        format_smolstr!("qt_{:032x}", u128::from_be_bytes(bytes))
    }
}

impl Job {
    fn answer_quote(self, quote: Result<Quote, Refusal>) {
        if let Work::Quote(work) = self.work {
            work.answer.give(quote);
        }
    }
}

fn lines(
    message: &Message,
    offers: &Offers,
    allowances: &Allowances,
    quoted: Option<&Quoted>,
    presence: Presence,
) -> Vec<QuoteLine> {
    let line = |service: Service| {
        let offer = offers.get(service);
        let named = Message { choice: ServiceChoice::Named(service), ..message.clone() };
        let refused = admit(&named, offers, presence).err();
        QuoteLine {
            service,
            available: refused.is_none(),
            price: offer.price,
            units: offer.units,
            unit: offer.unit,
            charge_on: QuotedCharge::of(offer),
            allowance: allowances.0.get(service).clone(),
            balance: quoted.and_then(|quoted| quoted.0.get(service).as_ref()?.balance),
            reason: refused.map(|refused| told(refused).code),
        }
    };
    Service::ALL.into_iter().map(line).collect()
}

/// What would become of the message.
struct Forecast {
    /// The copy after its first attempt began.
    message: Message,
    first: Option<Service>,
    fallback: Option<QuotedFallback>,
}

fn forecast(
    message: &Message,
    offers: &Offers,
    presence: Presence,
    timers: &Timers,
    now: Time,
) -> Option<Forecast> {
    let choice = match message.choice {
        ServiceChoice::Ask => ServiceChoice::Auto,
        choice => choice,
    };
    let mut copy = Message { choice, ..message.clone() };
    admit(&copy, offers, presence).ok()?;
    let facts = Facts { presence: Some(presence), offers: Some(offers.clone()), ..Facts::default() };
    let mut changes = Changes::default();
    lifecycle::advance(&mut copy, &facts, timers, now, &mut changes).ok()?;
    let first = copy.first;
    let mut begun = copy.clone();
    let never = copy.policy.fallback == FallbackRule::Never;
    // With `never` the question is what would follow if the sender allowed it.
    copy.policy.fallback = FallbackRule::Auto;
    let fallback = not_delivered(copy, &facts, timers, now).map(|mut fallback| {
        if never {
            fallback.automatic = false;
            fallback.why = SmolStr::new_static("fallback_never");
        }
        fallback
    });
    begun.consent = message.consent;
    Some(Forecast { message: begun, first, fallback })
}

/// Lets the first attempt fail for now, and looks what the core does then.
fn not_delivered(mut copy: Message, facts: &Facts, timers: &Timers, now: Time) -> Option<QuotedFallback> {
    let first = copy.first?;
    let mut at = now;
    for _ in 0..ROUNDS {
        let attempt = copy.attempt(1)?;
        if attempt.state == AttemptState::Deferred {
            at = at.max(attempt.deadline);
        } else {
            fail(&mut copy, timers, at);
        }
        let mut changes = Changes::default();
        lifecycle::advance(&mut copy, facts, timers, at, &mut changes).ok()?;
        if let Some(next) = copy.attempts.iter().find(|attempt| attempt.service != first) {
            return Some(followed_by(next.service, "within_limit", None));
        }
        if let Some(told) = copy.marks.told.filter(|told| told.service != first) {
            let why = if told.amount.is_some() { "price_above_limit" } else { "price_unknown" };
            return Some(followed_by(told.service, why, told.amount));
        }
        let mut reasons = changes.records.iter().flat_map(|record| &record.reasons);
        let short = reasons.find_map(|reason| match reason {
            Reason::InsufficientFunds(service) if *service != first => Some(*service),
            _ => None,
        });
        if let Some(service) = short {
            return Some(followed_by(service, "insufficient_funds", None));
        }
    }
    None
}

fn followed_by(to: Service, why: &'static str, consent: Option<Money>) -> QuotedFallback {
    QuotedFallback { to, automatic: why == "within_limit", why: SmolStr::new_static(why), consent }
}

/// Every part of the first attempt is handed over and fails for now.
fn fail(copy: &mut Message, timers: &Timers, at: Time) {
    let parts = copy.attempt(1).map_or(0, |attempt| attempt.parts.len());
    for part in (0..parts).filter_map(|part| u16::try_from(part).ok()) {
        for kind in [ReportKind::HandedOver { peer_id: None }, ReportKind::Failed(FailureClass::Temporary)] {
            let report = Input::Report { attempt: 1, part, kind, code: None };
            lifecycle::absorb(copy, &report, timers, at, &mut Changes::default());
        }
    }
}
