//! The server: one task that owns devices, transactions and queues, so that everything that happens to them is in one
//! order. It never waits for anything but its next input; what takes time (the engine's commits, the store's answers)
//! comes back as an input.

use super::binding::{DeviceKey, Devices};
use super::flow::{Flow, FlowKey};
use super::guard::Guard;
use super::identity::{self, Identity};
use super::later::Later;
use super::net::{Ears, Heard};
use super::news::About;
use super::offer::Offer;
use super::options::Options;
use super::outbox::Outbox;
use super::outcomes::{Fork, Sending};
use super::pending::Pending;
use super::recent::Recent;
use super::sockets::Sockets;
use super::streams::Streams;
use bytes::{Bytes, BytesMut};
use hashbrown::HashMap;
use smol_str::SmolStr;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchback_core::model::{
    Address, Message as CoreMessage, MessageId, Origin, ServiceChoice, SubscriberId, Time,
};
use switchback_ports::{
    Accepted, Clock, EventLine, Gone, IncomingMessage, Intake, Page, Quote, Random, Refusal, StoreFailure,
};
use tokio::sync::{mpsc, watch};
use wire_sip::header::Via;
use wire_sip::transaction::{
    Branch, ClientId, Limits as Bounds, Outgoing, Output, ServerId, Timers, ToTag, Transactions, Verdict,
};
use wire_sip::{Message, Method};

/// What is allowed here.
pub(super) const ALLOW: &[u8] = b"REGISTER, MESSAGE, OPTIONS";
/// Inputs taken before anything else is looked at.
const BATCH: usize = 512;
/// Turns begin at least so far apart: the thread rests meanwhile, so that what comes stays in the system's buffers, wakes
/// nobody and is taken together. Under load most of what a small turn costs is waking for it, here and at all whom its
/// outcome wakes.
const TURN: Duration = Duration::from_millis(1);
/// Timers that run out within so long of each other are looked at together.
const TICK: Duration = Duration::from_millis(10);
/// How often devices are looked over for silence and expiry.
const SWEEP: Duration = Duration::from_millis(500);
/// Letters that are remembered for a notification that follows.
const RECENT: usize = 20_000;

/// A request that is to be answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: ServerId,
    pub(super) to_tag: ToTag,
    pub(super) request: Message,
    /// It came from a peer whose word is taken for who sends.
    pub(super) vouched: bool,
}

impl Asked {
    /// Where its sender is: nobody but a peer whose word counts says so.
    pub(super) fn origin(&self) -> Origin {
        if self.vouched { identity::origin(&self.request) } else { Origin::HOME }
    }
}

/// What the engine answered.
pub(super) enum Answered {
    /// A REGISTER is durable, or was refused; with what waits for each device that came online.
    Registered {
        asked: Box<Asked>,
        subscriber: SubscriberId,
        outcome: Result<Vec<(DeviceKey, Vec<EventLine>)>, Option<Refusal>>,
    },
    /// A device was brought back without asking.
    Back { key: DeviceKey, outcome: Result<Vec<EventLine>, Option<Refusal>> },
    /// A submission; `wanted`: the service that it named.
    Submitted {
        asked: Box<Asked>,
        wanted: ServiceChoice,
        outcome: Box<Result<Result<Accepted, Refusal>, Gone>>,
    },
    /// The choice that a repeated submission was.
    Chosen { asked: Box<Asked>, outcome: Box<Result<Result<CoreMessage, Refusal>, Gone>> },
    /// A quote that an OPTIONS asked for.
    Quoted { asked: Box<Asked>, to: Address, outcome: Box<Result<Result<Quote, Refusal>, Gone>> },
    /// A device's word on a message, by a request of its own; which message, and the flow that it came by.
    Noted { asked: Box<Asked>, taken: bool, of: Option<(MessageId, FlowKey)> },
    /// A page of what a device has not been told.
    Listed { key: DeviceKey, after: u64, until: u64, page: Result<Page<EventLine>, StoreFailure> },
    /// A page of the stream of all events, for which we were too slow.
    Followed(Result<Page<EventLine>, StoreFailure>),
    /// What a waiting thing is about; nothing when it is not to be told any more.
    Found { key: DeviceKey, message: MessageId, about: Result<Option<About>, StoreFailure> },
    /// A connection for a thing that is too long for a datagram, if there is one to be had.
    Opened { key: DeviceKey, message: MessageId, about: Box<About>, peer: SocketAddr, flow: Option<Flow> },
    /// Nobody waits for it.
    Nothing,
}

/// The server's state.
pub(super) struct Server {
    pub(super) options: Options,
    pub(super) sockets: Sockets,
    pub(super) streams: Streams,
    pub(super) intake: Arc<dyn Intake>,
    pub(super) clock: Arc<dyn Clock>,
    began: Instant,
    pub(super) identity: Identity,
    pub(super) guard: Guard,
    pub(super) devices: Devices,
    pub(super) outboxes: HashMap<DeviceKey, Outbox>,
    pub(super) transactions: Transactions<Flow>,
    pub(super) outputs: Vec<Output<Flow>>,
    /// Takes turns with `outputs`.
    spare: Vec<Output<Flow>>,
    /// Requests of ours that are not answered, by their tokens.
    pub(super) sending: HashMap<u64, Sending>,
    last_token: u64,
    pub(super) forks: HashMap<(MessageId, u16), Fork>,
    pub(super) answers: Pending,
    /// What messages say that were told of a moment ago.
    pub(super) letters: Recent<MessageId, Arc<IncomingMessage>>,
    /// Which message a device means by an id of its sender's.
    pub(super) told_as: Recent<(SubscriberId, SmolStr), MessageId>,
    /// What senders were offered for messages that wait for their choice.
    pub(super) offered: Recent<MessageId, Arc<Offer>>,
    /// The last cursor that came live.
    pub(super) last_cursor: u64,
    /// While what comes live waits: up to where the store is read before.
    pub(super) behind: Option<u64>,
    pub(super) scratch: BytesMut,
    /// When it is kept next how far devices were told.
    pub(super) keep_next: Time,
    /// Devices that were there when the last run ended, and are to be again.
    pub(super) returning: VecDeque<DeviceKey>,
    pub(super) later: Later,
}

impl Server {
    pub(super) fn new(
        options: Options,
        guard: Guard,
        sockets: Sockets,
        ears: Ears,
        intake: Arc<dyn Intake>,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Self {
        let identity = Identity::new(&options, random);
        let timers = Timers { t1: options.t1, ..Timers::default() };
        let mut secret = [0; 16];
        random.fill(&mut secret);
        Self {
            identity,
            guard,
            options,
            sockets,
            streams: Streams::new(ears),
            intake,
            clock,
            began: Instant::now(),
            devices: Devices::default(),
            outboxes: HashMap::new(),
            transactions: Transactions::new(&timers, Bounds::default(), u128::from_le_bytes(secret)),
            outputs: Vec::new(),
            spare: Vec::new(),
            last_token: 0,
            sending: HashMap::new(),
            forks: HashMap::new(),
            answers: Pending::default(),
            letters: Recent::new(RECENT),
            told_as: Recent::new(RECENT),
            offered: Recent::new(RECENT),
            last_cursor: 0,
            behind: None,
            scratch: BytesMut::new(),
            keep_next: Time::default(),
            returning: VecDeque::new(),
            later: Later::default(),
        }
    }

    /// Runs until `stop` changes, on a thread of its own, then lets what was asked be answered.
    pub(super) async fn run(mut self, mut heard: mpsc::Receiver<Heard>, mut stop: watch::Receiver<bool>) {
        let mut live = self.intake.subscribe(None);
        self.last_cursor = live.from_cursor;
        self.restore().await;
        let mut sweep = tokio::time::interval(SWEEP);
        let (mut inputs, mut lines) = (Vec::new(), Vec::new());
        let mut takes_connections = true;
        loop {
            self.return_some();
            let wake = self.transactions.next_wake().map(|at| at.saturating_sub(self.now()).max(TICK));
            tokio::select! {
                _ = stop.changed() => break,
                () = self.sockets.readable() => {}
                n = heard.recv_many(&mut inputs, BATCH), if takes_connections => takes_connections = n > 0,
                n = live.events.recv_many(&mut lines, BATCH), if self.behind.is_none() => {
                    if n == 0 { live = self.resubscribe() }
                }
                Some(answered) = self.answers.join_next() => self.take_answer(answered),
                _ = sweep.tick() => self.sweep(),
                () = tokio::time::sleep(wake.unwrap_or(SWEEP)) => {}
            }
            let turn = Instant::now();
            while let Some(answered) = self.answers.try_join_next() {
                self.take_answer(answered);
            }
            self.sockets.read(BATCH, &mut inputs);
            inputs.drain(..).for_each(|input| self.hear(input));
            self.all_live(&mut lines);
            let now = self.now();
            self.transactions.tick(now, &mut self.outputs);
            self.carry_out();
            std::thread::sleep(TURN.saturating_sub(turn.elapsed()));
            // The connections' tasks are of this thread: what they have for us is for the next turn.
            tokio::task::yield_now().await;
        }
        // A second is plenty for what the engine has been asked; should it not be, something is told twice.
        drop(tokio::time::timeout(Duration::from_secs(1), self.part()).await);
    }

    /// Time on a clock that only goes forward.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// A branch for a request of ours.
    pub(super) fn branch(&mut self) -> Branch {
        self.transactions.branch()
    }

    /// A word that nobody can guess, for tags and Call-IDs.
    pub(super) fn word(&mut self) -> SmolStr {
        let branch = self.branch();
        let word = branch.as_ref().strip_prefix(Via::COOKIE).unwrap_or_default();
        SmolStr::new(String::from_utf8_lossy(word))
    }

    fn hear(&mut self, input: Heard) {
        match input {
            Heard::Message(message, flow) => {
                self.alive(&flow);
                let (reliable, now) = (flow.wire().is_reliable(), self.now());
                self.transactions.received(message, flow, reliable, now, &mut self.outputs);
                self.carry_out();
            }
            Heard::Refused(refusal, flow) => {
                let tag = self.word();
                refusal.answer(tag.as_bytes(), &mut self.scratch);
                let answer = self.scratch.split().freeze();
                if !answer.is_empty() {
                    // The peer broke the rules; whether the answer reaches it is its own concern.
                    let _ = flow.send(answer);
                }
            }
            Heard::Alive(flow) => {
                self.devices.keeps_alive(flow.key());
                self.alive(&flow);
            }
            Heard::Lost(flow) => self.flow_lost(&flow),
        }
    }

    /// Carries out what the transactions say, until they say nothing more.
    pub(super) fn carry_out(&mut self) {
        while !self.outputs.is_empty() {
            let mut outputs = std::mem::replace(&mut self.outputs, std::mem::take(&mut self.spare));
            for output in outputs.drain(..) {
                match output {
                    Output::Send { flow, octets, of } => self.put_out(&flow, octets, of),
                    Output::Request { id, to_tag, message, flow } => {
                        let vouched = self.identity.trusts(flow.peer().ip());
                        self.request(Asked { id, to_tag, request: message, vouched }, &flow);
                    }
                    Output::Ended { token, verdict: Verdict::Answered(answer) } => {
                        self.answered(token, &answer)
                    }
                    Output::Ended { token, verdict: Verdict::NeverSent } => {
                        self.unanswered(token, "connection lost");
                    }
                    Output::Ended { token, verdict: Verdict::Silent } => {
                        self.unanswered(token, "no answer to a message");
                    }
                    // No INVITE is sent or taken here.
                    _ => {}
                }
            }
            self.spare = outputs;
        }
    }

    fn put_out(&mut self, flow: &Flow, octets: Bytes, of: Option<ClientId>) {
        if flow.send(octets).is_ok() {
            return;
        }
        if let Some(of) = of {
            self.transactions.unsent(of, &mut self.outputs);
        }
        self.flow_lost(flow);
    }

    /// Sends a MESSAGE of ours, whose branch is given; its outcome comes under the token. Nothing when no more fit.
    pub(super) fn send(&mut self, flow: Flow, branch: &[u8], octets: Bytes) -> Option<u64> {
        self.last_token += 1;
        let (token, reliable, now) = (self.last_token, flow.wire().is_reliable(), self.now());
        let outgoing = Outgoing { token, method: Method::Message, branch, octets, flow, reliable };
        self.transactions.request(outgoing, now, &mut self.outputs).ok().map(|_| token)
    }

    /// A flow is gone: what was to go by it will not, and who was reached by it is not.
    fn flow_lost(&mut self, flow: &Flow) {
        self.streams.lost(flow);
        self.transactions.flow_lost(flow, &mut self.outputs);
        self.without_flow(flow);
    }

    fn take_answer(&mut self, answered: Answered) {
        self.later.done();
        match answered {
            Answered::Registered { asked, subscriber, outcome } => {
                self.registered(&asked, &subscriber, outcome)
            }
            Answered::Back { key, outcome } => self.is_back(&key, outcome),
            Answered::Submitted { asked, wanted, outcome } => self.submitted(asked, wanted, *outcome),
            Answered::Chosen { asked, outcome } => self.chosen(&asked, *outcome),
            Answered::Quoted { asked, to, outcome } => self.quoted(&asked, &to, *outcome),
            Answered::Noted { asked, taken, of } => self.noted(&asked, taken, of),
            Answered::Listed { key, after, until, page } => self.listed(&key, after, until, page),
            Answered::Followed(page) => self.followed(page),
            Answered::Found { key, message, about } => self.found(&key, message, about),
            Answered::Opened { key, message, about, peer, flow } => {
                self.opened(&key, message, *about, peer, flow);
            }
            Answered::Nothing => {}
        }
        self.carry_out();
    }

    /// Wall-clock time.
    pub(super) fn time(&self) -> Time {
        self.clock.now()
    }
}
