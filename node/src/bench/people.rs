//! The subscribers of a bench, written into its store before a server runs on it: a hundred thousand take seconds.

use super::fill::{commit, unwritable};
use super::story;
use crate::cli::Failure;
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};
use switchback_core::model::{Address, PayerId, PlanId, Shard, SubscriberId, Time};
use switchback_ports::directory::{Entry, Kind, PlanText, SipUser, Subscriber};
use switchback_ports::{Store, Unit, Write};

/// Entries of one commit.
const BATCH: usize = 1024;

/// Who there shall be.
pub(super) struct People<'a> {
    /// How many subscribers.
    pub(super) subscribers: u32,
    /// How many payers they share.
    pub(super) payers: u32,
    /// The realm and the password of their SIP clients, when they log in; the user name is the number.
    pub(super) login: Option<(&'a str, &'a str)>,
}

/// Writes the plan and the subscribers, unless there are as many already.
pub(super) fn write(store: &dyn Store, people: &People<'_>, now: Time) -> Result<(), Failure> {
    let there = store.directory(Kind::Subscriber).map_err(unwritable)?;
    if u32::try_from(there.len()).is_ok_and(|there| there >= people.subscribers) {
        return Ok(());
    }
    let plan = PlanText { id: PlanId::new(story::PLAN_ID), text: story::PLAN.to_owned() };
    let mut entries = vec![Entry::Plan(plan)];
    for n in 0..u64::from(people.subscribers) {
        entries.push(subscriber(n, people.payers, now)?);
        entries.extend(people.login.map(|(realm, password)| login(n, realm, password)));
    }
    for entries in entries.chunks(BATCH) {
        commit(store, entries.iter().map(unit).collect())?;
    }
    Ok(())
}

fn subscriber(n: u64, payers: u32, now: Time) -> Result<Entry, Failure> {
    let address = Address::parse(&story::recipient(n)).map_err(|error| Failure::Failed(error.to_string()))?;
    let payer = usize::try_from(n % u64::from(payers.max(1))).unwrap_or(0);
    Ok(Entry::Subscriber(Subscriber {
        id: SubscriberId::new(story::subscriber(n)),
        addresses: vec![address],
        payer: PayerId::new(story::payer(payer)),
        max_price: None,
        hide_presence: false,
        created_at: now,
    }))
}

fn login(n: u64, realm: &str, password: &str) -> Entry {
    let user = story::recipient(n);
    let secret = format_smolstr!("{user}:{realm}:{password}");
    Entry::SipUser(SipUser {
        user: user.into(),
        subscriber: SubscriberId::new(story::subscriber(n)),
        realm: realm.into(),
        sha256: Sha256::digest(secret.as_bytes()).into(),
        md5: None,
    })
}

fn unit(entry: &Entry) -> Unit {
    let key: SmolStr = entry.key();
    Unit {
        shard: Shard::of(&key),
        epoch: 1,
        expects: Vec::new(),
        writes: vec![Write::Directory(Box::new(entry.clone()))],
    }
}
