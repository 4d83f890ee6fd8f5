//! Everything an SMSC knows, under one lock: its links, the messages that wait, what is to be done when.
//!
//! It is driven by octets and time, and writes octets into each link's output; the sockets are in
//! [`super::link`]. What happens to a submit is in [`super::submit`], to its message in [`super::outcome`], and how a
//! receipt finds its way in [`super::letters`].

use super::Config;
use super::handset::{Assembly, Part, Phone, Phones};
use super::letters::Letter;
use super::script::{Play, Script};
use super::seen::{Counts, Seen, Shown};
use crate::chance::Dice;
use crate::clock;
use crate::journal::Journal;
use crate::pcap::{Capture, Conversation, SMPP_PORT};
use crate::script::digits;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use wire_smpp::{BindMode, CommandStatus, MessageState};

/// Final messages that `query_sm` still knows.
const FINISHED_MAX: usize = 100_000;

pub(super) struct World {
    pub(super) config: Config,
    pub(super) script: Script,
    pub(super) phones: Phones,
    pub(super) dice: Dice,
    pub(super) journal: Journal,
    pub(super) counts: Counts,
    pub(super) links: HashMap<u64, Link>,
    /// Links by the name they bound with, in the order of their binds.
    pub(super) bound: HashMap<Arc<str>, Vec<u64>>,
    /// When a name last lost a link.
    pub(super) lost_at: HashMap<Arc<str>, Instant>,
    pub(super) held: HashMap<u64, Held>,
    pub(super) assembly: Assembly,
    pub(super) inbox: VecDeque<Shown>,
    /// What waits for a link with room, by name.
    pub(super) queues: HashMap<Arc<str>, VecDeque<Letter>>,
    /// What waits for the next bind, by name.
    pub(super) parked: HashMap<Arc<str>, Vec<Letter>>,
    /// Woken when something is due earlier than before.
    pub(super) timer: Arc<Notify>,
    pub(super) capture: Option<Capture>,
    finished: HashMap<u64, MessageState>,
    finished_order: VecDeque<u64>,
    due: BinaryHeap<Due>,
    next_link: u64,
    next_number: u64,
    next_order: u64,
}

/// One connection.
pub(super) struct Link {
    pub(super) bound: Option<(Arc<str>, BindMode)>,
    pub(super) out: Vec<u8>,
    /// Closed once `out` is written.
    pub(super) closing: bool,
    /// Says nothing any more.
    pub(super) silent: bool,
    /// Is read slowly.
    pub(super) slow: bool,
    pub(super) unanswered: BTreeMap<u32, (Instant, Letter)>,
    /// Answers that wait for the next one to overtake them.
    pub(super) overtaken: Vec<Answer>,
    pub(super) wake: Arc<Notify>,
    pub(super) conversation: Option<Conversation>,
    pub(super) next_sequence: u32,
}

/// A part that was taken and is not final.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) system_id: Arc<str>,
    pub(super) link: u64,
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) submitted_us: u64,
    pub(super) validity: Option<Duration>,
    pub(super) registered: u8,
    pub(super) umr: Option<u16>,
    pub(super) play: Play,
    pub(super) part: Part,
    pub(super) waiting: bool,
}

/// An address, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) ton: u8,
    pub(super) npi: u8,
    pub(super) digits: String,
}

/// The answer to a submit.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) sequence: u32,
    pub(super) is_data: bool,
    pub(super) status: CommandStatus,
    pub(super) id: Option<String>,
}

/// What is done later.
#[derive(Debug)]
pub(super) enum Then {
    /// The delay of a message is over.
    Decide(u64),
    /// The validity of a message is over.
    Expire(u64),
    /// An answer that was held back.
    Answer(u64, Answer),
    /// Answers that nothing overtook.
    GiveOvertaken(u64),
    /// A letter that the client did not take.
    SendAgain(Letter),
    /// Letters without an answer are looked for, once a second.
    Sweep,
}

struct Due {
    at: Instant,
    order: u64,
    then: Then,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// Reversed: a `BinaryHeap` gives the greatest, and the earliest is wanted.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl World {
    pub(super) fn new(config: Config, timer: Arc<Notify>) -> io::Result<Self> {
        let journal = config.journal.as_deref().map_or_else(|| Ok(Journal::none()), Journal::create)?;
        let capture = config.pcap.as_deref().map(Capture::create).transpose()?;
        let mut world = Self {
            script: config.script.clone(),
            dice: Dice::seeded(config.seed),
            config,
            phones: Phones::default(),
            journal,
            counts: Counts::default(),
            links: HashMap::new(),
            bound: HashMap::new(),
            lost_at: HashMap::new(),
            held: HashMap::new(),
            assembly: Assembly::default(),
            inbox: VecDeque::new(),
            queues: HashMap::new(),
            parked: HashMap::new(),
            timer,
            capture,
            finished: HashMap::new(),
            finished_order: VecDeque::new(),
            due: BinaryHeap::new(),
            next_link: 1,
            // Ids go on where a run before could not have come to.
            next_number: clock::now_us() & 0xFFFF_FFFF_FFFF,
            next_order: 0,
        };
        world.after(Duration::from_secs(1), Then::Sweep);
        Ok(world)
    }

    /// A connection was accepted.
    pub(super) fn open(&mut self, wake: Arc<Notify>, client_port: u16) -> u64 {
        let id = self.next_link;
        self.next_link += 1;
        let conversation = self.capture.as_ref().map(|capture| capture.open(client_port, SMPP_PORT));
        let link = Link {
            bound: None,
            out: Vec::new(),
            closing: false,
            silent: false,
            slow: false,
            unanswered: BTreeMap::new(),
            overtaken: Vec::new(),
            wake,
            conversation,
            next_sequence: 1,
        };
        self.links.insert(id, link);
        id
    }

    /// A connection ended. What it had not answered goes out again on another.
    pub(super) fn gone(&mut self, id: u64) {
        let Some(mut link) = self.links.remove(&id) else { return };
        if let Some(conversation) = &mut link.conversation {
            conversation.close(crate::pcap::Side::Client);
        }
        let Some((name, _)) = link.bound.take() else { return };
        self.journal.write(&Seen::Gone { at: clock::now_us(), link: id });
        self.lost_at.insert(Arc::clone(&name), Instant::now());
        if let Some(links) = self.bound.get_mut(&name) {
            links.retain(|other| *other != id);
        }
        let queue = self.queues.entry(Arc::clone(&name)).or_default();
        for (_, letter) in link.unanswered.into_values().rev() {
            queue.push_front(letter);
        }
        self.pump(&name);
    }

    /// What is to be written to a link now, and whether it is to be closed after that. `None`: it is gone.
    pub(super) fn take_output(&mut self, id: u64, spare: Vec<u8>) -> Option<(Vec<u8>, bool)> {
        let link = self.links.get_mut(&id)?;
        let out = std::mem::replace(&mut link.out, spare);
        if let Some(conversation) = &mut link.conversation {
            conversation.data(crate::pcap::Side::Server, &out);
        }
        Some((out, link.closing))
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        while self.due.peek().is_some_and(|due| due.at <= now) {
            let Some(due) = self.due.pop() else { return };
            match due.then {
                Then::Decide(number) => self.decide(number),
                Then::Expire(number) => self.expire(number),
                Then::Answer(link, answer) => self.answer(link, &answer),
                Then::GiveOvertaken(link) => self.give_overtaken(link),
                Then::SendAgain(letter) => self.post(letter),
                Then::Sweep => {
                    self.sweep(now);
                    self.after(Duration::from_secs(1), Then::Sweep);
                }
            }
        }
    }

    /// When the next thing is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.peek().map(|due| due.at)
    }

    pub(super) fn after(&mut self, delay: Duration, then: Then) {
        let at = Instant::now() + delay;
        let order = self.next_order;
        self.next_order += 1;
        if self.due.peek().is_none_or(|first| at < first.at) {
            self.timer.notify_one();
        }
        self.due.push(Due { at, order, then });
    }

    /// A new message id.
    pub(super) const fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Remembers a final state for `query_sm`.
    pub(super) fn finish(&mut self, number: u64, state: MessageState) {
        self.finished.insert(number, state);
        self.finished_order.push_back(number);
        if self.finished_order.len() > FINISHED_MAX
            && let Some(oldest) = self.finished_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }

    /// The state of a message that is known still.
    pub(super) fn state_of(&self, number: u64) -> Option<MessageState> {
        let held = self.held.get(&number).map(|_| MessageState::Enroute);
        held.or_else(|| self.finished.get(&number).copied())
    }

    /// Changes how phones are; one that becomes reachable gets what waits for it.
    pub(super) fn set_phone(&mut self, prefix: &str, phone: Phone) {
        self.phones.set(prefix, phone);
        if phone != Phone::Reachable {
            return;
        }
        let prefix = digits(prefix);
        let waits = |held: &Held| held.waiting && digits(&held.to.digits).starts_with(prefix);
        let mut numbers: Vec<u64> =
            self.held.iter().filter(|(_, held)| waits(held)).map(|(n, _)| *n).collect();
        numbers.sort_unstable();
        for number in numbers {
            self.show(number);
        }
    }

    /// What was counted, with what waits now.
    pub(super) fn counts(&self) -> Counts {
        let len = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let unanswered: usize = self.links.values().map(|link| link.unanswered.len()).sum();
        let queued: usize = self.queues.values().map(VecDeque::len).sum();
        let parked: usize = self.parked.values().map(Vec::len).sum();
        Counts {
            waiting: len(self.held.len()),
            receipts_waiting: len(unanswered + queued + parked),
            ..self.counts
        }
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.journal.flush()?;
        self.capture.as_ref().map_or(Ok(()), Capture::flush)
    }
}

impl Link {
    /// Lets the writer know that there is something to write.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}
