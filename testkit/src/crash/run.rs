//! The run itself: set up, load, kill, wait, stop, ask the witnesses.

use super::report::{Kill, Summary};
use super::setup;
use super::traffic::{Devices, Group};
use super::witness::Witnesses;
use super::{Fault, Options, verdict, windows};
use crate::chance::Dice;
use crate::child::{Server, free_address};
use crate::device::Fleet;
use crate::journal::Journal;
use crate::load::{self, Load};
use crate::smsc::{self, Phone, Smsc};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// The load runs so long before the first kill that enough messages are on their way.
const WARM_UP: Duration = Duration::from_secs(3);

/// How often devices come and go.
const TURN: Duration = Duration::from_millis(100);

/// How long the last answers may take after the load was stopped.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// A run from beginning to end. Prints nothing; `progress` is told of every kill.
///
/// # Errors
/// [`Fault`] when there can be no verdict: the server does not start, ends by itself, or does not stop.
pub fn run(options: &Options, mut progress: impl FnMut(&Kill)) -> Result<Summary, Fault> {
    std::fs::create_dir_all(&options.folder).map_err(Fault::io("make the folder of the run"))?;
    let folder = options.folder.canonicalize().map_err(Fault::io("find the folder of the run"))?;
    let store = folder.join("store");
    if store.exists() {
        return Err(Fault::Server(format!("{} holds a run already", folder.display())));
    }
    let smsc = start_smsc(&folder, options.seed)?;
    setup::write_password(&folder)?;
    let http = free_address()?;
    let config = setup::config(options, &store, http, smsc.address());
    let mut server = Server::new(&options.server, &folder, &config, http)?;
    server.start()?;
    server.ready()?;
    let cast = setup::prepare(&server, &store)?;
    let fleet = Fleet::start(journal(&folder, "device.jsonl")?).map_err(Fault::io("start the devices"))?;
    let mut devices = cast.devices(&fleet, http);
    let load_config = load::Config {
        server: http,
        connections: options.connections,
        per_second: Some(options.rate),
        run: format!("crash-{}", options.seed),
    };
    let load =
        Load::start(load_config, journal(&folder, "client.jsonl")?, cast.orders(options.seed, options.ttl));
    let load = load.map_err(Fault::io("start the load"))?;
    pass(WARM_UP, &mut devices);
    let mut kills = Vec::new();
    let mut dice = Dice::seeded(options.seed);
    for _ in 0..options.kills {
        let kill = one_kill(options, &mut server, &mut devices, &mut dice, &mut kills)?;
        progress(&kill);
        kills.push(kill);
    }
    note_ready(&mut server, &mut kills)?;
    let repeats = finish_load(load, &mut devices)?;
    drain(options, &server, &smsc, &devices);
    let stopped = server.stop();
    smsc.flush().map_err(Fault::io("write the SMSC's journal"))?;
    fleet.flush().map_err(Fault::io("write the devices' journal"))?;
    let audit = server.audit(&store, &folder.join("messages.jsonl"))?;
    let mut summary = judge(&folder, &audit, &mut kills)?;
    if let Err(fault) = stopped {
        summary.violation("no graceful stop", || fault.to_string());
    }
    summary.seed = options.seed;
    summary.repeats = repeats;
    Ok(summary)
}

/// The verdict over the journals of a run, which stay where they are.
fn judge(folder: &Path, audit: &Value, kills: &mut [Kill]) -> Result<Summary, Fault> {
    let witnesses = Witnesses::read(folder)?;
    let mut summary = Summary::default();
    windows::meet(kills, &witnesses);
    summary.count_kills(kills);
    verdict::compare(&witnesses, audit, &mut summary);
    Ok(summary)
}

fn start_smsc(folder: &Path, seed: u64) -> Result<Smsc, Fault> {
    let script = format!("answer-late:300,undelivered@{}", Group::Undelivered.prefix());
    let config = smsc::Config {
        script: script.parse().map_err(|error: smsc::BadScript| Fault::Server(error.to_string()))?,
        delay: Duration::from_millis(700),
        spread: Duration::from_millis(1_500),
        late: Duration::from_millis(50),
        inbox: 0,
        journal: Some(folder.join("smsc.jsonl")),
        seed,
        ..smsc::Config::default()
    };
    let smsc = Smsc::start(config).map_err(Fault::io("start the SMSC"))?;
    smsc.set_phone(Group::Withdrawn.prefix(), Phone::Off);
    Ok(smsc)
}

fn journal(folder: &Path, name: &str) -> Result<Journal, Fault> {
    Journal::create(&folder.join(name)).map_err(Fault::io(format!("make {name}")))
}

/// Lets time pass, and devices come and go.
fn pass(time: Duration, devices: &mut Devices) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left.min(TURN));
        devices.turn();
    }
}

/// One life and its end. One in eight dies while it starts.
fn one_kill(
    options: &Options,
    server: &mut Server,
    devices: &mut Devices,
    dice: &mut Dice,
    kills: &mut [Kill],
) -> Result<Kill, Fault> {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if dice.below(8) == 0 {
        std::thread::sleep(Duration::from_micros(dice.below(150_000)));
    } else {
        note_ready(server, kills)?;
        let least = micros(options.life) / 5;
        let life = least + dice.below(micros(options.life) - least);
        pass(Duration::from_micros(life), devices);
    }
    let (at, gone) = server.kill()?;
    server.start()?;
    Ok(Kill { at, gone, ..Kill::default() })
}

fn note_ready(server: &mut Server, kills: &mut [Kill]) -> Result<(), Fault> {
    let took = server.ready()?;
    if let Some(last) = kills.last_mut() {
        last.ready_ms = u64::try_from(took.as_millis()).ok();
    }
    Ok(())
}

/// Ends the load; how often it had to repeat.
fn finish_load(load: Load, devices: &mut Devices) -> Result<u64, Fault> {
    load.stop();
    let end = Instant::now() + ANSWERS_WITHIN;
    while !load.is_finished() {
        if Instant::now() > end {
            return Err(Fault::Server(format!(
                "requests without a clear answer {ANSWERS_WITHIN:?} after the last kill"
            )));
        }
        pass(TURN, devices);
    }
    load.finish().map(|progress| progress.repeats).map_err(Fault::io("write the client's journal"))
}

/// Waits until nothing waits any more: at most until the last message has expired, and a little.
fn drain(options: &Options, server: &Server, smsc: &Smsc, devices: &Devices) {
    devices.all_come();
    let end = Instant::now() + options.ttl + Duration::from_secs(20);
    let mut quiet = 0;
    while quiet < 5 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(500));
        let counts = smsc.counts();
        let settled =
            counts.waiting == 0 && counts.receipts_waiting == 0 && server.open_messages() == Some(0);
        quiet = if settled { quiet + 1 } else { 0 };
    }
}
