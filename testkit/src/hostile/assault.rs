//! The real binary under all assaults at once: its HTTP port from one side, its SMPP client from the other.

use super::{Act, HttpAssault, SmscOfHell, http, resident_kib};
use crate::child::{Fault, Server, free_address};
use std::path::Path;
use std::time::{Duration, Instant};

/// Every act of the SMSC must have been played by then: each needs a reconnect.
const ACTS_WITHIN: Duration = Duration::from_secs(120);

/// What became of the server.
#[derive(Clone, Debug, Default)]
pub struct Assaulted {
    /// What was not as it should be, as sentences; empty: refused in the protocols' own words, alive to the end.
    pub findings: Vec<String>,
    /// Resident memory before, in KiB.
    pub resident_before_kib: u64,
    /// The most that was resident at any look, in KiB.
    pub resident_most_kib: u64,
}

/// Starts `binary` in `folder` (new, or empty), assaults it for a minute or so, and stops it gracefully.
///
/// # Errors
/// [`Fault`] when it does not start, ends by itself, or does not stop with code 0.
pub fn assault(binary: &Path, folder: &Path, idle: usize) -> Result<Assaulted, Fault> {
    std::fs::create_dir_all(folder).map_err(Fault::io("make the folder"))?;
    let folder = folder.canonicalize().map_err(Fault::io("find the folder"))?;
    std::fs::write(folder.join("password"), "secret8").map_err(Fault::io("write the password"))?;
    let hell = SmscOfHell::start(1).map_err(Fault::io("start the SMSC from hell"))?;
    let address = free_address()?;
    let config = format!(
        "[http]\nlisten = \"{address}\"\n[store]\npath = \"{}\"\n[log]\nlevel = \"error\"\n\
         [smpp]\nreconnect = \"100ms\"\nreconnect_cap = \"100ms\"\n\
         [[route]]\nid = \"hell\"\naddress = \"{}\"\nsystem_id = \"hell\"\npassword_file = \"password\"\n",
        folder.join("store").display(),
        hell.address(),
    );
    let mut server = Server::new(binary, &folder, &config, address)?;
    server.start()?;
    server.ready()?;
    let resident = |server: &Server| server.pid().and_then(resident_kib).unwrap_or(0);
    let mut outcome = Assaulted { resident_before_kib: resident(&server), ..Assaulted::default() };
    let token =
        std::fs::read_to_string(folder.join("store/admin.token")).map_err(Fault::io("read the token"))?;
    let assault = HttpAssault {
        server: address,
        token: token.trim().to_owned(),
        idle,
        patience: Duration::from_secs(30),
        seed: 1,
    };
    let throwing = std::thread::spawn(move || http(&assault));
    let end = Instant::now() + ACTS_WITHIN;
    while !throwing.is_finished() || (hell.played().len() < Act::ALL.len() && Instant::now() < end) {
        outcome.resident_most_kib = outcome.resident_most_kib.max(resident(&server));
        std::thread::sleep(Duration::from_millis(50));
    }
    let thrown = throwing.join().unwrap_or_else(|_| vec!["the assault on HTTP panicked".to_owned()]);
    outcome.findings.extend(thrown);
    outcome.findings.extend(hell.findings());
    if hell.played().len() < Act::ALL.len() {
        outcome.findings.push(format!("the client came back for {} acts only", hell.played().len()));
    }
    server.ready()?;
    server.stop()?;
    Ok(outcome)
}
