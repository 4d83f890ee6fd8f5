//! Everything a charging system knows, under one lock: accounts, sessions, what it answered to what.

use super::Config;
use super::account::Accounts;
use super::script::Script;
use super::seen::{Counts, Movement, Seen};
use crate::chance::Dice;
use crate::clock;
use crate::journal::Journal;
use crate::pcap::{Capture, Conversation, DIAMETER_PORT};
use std::collections::{HashMap, VecDeque};
use std::io;

/// Requests whose answers are remembered.
const ANSWERED_MAX: usize = 100_000;

pub(super) struct World {
    pub(super) config: Config,
    pub(super) script: Script,
    pub(super) accounts: Accounts,
    pub(super) sessions: HashMap<String, Session>,
    pub(super) dice: Dice,
    pub(super) counts: Counts,
    journal: Journal,
    capture: Option<Capture>,
    answered: HashMap<(String, u32), Answered>,
    answered_order: VecDeque<(String, u32)>,
    /// Charged and not given back.
    charged: i128,
    next_link: u64,
}

/// A session that began.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) number: String,
    /// What is held for it.
    pub(super) held: i128,
    /// The link that it began on.
    pub(super) link: u64,
}

/// What was answered to a request.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    /// The AVPs.
    pub(super) avps: Vec<u8>,
    /// What it charged: once more when it is done again.
    pub(super) charged: i128,
}

impl World {
    pub(super) fn new(config: Config) -> io::Result<Self> {
        Ok(Self {
            script: config.script.clone(),
            accounts: Accounts::new(config.opening),
            sessions: HashMap::new(),
            dice: Dice::seeded(config.seed),
            counts: Counts::default(),
            journal: config.journal.as_deref().map_or_else(|| Ok(Journal::none()), Journal::create)?,
            capture: config.pcap.as_deref().map(Capture::create).transpose()?,
            answered: HashMap::new(),
            answered_order: VecDeque::new(),
            charged: 0,
            next_link: 0,
            config,
        })
    }

    /// A link was opened.
    pub(super) fn open(&mut self, port: u16) -> (u64, Option<Conversation>) {
        self.next_link += 1;
        (self.next_link, self.capture.as_ref().map(|capture| capture.open(port, DIAMETER_PORT)))
    }

    /// A link ended.
    pub(super) fn gone(&mut self, link: u64) {
        self.counts.links_ended += 1;
        self.note(&Seen::Gone { at: clock::now_us(), link });
    }

    pub(super) fn note(&self, seen: &Seen) {
        self.journal.write(seen);
    }

    /// Money moved.
    pub(super) fn moved(&mut self, session: &str, movement: Movement, nanos: i128) {
        match movement {
            Movement::Charge => self.charged += nanos,
            Movement::Refund => self.charged -= nanos,
            Movement::Hold | Movement::Release => {}
        }
        let (at, session, nanos) = (clock::now_us(), session.to_owned(), nanos.to_string());
        self.note(&Seen::Moved { at, session, movement, nanos });
    }

    pub(super) fn answered(&self, session: &str, number: u32) -> Option<&Answered> {
        self.answered.get(&(session.to_owned(), number))
    }

    pub(super) fn remember(&mut self, session: &str, number: u32, answered: Answered) {
        let key = (session.to_owned(), number);
        if self.answered.insert(key.clone(), answered).is_none() {
            self.answered_order.push_back(key);
        }
        if self.answered_order.len() > ANSWERED_MAX
            && let Some(oldest) = self.answered_order.pop_front()
        {
            self.answered.remove(&oldest);
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let unsigned = |nanos| u64::try_from(nanos).unwrap_or_default();
        Counts {
            open_sessions: u64::try_from(self.sessions.len()).unwrap_or_default(),
            charged_nanos: unsigned(self.charged),
            held_nanos: unsigned(self.accounts.held()),
            ..self.counts
        }
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.journal.flush()?;
        self.capture.as_ref().map_or(Ok(()), Capture::flush)
    }
}
