//! Kamailio on the same machine in the same run, when it is installed: it relays between registered handsets, keeping
//! nothing, and its `msilo` keeps what is for those who are offline in SQLite. It asks nobody for a password.

use super::stretch::{self, Target};
use super::{DOMAIN, Measure, SipArgs};
use crate::bench::stage::{Folder, Process, free_port, installed};
use crate::cli::Failure;
use serde_json::{Map, Value};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use switchback_testkit::handset::Wire;

/// Its database schemas, as its package installs them.
const SCHEMAS: &str = "/usr/share/kamailio/db_sqlite";

/// Measures it; nothing when it is not installed.
pub(super) fn measure(args: &SipArgs, folder: &Folder) -> Result<Option<Value>, Failure> {
    let Some(program) = installed("kamailio") else { return Ok(None) };
    let mut figures = Map::new();
    for (part, name, wire) in [(Measure::Udp, "udp", Wire::Udp), (Measure::Tcp, "tcp", Wire::Tcp)] {
        if args.has(part) {
            // As many workers as cores, which is how it is fastest.
            let mut kamailio = Kamailio::start(args, folder, &program, 2)?;
            figures.insert(name.into(), stretch::both_ways(args, folder, &kamailio.target()?, wire)?);
            kamailio.process.terminate()?;
        }
    }
    if args.has(Measure::Offline) && keeps() {
        // Two writers of one SQLite file would refuse each other.
        let mut kamailio = Kamailio::start(args, folder, &program, 1)?;
        figures.insert("offline".into(), stretch::offline(args, folder, &kamailio.target()?)?);
        kamailio.process.terminate()?;
    }
    Ok(Some(Value::Object(figures)))
}

struct Kamailio {
    process: Process,
    sip: SocketAddr,
}

impl Kamailio {
    fn start(args: &SipArgs, folder: &Folder, program: &PathBuf, workers: u32) -> Result<Self, Failure> {
        let home = folder.path().join("kamailio");
        // What an earlier one kept is none of this one's.
        drop(std::fs::remove_dir_all(&home));
        std::fs::create_dir_all(&home)?;
        // It works in a folder of its own.
        let home = home.canonicalize()?;
        let database = keeps().then(|| home.join("silo.db"));
        if let Some(database) = &database {
            make_database(database)?;
        }
        let port = free_port()?;
        let file = home.join("kamailio.cfg");
        std::fs::write(&file, config(port, workers, args.handsets, database.as_deref()))?;
        let mut command = Command::new(program);
        command.args(["-DD", "-E", "-m", "1024", "-M", "16", "-f"]).arg(&file);
        command.arg("-Y").arg(&home).arg("-P").arg(home.join("pid"));
        let mut process = Process::start(&mut command, &folder.path().join("kamailio.log"))?;
        process.await_port(port)?;
        // It listens before its workers read.
        std::thread::sleep(Duration::from_millis(1000));
        Ok(Self { process, sip: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// With the processes that it has started.
    fn target(&self) -> Result<Target, Failure> {
        let main = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"))?;
        let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        let processes = std::iter::once(main).chain(children).map(|pid| ("kamailio", pid)).collect();
        Ok(Target { processes, sip: self.sip })
    }
}

/// Whether its SQLite module is installed, and what makes a database for it.
fn keeps() -> bool {
    Path::new(SCHEMAS).exists() && installed("sqlite3").is_some()
}

/// Its tables, with a write-ahead log: four times as fast as the default.
fn make_database(file: &Path) -> Result<(), Failure> {
    let Some(sqlite) = installed("sqlite3") else { return Ok(()) };
    let schema = |name: &str| format!(".read {SCHEMAS}/{name}-create.sql");
    let made = Command::new(sqlite)
        .arg(file)
        .args(["PRAGMA journal_mode=WAL;", &schema("standard"), &schema("msilo")])
        .output()?;
    if made.status.success() {
        return Ok(());
    }
    Err(Failure::Failed(format!("no database for Kamailio: {}", String::from_utf8_lossy(&made.stderr))))
}

fn config(port: u16, workers: u32, handsets: u32, database: Option<&Path>) -> String {
    let connections = handsets.saturating_add(64);
    let modules = [
        "kex",
        "corex",
        "tm",
        "tmx",
        "sl",
        "rr",
        "pv",
        "maxfwd",
        "textops",
        "siputils",
        "xlog",
        "usrloc",
        "registrar",
    ];
    let modules: String = modules.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
    let keeping = database.map_or_else(String::new, |database| store(port, database));
    format!(
        "#!KAMAILIO\ndebug=0\nlog_stderror=yes\nfork=yes\nchildren={workers}\ntcp_children={workers}\nauto_aliases=no\n\
         alias=\"{DOMAIN}\"\nlisten=udp:127.0.0.1:{port}\nlisten=tcp:127.0.0.1:{port}\n\
         tcp_max_connections={connections}\ntcp_connection_lifetime=3605\n{modules}\
         modparam(\"usrloc\", \"db_mode\", 0)\nmodparam(\"usrloc\", \"hash_size\", 14)\n\
         modparam(\"registrar\", \"max_expires\", 3600)\nmodparam(\"tm\", \"fr_timer\", 5000)\n\
         modparam(\"tm\", \"wt_timer\", 1000)\n{keeping}{ROUTES}"
    )
}

/// What it keeps messages with.
fn store(port: u16, database: &Path) -> String {
    let database = database.display();
    format!(
        "#!define STORE\nloadmodule \"db_sqlite.so\"\nloadmodule \"msilo.so\"\n\
         modparam(\"msilo\", \"db_url\", \"sqlite://{database}\")\n\
         modparam(\"msilo\", \"from_address\", \"sip:registrar@{DOMAIN}\")\n\
         modparam(\"msilo\", \"use_contact\", 0)\n\
         modparam(\"msilo\", \"outbound_proxy\", \"sip:127.0.0.1:{port}\")\nmodparam(\"msilo\", \"add_date\", 0)\n\
         modparam(\"msilo\", \"max_messages\", 0)\n"
    )
}

/// Register, keep for who is not there, relay to who is.
const ROUTES: &str = r#"
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("REGISTER")) {
    if (!save("location")) { sl_reply_error(); exit; }
#!ifdef STORE
    m_dump();
#!endif
    exit;
  }
  if (is_method("MESSAGE")) {
    if (!t_newtran()) { sl_reply_error(); exit; }
    if (!lookup("location")) {
#!ifdef STORE
      if (m_store("$ru")) { t_reply("202", "Accepted"); exit; }
#!endif
      t_reply("503", "Not stored");
      exit;
    }
    if (!t_relay()) { t_reply("500", "Relay failed"); }
    exit;
  }
  sl_send_reply("405", "Method Not Allowed");
}
"#;
