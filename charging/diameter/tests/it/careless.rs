//! Against another stranger: python-diameter takes what we ask of every service, and then answers reservations
//! carelessly. Whatever it says, we charge what we said that we charge, hold nothing that we told to be refused, and go
//! on. `tests/python` says what this needs.

use crate::program::{self, Program, run};
use crate::scene::{ask, client, options, order, plain, until};
use crate::stranger::converse;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use switchback_diameter::{DiameterCharging, Mode, Options};
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep};

const PACKAGE: &str = "python-diameter==0.9.0";

/// What a reservation comes to.
enum Comes {
    Done,
    Refused(ChargeRefusal),
    Unknown,
}
use Comes::{Done, Refused, Unknown};

/// What it does wrong with the answer to a reservation, and what we make of it.
const FAULTS: &[(&str, Comes)] = &[
    ("without-request-type", Done),
    ("answers-twice", Done),
    ("with-a-stranger", Done),
    ("refused-inside", Refused(ChargeRefusal::InsufficientFunds)),
    ("without-grant", Refused(ChargeRefusal::WrongGrant)),
    ("grants-otherwise", Refused(ChargeRefusal::WrongGrant)),
    ("grants-twice", Refused(ChargeRefusal::WrongGrant)),
    ("too-busy", Refused(ChargeRefusal::Unreachable)),
    ("result-code-only-inside", Unknown),
    ("without-session-id", Unknown),
    ("without-origin", Unknown),
    ("wrong-hop-by-hop", Unknown),
    ("wrong-end-to-end", Unknown),
    ("another-session", Unknown),
    ("another-request", Unknown),
    ("avp-too-long", Unknown),
    ("message-too-long", Unknown),
    ("closes", Unknown),
    ("closes-midway", Unknown),
    ("late", Unknown),
];

/// A payer whom it serves as it should.
const HONEST: usize = 99;

#[test]
fn a_careless_stranger_costs_nobody_money() {
    let package = package();
    if program::is_skipped(package.as_ref().err().as_slice()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let stranger = Program::start(|port| {
        let mut python = Command::new("python3");
        python
            .env("PYTHONPATH", package.unwrap())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/ocs.py"));
        python.arg(port.to_string()).args(FAULTS.iter().map(|(name, _)| name));
        python.stdout(File::create(&said).unwrap());
        python
    });
    converse(stranger.address, Mode::Session);
    let before = Book::read(&said);
    assert_eq!((before.charged, before.open), (3, 0), "one commit a service");
    let options = Options {
        peers: vec![plain(stranger.address)],
        destination_realm: "home.test".to_owned(),
        ..options()
    };
    let (charging, runtime) = client(options);
    for (place, (fault, comes)) in FAULTS.iter().enumerate() {
        let charged = reserve(&charging, place, fault, comes);
        let honest =
            [ChargeStep::Reserve, ChargeStep::Commit].map(|step| ask(&charging, of(HONEST, place, step)));
        assert!(honest.iter().all(|it| matches!(it, ChargeOutcome::Done(_))), "after {fault}: {honest:?}");
        let book = Book::read(&said);
        assert_eq!(book.open, 0, "{fault}: something is still held");
        assert_eq!(book.charged_to(place), u32::from(charged), "{fault}");
    }
    runtime.block_on(charging.stop());
}

/// A reservation that meets a fault, and its end. Whether it was charged.
fn reserve(charging: &DiameterCharging, place: usize, fault: &str, comes: &Comes) -> bool {
    until("there is a link", || charging.is_reachable());
    let outcome = ask(charging, of(place, place, ChargeStep::Reserve));
    let and_then = match comes {
        Done => ChargeStep::Commit,
        Unknown => ChargeStep::Release,
        Refused(refusal) => {
            assert_eq!(outcome, ChargeOutcome::Refused(*refusal), "{fault}");
            return false;
        }
    };
    let is_done = matches!(outcome, ChargeOutcome::Done(_));
    assert!(is_done || outcome == ChargeOutcome::Unknown, "{fault}: {outcome:?}");
    assert_eq!(is_done, and_then == ChargeStep::Commit, "{fault}: {outcome:?}");
    until("there is a link again", || charging.is_reachable());
    let ended = ask(charging, of(place, place, and_then));
    assert!(matches!(ended, ChargeOutcome::Done(_)), "{fault}: {ended:?}");
    is_done
}

/// An order of the payer who meets this fault. Each payer's messages are its own, and none is of the conversation before.
fn of(payer: usize, place: usize, step: ChargeStep) -> ChargeOrder {
    let message = u8::try_from(place + if payer == HONEST { 110 } else { 10 }).unwrap();
    ChargeOrder { number: Some(format!("49151000{payer:02}").into()), ..order(step, message) }
}

/// What the stranger says that it did.
struct Book {
    charged: usize,
    open: usize,
    sessions: BTreeMap<String, u32>,
}

impl Book {
    fn read(said: &Path) -> Self {
        let mut book = Self { charged: 0, open: 0, sessions: BTreeMap::new() };
        for line in fs::read_to_string(said).unwrap().lines() {
            let mut words = line.split(' ');
            let (what, session) = (words.next().unwrap(), words.next().unwrap());
            match what {
                "held" => book.open += 1,
                _ => book.open -= 1,
            }
            if what == "charged" {
                book.charged += 1;
                *book.sessions.entry(session.to_owned()).or_default() += 1;
            }
        }
        book
    }

    /// How often the message of this place was charged.
    fn charged_to(&self, place: usize) -> u32 {
        let key = of(place, place, ChargeStep::Commit).key;
        let end = format!("{}.{}", key.message, key.attempt);
        self.sessions.iter().filter(|(session, _)| session.ends_with(&end)).map(|(_, times)| times).sum()
    }
}

/// The folder of the package, fetched once and kept with what is built; why there is none otherwise.
fn package() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    if run(Command::new("python3").env("PYTHONPATH", &folder).args(["-c", "import diameter"])).is_err() {
        let mut pip = Command::new("python3");
        run(pip.args(["-m", "pip", "install", "--quiet", "--upgrade", PACKAGE, "--target"]).arg(&folder))?;
    }
    Ok(folder)
}
