//! `bench sip`: SIP clients. A fleet of handsets in one process, the server in another, real sockets between them, and
//! Kamailio under the same load when it is installed.

mod crowd;
mod fleet;
mod kamailio;
mod stretch;

use super::people::{self, People};
use super::stage::{Folder, Server, free_port};
use super::story::Maker;
use super::{cast, fill, report};
use crate::cli::Failure;
use crate::clock::AnchoredClock;
use crate::serve::open_store;
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use stretch::Target;
use switchback_ports::{Clock, Store};
use switchback_testkit::handset::Wire;

pub(super) use fleet::{SipLoadArgs, load};

/// The domain and realm of a bench.
const DOMAIN: &str = "bench.example";
/// The password of every handset that is asked for one.
const PASSWORD: &str = "as good as any";

/// `bench sip`
#[derive(clap::Args)]
pub(super) struct SipArgs {
    /// What to measure.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "udp,tcp,offline,crowd,connections,kamailio"
    )]
    parts: Vec<Measure>,
    /// Handsets that write to each other.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    handsets: u32,
    /// Seconds under full load, and again at half of what that gave.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Messages under way at once under full load.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    window: u32,
    /// Handsets that are registered by datagrams, and come back together after a kill.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    crowd: u32,
    /// Handsets that are registered by a connection of their own.
    #[arg(long, default_value_t = 8000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    connections: u32,
    /// Sockets of the fleet at most: beyond that handsets share them, as behind one address.
    #[arg(long, default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    sockets: u32,
    /// Let the handsets log in with a password (SHA-256) instead of being trusted.
    #[arg(long)]
    digest: bool,
    /// Keep the data here and use what is here; a folder for temporary files when not given.
    #[arg(long)]
    store: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Measure {
    /// Both ways over UDP.
    Udp,
    /// Both ways over TCP.
    Tcp,
    /// Recipients who are offline, and come back.
    Offline,
    /// Memory of many registrations by datagrams, and all of them at once after a kill.
    Crowd,
    /// Memory of many registrations by connections.
    Connections,
    /// Kamailio for the first three.
    Kamailio,
}

/// Measures.
pub(super) fn bench(args: &SipArgs) -> Result<ExitCode, Failure> {
    let mut figures = Map::new();
    figures.insert(
        "cores".into(),
        std::thread::available_parallelism().map_or(0, std::num::NonZero::get).into(),
    );
    figures.insert("handsets".into(), args.handsets.into());
    figures.insert("digest".into(), args.digest.into());
    let folder = Folder::new(args.store.as_deref())?;
    if [Measure::Udp, Measure::Tcp, Measure::Offline].iter().any(|part| args.has(*part)) {
        figures.insert("switchback".into(), messages(args, &folder)?);
    }
    if args.has(Measure::Crowd) || args.has(Measure::Connections) {
        figures.extend(crowd::measure(args, &folder)?);
    }
    if args.has(Measure::Kamailio) {
        match kamailio::measure(args, &folder) {
            Ok(Some(kamailio)) => {
                let ours = figures.get("switchback").cloned().unwrap_or_default();
                figures.insert("ratio".into(), stretch::ratios(&ours, &kamailio));
                figures.insert("kamailio".into(), kamailio);
            }
            Ok(None) => {}
            // What was measured of ours is worth showing all the same.
            Err(failure) => report::tell(&format!("Kamailio was not measured: {failure}"))?,
        }
    }
    report::print(&Value::Object(figures), args.json)?;
    Ok(ExitCode::SUCCESS)
}

impl SipArgs {
    fn has(&self, part: Measure) -> bool {
        self.parts.contains(&part)
    }

    /// The password, when the handsets log in.
    fn password(&self) -> Option<&'static str> {
        self.digest.then_some(PASSWORD)
    }
}

/// Messages both ways and to those who are offline.
fn messages(args: &SipArgs, folder: &Folder) -> Result<Value, Failure> {
    let mut stage = Stage::start(args, folder, args.handsets)?;
    let mut figures = Map::new();
    for (part, name, wire) in [(Measure::Udp, "udp", Wire::Udp), (Measure::Tcp, "tcp", Wire::Tcp)] {
        if args.has(part) {
            figures.insert(name.into(), stretch::both_ways(args, folder, &stage.target(), wire)?);
        }
    }
    report::tell("auditing the ledger")?;
    figures.insert("ledger".into(), cast::audit(&stage.server)?);
    if args.has(Measure::Offline) {
        figures.insert("offline".into(), stretch::offline(args, folder, &stage.target())?);
    }
    stage.server.stop()?;
    Ok(Value::Object(figures))
}

/// A server with SIP and its subscribers.
struct Stage {
    server: Server,
    sip: SocketAddr,
    sections: String,
}

impl Stage {
    /// Writes so many subscribers, and starts a server on them.
    fn start(args: &SipArgs, folder: &Folder, subscribers: u32) -> Result<Self, Failure> {
        report::tell(&format!("making {subscribers} subscribers"))?;
        let store = open_store(&folder.data(), None).map_err(Failure::Failed)?;
        let mut maker = Maker::new(subscribers.min(1000))?;
        let login = args.password().map(|password| (DOMAIN, password));
        let made = fill::open_payers(&*store, &mut maker).and_then(|()| {
            let people = People { subscribers, payers: subscribers.min(1000), login };
            people::write(&*store, &people, AnchoredClock::start().now())
        });
        store.close();
        made?;
        let sip = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let trusted = if args.digest { "" } else { "trusted = [\"127.0.0.1\"]\n" };
        let sections = format!(
            "[sip]\nlisten = [\"udp:{sip}\", \"tcp:{sip}\"]\ndomain = \"{DOMAIN}\"\nrealm = \"{DOMAIN}\"\nconnections_max = 1000000\nstrangers_max = 1000000\n{trusted}"
        );
        Ok(Self { server: Server::start(folder, &sections)?, sip, sections })
    }

    /// Kills the server as a power cut would, and starts another in its place.
    fn kill(self, folder: &Folder) -> Result<Self, Failure> {
        self.server.kill();
        Ok(Self { server: Server::start(folder, &self.sections)?, ..self })
    }

    fn target(&self) -> Target {
        Target { processes: vec![("server", self.server.id())], sip: self.sip }
    }
}

/// A figure in MiB and per device, of memory in KiB.
fn memory(before: u64, after: u64, devices: u64) -> Value {
    json!({
        "before_mib": before / 1024, "after_mib": after / 1024,
        "bytes_each": after.saturating_sub(before).saturating_mul(1024) / devices.max(1),
    })
}
