//! Draws plans and messages. Amounts are in millionths of a euro.

use std::sync::LazyLock;
use switchback_core::model::{AccountId, Address, Origin, RouteId, Service, Time};
use switchback_core::tariff::{Ask, Size};

/// A stream of numbers from a seed (SplitMix64).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `n`.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, some: &[T]) -> T {
        some[usize::try_from(self.below(u64::try_from(some.len()).unwrap())).unwrap()]
    }

    pub(crate) fn message(&mut self, at: Time) -> Message {
        Message {
            service: self.of(&[Service::Im, Service::Sms, Service::Sms, Service::Mms]),
            own: self.one_in(2),
            segments: 1 + self.below(5),
            bytes: 1 + self.below(4000),
            wifi: self.one_in(3),
            second: self.one_in(3),
            account: self.of(&[None, Some(0), Some(1)]),
            route: self.of(&[None, Some(0), Some(1)]),
            at,
        }
    }
}

/// A message to price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) service: Service,
    /// To a number of the plan's own class.
    pub(crate) own: bool,
    pub(crate) segments: u64,
    pub(crate) bytes: u64,
    pub(crate) wifi: bool,
    /// To the second of the two people of its class.
    pub(crate) second: bool,
    /// Which of two accounts sends it, and which of two routes it would take, if any does.
    pub(crate) account: Option<usize>,
    pub(crate) route: Option<usize>,
    pub(crate) at: Time,
}

/// By class, and in it by person.
static PEOPLE: LazyLock<[[Address; 2]; 2]> = LazyLock::new(|| {
    [["+46731234567", "+46731234568"], ["+46701234567", "+46701234568"]]
        .map(|class| class.map(|number| Address::parse(number).unwrap()))
});
static ACCOUNTS: LazyLock<[AccountId; 2]> = LazyLock::new(|| ["shop", "bank"].map(AccountId::new));
static ROUTES: LazyLock<[RouteId; 2]> = LazyLock::new(|| ["east", "west"].map(RouteId::new));

impl Message {
    pub(crate) fn ask(&self) -> Ask<'_> {
        let segments = if self.service == Service::Sms { self.segments } else { 1 };
        let size = Size { segments, bytes: self.bytes };
        let origin = Origin { visited: None, wifi: self.wifi };
        let account = self.account.map(|n| &ACCOUNTS[n]);
        let route = self.route.map(|n| &ROUTES[n]);
        Ask { origin, account, route, ..Ask::from_home(self.service, self.recipient(), size, self.at) }
    }

    pub(crate) fn recipient(&self) -> &'static Address {
        &PEOPLE[usize::from(self.own)][usize::from(self.second)]
    }
}

/// How a row counts.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Steps { step: u64, price: u64, per: u64 },
    Tiers { small: u64, low: u64, high: u64 },
    Volume { price: u64, from: u64, then: u64, all: bool },
    Conversation { price: u64 },
    NotOffered,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) service: Service,
    pub(crate) own: bool,
    /// `home`, `wifi` or `any`.
    pub(crate) origin: &'static str,
    /// Hours after the start of the payer's life from when and to when it is in force.
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) body: Body,
    pub(crate) setup: u64,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) when: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) id: &'static str,
    pub(crate) service: Service,
    /// Units that a picture burns, where the allowance is for texts and pictures.
    pub(crate) weight: Option<u64>,
    pub(crate) own: bool,
    pub(crate) home_only: bool,
    pub(crate) amount: u64,
    pub(crate) per: &'static str,
    pub(crate) whole: bool,
    pub(crate) overage: &'static str,
    pub(crate) only_by_pass: bool,
    pub(crate) priority: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) service: Service,
    pub(crate) home_only: bool,
    pub(crate) fee: u64,
    pub(crate) per: &'static str,
    pub(crate) grants: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Cap {
    pub(crate) id: &'static str,
    pub(crate) of: &'static str,
    pub(crate) service: Option<Service>,
    pub(crate) amount: u64,
    pub(crate) per: &'static str,
    pub(crate) then: &'static str,
    /// Shares in percent that are told of.
    pub(crate) notify: &'static [u64],
    /// The payer may agree to more.
    pub(crate) raisable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) decimals: u32,
    pub(crate) rounding: &'static str,
    /// What is a low balance.
    pub(crate) low: Option<u64>,
    /// Which balance is spent first, when there are two.
    pub(crate) order: Option<[&'static str; 2]>,
    /// Chat is priced by the conversation, not by the byte.
    pub(crate) talks: bool,
    pub(crate) rows: Vec<Row>,
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) pass: Option<Pass>,
    pub(crate) caps: Vec<Cap>,
}

const PERS: [&str; 5] = ["hour", "day", "week", "month", "once"];

impl Model {
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        let decimals = 2 + u32::try_from(draw.below(4)).unwrap();
        let talks = draw.one_in(4);
        let mut rows = Vec::new();
        for service in Service::ALL {
            // At least the row to anywhere for SMS, so that there is a plan.
            for (own, origin, often) in [
                (false, "any", 6),
                (true, "any", 2),
                (false, "wifi", 2),
                (true, "home", 1),
                (false, "home", 1),
            ] {
                let must = service == Service::Sms && (own, origin) == (false, "any");
                if must || draw.below(8) < often {
                    rows.push(row(draw, service, own, origin, talks));
                    // A price that is announced, perhaps for a time only, and one after it.
                    for from in [1 + draw.below(200), 201 + draw.below(200)] {
                        if draw.one_in(5) {
                            let to = draw.one_in(2).then(|| from + 1 + draw.below(150));
                            let later = row(draw, service, own, origin, talks);
                            rows.push(Row { from: Some(from), to, ..later });
                        }
                    }
                }
            }
        }
        let mut allowances: Vec<Allowance> = Vec::new();
        for id in ["a", "b", "c"] {
            if draw.one_in(2) {
                allowances.push(allowance(draw, id, talks));
            }
        }
        // Only what a row sells can be covered.
        allowances.retain(|a| rows.iter().any(|row| sells(row, a, a.service)));
        for allowance in &mut allowances {
            let pictures = rows.iter().any(|row| sells(row, allowance, Service::Mms));
            allowance.weight = allowance.weight.filter(|_| pictures && allowance.service == Service::Sms);
        }
        let pass = draw.one_in(3).then(|| Pass {
            service: draw.of(&Service::ALL),
            home_only: draw.one_in(2),
            fee: draw.below(60_000),
            per: draw.of(&PERS),
            grants: allowances.iter().map(|allowance| allowance.id).collect(),
        });
        let pass = pass.filter(|pass| !pass.grants.is_empty());
        Self {
            decimals,
            rounding: draw.of(&["up", "half-up", "half-even", "down"]),
            low: draw.one_in(2).then(|| draw.below(300_000)),
            order: draw.of(&[None, Some(["bonus", "main"]), Some(["main", "bonus"])]),
            talks,
            rows,
            allowances,
            pass,
            caps: caps(draw, 10_u64.pow(6 - decimals)),
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = {}\nrounding = \"{}\"\n\
             [[destination]]\nid = \"own\"\nprefixes = [\"4670\"]\n",
            self.decimals, self.rounding
        );
        text.push_str("[balance]\n");
        if let Some(order) = self.order {
            text.push_str(&format!("order = {order:?}\n"));
        }
        if let Some(low) = self.low {
            text.push_str(&format!("low = \"{}\"\n", decimal(low)));
        }
        for (n, row) in self.rows.iter().enumerate() {
            row.write(n, &mut text);
        }
        for allowance in &self.allowances {
            allowance.write(self.talks, &mut text);
        }
        if let Some(pass) = &self.pass {
            let origin = if pass.home_only { "trigger_origin = [\"home\"]\n" } else { "" };
            text.push_str(&format!(
                "[[pass]]\nid = \"pass\"\nservices = [\"{}\"]\nfee = \"{}\"\nper = \"{}\"\n{origin}grants = {:?}\n",
                pass.service,
                decimal(pass.fee),
                pass.per,
                pass.grants
            ));
        }
        for cap in &self.caps {
            let services =
                cap.service.map_or_else(String::new, |service| format!("services = [\"{service}\"]\n"));
            let mut notify = String::new();
            if !cap.notify.is_empty() {
                notify = format!("notify = {:?}\n", cap.notify);
            }
            text.push_str(&format!(
                "[[cap]]\nid = \"{}\"\nof = \"{}\"\n{services}amount = \"{}\"\nper = \"{}\"\nthen = \"{}\"\noverride = {}\n{notify}",
                cap.id,
                cap.of,
                decimal(cap.amount),
                cap.per,
                cap.then,
                cap.raisable
            ));
        }
        text
    }
}

/// Shares of a cap that are told of.
const SHARES: [&[u64]; 3] = [&[], &[80, 100], &[1, 33, 50, 99]];

/// Caps in whole multiples of the smallest charge.
fn caps(draw: &mut Draw, smallest: u64) -> Vec<Cap> {
    let mut caps = Vec::new();
    for id in ["x", "y"] {
        if draw.one_in(3) {
            let service = draw.one_in(2).then(|| draw.of(&Service::ALL));
            let amount = draw.below(200_000) / smallest * smallest;
            let of = draw.of(&["payer", "account", "route"]);
            let (per, then) = (draw.of(&PERS), draw.of(&["free", "block"]));
            let raisable = (of, then) == ("payer", "block") && draw.one_in(2);
            let notify = draw.of(&SHARES);
            caps.push(Cap { id, of, service, amount, per, then, notify, raisable });
        }
    }
    caps
}

/// True when the row sells what the allowance covers of a service.
fn sells(row: &Row, allowance: &Allowance, service: Service) -> bool {
    let place = !allowance.home_only || row.origin != "wifi";
    row.service == service && place
}

fn row(draw: &mut Draw, service: Service, own: bool, origin: &'static str, talks: bool) -> Row {
    let amount = |draw: &mut Draw| draw.below(40_000);
    let body = match (service, draw.below(8)) {
        (_, 0) if origin != "any" => Body::NotOffered,
        (Service::Mms, 1..=4) => {
            Body::Tiers { small: 1 + draw.below(2500), low: amount(draw), high: amount(draw) }
        }
        (Service::Sms, 1 | 2) => {
            let (price, then) = (amount(draw), amount(draw));
            Body::Volume { price, from: 1 + draw.below(12), then, all: draw.one_in(2) }
        }
        (Service::Im, _) if talks => Body::Conversation { price: amount(draw) },
        (Service::Im, _) => {
            Body::Steps { step: 1 + draw.below(2000), price: amount(draw), per: 1 + draw.below(3000) }
        }
        _ => {
            let step = 1 + draw.below(3);
            Body::Steps { step, price: amount(draw), per: step }
        }
    };
    let min = if draw.one_in(3) { draw.below(9000) } else { 0 };
    Row {
        service,
        own,
        origin,
        from: None,
        to: None,
        body,
        setup: if draw.one_in(3) { draw.below(9000) } else { 0 },
        min,
        max: draw.one_in(3).then(|| min + draw.below(90_000)),
        when: draw.of(&[
            "",
            "",
            "charge_on = \"submitted\"\n",
            "charge_on = \"submitted\"\nkept_if_undelivered = true\n",
        ]),
    }
}

fn allowance(draw: &mut Draw, id: &'static str, talks: bool) -> Allowance {
    let service = draw.of(&Service::ALL);
    Allowance {
        id,
        service,
        weight: draw.one_in(2).then(|| 1 + draw.below(4)),
        own: draw.one_in(4),
        home_only: draw.one_in(3),
        amount: draw.below(if service == Service::Im && !talks { 9000 } else { 12 }),
        per: draw.of(&PERS),
        whole: draw.one_in(3),
        overage: draw.of(&["charge", "charge", "charge", "block", "throttle"]),
        only_by_pass: draw.one_in(4),
        priority: draw.below(3),
    }
}

impl Row {
    fn write(&self, n: usize, text: &mut String) {
        let dest = if self.own { "own" } else { "any" };
        text.push_str(&format!(
            "[[rate]]\nservice = \"{}\"\ndest = \"{dest}\"\norigin = \"{}\"\n",
            self.service, self.origin
        ));
        if self.service == Service::Im && !matches!(self.body, Body::Conversation { .. }) {
            text.push_str("unit = \"byte\"\nim_overhead_bytes = 100\n");
        }
        match &self.body {
            Body::Steps { step, price, per } => {
                text.push_str(&format!(
                    "step = {step}\nprice = \"{}\"\nprice_per = {per}\n",
                    decimal(*price)
                ));
            }
            Body::Tiers { small, low, high } => text.push_str(&format!(
                "tiers = [{{ upto = {small}, price = \"{}\" }}, {{ upto = 3000, price = \"{}\" }}]\n",
                decimal(*low),
                decimal(*high)
            )),
            Body::Volume { price, from, then, all } => text.push_str(&format!(
                "volume_mode = \"{}\"\nid = \"v{n}\"\nprice = \"{}\"\nvolume = [{{ from = {from}, price = \"{}\" }}]\n",
                if *all { "all" } else { "graduated" },
                decimal(*price),
                decimal(*then)
            )),
            Body::Conversation { price } => text.push_str(&format!(
                "id = \"v{n}\"\nunit = \"conversation\"\nprice = \"{}\"\n",
                decimal(*price)
            )),
            Body::NotOffered => text.push_str("offered = false\n"),
        }
        text.push_str(&format!(
            "setup = \"{}\"\nmin = \"{}\"\n{}",
            decimal(self.setup),
            decimal(self.min),
            self.when
        ));
        for (key, hours) in [("valid_from", self.from), ("valid_to", self.to)] {
            if let Some(hours) = hours {
                let at = Time::from_millis(crate::START + hours * 3_600_000);
                text.push_str(&format!("{key} = {at}\n"));
            }
        }
        if let Some(max) = self.max {
            text.push_str(&format!("max = \"{}\"\n", decimal(max)));
        }
    }
}

impl Allowance {
    fn write(&self, talks: bool, text: &mut String) {
        let unit = match self.service {
            Service::Im if talks => "conversation",
            Service::Im => "byte",
            Service::Sms => "segment",
            Service::Mms => "message",
        };
        let services = match self.weight {
            Some(_) => format!("[\"{}\", \"mms\"]", self.service),
            None => format!("[\"{}\"]", self.service),
        };
        text.push_str(&format!(
            "[[allowance]]\nid = \"{}\"\nservices = {services}\nunit = \"{unit}\"\namount = {}\nper = \"{}\"\n\
             split = \"{}\"\noverage = \"{}\"\nonly_by_pass = {}\npriority = {}\n",
            self.id,
            self.amount,
            self.per,
            if self.whole { "whole" } else { "segments" },
            self.overage,
            self.only_by_pass,
            self.priority
        ));
        if let Some(weight) = self.weight {
            text.push_str(&format!("weights = {{ mms = {weight} }}\n"));
        }
        if self.own {
            text.push_str("dest = [\"own\"]\n");
        }
        if self.home_only {
            text.push_str("origin = [\"home\"]\n");
        }
    }
}

fn decimal(millionths: u64) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}
