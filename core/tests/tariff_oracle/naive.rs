//! The prices again, written by somebody who knows the rules and nothing of the program: no indexes, one unit at a
//! time, decimals by long division, and periods named as people name them.

use crate::draw::{Body, Cap, Message, Model, Row};
use std::collections::BTreeMap;
use switchback_core::charge::LedgerKind;
use switchback_core::model::{Currency, Money, NotOffered, Price, Service, Time, UnknownPrice};

/// Counter, period and units.
pub(crate) type Taken = Vec<(String, String, u64)>;

pub(crate) struct Naive<'m> {
    model: &'m Model,
    /// Units used or held, by counter and period.
    gone: BTreeMap<(String, String), u64>,
    /// What caps were raised by, by cap and period, in nano-units.
    raised: BTreeMap<(String, String), u64>,
    /// Money and credit that is neither spent nor held, in nano-units.
    free: i128,
    /// The part of it that is credit, and what was paid into the balance `bonus`.
    credit: i128,
    bonus: u64,
    /// Money and credit that is not spent.
    unspent: i128,
    /// The period that a counter is in, what is charged in it, and the share of it that was told.
    charged: BTreeMap<String, (String, i128, u64)>,
    told_low: bool,
}

pub(crate) struct Answer {
    pub(crate) price: Price,
    pub(crate) degraded: bool,
    pub(crate) taken: Taken,
}

/// The name of the period that a moment lies in.
fn period(per: &str, at: Time) -> String {
    let date = at.to_string();
    match per {
        "hour" => date[..13].to_owned(),
        "day" => date[..10].to_owned(),
        "month" => date[..7].to_owned(),
        // Thursday was the first day of all: count Mondays.
        "week" => format!("week {}", (at.as_millis() / 86_400_000 + 3) / 7),
        _ => "ever".to_owned(),
    }
}

impl<'m> Naive<'m> {
    pub(crate) fn new(model: &'m Model, money: i128, credit: i128, bonus: u64) -> Self {
        Self {
            model,
            gone: BTreeMap::new(),
            raised: BTreeMap::new(),
            free: money + credit,
            credit,
            bonus,
            unspent: money + credit,
            charged: BTreeMap::new(),
            told_low: false,
        }
    }

    /// The payer agreed that a cap takes so much more until its period ends.
    pub(crate) fn raise(&mut self, cap: &Cap, nanos: u64, at: Time) {
        let period = period(cap.per, at);
        *self.raised.entry((cap.id.to_owned(), period.clone())).or_default() += nanos;
        // Whoever agrees knows that the period before is over: nothing more is told of that.
        self.enter(cap.id, &period);
    }

    /// A counter is in this period now; of another nothing is charged or told in it.
    fn enter(&mut self, id: &str, period: &str) {
        let now = self.charged.entry(id.to_owned()).or_default();
        if now.0 != period {
            *now = (period.to_owned(), 0, 0);
        }
    }

    /// What of the bonus is spent or held.
    pub(crate) fn bonus_gone(&self) -> u64 {
        self.bonus - self.left("bonus", "ever", self.bonus)
    }

    /// Which balance pays what: the first as long as it has something.
    fn pay(&self, amount: i128, taken: &mut Taken) {
        let Some(order) = self.model.order else { return };
        let bonus = i128::from(self.left("bonus", "ever", self.bonus));
        let main = (self.free - self.credit - bonus).max(0);
        let part = if order[0] == "bonus" { amount.min(bonus) } else { (amount - main).clamp(0, bonus) };
        taken.push(("bonus".to_owned(), "ever".to_owned(), u64::try_from(part).unwrap()));
    }

    pub(crate) const fn can_pay(&self, nanos: i128) -> bool {
        nanos == 0 || nanos <= self.free
    }

    pub(crate) fn reserve(&mut self, nanos: i128, taken: &Taken) {
        self.free -= nanos;
        for (id, period, units) in taken {
            *self.gone.entry((id.clone(), period.clone())).or_default() += units;
            self.enter(id, period);
        }
    }

    /// What the charge brings to be told: the cap and the share, or nothing and 0 of a low balance.
    pub(crate) fn news(&mut self, kind: LedgerKind, nanos: i128, taken: &Taken) -> Vec<(String, u64)> {
        let sign = match kind {
            LedgerKind::Commit => 1,
            LedgerKind::Refund => -1,
            _ => return Vec::new(),
        };
        self.unspent -= sign * nanos;
        let mut news = Vec::new();
        for (id, period, units) in taken {
            let name = id.split(' ').next().unwrap();
            let Some(cap) = self.model.caps.iter().find(|cap| cap.id == name) else { continue };
            let (now, sum, told) = self.charged.get_mut(id).unwrap();
            if now != period {
                continue;
            }
            *sum += sign * i128::from(*units);
            let share = *sum * 100 / i128::from((cap.amount * 1000).max(1));
            let reached = cap.notify.iter().copied().filter(|percent| i128::from(*percent) <= share).max();
            if let Some(percent) = reached.filter(|percent| sign > 0 && *told < *percent) {
                *told = percent;
                news.push((name.to_owned(), percent));
            }
        }
        let is_low = self.model.low.is_some_and(|low| self.unspent < i128::from(low) * 1000);
        if sign > 0 && nanos > 0 && is_low && !self.told_low {
            self.told_low = true;
            news.push((String::new(), 0));
        }
        news
    }

    pub(crate) fn end(&mut self, kind: LedgerKind, nanos: i128, taken: &Taken) {
        if !matches!(kind, LedgerKind::Release | LedgerKind::Refund) {
            return;
        }
        self.free += nanos;
        for (id, period, units) in taken {
            *self.gone.entry((id.clone(), period.clone())).or_default() -= units;
        }
    }

    fn left(&self, id: &str, period: &str, amount: u64) -> u64 {
        amount - self.gone.get(&(id.to_owned(), period.to_owned())).copied().unwrap_or(0)
    }

    /// The row: destination before origin, and of several the one that began last.
    fn row(&self, message: &Message) -> Option<(usize, &'m Row)> {
        let here = if message.wifi { ["wifi", "home", "any"].as_slice() } else { ["home", "any"].as_slice() };
        let dests = if message.own { [true, false].as_slice() } else { [false].as_slice() };
        for own in dests {
            for origin in here {
                let hours = (message.at.as_millis() - crate::START) / 3_600_000;
                let fits = self.model.rows.iter().enumerate().filter(|(_, row)| {
                    row.service == message.service && row.own == *own && row.origin == *origin
                });
                let in_force = fits.filter(|(_, row)| {
                    row.from.is_none_or(|from| from <= hours) && row.to.is_none_or(|to| hours < to)
                });
                let found = in_force.max_by_key(|(_, row)| row.from);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    pub(crate) fn price(&self, message: &Message) -> Answer {
        let none = |price| Answer { price, degraded: false, taken: Vec::new() };
        let Some((n, row)) = self.row(message) else { return none(Price::Unknown(UnknownPrice::NoRate)) };
        if matches!(row.body, Body::NotOffered) {
            return none(Price::NotOffered(NotOffered::Plan));
        }
        let mut taken: Taken = Vec::new();
        let units = match message.service {
            Service::Im if self.model.talks => self.conversation(n, message, &mut taken),
            Service::Im => message.bytes + 100,
            Service::Sms => message.segments,
            Service::Mms => 1,
        };
        // Does it count as sent from home?
        let at_home = row.origin != "wifi";
        let uses_network = row.origin == "home"
            || (row.origin == "any" && !(message.wifi && message.service == Service::Im));
        let (mut fee, mut granted) = (0, Vec::new());
        if let Some(pass) = &self.model.pass
            && pass.service == message.service
            && (!pass.home_only || uses_network)
        {
            granted.clone_from(&pass.grants);
            let now = period(pass.per, message.at);
            if self.left("pass", &now, 1) == 1 {
                fee = i128::from(pass.fee);
                taken.push(("pass".into(), now, 1));
            }
        }
        let (mut open, overage) = self.cover(message, units, at_home, &granted, &mut taken);
        if open > 0 && overage == "block" {
            return none(Price::NotOffered(NotOffered::Allowance));
        }
        let degraded = open > 0 && overage == "throttle";
        if degraded {
            open = 0;
        }
        let counter = format!("v{n}");
        let now = period("month", message.at);
        let before = self.gone.get(&(counter.clone(), now.clone())).copied().unwrap_or(0);
        let Some((mut top, bottom)) = body(row, open, message.bytes, before) else {
            return none(Price::Unknown(UnknownPrice::NoRate));
        };
        if matches!(row.body, Body::Volume { .. }) && open > 0 {
            taken.push((counter, now, open));
        }
        top += fee * bottom;
        let amount = self.round(top, bottom);
        self.capped(message, amount, degraded, taken)
    }

    /// A conversation, unless one with the recipient was begun in the last 24 hours and not given back.
    fn conversation(&self, row: usize, message: &Message, taken: &mut Taken) -> u64 {
        let name = format!("v{row} with {}", message.recipient());
        let now = message.at.as_millis() / 60_000;
        let begun = |minute: u64| self.gone.get(&(name.clone(), minute.to_string())).is_some_and(|n| *n > 0);
        if self.gone.keys().any(|(known, minute)| {
            let minute = if *known == name { minute.parse().unwrap() } else { 0 };
            minute + 24 * 60 > now && begun(minute)
        }) {
            return 0;
        }
        taken.push((name, now.to_string(), 1));
        1
    }

    /// Units that no allowance covers, and what becomes of them.
    fn cover(
        &self,
        message: &Message,
        units: u64,
        at_home: bool,
        granted: &[&str],
        taken: &mut Taken,
    ) -> (u64, &'static str) {
        let (mut open, mut overage) = (units, "charge");
        let mut order: Vec<_> = self.model.allowances.iter().collect();
        order.sort_by_key(|a| (a.priority, expiry(a.per, message.at), a.id));
        for allowance in order {
            let is_picture = message.service == Service::Mms && allowance.service == Service::Sms;
            let sells = allowance.service == message.service || (is_picture && allowance.weight.is_some());
            let place = !allowance.only_by_pass && (!allowance.home_only || at_home);
            if !sells || (allowance.own && !message.own) || !(place || granted.contains(&allowance.id)) {
                continue;
            }
            let burns = if message.service == Service::Mms { allowance.weight.unwrap_or(1) } else { 1 };
            let now = period(allowance.per, message.at);
            let left = self.left(allowance.id, &now, allowance.amount);
            match (allowance.overage, overage) {
                ("block", _) => overage = "block",
                ("throttle", "charge") => overage = "throttle",
                _ => {}
            }
            if allowance.whole && left / burns < open {
                continue;
            }
            let covered = open.min(left / burns);
            if covered > 0 {
                taken.push((allowance.id.into(), now, covered * burns));
            }
            open -= covered;
        }
        (open, overage)
    }

    fn capped(&self, message: &Message, mut amount: i128, degraded: bool, mut taken: Taken) -> Answer {
        let counts = |cap: &&Cap| match cap.of {
            "account" => message.account.is_some(),
            "route" => message.route.is_some(),
            _ => true,
        };
        let caps = || {
            let caps = self.model.caps.iter().filter(counts);
            caps.filter(|cap| cap.service.is_none_or(|of| of == message.service))
        };
        let name = |cap: &Cap| match cap.of {
            "account" => format!("{} of account {:?}", cap.id, message.account),
            "route" => format!("{} of route {:?}", cap.id, message.route),
            _ => cap.id.to_owned(),
        };
        let left = |cap: &Cap| {
            let place = (name(cap), period(cap.per, message.at));
            let raised = self.raised.get(&place).copied().unwrap_or(0);
            i128::from(self.left(&place.0, &place.1, cap.amount * 1000 + raised))
        };
        for cap in caps().filter(|cap| cap.then == "free") {
            amount = amount.min(left(cap));
        }
        if caps().any(|cap| amount > left(cap)) {
            return Answer { price: Price::NotOffered(NotOffered::Cap), degraded: false, taken: Vec::new() };
        }
        self.pay(amount, &mut taken);
        if amount > 0 {
            let count = |cap: &Cap| (name(cap), period(cap.per, message.at), u64::try_from(amount).unwrap());
            taken.extend(caps().map(count));
        }
        Answer { price: Price::Exact(Money::from_nanos(Currency::EUR, amount)), degraded, taken }
    }

    /// `top / bottom` millionths to the plan's decimals, in nano-units.
    fn round(&self, top: i128, bottom: i128) -> i128 {
        let smallest = 10_i128.pow(6 - self.model.decimals) * bottom;
        let (mut whole, rest) = (top / smallest, top % smallest);
        let up = match self.model.rounding {
            "up" => rest > 0,
            "down" => false,
            "half-up" => 2 * rest >= smallest,
            _ => 2 * rest > smallest || (2 * rest == smallest && whole % 2 == 1),
        };
        if up {
            whole += 1;
        }
        whole * 10_i128.pow(6 - self.model.decimals) * 1000
    }
}

/// When a period ends, so that what ends first is used first.
fn expiry(per: &str, at: Time) -> u64 {
    let hour = at.as_millis() / 3_600_000;
    let to_midnight = 24 - hour % 24;
    let hours = (1..to_midnight).chain((0..40).map(|days| to_midnight + 24 * days));
    hours
        .map(|hours| (hour + hours) * 3_600_000)
        .find(|end| period(per, Time::from_millis(*end)) != period(per, at))
        .unwrap_or(u64::MAX)
}

/// What open units cost, as a fraction of millionths.
fn body(row: &Row, open: u64, bytes: u64, before: u64) -> Option<(i128, i128)> {
    if open == 0 {
        return Some((0, 1));
    }
    let (sum, per) = match row.body {
        Body::Steps { step, price, per } => {
            let mut counted = 0;
            while counted < open {
                counted += step;
            }
            (i128::from(counted) * i128::from(price), i128::from(per))
        }
        Body::Tiers { small, low, .. } if bytes <= small => (i128::from(low), 1),
        Body::Tiers { high, .. } if bytes <= 3000 => (i128::from(high), 1),
        Body::Tiers { .. } | Body::NotOffered => return None,
        Body::Conversation { price } => (i128::from(open) * i128::from(price), 1),
        Body::Volume { price, from, then, all } => {
            let last = before + open - 1;
            let one = |nth: u64| if (if all { last } else { nth }) < from { price } else { then };
            (i128::from((before..before + open).map(one).sum::<u64>()), 1)
        }
    };
    let mut total = (sum + i128::from(row.setup) * per).max(i128::from(row.min) * per);
    if let Some(max) = row.max {
        total = total.min(i128::from(max) * per);
    }
    Some((total, per))
}
