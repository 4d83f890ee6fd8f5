//! Who sends what to whom, and which devices come and go.

use super::actors::Actors;
use super::report::Summary;
use super::{Fault, Options};
use crate::chance::Dice;
use crate::device::{Config, Device, Fleet};
use crate::journal::Journal;
use crate::load::{self, Load, Order};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Recipients of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// No app: SMS only.
    Plain,
    /// No app, and a class that is sent at most once: what a crash leaves unclear stays `unknown`.
    Bulk,
    /// A device that is always online.
    Online,
    /// A device that never comes: IM falls back to SMS.
    Away,
    /// A device that comes and goes, a phone that is absent: UNDELIV, then IM.
    Undelivered,
    /// A device that comes and goes, a phone that is off: `cancel_sm`, then IM.
    Withdrawn,
}

impl Group {
    pub(super) const WITH_DEVICES: [Self; 4] = [Self::Online, Self::Away, Self::Undelivered, Self::Withdrawn];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bulk => "bulk",
            Self::Online => "online",
            Self::Away => "away",
            Self::Undelivered => "undelivered",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What its numbers begin with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "+46700",
            Self::Bulk => "+46701",
            Self::Online => "+46731",
            Self::Away => "+46741",
            Self::Undelivered => "+46711",
            Self::Withdrawn => "+46721",
        }
    }

    /// How many numbers it has.
    pub(super) const fn numbers(self) -> u64 {
        match self {
            Self::Plain | Self::Bulk => 10_000,
            _ => 50,
        }
    }

    pub(super) fn number(self, n: u64) -> String {
        format!("{}{:05}", self.prefix(), n % self.numbers())
    }

    /// Six, one, one and four twelfths.
    const fn of(n: u64) -> Self {
        match n % 12 {
            4 => Self::Bulk,
            7 => Self::Online,
            2 | 5 => Self::Away,
            9 => Self::Undelivered,
            11 => Self::Withdrawn,
            _ => Self::Plain,
        }
    }

    const fn comes_and_goes(self) -> bool {
        matches!(self, Self::Undelivered | Self::Withdrawn)
    }
}

/// The tokens of a run.
pub(super) struct Cast {
    pub(super) senders: Vec<String>,
    pub(super) devices: Vec<(Group, String, String)>,
}

impl Cast {
    /// What the load client sends, for ever.
    fn orders(&self, seed: u64, ttl: Duration) -> impl FnMut(u64) -> Option<Order> + Send + 'static {
        let senders = self.senders.clone();
        let mut dice = Dice::seeded(seed);
        let ttl = ttl.as_secs();
        move |n| {
            let group = Group::of(n);
            let service = match group {
                Group::Plain => r#""sms""#,
                Group::Bulk => r#""sms","class":"bulk""#,
                _ => r#""im""#,
            };
            let sender = usize::try_from(dice.below(u64::try_from(senders.len()).ok()?)).ok()?;
            let to = group.number(dice.roll() % group.numbers());
            let consent = r#"{"amount":"0.10","currency":"EUR"}"#;
            Some(Order {
                token: senders.get(sender)?.clone(),
                to,
                text: text(n, group, &mut dice),
                more: format!(r#","service":{service},"ttl":{ttl},"max_price":{consent}"#),
                class: group.name(),
            })
        }
    }

    /// Brings all devices to life.
    fn devices(&self, fleet: &Fleet, server: SocketAddr) -> Vec<(Group, Device)> {
        let add = |(group, name, token): &(Group, String, String)| {
            let device = fleet.add(Config {
                server,
                token: token.clone(),
                name: name.clone(),
                script: crate::device::Script::default(),
                online: *group == Group::Online,
                away: Duration::from_millis(500),
            });
            (*group, device)
        };
        self.devices.iter().map(add).collect()
    }
}

/// A text that nobody else sends: one in twenty in several parts, one in ten in UCS-2.
fn text(n: u64, group: Group, dice: &mut Dice) -> String {
    let word = dice.roll();
    let smile = if n % 10 == 3 { " ☺" } else { "" };
    let long = if group == Group::Plain && n % 20 == 6 { " and so on".repeat(18) } else { String::new() };
    format!("Message {n}, {word:016x}{smile}{long}")
}

/// A load over HTTP, and all devices, those that come and go included.
pub(super) struct Apps {
    load: Load,
    fleet: Fleet,
    devices: Vec<(Group, Device)>,
    tick: u64,
}

impl Apps {
    /// Brings the devices to life and starts the load.
    pub(super) fn start(
        cast: &Cast,
        options: &Options,
        server: SocketAddr,
        folder: &Path,
    ) -> Result<Self, Fault> {
        let journal =
            |name: &str| Journal::create(&folder.join(name)).map_err(Fault::io(format!("make {name}")));
        let fleet = Fleet::start(journal("device.jsonl")?).map_err(Fault::io("start the devices"))?;
        let devices = cast.devices(&fleet, server);
        let config = load::Config {
            server,
            connections: options.connections,
            per_second: Some(options.rate),
            run: format!("crash-{}", options.seed),
        };
        let load = Load::start(config, journal("client.jsonl")?, cast.orders(options.seed, options.ttl));
        Ok(Self { load: load.map_err(Fault::io("start the load"))?, fleet, devices, tick: 0 })
    }
}

impl Actors for Apps {
    /// Lets the next of those that come and go change: each is online for about a third of the time.
    fn turn(&mut self) {
        self.tick += 1;
        let moving = self.devices.iter().filter(|(group, _)| group.comes_and_goes());
        for (n, (_, device)) in (0_u64..).zip(moving) {
            match (self.tick + n) % 30 {
                0 => device.set_online(true),
                10 => device.set_online(false),
                _ => {}
            }
        }
    }

    fn stop(&mut self) {
        self.load.stop();
    }

    fn is_finished(&self) -> bool {
        self.load.is_finished()
    }

    fn all_come(&mut self) {
        for (_, device) in self.devices.iter().filter(|(group, _)| group.comes_and_goes()) {
            device.set_online(true);
        }
    }

    fn end(self: Box<Self>, summary: &mut Summary) -> Result<(), Fault> {
        let progress = self.load.finish().map_err(Fault::io("write the client's journal"))?;
        summary.repeats = progress.repeats;
        self.fleet.flush().map_err(Fault::io("write the devices' journal"))
    }
}
