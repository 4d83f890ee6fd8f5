//! Who and what the operator has set up: subscribers, SIMs, payers' plans, accounts, routes, tokens.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use switchback_core::model::{
    AccountId, Address, ClassName, Money, PayerId, PlanId, RouteId, Service, SimId, SubscriberId, Time,
};

/// One entry of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A person.
    Subscriber(Subscriber),
    /// A subscription.
    Sim(Sim),
    /// A business customer.
    Account(Account),
    /// A file of the tariff; read with all the others when loaded.
    Plan(PlanText),
    /// A way out.
    Route(Route),
    /// A credential.
    Token(Token),
    /// A login of SIP clients.
    SipUser(SipUser),
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// [`Entry::Subscriber`].
    Subscriber,
    /// [`Entry::Sim`].
    Sim,
    /// [`Entry::Account`].
    Account,
    /// [`Entry::Plan`].
    Plan,
    /// [`Entry::Route`].
    Route,
    /// [`Entry::Token`].
    Token,
    /// [`Entry::SipUser`].
    SipUser,
}

/// A person with a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The id.
    pub id: SubscriberId,
    /// Numbers and URIs that reach this person; the first is shown to recipients.
    pub addresses: Vec<Address>,
    /// Who pays for what this person sends.
    pub payer: PayerId,
    /// Standing consent: what a message of this person may cost at most beyond the price shown.
    pub max_price: Option<Money>,
    /// Hide online status and since-when from senders (they then see `unknown`).
    pub hide_presence: bool,
    /// When the entry was made: `offline_since` of somebody never seen.
    pub created_at: Time,
}

/// A subscription (IMSI) of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sim {
    /// The IMSI.
    pub id: SimId,
    /// The person.
    pub subscriber: SubscriberId,
    /// The number on it.
    pub msisdn: Address,
    /// Who pays for it.
    pub payer: PayerId,
}

/// A business customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// Who pays.
    pub payer: PayerId,
    /// Addresses that it may send from; the first is the default.
    pub senders: Vec<Address>,
    /// The class of its messages when they name none.
    pub class: Option<ClassName>,
    /// Standing consent.
    pub max_price: Option<Money>,
}

/// A file of the tariff as the operator wrote it: a plan, or a table that plans share (`zones.toml`, `prefixes.csv`, a
/// list of prices).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanText {
    /// Its name: a plan's id, with `@VERSION` behind it for a version with a date, or the file name of a table.
    pub id: PlanId,
    /// The text.
    pub text: String,
}

/// One configured way out of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The id.
    pub id: RouteId,
    /// The service.
    pub service: Service,
    /// Host and port of the peer, `127.0.0.1:2775`.
    pub address: SmolStr,
    /// The name we bind with.
    pub system_id: SmolStr,
    /// The password; stored as given, never printed.
    pub password: SmolStr,
    /// How many requests may be outstanding, 1 to 1000.
    pub window: u16,
}

/// A credential; only its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// A name for people.
    pub name: SmolStr,
    /// What it may do.
    pub bearer: Bearer,
    /// When it was made.
    pub created_at: Time,
    /// True once withdrawn.
    pub revoked: bool,
}

/// What a person's SIP clients log in with. The password itself is not kept: a digest of it with user name and realm
/// is all that the server needs (HA1 of RFC 7616 section 3.4.2), and no other realm can use it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipUser {
    /// The user name: the entry's key.
    pub user: SmolStr,
    /// Whose clients these are.
    pub subscriber: SubscriberId,
    /// The realm that the digests were made for.
    pub realm: SmolStr,
    /// SHA-256 of `user:realm:password`.
    pub sha256: [u8; 32],
    /// MD5 of the same, for clients that know nothing better, when the operator allows it (RFC 8760).
    pub md5: Option<[u8; 16]>,
}

impl std::fmt::Debug for SipUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("SipUser");
        shown.field("user", &self.user).field("subscriber", &self.subscriber).field("realm", &self.realm);
        shown.finish_non_exhaustive()
    }
}

/// Who a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bearer {
    /// A person.
    Subscriber(SubscriberId),
    /// A business customer.
    Account(AccountId),
    /// The operator.
    Admin,
}

impl Entry {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Subscriber(_) => Kind::Subscriber,
            Self::Sim(_) => Kind::Sim,
            Self::Account(_) => Kind::Account,
            Self::Plan(_) => Kind::Plan,
            Self::Route(_) => Kind::Route,
            Self::Token(_) => Kind::Token,
            Self::SipUser(_) => Kind::SipUser,
        }
    }

    /// Its key within its kind.
    #[must_use]
    pub fn key(&self) -> SmolStr {
        match self {
            Self::Subscriber(entry) => SmolStr::new(entry.id.as_str()),
            Self::Sim(entry) => SmolStr::new(entry.id.as_str()),
            Self::Account(entry) => SmolStr::new(entry.id.as_str()),
            Self::Plan(entry) => SmolStr::new(entry.id.as_str()),
            Self::Route(entry) => SmolStr::new(entry.id.as_str()),
            Self::Token(entry) => entry.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::SipUser(entry) => entry.user.clone(),
        }
    }
}
