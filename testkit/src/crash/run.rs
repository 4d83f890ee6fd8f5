//! The run itself: set up, load, kill, wait, stop, ask the witnesses.

use super::actors::Actors;
use super::report::{Kill, Summary};
use super::setup::{self, Admin};
use super::sip::{self, Handsets};
use super::traffic::{Apps, Group};
use super::witness::Witnesses;
use super::{Fault, Options, charging, verdict, windows};
use crate::chance::Dice;
use crate::child::{Server, free_address};
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
    let (http, sip) = (free_address()?, free_address()?);
    let ocs = charging::start(options, &folder)?;
    let more = if options.sip { sip::config(sip) } else { String::new() };
    let more = more + &ocs.as_ref().map(|ocs| charging::section(ocs, options)).unwrap_or_default();
    let config = setup::config(options, &store, http, smsc.address(), &more);
    let mut server = Server::new(&options.server, &folder, &config, http)?;
    server.start()?;
    server.ready()?;
    let admin = Admin::of(&server, &store)?;
    let mut actors: Box<dyn Actors> = if options.sip {
        Box::new(Handsets::start(options, sip, &admin, &folder)?)
    } else {
        Box::new(Apps::start(&setup::prepare(&admin, options)?, options, http, &folder)?)
    };
    pass(WARM_UP, &mut *actors);
    let mut kills = Vec::new();
    let mut dice = Dice::seeded(options.seed);
    for _ in 0..options.kills {
        let kill = one_kill(options, &mut server, &mut *actors, &mut dice, &mut kills)?;
        progress(&kill);
        kills.push(kill);
    }
    note_ready(&mut server, &mut *actors, &mut kills)?;
    finish_load(&mut *actors)?;
    drain(options, &server, &smsc, &mut *actors);
    let stopped = server.stop();
    let mut summary = Summary { seed: options.seed, ..Summary::default() };
    actors.end(&mut summary)?;
    smsc.flush().map_err(Fault::io("write the SMSC's journal"))?;
    let audit = server.audit(&store, &folder.join("messages.jsonl"))?;
    let witnesses = judge(&folder, &audit, &mut kills, &mut summary)?;
    if let Some(ocs) = &ocs {
        charging::judge(ocs, &folder, &witnesses.stored, &audit, options.deduplicates, &mut summary)?;
    }
    if let Err(fault) = stopped {
        summary.violation("no graceful stop", || fault.to_string());
    }
    Ok(summary)
}

/// The verdict over the journals of a run, which stay where they are.
fn judge(
    folder: &Path,
    audit: &Value,
    kills: &mut [Kill],
    summary: &mut Summary,
) -> Result<Witnesses, Fault> {
    let witnesses = Witnesses::read(folder)?;
    windows::meet(kills, &witnesses);
    summary.count_kills(kills);
    verdict::compare(&witnesses, audit, kills, summary);
    Ok(witnesses)
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

/// Lets time pass, and devices come and go.
fn pass(time: Duration, actors: &mut dyn Actors) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left.min(TURN));
        actors.turn();
    }
}

/// One life and its end. One in eight dies while it starts.
fn one_kill(
    options: &Options,
    server: &mut Server,
    actors: &mut dyn Actors,
    dice: &mut Dice,
    kills: &mut [Kill],
) -> Result<Kill, Fault> {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if dice.below(8) == 0 {
        std::thread::sleep(Duration::from_micros(dice.below(150_000)));
    } else {
        note_ready(server, actors, kills)?;
        let least = micros(options.life) / 5;
        let life = least + dice.below(micros(options.life) - least);
        pass(Duration::from_micros(life), actors);
    }
    actors.before_kill();
    let (at, gone) = server.kill()?;
    server.start()?;
    Ok(Kill { at, gone, ..Kill::default() })
}

fn note_ready(server: &mut Server, actors: &mut dyn Actors, kills: &mut [Kill]) -> Result<(), Fault> {
    let took = server.ready()?;
    if let Some(last) = kills.last_mut() {
        last.ready_ms = u64::try_from(took.as_millis()).ok();
    }
    actors.after_kill(server)
}

/// Ends the load.
fn finish_load(actors: &mut dyn Actors) -> Result<(), Fault> {
    actors.stop();
    let end = Instant::now() + ANSWERS_WITHIN;
    while !actors.is_finished() {
        if Instant::now() > end {
            return Err(Fault::Server(format!(
                "requests without a clear answer {ANSWERS_WITHIN:?} after the last kill"
            )));
        }
        pass(TURN, actors);
    }
    Ok(())
}

/// Waits until nothing waits and nobody is told anything any more: at most until the last message has expired, and a
/// little.
fn drain(options: &Options, server: &Server, smsc: &Smsc, actors: &mut dyn Actors) {
    actors.all_come();
    let end = Instant::now() + options.ttl + Duration::from_secs(20);
    let (mut quiet, mut told) = (0, 0);
    while quiet < 5 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(500));
        let counts = smsc.counts();
        let before = std::mem::replace(&mut told, actors.told());
        let settled = counts.waiting == 0
            && counts.receipts_waiting == 0
            && server.open_messages() == Some(0)
            && told == before;
        quiet = if settled { quiet + 1 } else { 0 };
    }
}
