//! A run over SIP: senders and recipients are pretend handsets, over UDP and TCP, and nobody uses HTTP but the operator.
//!
//! Recipients stay, come and go, vanish without a word, or were here once; some have three devices, some are no CPM
//! clients. An SMSC stands behind for those whom chat does not reach. Before each kill it is noted what every device
//! knows of its registration, and the restarted server is asked about it before anybody tells it again.

mod caller;
mod cast;
mod device;
mod registrar;

use super::actors::Actors;
use super::report::{Registrations, Summary};
use super::setup::Admin;
use super::{Fault, Options};
use crate::child::Server;
use crate::clock::now_us;
use crate::handset::{Config, Handset, Wire};
use crate::journal::Journal;
use caller::Callers;
use cast::{Kind, Movement, people};
use device::Device;
use registrar::{Before, Difference, Member};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// People who are compared after each restart, in turn.
const COMPARED: usize = 12;

/// A third plan: an SMS costs ten times a chat.
const THRIFTY_SMS: (&str, &str) =
    ("unit = \"segment\"\nprice = \"0.03\"", "unit = \"segment\"\nprice = \"0.30\"");

/// All handsets of a run.
pub(super) struct Handsets {
    runtime: Runtime,
    members: Vec<Member>,
    callers: Callers,
    journals: [Arc<Journal>; 2],
    token: String,
    tick: u64,
    next: usize,
    before: Option<(u64, Vec<Before>)>,
    found: Registrations,
    differences: Vec<Difference>,
}

/// What the server's configuration has more for them.
pub(super) fn config(sip: SocketAddr) -> String {
    format!(
        "[sip]\nlisten = [\"udp:{sip}\", \"tcp:{sip}\"]\ndomain = \"{}\"\nrealm = \"crash\"\n",
        cast::DOMAIN
    )
}

impl Handsets {
    /// Introduces everybody, brings them to life, and starts the load when all are registered.
    pub(super) fn start(
        options: &Options,
        sip: SocketAddr,
        admin: &Admin<'_>,
        folder: &Path,
    ) -> Result<Self, Fault> {
        let [flat, bundle] = super::setup::plans(options.ocs);
        let thrifty = flat.1.replace("\"flat\"", "\"thrifty\"").replace(THRIFTY_SMS.0, THRIFTY_SMS.1);
        for (id, text) in [flat, bundle, ("thrifty", thrifty)] {
            admin.put(&format!("plans/{id}"), &json!({ "text": text }))?;
        }
        let journal =
            |name: &str| Journal::create(&folder.join(name)).map_err(Fault::io(format!("make {name}")));
        let journals = [Arc::new(journal("client.jsonl")?), Arc::new(journal("handset.jsonl")?)];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(Fault::io("start a runtime"))?;
        let mut members = Vec::new();
        for person in people() {
            introduce(admin, &person)?;
            let devices = cast::devices(&person, sip, &journals[1], options.seed);
            let start = async {
                let mut all = Vec::new();
                for (config, movement) in devices {
                    all.push(Device::start(config, movement).await?);
                }
                let asker = Config {
                    wire: Wire::Udp,
                    user: person.name.clone(),
                    ..Config::of(&person.number, cast::PASSWORD, cast::DOMAIN, sip)
                };
                let asker = Config {
                    instance: None,
                    reg_id: None,
                    t1: std::time::Duration::from_millis(50),
                    ..asker
                };
                Ok((all, Handset::start(asker).await?))
            };
            let (devices, asker) = runtime.block_on(start).map_err(Fault::io("start a handset"))?;
            members.push(Member { person, devices, asker });
        }
        let is_bound = |member: &Member| {
            member.devices.iter().all(|device| device.standing().known == device::Known::Bound)
        };
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !members.iter().all(is_bound) {
            if std::time::Instant::now() > end {
                return Err(Fault::Server("not every handset could register".to_owned()));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let senders = members.iter().filter(|member| member.person.kind == Kind::Sender);
        let senders = senders.flat_map(|member| member.devices.iter().cloned()).collect();
        let load = caller::Config {
            at_once: options.connections,
            per_second: options.rate,
            ttl: options.ttl,
            seed: options.seed,
        };
        let callers = {
            let _here = runtime.enter();
            Callers::start(load, senders, Arc::clone(&journals[0]))
        };
        Ok(Self {
            runtime,
            members,
            callers,
            journals,
            token: admin.secret().to_owned(),
            tick: 0,
            next: 0,
            before: None,
            found: Registrations::default(),
            differences: Vec::new(),
        })
    }

    fn devices(&self) -> impl Iterator<Item = &Arc<Device>> {
        self.members.iter().flat_map(|member| &member.devices)
    }
}

fn introduce(admin: &Admin<'_>, person: &cast::Person) -> Result<(), Fault> {
    let name = &person.name;
    let top_up = json!({ "amount": "100000", "currency": "EUR" });
    admin.put(&format!("payers/{name}"), &json!({ "plan": person.plan, "top_up": top_up }))?;
    // As over HTTP: when an allowance runs out the other service may cost something.
    let consent = json!({ "amount": "0.10", "currency": "EUR" });
    let subscriber = json!({ "addresses": [person.number], "payer": name, "max_price": consent });
    admin.put(&format!("subscribers/{name}"), &subscriber)?;
    admin.put(&format!("sip-users/{name}"), &json!({ "subscriber": name, "password": cast::PASSWORD }))
}

impl Actors for Handsets {
    /// Each of those who come and go is there for a third of the time.
    fn turn(&mut self) {
        self.tick += 1;
        let moving = self.devices().filter(|device| device.movement != Movement::Stays);
        for (n, device) in (0_u64..).zip(moving) {
            match (device.movement, (self.tick + n) % 30) {
                (Movement::WasHere, _) => device.set_wanted(false),
                (_, 0) => device.set_wanted(true),
                (_, 10) => device.set_wanted(false),
                _ => {}
            }
        }
    }

    fn before_kill(&mut self) {
        self.before = Some((now_us(), self.members.iter().map(Member::standing).collect()));
    }

    fn after_kill(&mut self, server: &Server) -> Result<(), Fault> {
        let Some((killed_at, before)) = self.before.take() else { return Ok(()) };
        for _ in 0..COMPARED {
            self.next = (self.next + 7) % self.members.len().max(1);
            let (Some(member), Some(before)) = (self.members.get(self.next), before.get(self.next)) else {
                continue;
            };
            let listed = self.runtime.block_on(member.compare_bindings(before, &mut self.found));
            let status = member.compare_status(before, killed_at, server, &self.token, &mut self.found);
            self.differences.extend(listed.into_iter().chain(status));
        }
        Ok(())
    }

    fn stop(&mut self) {
        self.callers.stop();
    }

    fn is_finished(&self) -> bool {
        self.callers.is_finished()
    }

    fn all_come(&mut self) {
        self.devices()
            .filter(|device| device.movement != Movement::WasHere)
            .for_each(|device| device.set_wanted(true));
    }

    fn told(&self) -> u64 {
        let told = |device: &Arc<Device>| {
            let counts = device.handset.counts();
            counts.shown + counts.again + counts.notified
        };
        self.devices().map(told).sum()
    }

    fn end(self: Box<Self>, summary: &mut Summary) -> Result<(), Fault> {
        for journal in &self.journals {
            journal.flush().map_err(Fault::io("write the handsets' journals"))?;
        }
        summary.repeats = self.callers.repeats();
        summary.registrations = Some(self.found);
        for (kind, example) in self.differences {
            summary.violation(kind, || example);
        }
        self.runtime.shutdown_background();
        Ok(())
    }
}
