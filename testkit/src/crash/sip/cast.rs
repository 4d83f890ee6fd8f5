//! Who takes part over SIP: who pays what, who has which devices, and who sends what to whom.

use super::super::traffic::Group;
use crate::chance::Dice;
use crate::handset::{Config, Ticks, Wire};
use crate::journal::Journal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What stands behind every @.
pub(super) const DOMAIN: &str = "crash.example.net";

/// Everybody's password.
pub(super) const PASSWORD: &str = "correct horse";

/// Those who pay the same for chat and SMS.
const EVEN: u64 = 14;

/// Those to whom an SMS is too dear: what they send waits for its recipient.
const THRIFTY: u64 = 4;

/// The unit of all SIP timers at handsets: a request is repeated until a restarted server answers it.
const T1: Duration = Duration::from_millis(100);

/// People of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sends, and gets notifications.
    Sender,
    /// A CPM client over UDP that stays.
    Chat,
    /// The same over TCP.
    Wired,
    /// No CPM client: its 200 is its word.
    Bare,
    /// Three devices: one stays, two come and go.
    Several,
    /// Comes and goes, and is sent to by those to whom an SMS is too dear.
    Deferred,
    /// Was here once: SMS.
    Away,
    /// Comes and goes; its phone is absent: UNDELIV, then chat.
    Undelivered,
    /// Comes and goes; its phone is off: `cancel_sm`, then chat.
    Withdrawn,
    /// No subscriber.
    Stranger,
}

impl Kind {
    /// All that are subscribers.
    pub(super) const SUBSCRIBERS: [Self; 9] = [
        Self::Sender,
        Self::Chat,
        Self::Wired,
        Self::Bare,
        Self::Several,
        Self::Deferred,
        Self::Away,
        Self::Undelivered,
        Self::Withdrawn,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Chat => "chat",
            Self::Wired => "wired",
            Self::Bare => "bare",
            Self::Several => "several",
            Self::Deferred => "deferred",
            Self::Away => "away",
            Self::Undelivered => "undelivered",
            Self::Withdrawn => "withdrawn",
            Self::Stranger => "plain",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Sender => "+46900",
            Self::Chat => "+46731",
            Self::Wired => "+46732",
            Self::Bare => "+46733",
            Self::Several => "+46734",
            Self::Deferred => "+46735",
            Self::Away => "+46741",
            // What the SMSC does with these stands in its script.
            Self::Undelivered => Group::Undelivered.prefix(),
            Self::Withdrawn => Group::Withdrawn.prefix(),
            Self::Stranger => "+46700",
        }
    }

    /// How many there are.
    pub(super) const fn numbers(self) -> u64 {
        match self {
            Self::Sender => EVEN + THRIFTY,
            Self::Chat => 24,
            Self::Wired | Self::Bare | Self::Several | Self::Deferred => 16,
            Self::Away | Self::Undelivered | Self::Withdrawn => 12,
            Self::Stranger => 10_000,
        }
    }

    /// Of the n-th message of a run, in fourteenths.
    const fn of(n: u64) -> Self {
        match n % 14 {
            0 | 4 => Self::Chat,
            1 | 8 => Self::Wired,
            2 => Self::Bare,
            3 | 10 => Self::Several,
            5 | 12 => Self::Deferred,
            6 => Self::Away,
            7 => Self::Undelivered,
            9 => Self::Withdrawn,
            _ => Self::Stranger,
        }
    }
}

/// Somebody, with everything that the operator has to know.
pub(super) struct Person {
    pub(super) kind: Kind,
    /// The name of the subscriber and of the login.
    pub(super) name: String,
    pub(super) number: String,
    pub(super) plan: &'static str,
}

/// Everybody who is a subscriber.
pub(super) fn people() -> Vec<Person> {
    let of = |kind: Kind| (0..kind.numbers()).map(move |n| person(kind, n));
    Kind::SUBSCRIBERS.into_iter().flat_map(of).collect()
}

fn person(kind: Kind, n: u64) -> Person {
    let plan = match (kind, n % 2) {
        (Kind::Sender, _) if n >= EVEN => "thrifty",
        (_, 0) => "flat",
        _ => "bundle",
    };
    Person { kind, name: format!("{}-{n}", kind.name()), number: number(kind, n), plan }
}

fn number(kind: Kind, n: u64) -> String {
    format!("{}{:05}", kind.prefix(), n % kind.numbers())
}

/// The URI of a number.
pub(super) fn uri(number: &str) -> String {
    format!("sip:{number}@{DOMAIN}")
}

/// How the devices of somebody move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Movement {
    /// Registered from beginning to end.
    Stays,
    /// Registered for a third of the time; it leaves by taking its registration away.
    ComesAndGoes,
    /// The same, and it leaves without a word.
    Vanishes,
    /// Registered once, at the beginning, and away from then on.
    WasHere,
}

/// Somebody's devices.
pub(super) fn devices(
    person: &Person,
    server: SocketAddr,
    journal: &Arc<Journal>,
    seed: u64,
) -> Vec<(Config, Movement)> {
    use Movement::{ComesAndGoes, Stays, Vanishes, WasHere};
    let base = Config {
        user: person.name.clone(),
        // It must know again everything that it showed in a whole run.
        inbox: 5_000,
        journal: Arc::clone(journal),
        t1: T1,
        seed,
        ..Config::of(&person.number, PASSWORD, DOMAIN, server)
    };
    let device = |n: u32, wire: Wire| Config { wire, ..base.clone().device(n) };
    let by_turns = if person.name.ends_with(['1', '3', '5', '7', '9']) { Wire::Tcp } else { Wire::Udp };
    match person.kind {
        Kind::Sender => vec![(device(1, by_turns), Stays)],
        Kind::Chat => vec![(device(1, Wire::Udp), Stays)],
        Kind::Wired => vec![(device(1, Wire::Tcp), Stays)],
        Kind::Bare => {
            vec![(Config { cpm: false, ticks: Ticks::Never, ..device(1, Wire::Udp) }, Stays)]
        }
        Kind::Several => vec![
            (device(1, Wire::Udp), Stays),
            (device(2, Wire::Tcp), Vanishes),
            (device(3, Wire::Udp), ComesAndGoes),
        ],
        Kind::Away => vec![(device(1, Wire::Udp), WasHere)],
        Kind::Deferred | Kind::Undelivered | Kind::Withdrawn => vec![(device(1, by_turns), ComesAndGoes)],
        Kind::Stranger => Vec::new(),
    }
}

/// One message to send.
pub(super) struct Order {
    /// Which sender.
    pub(super) sender: usize,
    pub(super) number: String,
    pub(super) kind: Kind,
    pub(super) service: &'static str,
    pub(super) text: String,
}

/// The n-th message: a text that nobody else sends, one in ten in UCS-2, one in twenty too long for a datagram.
pub(super) fn order(n: u64, dice: &mut Dice) -> Order {
    let kind = Kind::of(n);
    let sender = if kind == Kind::Deferred { EVEN + dice.below(THRIFTY) } else { dice.below(EVEN) };
    let word = dice.roll();
    let smile = if n % 10 == 3 { " \u{263a}" } else { "" };
    let long = if kind == Kind::Wired && n % 20 == 1 { " and so on".repeat(90) } else { String::new() };
    Order {
        sender: usize::try_from(sender).unwrap_or(0),
        number: number(kind, dice.roll()),
        kind,
        service: if kind == Kind::Stranger { "sms" } else { "im" },
        text: format!("Message {n}, {word:016x}{smile}{long}"),
    }
}
