//! What the operator sets up, as JSON: subscribers, SIMs, accounts, plans, routes, tokens.

use super::money::{MoneyIn, MoneyOut};
use super::shown::Shown;
use super::submit::Faults;
use super::words::ServiceWord;
use crate::path::{NAME_RULE, is_name};
use crate::problem::Problem;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use smol_str::SmolStr;
use switchback_core::model::{
    AccountId, Address, ClassName, PayerId, PlanId, RouteId, SimId, SubscriberId, Time,
};
use switchback_ports::directory::{Account, PlanText, Route, Sim, SipUser, Subscriber};
use switchback_ports::{RouteChange, RouteState};
use utoipa::ToSchema;

/// How many addresses an entry may have.
const ADDRESSES_MAX: usize = 100;

/// A person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubscriberIn)]
pub(crate) struct SubscriberIn {
    /// Numbers and URIs that reach this person, 1 to 100; the first is shown to recipients.
    #[schema(value_type = Vec<String>)]
    addresses: Vec<SmolStr>,
    /// Who pays.
    #[schema(value_type = String)]
    payer: SmolStr,
    /// Standing consent: what a message may cost at most beyond the price shown.
    max_price: Option<MoneyIn>,
    /// Hide online status from senders.
    #[serde(default)]
    hide_presence: bool,
}

/// A subscription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SimIn)]
pub(crate) struct SimIn {
    /// The person.
    #[schema(value_type = String)]
    subscriber: SmolStr,
    /// The number on it.
    #[schema(value_type = String)]
    msisdn: SmolStr,
    /// Who pays for it.
    #[schema(value_type = String)]
    payer: SmolStr,
}

/// A business customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountIn)]
pub(crate) struct AccountIn {
    /// Who pays.
    #[schema(value_type = String)]
    payer: SmolStr,
    /// Addresses that it may send from, 1 to 100; the first is the default.
    #[schema(value_type = Vec<String>)]
    senders: Vec<SmolStr>,
    /// The class of its messages when they name none.
    #[schema(value_type = Option<String>)]
    class: Option<SmolStr>,
    /// Standing consent.
    max_price: Option<MoneyIn>,
}

/// A plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanIn)]
pub(crate) struct PlanIn {
    /// The plan in TOML.
    text: String,
}

/// What SIP clients log in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SipUserIn)]
pub(crate) struct SipUserIn {
    /// The person whose clients these are.
    #[schema(value_type = String)]
    subscriber: SmolStr,
    /// The password, 8 to 128 characters; never stored and never shown: only its digest for our realm is kept.
    #[schema(value_type = String, format = Password)]
    password: SmolStr,
}

impl std::fmt::Debug for SipUserIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SipUserIn").field("subscriber", &self.subscriber).finish_non_exhaustive()
    }
}

/// A way out of a service.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouteIn)]
pub(crate) struct RouteIn {
    /// The service.
    service: ServiceWord,
    /// Host and port of the peer.
    #[schema(value_type = String, example = "127.0.0.1:2775")]
    address: SmolStr,
    /// The name to bind with, at most 15 characters.
    #[schema(value_type = String)]
    system_id: SmolStr,
    /// The password, at most 8 characters; never shown again.
    #[schema(value_type = String, format = Password)]
    password: SmolStr,
    /// How many requests may be outstanding, 1 to 1000.
    #[serde(default = "window_default")]
    window: u16,
}

const fn window_default() -> u16 {
    10
}

impl SubscriberIn {
    /// The entry of that id.
    pub(crate) fn entry(self, id: &str, created_at: Time) -> Result<Subscriber, Problem> {
        let mut faults = Faults::default();
        faults.check("id", is_name(id), NAME_RULE);
        faults.check("payer", is_name(&self.payer), NAME_RULE);
        let addresses = addresses(&mut faults, "addresses", &self.addresses);
        let max_price = self.max_price.and_then(|given| faults.take("max_price", given.read()));
        faults.end(Some(Subscriber {
            id: SubscriberId::new(id),
            addresses,
            payer: PayerId::new(self.payer),
            max_price,
            hide_presence: self.hide_presence,
            created_at,
        }))
    }
}

impl SipUserIn {
    /// The login of that name in this realm; `md5`: also for clients that know nothing better.
    pub(crate) fn entry(self, user: &str, realm: &SmolStr, md5: bool) -> Result<SipUser, Problem> {
        let mut faults = Faults::default();
        faults.check("user", is_name(user), NAME_RULE);
        faults.check("subscriber", is_name(&self.subscriber), NAME_RULE);
        let long = (8..=128).contains(&self.password.chars().count());
        faults.check("password", long, "a password has 8 to 128 characters");
        let secret = format!("{user}:{realm}:{}", self.password);
        faults.end(Some(SipUser {
            user: SmolStr::new(user),
            subscriber: SubscriberId::new(self.subscriber),
            realm: realm.clone(),
            sha256: Sha256::digest(&secret).into(),
            md5: md5.then(|| Md5::digest(&secret).into()),
        }))
    }
}

fn addresses(faults: &mut Faults, field: &str, given: &[SmolStr]) -> Vec<Address> {
    faults.check(field, (1..=ADDRESSES_MAX).contains(&given.len()), "1 to 100 addresses");
    let read = |(n, text): (usize, &SmolStr)| faults.take(&format!("{field}[{n}]"), Address::parse(text));
    given.iter().take(ADDRESSES_MAX).enumerate().filter_map(read).collect()
}

impl SimIn {
    /// The entry of that IMSI.
    pub(crate) fn entry(self, id: &str) -> Result<Sim, Problem> {
        let mut faults = Faults::default();
        let imsi = (6..=15).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        faults.check("id", imsi, "an IMSI: 6 to 15 digits");
        faults.check("subscriber", is_name(&self.subscriber), NAME_RULE);
        faults.check("payer", is_name(&self.payer), NAME_RULE);
        let msisdn = faults.take("msisdn", Address::parse(&self.msisdn));
        faults.end(msisdn.map(|msisdn| Sim {
            id: SimId::new(id),
            subscriber: SubscriberId::new(self.subscriber),
            msisdn,
            payer: PayerId::new(self.payer),
        }))
    }
}

impl AccountIn {
    /// The entry of that id.
    pub(crate) fn entry(self, id: &str) -> Result<Account, Problem> {
        let mut faults = Faults::default();
        faults.check("id", is_name(id), NAME_RULE);
        faults.check("payer", is_name(&self.payer), NAME_RULE);
        let senders = addresses(&mut faults, "senders", &self.senders);
        faults.check("class", self.class.as_deref().is_none_or(is_name), NAME_RULE);
        let max_price = self.max_price.and_then(|given| faults.take("max_price", given.read()));
        faults.end(Some(Account {
            id: AccountId::new(id),
            payer: PayerId::new(self.payer),
            senders,
            class: self.class.map(ClassName::new),
            max_price,
        }))
    }
}

impl PlanIn {
    /// The entry of that id; the engine parses the text.
    pub(crate) fn entry(self, id: &str) -> Result<PlanText, Problem> {
        let mut faults = Faults::default();
        faults.check("id", is_name(id), NAME_RULE);
        faults.end(Some(PlanText { id: PlanId::new(id), text: self.text }))
    }
}

impl RouteIn {
    /// The entry of that id.
    pub(crate) fn entry(self, id: &str) -> Result<Route, Problem> {
        let mut faults = Faults::default();
        faults.check("id", is_name(id), NAME_RULE);
        let port = self.address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let reachable = port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        faults.check(
            "address",
            reachable && self.address.len() <= 255,
            "host:port, for example 127.0.0.1:2775",
        );
        // SMPP 3.4 section 4.1: system_id 16 octets and password 9, each with its closing zero.
        let fits =
            |text: &str, max: usize| text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic());
        faults.check("system_id", fits(&self.system_id, 15), "at most 15 printable ASCII characters");
        faults.check("password", fits(&self.password, 8), "at most 8 printable ASCII characters");
        faults.check("window", (1..=1000).contains(&self.window), "1 to 1000");
        faults.end(Some(Route {
            id: RouteId::new(id),
            service: self.service.into(),
            address: self.address,
            system_id: self.system_id,
            password: self.password,
            window: self.window,
        }))
    }
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscriber)]
pub(crate) struct SubscriberOut {
    /// Its id.
    id: String,
    /// Numbers and URIs that reach this person.
    addresses: Vec<String>,
    /// Who pays.
    payer: String,
    /// Standing consent.
    max_price: Option<MoneyOut>,
    /// Hides online status from senders.
    hide_presence: bool,
    /// When the entry was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Time>,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sim)]
pub(crate) struct SimOut {
    /// The IMSI.
    id: String,
    /// The person.
    subscriber: String,
    /// The number on it.
    msisdn: String,
    /// Who pays.
    payer: String,
}

/// A business customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountOut {
    /// Its id.
    id: String,
    /// Who pays.
    payer: String,
    /// Addresses that it may send from.
    senders: Vec<String>,
    /// The class of its messages when they name none.
    class: Option<String>,
    /// Standing consent.
    max_price: Option<MoneyOut>,
}

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub(crate) struct PlanOut {
    /// Its id.
    id: String,
    /// The plan in TOML.
    text: String,
}

/// What SIP clients log in with. The password is never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SipUser)]
pub(crate) struct SipUserOut {
    /// The user name.
    id: String,
    /// The person whose clients these are.
    subscriber: String,
    /// The realm that clients are asked for.
    realm: String,
    /// Whether MD5 is accepted for it besides SHA-256.
    md5: bool,
}

/// A way out of a service. The password is never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub(crate) struct RouteOut {
    /// Its id.
    id: String,
    /// The service.
    service: ServiceWord,
    /// Host and port of the peer.
    #[schema(value_type = String)]
    address: SmolStr,
    /// The name to bind with.
    #[schema(value_type = String)]
    system_id: SmolStr,
    /// How many requests may be outstanding.
    window: u16,
    /// Whether it is bound now; null when nothing has been heard of it.
    state: Option<RouteStateWord>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Shown<Time>>,
    /// In words.
    #[schema(value_type = Option<String>)]
    why: Option<SmolStr>,
}

/// Whether a route is usable.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RouteState)]
pub(crate) enum RouteStateWord {
    /// Bound.
    Up,
    /// Not bound.
    Down,
}

impl From<&Subscriber> for SubscriberOut {
    fn from(entry: &Subscriber) -> Self {
        Self {
            id: entry.id.to_string(),
            addresses: entry.addresses.iter().map(ToString::to_string).collect(),
            payer: entry.payer.to_string(),
            max_price: entry.max_price.map(Into::into),
            hide_presence: entry.hide_presence,
            created_at: Shown(entry.created_at),
        }
    }
}

impl From<&SipUser> for SipUserOut {
    fn from(entry: &SipUser) -> Self {
        Self {
            id: entry.user.to_string(),
            subscriber: entry.subscriber.to_string(),
            realm: entry.realm.to_string(),
            md5: entry.md5.is_some(),
        }
    }
}

impl From<&Sim> for SimOut {
    fn from(entry: &Sim) -> Self {
        Self {
            id: entry.id.to_string(),
            subscriber: entry.subscriber.to_string(),
            msisdn: entry.msisdn.to_string(),
            payer: entry.payer.to_string(),
        }
    }
}

impl From<&Account> for AccountOut {
    fn from(entry: &Account) -> Self {
        Self {
            id: entry.id.to_string(),
            payer: entry.payer.to_string(),
            senders: entry.senders.iter().map(ToString::to_string).collect(),
            class: entry.class.as_ref().map(ToString::to_string),
            max_price: entry.max_price.map(Into::into),
        }
    }
}

impl From<&PlanText> for PlanOut {
    fn from(entry: &PlanText) -> Self {
        Self { id: entry.id.to_string(), text: entry.text.clone() }
    }
}

impl RouteOut {
    /// The route as configured, and as it stands.
    pub(crate) fn new(entry: &Route, states: &[RouteChange]) -> Self {
        let now = states.iter().find(|change| change.route == entry.id);
        let word = |state| if state == RouteState::Up { RouteStateWord::Up } else { RouteStateWord::Down };
        Self {
            id: entry.id.to_string(),
            service: entry.service.into(),
            address: entry.address.clone(),
            system_id: entry.system_id.clone(),
            window: entry.window,
            state: now.map(|change| word(change.state)),
            since: now.map(|change| Shown(change.since)),
            why: now.map(|change| change.why.clone()),
        }
    }
}
