//! How a handset is, and how one message is sent.

use super::Script;
use crate::journal::Journal;
use crate::pcap::Capture;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use wire_cpim::Wants;
use wire_sip::digest::Algorithm;

/// By what a handset reaches its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Datagrams.
    Udp,
    /// One connection, which the server uses in its turn.
    Tcp,
}

impl Wire {
    /// As Via writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// As the `transport` of a URI.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// What a handset says of a message that it took, as far as the sender wants to hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// That it was delivered.
    Delivered,
    /// That, and then that it was displayed.
    Displayed,
    /// Nothing, until somebody calls [`Handset::display`](super::Handset::display).
    Never,
}

/// How a handset is.
#[derive(Clone, Debug)]
pub struct Config {
    /// By what it reaches the server.
    pub wire: Wire,
    /// Whether, reached over UDP, it takes connections at the same address: for requests that are too large for a
    /// datagram.
    pub takes_streams: bool,
    /// The server.
    pub server: SocketAddr,
    /// What it registers with.
    pub domain: String,
    /// Its name in credentials.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The URI that it is known by: `sip:+46701@example.net`.
    pub aor: String,
    /// Which of its user's devices it is, from 1.
    pub device: u32,
    /// Whether it says in its contact that it speaks CPM pager mode.
    pub cpm: bool,
    /// `+sip.instance`, without its brackets; `None`: it has none, nor a `reg-id`.
    pub instance: Option<String>,
    /// `reg-id`; `None`: it knows no outbound.
    pub reg_id: Option<u32>,
    /// For how long it registers, in seconds.
    pub expires: u32,
    /// Whether messages wait for [`Handset::answer`](super::Handset::answer).
    pub answers_by_hand: bool,
    /// What it says of messages.
    pub ticks: Ticks,
    /// What it does wrong.
    pub script: Script,
    /// The hash functions that it knows.
    pub algorithms: Vec<Algorithm>,
    /// The unit of all SIP timers (RFC 3261 17.1.1.1): a request is given up after 64 of them.
    pub t1: Duration,
    /// How many messages, notifications and told notifications it remembers.
    pub inbox: usize,
    /// Where it writes what it saw.
    pub journal: Arc<Journal>,
    /// Where it writes what was on the wire.
    pub capture: Option<Capture>,
    /// The seed of its dice.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            wire: Wire::Udp,
            takes_streams: false,
            server: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
            domain: "example.net".to_owned(),
            user: "+46701000001".to_owned(),
            password: "secret".to_owned(),
            aor: "sip:+46701000001@example.net".to_owned(),
            device: 1,
            cpm: true,
            instance: Some(instance_of("+46701000001", 1)),
            reg_id: Some(1),
            expires: 3_600,
            answers_by_hand: false,
            ticks: Ticks::Delivered,
            script: Script::default(),
            algorithms: Algorithm::ALL.to_vec(),
            t1: Duration::from_millis(500),
            inbox: 1_000,
            journal: Arc::new(Journal::none()),
            capture: None,
            seed: 1,
        }
    }
}

impl Config {
    /// The handset of somebody, with everything else as usual: its address and its name in credentials are
    /// `number@domain` and `number`.
    #[must_use]
    pub fn of(number: &str, password: &str, domain: &str, server: SocketAddr) -> Self {
        Self {
            server,
            domain: domain.to_owned(),
            user: number.to_owned(),
            password: password.to_owned(),
            aor: format!("sip:{number}@{domain}"),
            instance: Some(instance_of(number, 1)),
            ..Self::default()
        }
    }

    /// The same person's other device.
    #[must_use]
    pub fn device(self, device: u32) -> Self {
        Self { instance: Some(instance_of(&self.user, device)), device, ..self }
    }

    /// Its name in journals: the address, and which device it is.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}#{}", self.aor, self.device)
    }
}

/// A device's own URN, the same one whenever it is asked for.
fn instance_of(user: &str, device: u32) -> String {
    let hash = crate::content::hash(&format!("{user}#{device}"));
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

/// How one message is sent. The default: in an envelope, with an id of its own, asking for every notification.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// Whether in a CPIM envelope.
    pub cpim: bool,
    /// `imdn.Message-ID`; `None`: a new one.
    pub imdn_id: Option<String>,
    /// What to hear about it.
    pub wants: Wants,
    /// Conversation-ID; `None`: a new one, if the handset speaks CPM.
    pub conversation: Option<String>,
    /// Contribution-ID; `None`: a new one, if the handset speaks CPM.
    pub contribution: Option<String>,
    /// Expires, in seconds.
    pub expires: Option<u32>,
    /// The `service` parameter of the Request-URI: `im`, `sms`, `mms`, `ask`.
    pub service: Option<String>,
    /// The `quote` parameter of the Request-URI.
    pub quote: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// A URI for From that is not its own.
    pub from: Option<String>,
    /// A URI for the envelope's From that is not its own.
    pub cpim_from: Option<String>,
    /// The envelope's `DateTime`; `None`: now.
    pub date_time: Option<String>,
    /// Type and octets instead of a text.
    pub body: Option<(String, Vec<u8>)>,
}

impl Default for SendOptions {
    fn default() -> Self {
        let wants = Wants::POSITIVE_DELIVERY.and(Wants::NEGATIVE_DELIVERY);
        Self {
            cpim: true,
            imdn_id: None,
            wants: wants.and(Wants::DISPLAY).and(Wants::INTERWORKING),
            conversation: None,
            contribution: None,
            expires: None,
            service: None,
            quote: None,
            headers: Vec::new(),
            from: None,
            cpim_from: None,
            date_time: None,
            body: None,
        }
    }
}

impl SendOptions {
    /// A plain text of type `text/plain`, as clients without CPIM send it.
    #[must_use]
    pub fn plain() -> Self {
        Self { cpim: false, ..Self::default() }
    }
}
