//! What a plan's author says that messages cost: read from the plan's own file and asserted, so that a plan is tested
//! by the table it was agreed on.

use super::calendar::moment;
use super::each::{self, Whose};
use super::explain::{Explanation, explain};
use super::payer::{Bucket, Payer};
use super::plan::Plan;
use super::price::{Ask, Size};
use crate::model::{AccountId, Address, Funds, Money, Origin, PayerId, Price, RouteId, Service, Time};
use crate::rows::{Faults, Row};
use smol_str::SmolStr;
use toml::de::DeValue;

const EXAMPLE: [&str; 19] = [
    "name", "service", "to", "text", "segments", "bytes", "media", "origin", "account", "route", "at",
    "used", "balance", "price", "units", "left", "funds", "degraded", "pass",
];

/// Balances where an example says nothing of one: enough for everything.
const PLENTY: i128 = 1_000_000_000_000_000;

/// One example: a message, the payer's state before it, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub name: SmolStr,
    /// Where it stands in the file.
    pub line: usize,
    /// The service.
    pub service: Service,
    /// What is sent.
    pub message: ExampleMessage,
    to: Address,
    file: bool,
    origin: Origin,
    account: Option<AccountId>,
    route: Option<RouteId>,
    at: Time,
    /// Units used of buckets; of caps nano-units.
    used: Vec<(SmolStr, u64)>,
    balance: i128,
    price: Expected,
    units: Option<u64>,
    left: Vec<(SmolStr, u64)>,
    short: bool,
    degraded: bool,
    pass: Option<SmolStr>,
}

/// What an example sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExampleMessage {
    /// A text, to be measured by the code that would encode it.
    Text(String),
    /// Something that has been measured.
    Measured(Size),
}

/// What an example expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Amount(i128),
    NotOffered,
    Unknown,
}

impl Example {
    /// Prices the example, whose message has that size.
    ///
    /// # Errors
    /// What was expected, what came instead, and how it came about.
    pub fn run(&self, plan: &Plan, size: Size) -> Result<(), Box<ExampleFailed>> {
        let explanation = explain(plan, &self.payer(plan), &self.ask(size));
        let wrong = self.differs(plan, &explanation);
        wrong.map_or(Ok(()), |what| Err(Box::new(ExampleFailed { what, explanation })))
    }

    /// The question that the example asks.
    #[must_use]
    pub const fn ask(&self, size: Size) -> Ask<'_> {
        Ask {
            service: self.service,
            recipient: &self.to,
            size,
            file: self.file,
            origin: self.origin,
            account: self.account.as_ref(),
            route: self.route.as_ref(),
            at: self.at,
        }
    }

    /// A payer in the state that the example begins with.
    #[must_use]
    pub fn payer(&self, plan: &Plan) -> Payer {
        let mut payer = Payer::open(PayerId::new("example"), plan);
        payer.balance = Money::from_nanos(plan.currency, self.balance);
        let now = plan.zone.local(self.at);
        for (id, used) in &self.used {
            let known = self
                .bucket(plan, id)
                .and_then(|id| Some(Bucket { id: id.clone(), ..payer.bucket(&id)?.clone() }));
            let Some(bucket) = known else { continue };
            let period = plan.per(id).map_or_else(|| each::minute(self.at), |per| per.start(now));
            payer.buckets.retain(|other| other.id != bucket.id);
            payer.buckets.push(Bucket { period, used: *used, ..bucket });
        }
        payer
    }

    /// The bucket that counts the example's message under that id of the plan.
    fn bucket(&self, plan: &Plan, id: &SmolStr) -> Option<SmolStr> {
        let (account, route) = (self.account.as_ref(), self.route.as_ref());
        plan.each(id)?.bucket(id, &Whose { recipient: &self.to, account, route })
    }

    fn differs(&self, plan: &Plan, explanation: &Explanation) -> Option<String> {
        let priced = &explanation.priced;
        let as_expected = match (self.price, priced.price) {
            (Expected::Amount(nanos), price) => price.as_next().is_some_and(|money| money.nanos == nanos),
            (Expected::NotOffered, price) => !price.is_offered(),
            (Expected::Unknown, price) => matches!(price, Price::Unknown(_)),
        };
        if !as_expected {
            let expected = match self.price {
                Expected::Amount(nanos) => Money::from_nanos(plan.currency, nanos).to_string(),
                Expected::NotOffered => "not_offered".to_owned(),
                Expected::Unknown => "unknown".to_owned(),
            };
            let came = match priced.price {
                Price::NotOffered(_) => "not_offered".to_owned(),
                Price::Unknown(_) => "unknown".to_owned(),
                price => price.as_next().map_or_else(String::new, |money| money.to_string()),
            };
            return Some(format!("price: expected {expected}, came {came}"));
        }
        if let Some(units) = self.units.filter(|units| *units != priced.units) {
            return Some(format!("units: expected {units}, came {}", priced.units));
        }
        if self.short != (priced.funds == Funds::Short) {
            return Some(format!(
                "funds: expected {}, came {:?}",
                if self.short { "short" } else { "enough" },
                priced.funds
            ));
        }
        if self.degraded != priced.degraded {
            return Some(format!("degraded: expected {}, came {}", self.degraded, priced.degraded));
        }
        if self.pass.is_some() && self.pass != priced.pass {
            return Some(format!("pass: expected {:?}, came {:?}", self.pass, priced.pass));
        }
        self.left.iter().find_map(|(id, expected)| {
            let payer = self.payer(plan);
            let name = self.bucket(plan, id)?;
            let bucket = payer.bucket(&name)?;
            let taken = priced.hold.iter().flat_map(|hold| &hold.taken).filter(|taken| taken.bucket == name);
            let taken = taken.fold(0_u64, |sum, taken| sum.saturating_add(taken.units));
            let left = bucket.amount.saturating_sub(bucket.used).saturating_sub(taken);
            (left != *expected).then(|| format!("left of {id}: expected {expected}, came {left}"))
        })
    }
}

/// An example that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ExampleFailed {
    /// What was expected, and what came.
    pub what: String,
    /// How it came about.
    pub explanation: Explanation,
}

/// Reads an example.
pub(super) fn read(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Option<Example> {
    row.only(&EXAMPLE, faults);
    for (key, example) in [("service", "\"sms\""), ("to", "\"+491701234567\""), ("price", "\"0.09\"")] {
        row.require(key, example, faults);
    }
    let service = row.word("service", &["im", "sms", "mms"], Service::parse, faults)?;
    let to = row.text("to", faults).map(Address::parse);
    if matches!(to, Some(Err(_))) {
        faults.add(
            row.line_of("to", faults),
            "`to` must be a number, a short code or a SIP address".to_owned(),
        );
    }
    let origin = row.text("origin", faults).map_or(Some(Origin::HOME), Origin::parse);
    if origin.is_none() {
        let line = row.line_of("origin", faults);
        faults.add(line, "`origin` is home, wifi, a network like \"52001\", or \"wifi@52001\"".to_owned());
    }
    let message = message(row, faults)?;
    let short = |word: &str| ["short", "enough"].contains(&word).then(|| word == "short");
    Some(Example {
        name: SmolStr::new(row.text("name", faults).unwrap_or("")),
        line: row.line,
        service,
        message,
        to: to?.ok()?,
        file: row.flag("media", faults).unwrap_or(false),
        origin: origin?,
        account: row.name("account", faults).map(AccountId::new),
        route: row.name("route", faults).map(RouteId::new),
        at: at(row, plan, faults)?,
        used: counters(row, "used", plan, faults),
        balance: row.amount("balance", faults).unwrap_or(PLENTY),
        price: expected(row, faults)?,
        units: row.whole("units", 0..u64::MAX, faults),
        left: counters(row, "left", plan, faults),
        short: row.word("funds", &["short", "enough"], short, faults).unwrap_or(false),
        degraded: row.flag("degraded", faults).unwrap_or(false),
        pass: row.text("pass", faults).map(SmolStr::new),
    })
}

fn message(row: Row<'_, '_>, faults: &mut Faults) -> Option<ExampleMessage> {
    let text = row.text("text", faults);
    let (segments, bytes) = (row.whole("segments", 1..256, faults), row.whole("bytes", 0..1 << 48, faults));
    match text {
        Some(_) if segments.is_some() || bytes.is_some() => {
            faults.add(
                row.line_of("text", faults),
                "a `text` is measured: drop `segments` and `bytes`".to_owned(),
            );
            None
        }
        Some(text) => Some(ExampleMessage::Text(text.to_owned())),
        None => Some(ExampleMessage::Measured(Size {
            segments: segments.unwrap_or(1),
            bytes: bytes.unwrap_or(1),
        })),
    }
}

/// When: as the example says, else noon of the plan's first day, else of the first day of 2026.
fn at(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Option<Time> {
    const NOON: u64 = 12 * 3_600_000;
    let Some((value, line)) = row.value("at", faults) else {
        return plan.valid_from.or_else(|| moment("2026-01-01", &plan.zone)).map(|day| day.plus_millis(NOON));
    };
    let text = match value {
        DeValue::Datetime(datetime) => datetime.to_string(),
        other => other.as_str().unwrap_or("").to_owned(),
    };
    let at = moment(&text, &plan.zone);
    if at.is_none() {
        faults.add(
            line,
            "`at` must be a date or a time with its offset, like 2026-11-01T12:00:00+01:00".to_owned(),
        );
    }
    at
}

fn expected(row: Row<'_, '_>, faults: &mut Faults) -> Option<Expected> {
    match row.text("price", faults)? {
        "not_offered" => Some(Expected::NotOffered),
        "unknown" => Some(Expected::Unknown),
        _ => row.amount("price", faults).map(Expected::Amount),
    }
}

/// A table of buckets: whole numbers of units, or for caps amounts in quotes.
fn counters(row: Row<'_, '_>, key: &str, plan: &Plan, faults: &mut Faults) -> Vec<(SmolStr, u64)> {
    let Some((value, line)) = row.value(key, faults) else { return Vec::new() };
    let DeValue::Table(table) = value else {
        faults.add(line, format!("`{key}` is a table, like `{key} = {{ sms100 = 98 }}`"));
        return Vec::new();
    };
    let inner = Row { name: "a table of buckets", line, table };
    let mut counters = Vec::new();
    for (id, _) in table {
        let id: &str = id.get_ref().as_ref();
        if plan.each(id).is_none() {
            faults.add(line, format!("the plan has no allowance, pass, cap, volume or conversation `{id}`"));
            continue;
        }
        let is_cap = plan.caps.iter().any(|cap| cap.id == id);
        let number = if is_cap {
            inner.amount(id, faults).and_then(|nanos| u64::try_from(nanos).ok())
        } else {
            inner.whole(id, 0..1 << 49, faults)
        };
        counters.extend(number.map(|number| (SmolStr::new(id), number)));
    }
    counters
}
