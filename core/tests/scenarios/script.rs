//! Scenarios as text. A row is a name, what is given, and a script: one input a line, `->`, what happens.
//!
//! Inputs: `send`, `park` (accepted without the door's refusals, as over SIP), `+10s`, `online`, `offline`, `poke`, `crash`, `cancel`, `guard 60s`, `choose sms 0.12`,
//! `price sms 0.12`, `race sms 0.12` (the price changes between the decision and its commit), `short sms`, `rich sms`,
//! `down sms`, `up sms`, `lose presence` (nobody can tell), `lost 2h` (offline since then, and nobody told), and reports: `sms accepted`, `sms failed`, `sms dead` (for good), `im refused`, `sms fault`
//! (ours), `sms silent` (no answer), `sms delivered`, `im displayed`, `sms unclear`, `sms deleted`, and the answers to
//! a withdrawal `sms back`, `sms said-delivered`, `sms not-back`, `sms back-unknown`. A report is about the last attempt by
//! that service, or `#2` by number, or `#1.2` by number and part.
//!
//! With `given charged outside deny` a charging system answers its orders: `pay yes`, `pay 0.02` (and says the price), `pay free`,
//! `pay short`, `pay dear 0.05`, `pay down` (nobody is there), `pay gone` (nothing is held), `pay fault`, `pay silently`
//! (done, no answer), `pay never` (neither). With `given each once` it is known to do each order once.
//!
//! Happenings: `im first`, `sms fallback`, `im revert`, `sms retry`, `im repeat` (`*` = may be a copy), `queued`, `im out`,
//! `ask sms back (deadline)`, `sms is back`, `sms stays`, `sms unknown`, `hold registration`, `tell sms 0.12`,
//! `charge 0.03`, `refund 0.03`, `order reserve 1` (for attempt 1), `doubt commit 1`, and the end in capitals. A script ends with `= status; services; charged`.

use crate::charging::{Pays, outside};
use crate::world::{World, eur, offer};
use switchback_core::charge::{IfDown, LedgerKind, Unpaid};
use switchback_core::model::{
    AttemptKind, ChargeOn, Choice, Currency, Event, EventKind, FailReason, FailureClass, FallbackRule, Funds,
    Input, Money, NotOffered, OnUnknown, Presence, Price, Reach, ReportKind, RouteId, Service, ServiceChoice,
    Settlement, Time, UnknownPrice, WaitFor, WithdrawCause, WithdrawalAnswer,
};

/// One scenario.
pub(crate) struct Row {
    pub(crate) name: String,
    given: String,
    lines: Vec<String>,
}

/// Reads a file of the table: `#` comments, `[name]`, one optional line `given`, then the script.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            rows.push(Row { name: name.to_owned(), given: String::new(), lines: Vec::new() });
            continue;
        }
        let row = rows.last_mut().unwrap_or_else(|| panic!("a line before the first name: {line}"));
        match line.strip_prefix("given ") {
            Some(given) => row.given = given.to_owned(),
            None => row.lines.push(line.to_owned()),
        }
    }
    rows
}

/// Runs a row; the error says which line told something else.
pub(crate) fn run(row: &Row) -> Result<(), String> {
    let Row { name, given, lines } = row;
    let mut world = World::new();
    given.split(',').map(str::trim).filter(|text| !text.is_empty()).for_each(|text| set_up(&mut world, text));
    assert!(
        lines.last().is_some_and(|line| line.starts_with('=') || line.contains("-> refused ")),
        "{name}: no end"
    );
    for line in lines {
        let (got, want) = if let Some(end) = line.strip_prefix("= ") {
            (summary(&world), end.trim().to_owned())
        } else {
            let (input, want) = line.split_once("->").unwrap_or_else(|| panic!("{name}: {line}"));
            (play(&mut world, input.trim()), want.trim().to_owned())
        };
        if got != want {
            let attempts = &world.message.attempts;
            return Err(format!("{name} [{given}]\n    line: {line}\n    got:  {got}\n    {attempts:?}"));
        }
    }
    Ok(())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn millis(text: &str) -> u64 {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap();
    let (number, unit) = text.split_at(split);
    number.parse::<u64>().unwrap()
        * match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            other => panic!("no unit {other}"),
        }
}

fn price(text: &str) -> Price {
    match text {
        "?" => Price::Unknown(UnknownPrice::NoAnswer),
        "none" => Price::NotOffered(NotOffered::Plan),
        "usd" => Price::Exact(Money::from_nanos(Currency::parse("USD").unwrap(), 1)),
        _ => {
            text.strip_prefix("list:").map_or_else(|| Price::Exact(eur(text)), |list| Price::List(eur(list)))
        }
    }
}

fn service(text: &str) -> Service {
    Service::parse(text).unwrap_or_else(|| panic!("no service {text}"))
}

fn set_price(world: &mut World, which: &str, text: &str) {
    let which = service(which);
    let old = world.offers.get(which).clone();
    let new = offer(which, price(text), None);
    let cannot_carry = old.cannot_carry.filter(|_| which != Service::Mms);
    let route = if which == Service::Mms { Some(RouteId::new("mmsc")) } else { old.route.clone() };
    *world.offers.get_mut(which) =
        switchback_core::model::Offer { price: new.price, hold: new.hold, cannot_carry, route, ..old };
}

fn set_up(world: &mut World, text: &str) {
    let policy = &mut world.message.policy;
    match words(text)[..] {
        [which @ ("im" | "sms" | "mms"), amount] => set_price(world, which, amount),
        ["online"] => {
            world.presence =
                Presence::Online { registered_at: Time::from_millis(world.now.as_millis() - 3_600_000) };
        }
        ["offline", ago] => {
            world.presence =
                Presence::Offline { since: Time::from_millis(world.now.as_millis() - millis(ago)) };
        }
        ["stranger"] => {
            world.presence = Presence::NotAUser;
            world.offers.im.reach = Reach::NoAddress;
            world.message.recipient_subscriber = None;
        }
        ["presence", "unknown"] => world.presence = Presence::Unknown,
        ["by", "auto"] => world.message.choice = ServiceChoice::Auto,
        ["by", "ask"] => world.message.choice = ServiceChoice::Ask,
        ["by", named] => world.message.choice = ServiceChoice::Named(service(named)),
        ["bulk"] => policy.on_unknown = OnUnknown::AtMostOnce,
        ["fallback", "never"] => policy.fallback = FallbackRule::Never,
        ["revert", "off"] => policy.revert = false,
        ["after", time] => policy.fallback_after_ms = Some(millis(time)),
        ["t_off", time] => policy.t_off_ms = millis(time),
        ["expires", time] => world.message.expires_at = world.now.plus_millis(millis(time)),
        ["max", amount] => world.message.consent.own = Some(eur(amount)),
        ["standing", "usd"] => {
            world.message.consent.standing = Some(Money::from_nanos(Currency::parse("USD").unwrap(), 1));
        }
        ["standing", amount] => world.message.consent.standing = Some(eur(amount)),
        ["quoted", amount] => world.message.quoted = Some(eur(amount)),
        ["risen"] => world.message.marks.price_rose = true,
        // IM over SIP: a route, and reports from a transport.
        ["sip"] => world.offers.im.route = Some(RouteId::new("sip")),
        ["bearer", which] => {
            let offer = world.offers.get_mut(service(which));
            offer.settlement = Settlement::Bearer;
            offer.hold = None;
        }
        ["submitted", which, how] => {
            world.offers.get_mut(service(which)).charge_on =
                ChargeOn::Submitted { kept_if_undelivered: how == "kept", refund_at_end: how == "refunded" };
        }
        ["charged", "outside", if_down] => {
            let if_down = match if_down {
                "deny" => IfDown::Deny,
                "buffer" => IfDown::Buffer,
                _ => IfDown::Free,
            };
            outside(&mut world.offers.im, if_down);
            outside(&mut world.offers.sms, if_down);
        }
        ["each", "once"] => world.system.does_once = true,
        ["parts", which, count] => world.offers.get_mut(service(which)).parts = count.parse().unwrap(),
        ["short", which] => world.offers.get_mut(service(which)).funds = Funds::Short,
        ["noroute", which] => world.offers.get_mut(service(which)).reach = Reach::NoRoute,
        ["down", which] => world.offers.get_mut(service(which)).reach = Reach::Down(Time::from_millis(0)),
        _ => panic!("no such given: {text}"),
    }
}

fn play(world: &mut World, input: &str) -> String {
    let events = match words(input)[..] {
        ["send"] => match world.send() {
            Ok(()) => world.changes.events.clone(),
            Err(refusal) => return format!("refused {}", refusal.code()),
        },
        ["park"] => {
            world.park();
            world.changes.events.clone()
        }
        ["quiet"] => return quiet(world),
        ["pay", ref how @ ..] => {
            world.pay(pays(how));
            world.changes.events.clone()
        }
        [time] if time.starts_with('+') => world.pass(millis(&time[1..])),
        ["price", which, amount] => {
            set_price(world, which, amount);
            return "set".into();
        }
        ["race", which, amount] => {
            let mut later = world.clone();
            set_price(&mut later, which, amount);
            world.race = Some(Box::new(later.offers));
            return "set".into();
        }
        ["short" | "rich" | "down" | "up" | "guard" | "lose" | "lost", ..] => {
            circumstance(world, input);
            return "set".into();
        }
        _ => {
            let heard = happening(world, input);
            world.hear(&heard);
            world.changes.events.clone()
        }
    };
    told(world, &events)
}

/// A look at the message that changes nothing must leave no trace.
fn quiet(world: &mut World) -> String {
    world.hear(&Input::Poked);
    format!("{} records, {} events", world.changes.records.len(), world.changes.events.len())
}

fn circumstance(world: &mut World, text: &str) {
    match words(text)[..] {
        ["short", which] => world.offers.get_mut(service(which)).funds = Funds::Short,
        ["rich", which] => world.offers.get_mut(service(which)).funds = Funds::Enough,
        ["down", which] => world.offers.get_mut(service(which)).reach = Reach::Down(world.now),
        ["up", which] => world.offers.get_mut(service(which)).reach = Reach::Yes,
        ["lose", "presence"] => world.presence = Presence::Unknown,
        ["lost", ago] => {
            world.presence =
                Presence::Offline { since: Time::from_millis(world.now.as_millis() - millis(ago)) };
        }
        ["guard", time] => world.guard_until = Some(world.now.plus_millis(millis(time))),
        _ => panic!("no such circumstance: {text}"),
    }
}

fn happening(world: &mut World, text: &str) -> Input {
    match words(text)[..] {
        ["online"] => {
            world.set_online(true);
            Input::Poked
        }
        ["offline"] => {
            world.set_online(false);
            Input::Poked
        }
        ["poke"] => Input::Poked,
        ["crash"] => Input::Recovered,
        ["cancel"] => Input::Cancel,
        ["choose", which] => Input::Chosen(Choice { service: service(which), max_price: None }),
        ["choose", which, max] => {
            Input::Chosen(Choice { service: service(which), max_price: Some(eur(max)) })
        }
        [which, what] => report(world, which, what),
        _ => panic!("no such input: {text}"),
    }
}

fn report(world: &World, which: &str, what: &str) -> Input {
    let (attempt, part) =
        match which.strip_prefix('#').map(|number| number.split_once('.').unwrap_or((number, "1"))) {
            Some((number, part)) => (number.parse().unwrap(), part.parse::<u16>().unwrap() - 1),
            None => {
                let last = world.message.attempts.iter().rfind(|attempt| attempt.service == service(which));
                (last.unwrap_or_else(|| panic!("no attempt by {which}")).n, 0)
            }
        };
    let kind = match what {
        "accepted" => ReportKind::HandedOver { peer_id: None },
        "failed" => ReportKind::Failed(FailureClass::Temporary),
        "dead" => ReportKind::Failed(FailureClass::Permanent),
        "refused" => ReportKind::Failed(FailureClass::Refused),
        "fault" => ReportKind::Failed(FailureClass::Local),
        "silent" => ReportKind::NoAnswer,
        "delivered" => ReportKind::Delivered,
        "displayed" => ReportKind::Displayed,
        "unclear" => ReportKind::Unclear,
        "underway" => ReportKind::Intermediate,
        "deleted" => ReportKind::Withdrawn,
        "back" => ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn),
        "said-delivered" => ReportKind::Withdrawal(WithdrawalAnswer::AlreadyDelivered),
        "not-back" => ReportKind::Withdrawal(WithdrawalAnswer::Refused),
        "back-unknown" => ReportKind::Withdrawal(WithdrawalAnswer::Unknown),
        _ => panic!("no such report: {what}"),
    };
    Input::Report { attempt, part, kind, code: None }
}

fn pays(how: &[&str]) -> Pays {
    match how {
        ["yes"] => Pays::Yes(None),
        ["free"] => Pays::Free,
        ["short"] => Pays::No(Unpaid::Funds),
        ["down"] => Pays::No(Unpaid::Down),
        ["gone"] => Pays::No(Unpaid::NotHeld),
        ["fault"] => Pays::No(Unpaid::Fault),
        ["dear", amount] => Pays::No(Unpaid::TooDear(eur(amount))),
        ["silently"] => Pays::Silent(true),
        ["never"] => Pays::Silent(false),
        [amount] => Pays::Yes(Some(eur(amount))),
        _ => panic!("no such answer: {how:?}"),
    }
}

fn order_name(n: u16, order: LedgerKind) -> String {
    format!("{order:?} {n}").to_lowercase()
}

fn told(world: &mut World, events: &[Event]) -> String {
    let orders = std::mem::take(&mut world.system.orders).into_iter();
    let orders = orders.map(|(n, order)| format!("order {}", order_name(n, order)));
    let texts: Vec<String> =
        events.iter().filter_map(|event| happened(world, &event.kind)).chain(orders).collect();
    if texts.is_empty() { "nothing".into() } else { texts.join("; ") }
}

fn happened(world: &World, kind: &EventKind) -> Option<String> {
    let by = |n: u16| world.message.attempt(n).map_or("?", |attempt| attempt.service.as_str());
    Some(match kind {
        EventKind::AttemptStarted { service, kind, may_duplicate, .. } => {
            let copy = if *may_duplicate { "*" } else { "" };
            format!("{service} {}{copy}", kind_name(*kind))
        }
        EventKind::AttemptDeferred { .. } => "queued".into(),
        EventKind::AttemptHandedOver { attempt } if world.message.attempt(*attempt)?.is_app() => {
            format!("{} out", by(*attempt))
        }
        EventKind::AttemptUnknown { attempt } => format!("{} unknown", by(*attempt)),
        EventKind::AttemptWithdrawing { attempt, cause } => {
            format!("ask {} back ({})", by(*attempt), cause_name(*cause))
        }
        EventKind::AttemptWithdrawn { attempt } => format!("{} is back", by(*attempt)),
        EventKind::AttemptWithdrawalFailed { attempt, already_delivered: false } => {
            format!("{} stays", by(*attempt))
        }
        EventKind::AttemptWithdrawalFailed { attempt, .. } => format!("{} was delivered", by(*attempt)),
        EventKind::Offered { .. } => "offer".into(),
        EventKind::Held { what, .. } => format!("hold {}", wait_name(*what)),
        EventKind::ConsentNeeded { service, amount } => {
            format!("tell {service} {}", amount.map_or_else(|| "?".into(), Money::amount))
        }
        EventKind::Charged { amount, .. } => format!("charge {}", amount.amount()),
        EventKind::Refunded { amount, .. } => format!("refund {}", amount.amount()),
        EventKind::ChargeInDoubt { attempt, order } => format!("doubt {}", order_name(*attempt, *order)),
        EventKind::ChargeCleared { attempt } => format!("{attempt} is clear"),
        EventKind::ChargeUncollected { attempt } => format!("{attempt} is not collected"),
        EventKind::Delivered { service } => format!("DELIVERED by {service}"),
        EventKind::Read => "READ".into(),
        EventKind::Refused => "REFUSED".into(),
        EventKind::Failed { reason } => format!("FAILED {}", fail_name(*reason)),
        EventKind::Expired => "EXPIRED".into(),
        EventKind::Unknown => "UNKNOWN".into(),
        EventKind::Canceled => "CANCELED".into(),
        EventKind::DeliveredLate { .. } => "late".into(),
        EventKind::Duplicate { .. } => "duplicate".into(),
        _ => return None,
    })
}

fn summary(world: &World) -> String {
    let services: Vec<&str> = world.message.attempts.iter().map(|attempt| attempt.service.as_str()).collect();
    format!("{}; {}; {}", world.message.status.as_str(), services.join(" "), world.charged().amount())
}

const fn kind_name(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::First => "first",
        AttemptKind::Fallback => "fallback",
        AttemptKind::Revert => "revert",
        AttemptKind::Retry => "retry",
        AttemptKind::Repeat => "repeat",
    }
}

const fn cause_name(cause: WithdrawCause) -> &'static str {
    match cause {
        WithdrawCause::Deadline => "deadline",
        WithdrawCause::Registration => "registration",
        WithdrawCause::Expiry => "expiry",
        WithdrawCause::Sender => "sender",
        WithdrawCause::Superseded => "superseded",
        WithdrawCause::Choice => "choice",
    }
}

const fn wait_name(what: WaitFor) -> &'static str {
    match what {
        WaitFor::Registration => "registration",
        WaitFor::OfflineThreshold => "threshold",
        WaitFor::Backoff => "backoff",
        WaitFor::Consent => "consent",
        WaitFor::Report => "report",
        WaitFor::OurOutage => "outage",
    }
}

const fn fail_name(reason: FailReason) -> &'static str {
    match reason {
        FailReason::PriceRose => "price rose",
        FailReason::Undeliverable => "undeliverable",
        FailReason::ConsentNotGiven => "no consent",
        FailReason::NoService => "no service",
        FailReason::NotPayable => "not payable",
    }
}
