//! What the operator decides about SIP.

use super::flow::Wire;
use super::guard::Budget;
use super::tls::TlsFiles;
use smol_str::SmolStr;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use wire_sip::header::{NameAddr, Value};

/// One socket to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// What carries it.
    pub wire: Wire,
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
}

/// Everything about SIP that can be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Sockets that ask for MD5 alone: many clients give up when they are asked for anything else as well.
    pub listen_md5: Vec<Listen>,
    /// The certificate for `tls:` and `wss:`.
    pub tls: Option<TlsFiles>,
    /// The domain of our subscribers' addresses of record: what stands behind the `@` when a number is shown.
    pub domain: SmolStr,
    /// What SIP clients log in to. The digests of logins are made for it.
    pub realm: SmolStr,
    /// Whether clients that know only MD5 may log in (RFC 8760: by opt-in only).
    pub md5: bool,
    /// Peers whose word is taken for who sends (a Kamailio or an IMS core in front): P-Asserted-Identity of them is
    /// believed, and they are asked for no password.
    pub trusted: Vec<IpAddr>,
    /// Where registered clients are to send their requests first (Service-Route, RFC 3608): the proxy in front.
    pub service_route: Option<ServiceRoute>,
    /// How many logins of one source address may fail before further failures are slowed.
    pub logins: Budget,
    /// Bounds of a registration.
    pub expires: Expires,
    /// Registered devices of one subscriber at most.
    pub devices_max: usize,
    /// How long after the last sign of life a UDP device with keep-alives counts as there.
    pub alive: Duration,
    /// T1, the estimate of a round trip that all timers are made from (RFC 3261 17.1.1.1).
    pub t1: Duration,
    /// Bounds for what peers send.
    pub limits: Limits,
}

/// A way that clients are told to go: one element of a Route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRoute(SmolStr);

impl ServiceRoute {
    /// Reads it; nothing when it is no address of a loose router.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let route = NameAddr::read(text.as_bytes())?;
        route.uri.params().has("lr").then(|| Self(SmolStr::new(text)))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Bounds of a registration's life in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expires {
    /// Shorter is refused with 423.
    pub min: u32,
    /// When the client names none.
    pub default: u32,
    /// Longer is cut to this.
    pub max: u32,
}

/// Bounds for what peers send (reliability 3.3 and 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of one message.
    pub sip: wire_sip::Limits,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one network (an IPv4 /24, an IPv6 /56) by which nobody has logged in yet. Nine tenths of
    /// all connections may be such.
    pub strangers: usize,
    /// Connections at once that we open, for what is too long for a datagram.
    pub opened: usize,
    /// A handshake, or a connection that we open, must be through within this.
    pub handshake: Duration,
    /// A first message, and the rest of one that has begun, must be there within this.
    pub completion: Duration,
    /// A connection on which nothing is heard for so long is closed, unless somebody has logged in by it.
    pub stranger_idle: Duration,
    /// A connection on which nothing is heard for so long is closed.
    pub idle: Duration,
    /// How long an answer that ends a connection has to go out.
    pub farewell: Duration,
    /// Things that wait in memory to be told to one device; the rest stays in the store until it is its turn.
    pub ahead: usize,
    /// Requests that wait for the engine's answer at once; beyond that 503.
    pub waiting: usize,
}

impl Options {
    /// Nothing to listen on, and the defaults.
    #[must_use]
    pub fn new(domain: impl Into<SmolStr>, realm: impl Into<SmolStr>) -> Self {
        Self {
            listen: Vec::new(),
            listen_md5: Vec::new(),
            tls: None,
            domain: domain.into(),
            realm: realm.into(),
            md5: false,
            trusted: Vec::new(),
            service_route: None,
            logins: Budget { failures: 10, window: Duration::from_secs(60) },
            expires: Expires { min: 60, default: 3600, max: 604_800 },
            devices_max: 10,
            alive: Duration::from_secs(120),
            t1: Duration::from_millis(500),
            limits: Limits {
                sip: wire_sip::Limits::default(),
                connections: 8192,
                strangers: 64,
                opened: 1024,
                handshake: Duration::from_secs(5),
                completion: Duration::from_secs(10),
                stranger_idle: Duration::from_secs(15),
                idle: Duration::from_secs(900),
                farewell: Duration::from_millis(200),
                ahead: 1000,
                waiting: 20_000,
            },
        }
    }
}
