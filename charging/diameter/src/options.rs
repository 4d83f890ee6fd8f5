//! How a charging system is reached and asked.

use crate::tls::TlsOptions;
use smol_str::SmolStr;
use std::time::Duration;
use wire_diameter::credit::{Contexts, UnitsAt};

/// One of the charging system's peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// `host:port`; 3868 is Diameter's, 5868 that of TLS.
    pub address: String,
    /// The Origin-Host that it must have; `None` takes any.
    pub host: Option<String>,
    /// Spoken with TLS from the first octet (RFC 6733 13.1).
    pub tls: Option<TlsOptions>,
}

/// How a price is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QuoteBy {
    /// By a price enquiry: a list price. A charging system that has none says so and is not asked for ten minutes.
    #[default]
    PriceEnquiry,
    /// By a reservation with advice of charge that is given back at once.
    Advice,
    /// By a reservation that is given back at once, whose answer tells the cost.
    ReserveProbe,
    /// Not here.
    None,
}

/// How money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// By session: a reservation, then its end with or without use (ECUR).
    #[default]
    Session,
    /// By event: nothing is held, and a charge is a direct debit (IEC). Only for a charging system without sessions:
    /// nobody knows before whether there is enough.
    Event,
}

/// What a chat message is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UnitsOfIm {
    /// Octets.
    #[default]
    Octets,
    /// Messages.
    Messages,
}

/// A charging system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What plans call it: so the log does.
    pub name: SmolStr,
    /// Its peers, in the order of preference; at most four.
    pub peers: Vec<PeerAddress>,
    /// Our Origin-Host: a name that no other node has, and that stays the same for as long as charges are open.
    pub origin_host: String,
    /// Our Origin-Realm.
    pub origin_realm: String,
    /// The realm that charges.
    pub destination_realm: String,
    /// What the services are called there.
    pub contexts: Contexts,
    /// Where units stand in a request.
    pub units_at: UnitsAt,
    /// Service-Identifier, if it wants one.
    pub service_identifier: Option<u32>,
    /// Rating-Group, if it wants one.
    pub rating_group: Option<u32>,
    /// SMS-Node: 1 IP-SM-GW, 3 SMSC.
    pub sms_node: i32,
    /// What a chat message is counted in.
    pub units_of_im: UnitsOfIm,
    /// How a price is found out.
    pub quote: QuoteBy,
    /// The number (international, digits only) of a subscription that is asked about, to find out whether prices are
    /// told, before anybody needs one. It is never charged.
    pub probe_subject: Option<SmolStr>,
    /// How money moves.
    pub mode: Mode,
    /// Whether a success without granted units grants what was asked for.
    pub bare_grants: bool,
    /// Whether it does a request once, however often it is sent. Only then is one that may have arrived sent again.
    pub deduplicates: bool,
    /// How long an answer may take. Default 2 s.
    pub answer_timeout: Duration,
    /// How long a peer may be silent before it is asked. Default 30 s, at least 6 s.
    pub watchdog: Duration,
    /// Most requests under way with one peer. Default 256.
    pub window: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: SmolStr::default(),
            peers: Vec::new(),
            origin_host: "switchback.localdomain".to_owned(),
            origin_realm: "localdomain".to_owned(),
            destination_realm: "localdomain".to_owned(),
            contexts: Contexts::default(),
            units_at: UnitsAt::default(),
            service_identifier: None,
            rating_group: None,
            sms_node: 1,
            units_of_im: UnitsOfIm::default(),
            quote: QuoteBy::default(),
            probe_subject: None,
            mode: Mode::default(),
            bare_grants: false,
            deduplicates: false,
            answer_timeout: Duration::from_secs(2),
            watchdog: Duration::from_secs(30),
            window: 256,
        }
    }
}
