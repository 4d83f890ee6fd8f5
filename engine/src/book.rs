//! The directory in memory: subscribers, SIMs, accounts, plans, routes and tokens, looked up without the store.
//!
//! A change is checked, committed and then put in by the one thread that makes changes ([`crate::desk`]); readers
//! hold the lock for single look-ups.

use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use switchback_core::model::{
    AccountId, Address, Origin, Originator, Owner, PayerId, PlanId, RouteId, SimId, SubscriberId, Time,
};
use switchback_core::tariff::{Plan, Tariffs};
use switchback_ports::directory::{
    Account, Bearer, Entry, Kind, PlanText, Route, Sim, SipUser, Subscriber, Token,
};
use switchback_ports::{Refusal, RefusalKind, Store, StoreFailure};

use crate::refuse::refusal;

/// In an order in which what an entry names comes before it.
const EVERY_KIND: [Kind; 7] =
    [Kind::Plan, Kind::Subscriber, Kind::Sim, Kind::Account, Kind::Route, Kind::Token, Kind::SipUser];

/// The files of a tariff, by the name under which they are kept.
type TariffTexts = BTreeMap<SmolStr, Arc<PlanText>>;

/// A tariff that was read from some edition of the files and new ones.
#[derive(Debug)]
pub(crate) struct Edition {
    of: u64,
    tariffs: Tariffs,
}

/// All entries, with the indexes that the engine looks up by.
#[derive(Debug, Default)]
pub(crate) struct Book {
    subscribers: HashMap<SubscriberId, Arc<Subscriber>>,
    by_address: HashMap<Address, Arc<Subscriber>>,
    sims: HashMap<SimId, Arc<Sim>>,
    /// By number: who pays for what is sent from it.
    sim_numbers: HashMap<Address, Arc<Sim>>,
    accounts: HashMap<AccountId, Arc<Account>>,
    /// The files of the tariff, by the name under which they are kept.
    plan_texts: TariffTexts,
    /// What they say, read as one.
    tariffs: Tariffs,
    /// How often a file of the tariff was put in.
    edition: u64,
    routes: HashMap<RouteId, Route>,
    tokens: HashMap<[u8; 32], Token>,
    sip_users: HashMap<SmolStr, SipUser>,
}

impl Edition {
    /// Reads the files of that edition with these new ones. A price list of a hundred thousand rows takes a while.
    ///
    /// # Errors
    /// [`Refusal`] with every fault, its file and line.
    pub(crate) fn read(of: u64, known: &TariffTexts, new: &[&PlanText]) -> Result<Self, Refusal> {
        let tariffs = Tariffs::parse(&tariff_files(known, new));
        let tariffs = tariffs.map_err(|error| invalid("plan_faulty", error.to_string()))?;
        Ok(Self { of, tariffs })
    }
}

/// The files of the tariff as they would be with these.
fn tariff_files<'t>(known: &'t TariffTexts, new: &[&'t PlanText]) -> BTreeMap<&'t str, &'t str> {
    let known = known.values().map(|known| &**known);
    known.chain(new.iter().copied()).map(|text| (text.id.as_str(), text.text.as_str())).collect()
}

impl Book {
    /// Reads the whole directory.
    ///
    /// # Errors
    /// [`StoreFailure`] when the store cannot be read, or holds a plan that no longer parses.
    pub(crate) fn load(store: &dyn Store) -> Result<Self, StoreFailure> {
        let mut book = Self::default();
        for kind in EVERY_KIND {
            store.directory(kind)?.into_iter().for_each(|entry| book.insert(entry));
        }
        let tariffs = Tariffs::parse(&tariff_files(&book.plan_texts, &[]));
        book.tariffs = tariffs.map_err(|error| StoreFailure::Corrupt(error.to_string()))?;
        Ok(book)
    }

    /// Puts an entry in, replacing the one of the same key. What plans say is put in by [`Self::price_by`].
    pub(crate) fn insert(&mut self, entry: Entry) {
        match entry {
            Entry::Subscriber(new) => {
                if let Some(old) = self.subscribers.get(&new.id) {
                    for address in &old.addresses {
                        self.by_address.remove(address);
                    }
                }
                let new = Arc::new(new);
                for address in &new.addresses {
                    self.by_address.insert(address.clone(), Arc::clone(&new));
                }
                self.subscribers.insert(new.id.clone(), new);
            }
            Entry::Sim(new) => {
                if let Some(old) = self.sims.get(&new.id) {
                    self.sim_numbers.remove(&old.msisdn);
                }
                let new = Arc::new(new);
                self.sim_numbers.insert(new.msisdn.clone(), Arc::clone(&new));
                self.sims.insert(new.id.clone(), new);
            }
            Entry::Account(new) => {
                self.accounts.insert(new.id.clone(), Arc::new(new));
            }
            Entry::Plan(text) => {
                self.plan_texts.insert(SmolStr::new(text.id.as_str()), Arc::new(text));
                self.edition = self.edition.saturating_add(1);
            }
            Entry::Route(new) => {
                self.routes.insert(new.id.clone(), new);
            }
            Entry::Token(new) => {
                self.tokens.insert(new.hash, new);
            }
            Entry::SipUser(new) => {
                self.sip_users.insert(new.user.clone(), new);
            }
        }
    }

    /// From now on prices are those of this set; gives the one before.
    pub(crate) const fn price_by(&mut self, tariffs: Tariffs) -> Tariffs {
        std::mem::replace(&mut self.tariffs, tariffs)
    }

    /// The subscriber of that id.
    pub(crate) fn subscriber(&self, id: &SubscriberId) -> Option<&Arc<Subscriber>> {
        self.subscribers.get(id)
    }

    /// The subscriber that this address, or the device that it names, is of.
    pub(crate) fn by_address(&self, address: &Address) -> Option<&Arc<Subscriber>> {
        self.by_address.get(&*address.of_person())
    }

    /// The SIP login of that name.
    pub(crate) fn sip_user(&self, user: &str) -> Option<&SipUser> {
        self.sip_users.get(user)
    }

    /// The account of that id.
    pub(crate) fn account(&self, id: &AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(id)
    }

    /// The SIM that has this number: an IMSI.
    pub(crate) fn sim_of(&self, number: &Address) -> Option<SmolStr> {
        self.sim_numbers.get(number).map(|sim| SmolStr::new(sim.id.as_str()))
    }

    /// The version of the plan that is valid at that moment.
    pub(crate) fn plan(&self, id: &PlanId, at: Time) -> Option<&Arc<Plan>> {
        self.tariffs.plan(id, at)
    }

    /// Who a token's hash stands for, unless it was withdrawn.
    pub(crate) fn bearer(&self, hash: &[u8; 32]) -> Option<Bearer> {
        self.tokens.get(hash).filter(|token| !token.revoked).map(|token| token.bearer.clone())
    }

    /// The entry of that key within its kind (see [`Entry::key`]).
    pub(crate) fn entry(&self, kind: Kind, key: &str) -> Option<Entry> {
        match kind {
            Kind::Subscriber => {
                self.subscriber(&SubscriberId::new(key)).map(|e| Entry::Subscriber(Subscriber::clone(e)))
            }
            Kind::Sim => self.sims.get(&SimId::new(key)).map(|e| Entry::Sim(Sim::clone(e))),
            Kind::Account => self.account(&AccountId::new(key)).map(|e| Entry::Account(Account::clone(e))),
            Kind::Plan => self.plan_texts.get(key).map(|text| Entry::Plan(PlanText::clone(text))),
            Kind::Route => self.routes.get(&RouteId::new(key)).cloned().map(Entry::Route),
            // Bearers are found by their hash; a token's printed key is looked for by nobody on a hot path.
            Kind::Token => {
                let entry = |token: &Token| Entry::Token(token.clone());
                self.tokens.values().map(entry).find(|entry| entry.key() == key)
            }
            Kind::SipUser => self.sip_user(key).cloned().map(Entry::SipUser),
        }
    }

    /// All entries of a kind, in the order of their keys.
    pub(crate) fn entries(&self, kind: Kind) -> Vec<Entry> {
        let mut entries: Vec<Entry> = match kind {
            Kind::Subscriber => {
                self.subscribers.values().map(|e| Entry::Subscriber(Subscriber::clone(e))).collect()
            }
            Kind::Sim => self.sims.values().map(|e| Entry::Sim(Sim::clone(e))).collect(),
            Kind::Account => self.accounts.values().map(|e| Entry::Account(Account::clone(e))).collect(),
            Kind::Plan => self.plan_texts.values().map(|text| Entry::Plan(PlanText::clone(text))).collect(),
            Kind::Route => self.routes.values().cloned().map(Entry::Route).collect(),
            Kind::Token => self.tokens.values().cloned().map(Entry::Token).collect(),
            Kind::SipUser => self.sip_users.values().cloned().map(Entry::SipUser).collect(),
        };
        entries.sort_by_cached_key(Entry::key);
        entries
    }

    /// Who a bearer sends as (I18): owner, address and payer come from the directory; `from` only picks among the
    /// bearer's own addresses.
    ///
    /// # Errors
    /// [`Refusal`] when the bearer is unknown, is the operator, or may not send from that address.
    pub(crate) fn originator(&self, bearer: &Bearer, from: Option<&Address>) -> Result<Originator, Refusal> {
        let (owner, addresses, payer) = match bearer {
            Bearer::Subscriber(id) => {
                let known = self.subscribers.get(id).ok_or_else(no_bearer)?;
                (Owner::Subscriber(id.clone()), &known.addresses, &known.payer)
            }
            Bearer::Account(id) => {
                let known = self.accounts.get(id).ok_or_else(no_bearer)?;
                (Owner::Account(id.clone()), &known.senders, &known.payer)
            }
            Bearer::Admin => {
                let detail =
                    "The operator's token sends no messages. Use a subscriber's or an account's token.";
                return Err(refusal(RefusalKind::Forbidden, "admin_cannot_send", detail));
            }
        };
        let address = match from {
            None => addresses.first().ok_or_else(no_sender)?,
            Some(from) => addresses.iter().find(|own| *own == from).ok_or_else(not_yours)?,
        };
        let own = |sim: &&Arc<Sim>| matches!(&owner, Owner::Subscriber(id) if *id == sim.subscriber);
        let payer = self.sim_numbers.get(address).filter(own).map_or(payer, |sim| &sim.payer);
        Ok(Originator { owner, address: address.clone(), payer: Some(payer.clone()), origin: Origin::HOME })
    }

    /// Checks an entry against the others. `payer_exists` asks the store.
    ///
    /// # Errors
    /// [`Refusal`] that says what to change.
    pub(crate) fn check(
        &self,
        entry: &Entry,
        payer_exists: impl Fn(&PayerId) -> Result<bool, StoreFailure>,
        known_class: impl Fn(&switchback_core::model::ClassName) -> bool,
    ) -> Result<(), Refusal> {
        let payer = |id: &PayerId| match payer_exists(id) {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(invalid("no_such_payer", format!("There is no payer {id}. Make the payer first.")))
            }
            Err(failure) => Err(crate::refuse::from_store(&failure)),
        };
        match entry {
            Entry::Subscriber(new) => {
                named(new.id.as_str())?;
                if new.addresses.is_empty() {
                    return Err(invalid("no_address", "A subscriber needs at least one address."));
                }
                if let Some(taken) =
                    new.addresses.iter().find(|a| self.by_address(a).is_some_and(|o| o.id != new.id))
                {
                    let detail = format!("The address {} belongs to another subscriber.", taken.masked());
                    return Err(refusal(RefusalKind::Conflict, "address_taken", detail));
                }
                payer(&new.payer)
            }
            Entry::Sim(new) => {
                named(new.id.as_str())?;
                let owner = self.subscribers.get(&new.subscriber);
                let owner = owner.ok_or_else(|| {
                    invalid(
                        "no_such_subscriber",
                        format!("There is no subscriber {}. Make it first.", new.subscriber),
                    )
                })?;
                if !owner.addresses.contains(&new.msisdn) {
                    let detail =
                        "The number on a SIM must be one of its subscriber's addresses. Add it there first.";
                    return Err(invalid("not_the_subscribers_number", detail));
                }
                payer(&new.payer)
            }
            Entry::Account(new) => {
                named(new.id.as_str())?;
                if new.senders.is_empty() {
                    return Err(invalid("no_address", "An account needs at least one address to send from."));
                }
                if let Some(class) = new.class.as_ref().filter(|class| !known_class(class)) {
                    return Err(invalid("no_such_class", format!("There is no message class {class}.")));
                }
                payer(&new.payer)
            }
            // The files of the tariff are checked as one: see `tariffs_with`.
            Entry::Plan(_) => Ok(()),
            Entry::Route(new) => {
                named(new.id.as_str())?;
                let fits = (1..=1000).contains(&new.window);
                let unfit = || invalid("window_out_of_bounds", "A route's window is 1 to 1000.");
                fits.then_some(()).ok_or_else(unfit)
            }
            Entry::Token(new) => self.check_bearer(&new.bearer),
            Entry::SipUser(new) => {
                named(&new.user)?;
                self.check_bearer(&Bearer::Subscriber(new.subscriber.clone()))
            }
        }
    }

    /// What the tariff is read from, to be read without the lock.
    pub(crate) fn tariff_texts(&self) -> (u64, TariffTexts) {
        (self.edition, self.plan_texts.clone())
    }

    /// The whole tariff as it would be with these files, read already or now; a set with a fault is refused whole.
    ///
    /// # Errors
    /// [`Refusal`] with every fault, its file and line.
    pub(crate) fn tariffs_with(&self, new: &[&PlanText], ahead: Option<Edition>) -> Result<Tariffs, Refusal> {
        let ahead = ahead.filter(|ahead| ahead.of == self.edition);
        let edition = ahead.map_or_else(|| Edition::read(self.edition, &self.plan_texts, new), Ok)?;
        for (name, plan) in edition.tariffs.all() {
            if self.tariffs.any_version(&plan.id).is_some_and(|known| known.currency != plan.currency) {
                let detail = "A plan keeps its currency, because its payers do. Make another plan.";
                return Err(refusal(RefusalKind::Conflict, "plan_currency_changed", detail));
            }
            if *name != Tariffs::name_of(plan) {
                let detail = format!("The text is of plan {}, the entry of {name}.", Tariffs::name_of(plan));
                return Err(invalid("plan_id_differs", detail));
            }
        }
        Ok(edition.tariffs)
    }

    fn check_bearer(&self, bearer: &Bearer) -> Result<(), Refusal> {
        let known = match bearer {
            Bearer::Subscriber(id) => self.subscribers.contains_key(id),
            Bearer::Account(id) => self.accounts.contains_key(id),
            Bearer::Admin => true,
        };
        if known {
            Ok(())
        } else {
            Err(invalid("no_such_bearer", "The token's subscriber or account does not exist."))
        }
    }
}

fn named(id: &str) -> Result<(), Refusal> {
    let ok = (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
    if ok { Ok(()) } else { Err(invalid("id_out_of_bounds", "An id is 1 to 64 visible ASCII characters.")) }
}

fn invalid(code: &'static str, detail: impl Into<String>) -> Refusal {
    refusal(RefusalKind::Invalid, code, detail)
}

fn no_bearer() -> Refusal {
    refusal(
        RefusalKind::Forbidden,
        "no_such_bearer",
        "The token's subscriber or account does not exist any more.",
    )
}

fn no_sender() -> Refusal {
    refusal(
        RefusalKind::Forbidden,
        "no_sender",
        "There is no address to send from. The operator must add one.",
    )
}

fn not_yours() -> Refusal {
    let detail =
        "That address is not yours to send from. Leave `from` out, or name one of your own addresses.";
    refusal(RefusalKind::Forbidden, "from_not_allowed", detail)
}
