//! The fleet itself: one thread, its lines, its transactions, and the order that it carries out.

use super::book::Book;
use super::digest::Login;
use super::letters::{self, Pen};
use super::line::{self, Line};
use super::registering::Registering;
use super::sending::Sending;
use super::{Config, Order, Told};
use crate::clock;
use crate::handset::Wire;
use bytes::{Bytes, BytesMut};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use wire_sip::transaction::{Bound, Limits, Outgoing, Output, Timers, Transactions};
use wire_sip::{Method, Unwritable};

/// How often time is looked at.
const TICK: Duration = Duration::from_millis(1);

/// A load may have as much open as what it measures takes.
const LIMITS: Limits = Limits {
    servers: Bound { transactions: 1 << 22, octets: 4 << 30 },
    clients: Bound { transactions: 1 << 20, octets: 1 << 30 },
    retry_after: Duration::from_secs(1),
};

/// Runs a fleet until there are no more orders; `tell` is told how each ended.
///
/// # Errors
/// A line cannot be opened, or `tell` fails.
pub async fn run(
    config: Config,
    mut orders: mpsc::Receiver<Order>,
    mut tell: impl FnMut(&Told) -> io::Result<()>,
) -> io::Result<()> {
    let mut lines = Vec::new();
    for _ in 0..config.lines.min(config.handsets).max(1) {
        lines.push(Rc::new(Line::open(&config).await?));
    }
    let fleet = RefCell::new(Fleet::new(config, lines.clone()));
    let shared = Rc::new(Shared { buffer: RefCell::new(line::buffer()), fleet });
    let alive = tokio::task::LocalSet::new();
    for (number, line) in lines.into_iter().enumerate() {
        alive.spawn_local(line.live(number, Rc::clone(&shared)));
    }
    let conduct = async {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_free = shared.fleet.borrow().doing.is_none();
            tokio::select! {
                order = orders.recv(), if is_free => match order {
                    Some(order) => shared.fleet.borrow_mut().begin(order),
                    None => return Ok(()),
                },
                _ = tick.tick() => shared.fleet.borrow_mut().tick(),
            }
            let told = shared.fleet.borrow_mut().ended();
            if let Some(told) = told {
                tell(&told)?;
            }
        }
    };
    alive.run_until(conduct).await
}

/// What all lines share.
pub(super) struct Shared {
    /// Room for one read.
    pub(super) buffer: RefCell<Vec<u8>>,
    pub(super) fleet: RefCell<Fleet>,
}

/// The state of a fleet.
pub(super) struct Fleet {
    pub(super) config: Config,
    lines: Vec<Rc<Line>>,
    pub(super) logins: HashMap<u32, Login>,
    pub(super) table: Transactions<usize>,
    pub(super) outputs: Vec<Output<usize>>,
    /// Requests that are not answered, by their tokens.
    pub(super) asked: HashMap<u64, Asked>,
    last_token: u64,
    /// Makes names new, also to a server that remembers the last fleet.
    pub(super) run: String,
    began: Instant,
    pub(super) scratch: BytesMut,
    pub(super) book: Book,
    pub(super) doing: Option<Doing>,
}

/// What is being done.
pub(super) enum Doing {
    Register(Registering),
    Send(Sending),
    Settle { since: Duration, quiet: Duration },
}

/// A request that waits for its answer, and all that is needed to ask again with credentials.
pub(super) struct Asked {
    pub(super) handset: u32,
    pub(super) what: What,
    pub(super) to: String,
    pub(super) body: Bytes,
    /// When it was asked first.
    pub(super) since: Duration,
    /// Whether its credentials were refused already.
    pub(super) asked_twice: bool,
}

/// What was asked.
#[derive(Clone, Copy)]
pub(super) enum What {
    Register,
    /// A message of this number.
    Message(u64),
    /// A notification.
    Notice,
}

impl Fleet {
    fn new(config: Config, lines: Vec<Rc<Line>>) -> Self {
        let seed = u128::from(clock::now_us()) << 32 | u128::from(std::process::id());
        Self {
            config,
            lines,
            logins: HashMap::new(),
            table: Transactions::new(&Timers::default(), LIMITS, seed),
            outputs: Vec::new(),
            asked: HashMap::new(),
            last_token: 0,
            run: format!("{seed:x}"),
            began: Instant::now(),
            scratch: BytesMut::new(),
            book: Book::default(),
            doing: None,
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn begin(&mut self, order: Order) {
        let now = self.now();
        self.doing = Some(match order {
            Order::Register { who, over_ms } => {
                self.book.restart(now);
                Doing::Register(Registering::new(who, over_ms, self.config.handsets, now))
            }
            Order::Send { offline, seconds, per_second } => {
                self.book.begin(now);
                Doing::Send(Sending::new(offline, seconds, per_second, now))
            }
            Order::Settle { quiet_ms } => {
                Doing::Settle { since: now, quiet: Duration::from_millis(quiet_ms) }
            }
        });
        self.tick();
    }

    /// Time has passed.
    fn tick(&mut self) {
        let now = self.now();
        self.table.tick(now, &mut self.outputs);
        self.carry_out();
        self.go_on();
    }

    /// The order's next steps, as far as its window allows.
    pub(super) fn go_on(&mut self) {
        let now = self.now();
        while let Some(step) = match &mut self.doing {
            Some(Doing::Register(it)) => it.next(now, self.config.window).map(|(handset, since)| Asked {
                handset,
                what: What::Register,
                to: String::new(),
                body: Bytes::new(),
                since,
                asked_twice: false,
            }),
            Some(Doing::Send(it)) => {
                let pair = it.next(now, self.config.window, self.config.handsets);
                pair.and_then(|(from, to)| self.letter(from, to, now))
            }
            Some(Doing::Settle { .. }) | None => None,
        } {
            self.ask(step);
        }
        self.carry_out();
    }

    fn letter(&mut self, from: u32, to: u32, now: Duration) -> Option<Asked> {
        let n = self.book.sent(now);
        let (sender, to) = (letters::aor(&self.config, from), letters::aor(&self.config, to));
        let text = format!("Message {n}: meet me at the station at noon, and bring the papers along please");
        let body = letters::letter(&sender, &to, &format!("{}-{n}", self.run), &text).ok()?;
        let (what, body) = (What::Message(n), Bytes::from(body));
        Some(Asked { handset: from, what, to, body, since: now, asked_twice: false })
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, asked: Asked) {
        self.last_token += 1;
        let (token, branch, now) = (self.last_token, self.table.branch(), self.now());
        let number = usize::try_from(asked.handset).unwrap_or(0) % self.lines.len().max(1);
        let Some(line) = self.lines.get(number) else { return };
        let word = format!("{}-{token}", self.run);
        let pen = Pen {
            config: &self.config,
            handset: asked.handset,
            local: line.local.get(),
            branch: branch.as_ref(),
            word: &word,
        };
        let login = self.logins.get_mut(&asked.handset);
        let (method, written) = match asked.what {
            What::Register => (Method::Register, pen.register(&mut self.scratch, login)),
            What::Message(_) | What::Notice => {
                (Method::Message, pen.message(&mut self.scratch, &asked.to, &asked.body, login))
            }
        };
        let Ok::<(), Unwritable>(()) = written else { return };
        let octets = self.scratch.split().freeze();
        let reliable = self.config.wire == Wire::Tcp;
        let outgoing = Outgoing { token, method, branch: branch.as_ref(), octets, flow: number, reliable };
        if self.table.request(outgoing, now, &mut self.outputs).is_ok() {
            self.asked.insert(token, asked);
        }
    }

    /// A line was lost: what was asked by it is not answered.
    pub(super) fn lost(&mut self, line: usize) {
        self.table.flow_lost(&line, &mut self.outputs);
        self.carry_out();
        self.go_on();
    }

    /// Carries out what the transactions say, until they say nothing more.
    pub(super) fn carry_out(&mut self) {
        while !self.outputs.is_empty() {
            for output in std::mem::take(&mut self.outputs) {
                match output {
                    Output::Send { flow, octets, .. } => {
                        if let Some(line) = self.lines.get(flow) {
                            line.write(&octets);
                        }
                    }
                    Output::Request { id, to_tag, message, .. } => self.request(id, &to_tag, &message),
                    Output::Ended { token, verdict } => self.over(token, verdict),
                    // No INVITE is sent or taken here.
                    _ => {}
                }
            }
        }
    }

    /// How the order ended, if it has.
    fn ended(&mut self) -> Option<Told> {
        let now = self.now();
        let told = match self.doing.as_ref()? {
            Doing::Register(it) => Told::Registered(it.ended()?),
            Doing::Send(it) if it.is_over(now) => Told::Sent(self.book.to_sent()),
            Doing::Send(_) => return None,
            Doing::Settle { since, quiet } => {
                let last = self.book.last().max(*since);
                let is_over = self.book.is_complete() || now.saturating_sub(last) >= *quiet;
                let counters = self.table.counters();
                is_over.then(|| Told::Settled(self.book.to_settled(counters.repeated + counters.absorbed)))?
            }
        };
        self.doing = None;
        Some(told)
    }
}
