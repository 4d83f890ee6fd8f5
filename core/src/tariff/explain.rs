//! How a price came about, in sentences: which row, which bucket, what is left, and why not another. Told by the very
//! function that prices.

use super::each::{CONVERSATIONS_MAX, Conversation};
use super::occasion::Occasion;
use super::payer::Purse;
use super::plan::{Plan, Sold};
use super::price::{Ask, Priced};
use super::rates::{ALWAYS, Dest, From, Rate, Tariff};
use crate::model::{Currency, Funds, Money, Price, Settlement, Time, Unit};
use smol_str::SmolStr;

/// Sentences beyond this help nobody.
const SENTENCES_MAX: usize = 100;

/// A price and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The price.
    pub priced: Priced,
    /// How it came about, step by step; at most 100.
    pub steps: Vec<String>,
}

/// Prices as [`super::price`] does, and says how it came about.
#[must_use]
pub fn explain<'a>(plan: &Plan, payer: impl Into<Purse<'a>>, ask: &Ask<'_>) -> Explanation {
    let mut steps = vec![format!("plan {} version {}", plan.id, plan.version)];
    let on = Occasion::of(plan, ask.recipient, ask.origin, ask.at).by(ask.account);
    let purse = payer.into();
    let priced = on.work(purse, ask.service, ask.size, ask.file, ask.route, &mut |told| {
        if steps.len() < SENTENCES_MAX {
            steps.extend(told.sentence(plan));
        }
    });
    let standing = purse.payer.standing(plan, ask.account, ask.at);
    steps.extend(standing.iter().map(|notice| format!("to be known: {notice}")));
    steps.push(match priced.price {
        Price::Exact(_) if priced.settlement == Settlement::Bearer => {
            "the bearer charges it; we do not".to_owned()
        }
        Price::Estimate(_) => "an estimate: the bearer counts bytes of its own".to_owned(),
        Price::Exact(_) | Price::List(_) if priced.funds == Funds::Short => {
            "the payer is short of funds".to_owned()
        }
        Price::Exact(_) | Price::List(_) => "the payer can pay it".to_owned(),
        Price::NotOffered(why) => format!("not sold: {why}"),
        Price::Unknown(why) => format!("no price: {why}"),
    });
    Explanation { priced, steps }
}

/// One step of pricing.
pub(super) enum Told<'t> {
    Asked { dests: &'t [Dest], origins: &'t [From] },
    Doubt,
    NoRow { dest: Dest, sold: Sold, elsewhere: &'t [Rate] },
    OtherHours { row: &'t Rate, band: &'t str },
    OtherTime { row: &'t Rate },
    Row { row: &'t Rate, sold: Sold },
    Skipped { id: &'t str, why: Skipped },
    Pass { id: &'t str, fee: i128, is_first: bool },
    Bucket { id: &'t str, burnt: u64, left: u64, unit: Unit },
    Body { rate: &'t Rate, units: u64, total: i128, per: i128, fee: i128, amount: i128 },
    Cap { id: &'t str, left: u64, of: u64 },
    Capped { id: &'t str, left: u64 },
    Paid { id: &'t str, part: i128 },
    Conversation { id: &'t str, stands: Conversation },
}

/// Why a bucket is left alone.
#[derive(Clone, Copy)]
pub(super) enum Skipped {
    NotForThis,
    OtherService,
    OtherDestination,
    OtherOrigin,
    UsedUp,
    NotWhole,
    NothingLeftToPay,
}

impl Skipped {
    const fn why(self) -> &'static str {
        match self {
            Self::NotForThis => "it is for other messages",
            Self::OtherService => "it is for another service",
            Self::OtherDestination => "it is for other destinations",
            Self::OtherOrigin => "it is for other places to send from",
            Self::UsedUp => "nothing is left of it",
            Self::NotWhole => "less is left than the whole message needs",
            Self::NothingLeftToPay => "the units are covered already",
        }
    }
}

impl Told<'_> {
    fn sentence(&self, plan: &Plan) -> Option<String> {
        Some(match self {
            Self::Asked { dests, origins } => {
                let dests: Vec<SmolStr> = dests.iter().map(|dest| dest.name(plan)).collect();
                let origins: Vec<SmolStr> = origins.iter().map(|origin| origin.name(plan)).collect();
                format!("the recipient is {}; sent from {}", dests.join(" > "), origins.join(" > "))
            }
            Self::Doubt => {
                "the recipient's network is not known for sure: the dearer of on-net and off-net".to_owned()
            }
            // That nothing is priced by itself for a destination is the rule, and said only where rows are passed over.
            Self::NoRow { elsewhere: [], .. } => return None,
            Self::NoRow { dest, sold, elsewhere } => {
                let origins: Vec<SmolStr> = elsewhere.iter().map(|row| row.origin.name(plan)).collect();
                let (sold, dest) = (sold.as_str(), dest.name(plan));
                format!("rows of {sold} to {dest} are for other origins or hours: {}", origins.join(", "))
            }
            Self::OtherHours { row, band } => {
                format!("the row on {} is for `{band}`, not now", plan.place_of(row))
            }
            Self::OtherTime { row } => {
                format!("the row on {} is not in force: {}", plan.place_of(row), dates(row))
            }
            Self::Row { row, sold } => {
                let (dest, origin) = (row.dest.name(plan), row.origin.name(plan));
                let (place, sold) = (plan.place_of(row), sold.as_str());
                let dates = if row.valid == ALWAYS { String::new() } else { format!(", {}", dates(row)) };
                format!("the row on {place}: {sold} to {dest} from {origin}{dates}")
            }
            Self::Skipped { id, why } => format!("`{id}` is not used: {}", why.why()),
            Self::Pass { id, fee, is_first: true } => {
                format!("the pass `{id}` begins with this message: {}", money(*fee, plan.currency))
            }
            Self::Pass { id, .. } => format!("the pass `{id}` runs already"),
            Self::Bucket { id, burnt, left, unit } => {
                format!("`{id}` gives {}; {left} are left", counted(*burnt, *unit))
            }
            Self::Body { rate, units, total, per, fee, amount } => {
                body(plan, rate, *units, (*total, *per), *fee, *amount)
            }
            Self::Conversation { id, stands } => match stands {
                Conversation::Open { until } => {
                    let until = Time::from_millis(u64::from(*until).saturating_mul(60_000));
                    format!("`{id}`: a conversation with the recipient goes on until {until}")
                }
                Conversation::Begins { .. } => format!("`{id}`: a conversation begins with this message"),
                Conversation::Uncounted => {
                    format!("`{id}`: a conversation by itself, as {CONVERSATIONS_MAX} others are open")
                }
            },
            Self::Paid { id, part } => format!("the balance `{id}` pays {}", money(*part, plan.currency)),
            Self::Cap { id, left, of } => {
                let [left, of] = [left, of].map(|nanos| money(i128::from(*nanos), plan.currency));
                format!("the cap `{id}` has {left} of {of} left")
            }
            Self::Capped { id, left } => {
                format!("the cap `{id}` leaves {}", money(i128::from(*left), plan.currency))
            }
        })
    }
}

/// From when to when a row is in force.
fn dates(row: &Rate) -> String {
    let from = (row.valid.start > ALWAYS.start).then(|| format!("valid from {}", row.valid.start));
    let to = (row.valid.end < ALWAYS.end).then(|| format!("until {}", row.valid.end));
    from.into_iter().chain(to).collect::<Vec<_>>().join(" ")
}

fn counted(number: u64, unit: Unit) -> String {
    format!("{number} {}{}", unit.as_str(), if number == 1 { "" } else { "s" })
}

fn body(plan: &Plan, rate: &Rate, units: u64, (total, per): (i128, i128), fee: i128, amount: i128) -> String {
    if units == 0 && fee == 0 {
        return "nothing is left to pay".to_owned();
    }
    let how = match &rate.tariff {
        Tariff::Steps { step, price, per } => {
            let (price, unit) = (money(*price, plan.currency), rate.unit.as_str());
            let steps =
                if *step == 1 || rate.by_session { String::new() } else { format!(", in steps of {step}") };
            let each = if *per == 1 { format!("a {unit}") } else { format!("for {per} {unit}s") };
            format!("at {price} {each}{steps}")
        }
        Tariff::Tiers(_) => "by the size of the message".to_owned(),
        Tariff::Volume { whole: false, .. } => "by the volume of the period".to_owned(),
        Tariff::Volume { whole: true, .. } => "by the volume of the period, all at one level".to_owned(),
    };
    let fee = if fee > 0 { " with the fee" } else { "" };
    let exact = if total.checked_rem(per) == Some(0) {
        total.checked_div(per).map_or_else(String::new, |exact| money(exact, plan.currency))
    } else {
        format!("{total}/{per} nano-{}", plan.currency)
    };
    let (units, amount) = (counted(units, rate.unit), money(amount, plan.currency));
    format!("{units} to pay {how}: {exact}{fee}, charged as {amount}")
}

fn money(nanos: i128, currency: Currency) -> String {
    Money::from_nanos(currency, nanos).to_string()
}
