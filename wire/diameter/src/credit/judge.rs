//! What one answer means for one step. Whatever can't be relied on is said so; nothing is guessed in favour of a
//! charge.

use super::answer::CreditControlAnswer;
use super::aoc::AocInformation;
use super::client::Step;
use super::units::Units;
use super::words::FailureHandling;
use crate::result_code::{ResultCode, Verdict};

/// What a charge may come to, and what is known of the charging system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The payer's currency, ISO 4217 numeric. An answer without a currency means this one.
    pub currency: u32,
    /// What it may cost at most, in billionths: a reservation that turns out dearer is given back. Within it a commit may
    /// make a reservation anew that has run out; without it, it may not.
    pub at_most: Option<i128>,
    /// Whether a success without a Granted-Service-Unit grants what was asked for. A debit always does.
    pub bare_grants: bool,
    /// Whether the charging system is known to do a request once, however often it is sent.
    pub deduplicates: bool,
}

/// What a success says besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grant {
    /// What it costs, in billionths of the payer's currency, if it was said.
    pub nanos: Option<i128>,
    /// How long a reservation holds, in seconds, if it was said.
    pub validity: Option<u32>,
    /// Whether little is left, if it was said.
    pub low_balance: Option<bool>,
    /// What is left, in billionths of the payer's currency, if it was said in that. To be shown; nothing here goes by it.
    pub remaining: Option<i128>,
    /// Whether nothing is to be charged, now or later, and no session was opened (4011).
    pub free: bool,
    /// What the charging system wants done when it can't be asked.
    pub failure_handling: Option<FailureHandling>,
}

/// A no that can be relied on: nothing is held and nothing was charged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The payer can't afford it.
    OutOfFunds,
    /// The payer may not use the service.
    Denied,
    /// The charging system does not know the payer.
    UnknownUser,
    /// It can't say what this costs.
    RatingFailed,
    /// It granted other than what was asked for, and was given it back.
    WrongGrant,
    /// It would cost this much, which is more than it may, and was given back.
    TooDear {
        /// In billionths.
        nanos: i128,
    },
    /// It would cost an amount that can't be compared with what it may: another currency, or too fine a number.
    Incomparable,
    /// It said success and no price.
    NoPrice,
    /// The session is not known any more: nothing was taken.
    SessionGone,
    /// It never does what was asked.
    NotSupported(ResultCode),
    /// It did not understand us.
    OurFault(ResultCode),
    /// Nobody is there to be asked, or nobody had time; nothing had an effect.
    Unavailable,
}

/// Why it is not known what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// No answer, and the request may have arrived.
    NoAnswer,
    /// The answer can't be read.
    Unreadable,
    /// The answer is to another session or request than it should be.
    Mismatch,
    /// A result without a meaning.
    Unclear(ResultCode),
    /// Money was taken for other than what was asked for.
    WrongDebit,
    /// The session was unknown when its end was sent again: the first time may have been the one that counted.
    GoneAfterRepeat,
}

/// What one answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Done(Grant),
    /// A session is open that must be ended: then it is this refusal.
    GiveBack(Refusal),
    Refused(Refusal),
    Elsewhere,
    Unknown(Suspicion),
}

/// Judges an answer to `step`, in which `units` were asked for.
pub(super) fn judge(
    step: Step,
    session_id: &str,
    units: &Units,
    terms: &Terms,
    answer: &CreditControlAnswer<'_>,
) -> Judgement {
    let (request_type, request_number, _) = step.request();
    if answer.session_id != session_id
        || answer.request_type.is_some_and(|it| it != request_type)
        || answer.request_number.is_some_and(|it| it != request_number)
    {
        return Judgement::Unknown(Suspicion::Mismatch);
    }
    // One service is asked for; what its part of the answer says against it counts as the answer's own word.
    let inner = answer.services.iter().filter_map(|service| service.result);
    let worst = inner.chain([answer.result]).find(|code| *code != ResultCode::SUCCESS);
    let code = worst.unwrap_or(ResultCode::SUCCESS);
    // Money may have been held by the whole while the part was refused.
    let opened = answer.result == ResultCode::SUCCESS && matches!(step, Step::Reserve { .. });
    let refused = |refusal| if opened { Judgement::GiveBack(refusal) } else { Judgement::Refused(refusal) };
    match code.verdict() {
        Verdict::Granted => granted(step, units, terms, answer),
        Verdict::NotApplicable => Judgement::Done(Grant { nanos: Some(0), free: true, ..Grant::default() }),
        Verdict::OutOfFunds => refused(Refusal::OutOfFunds),
        Verdict::Denied => refused(Refusal::Denied),
        Verdict::UnknownUser => refused(Refusal::UnknownUser),
        Verdict::RatingFailed => refused(Refusal::RatingFailed),
        Verdict::UnknownSession if step == Step::Release => Judgement::Done(Grant::default()),
        Verdict::UnknownSession => Judgement::Refused(Refusal::SessionGone),
        Verdict::TryElsewhere if opened => Judgement::GiveBack(Refusal::Unavailable),
        Verdict::TryElsewhere => Judgement::Elsewhere,
        Verdict::NotSupported => refused(Refusal::NotSupported(code)),
        Verdict::OurFault => refused(Refusal::OurFault(code)),
        Verdict::Unclear => Judgement::Unknown(Suspicion::Unclear(code)),
    }
}

/// A success, looked at closely.
fn granted(step: Step, units: &Units, terms: &Terms, answer: &CreditControlAnswer<'_>) -> Judgement {
    let price = price(units, terms, answer);
    let grant = Grant {
        nanos: price.ok().flatten(),
        validity: answer.services.iter().filter_map(|service| service.validity).chain(answer.validity).min(),
        low_balance: answer.low_balance,
        remaining: remaining(terms, answer),
        free: false,
        failure_handling: answer.failure_handling,
    };
    match step {
        Step::PriceEnquiry => match price {
            Ok(Some(_)) => Judgement::Done(grant),
            Ok(None) => Judgement::Refused(Refusal::NoPrice),
            Err(Incomparable) => Judgement::Refused(Refusal::Incomparable),
        },
        Step::Reserve { .. } => {
            if !is_as_asked(units, terms.bare_grants, answer) {
                return Judgement::GiveBack(Refusal::WrongGrant);
            }
            let at_most = terms.at_most.unwrap_or(i128::MAX);
            match price {
                Ok(Some(nanos)) if nanos > at_most => Judgement::GiveBack(Refusal::TooDear { nanos }),
                Err(Incomparable) if terms.at_most.is_some() => Judgement::GiveBack(Refusal::Incomparable),
                _ => Judgement::Done(grant),
            }
        }
        Step::Debit if !is_as_asked(units, true, answer) => Judgement::Unknown(Suspicion::WrongDebit),
        Step::Commit | Step::Release | Step::Debit | Step::Refund => Judgement::Done(grant),
    }
}

fn remaining(terms: &Terms, answer: &CreditControlAnswer<'_>) -> Option<i128> {
    let remaining = answer.remaining.filter(|it| it.currency.is_none_or(|it| it == terms.currency))?;
    remaining.value.nanos()
}

fn is_as_asked(units: &Units, bare: bool, answer: &CreditControlAnswer<'_>) -> bool {
    let mut granted = answer.services.iter().filter_map(|service| service.granted).chain(answer.granted);
    match granted.next() {
        Some(first) => first.covers_exactly(units) && granted.next().is_none(),
        None => bare,
    }
}

/// There is a price, but it can't be compared.
#[derive(Debug, Clone, Copy)]
struct Incomparable;

/// What the answer says it costs, wherever it says so; below zero is no price. The dearest counts when there are
/// several.
fn price(
    units: &Units,
    terms: &Terms,
    answer: &CreditControlAnswer<'_>,
) -> Result<Option<i128>, Incomparable> {
    let ours = |currency: Option<u32>| currency.is_none_or(|it| it == terms.currency);
    let mut dearest = None;
    let mut consider = |nanos: Option<i128>, currency: Option<u32>| {
        let nanos = nanos.filter(|nanos| *nanos >= 0 && ours(currency)).ok_or(Incomparable)?;
        dearest = dearest.max(Some(nanos));
        Ok(())
    };
    if let Some(cost) = answer.cost {
        // A cost per minute or per kilobyte is none for a message.
        let whole = cost.per.is_none_or(str::is_empty);
        consider(cost.cost.value.nanos().filter(|_| whole), cost.cost.currency)?;
    }
    let aoc = answer.information.as_ref().and_then(|information| information.aoc.as_ref());
    if let Some((nanos, currency)) = aoc.and_then(|aoc| advice(units, aoc)) {
        consider(nanos, currency)?;
    }
    let services = answer.services.iter().filter_map(|service| service.granted);
    for money in services.chain(answer.granted).filter_map(|granted| granted.money) {
        consider(money.value.nanos(), money.currency)?;
    }
    Ok(dearest)
}

/// The price in an advice of charge, if there is one, and its currency.
fn advice(units: &Units, aoc: &AocInformation) -> Option<(Option<i128>, Option<u32>)> {
    if let Some(accumulated) = aoc.accumulated {
        return Some((accumulated.nanos(), aoc.currency));
    }
    if !aoc.incremental.is_empty() {
        let sum = aoc.incremental.iter().try_fold(0_i128, |sum, cost| sum.checked_add(cost.nanos()?));
        return Some((sum, aoc.currency));
    }
    let tariff = aoc.tariff.as_ref()?;
    Some((tariff.nanos_for(units.specific, units.total_octets), tariff.currency))
}
