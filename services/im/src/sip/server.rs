//! The server: one task that owns devices, transactions and queues, so that everything that happens to them is in one
//! order. It never waits for anything but its next input; what takes time (the engine's commits, the store's answers)
//! comes back as an input.

use super::answers::Answers;
use super::binding::{DeviceKey, Devices};
use super::flow::Flow;
use super::guard::{Guard, Pace};
use super::identity::{Identity, Who};
use super::net::Heard;
use super::options::Options;
use super::outbox::Outbox;
use super::recent::Recent;
use super::sockets::Sockets;
use super::telling::{About, Fork, Sending};
use bytes::{Bytes, BytesMut};
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchback_core::model::{Address, MessageId, SubscriberId, Time};
use switchback_ports::{
    Accepted, Clock, EventLine, Gone, IncomingMessage, Intake, Page, Quote, Random, Refusal, StoreFailure,
};
use tokio::sync::{mpsc, watch};
use wire_sip::header::Via;
use wire_sip::transaction::{
    Branch, ClientId, Limits as Bounds, Outgoing, Output, ServerId, Timers, ToTag, Transactions, Verdict,
};
use wire_sip::{HeaderName, Message, Method, StatusCode, Unwritable, Writer};

/// What is allowed here.
const ALLOW: &[u8] = b"REGISTER, MESSAGE, OPTIONS";
/// Inputs taken before anything else is looked at.
const BATCH: usize = 128;
/// How often devices are looked over for silence and expiry.
const SWEEP: Duration = Duration::from_millis(500);
/// Letters that are remembered for a notification that follows.
const RECENT: usize = 20_000;

/// A request that is to be answered.
#[derive(Debug)]
pub(super) struct Asked {
    id: ServerId,
    to_tag: ToTag,
    pub(super) request: Message,
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
    /// A submission.
    Submitted { asked: Box<Asked>, outcome: Box<Result<Result<Accepted, Refusal>, Gone>> },
    /// A quote that an OPTIONS asked for.
    Quoted { asked: Box<Asked>, to: Address, outcome: Box<Result<Result<Quote, Refusal>, Gone>> },
    /// A device's word on a message, by a request of its own.
    Noted { asked: Box<Asked>, taken: bool },
    /// A page of what a device has not been told.
    Listed { key: DeviceKey, after: u64, until: u64, page: Result<Page<EventLine>, StoreFailure> },
    /// A page of the stream of all events, for which we were too slow.
    Followed(Result<Page<EventLine>, StoreFailure>),
    /// What a waiting thing is about; nothing when it is not to be told any more.
    Found { key: DeviceKey, message: MessageId, about: Option<About> },
    /// Nobody waits for it.
    Nothing,
}

/// Whether an OPTIONS asks what a message to its Request-URI would cost.
fn wants_offer(request: &Message) -> bool {
    request.elements(HeaderName::Accept).any(|kind| kind.eq_ignore_ascii_case(super::offer::TYPE.as_bytes()))
}

/// The server's state.
pub(super) struct Server {
    pub(super) options: Options,
    pub(super) sockets: Sockets,
    pub(super) intake: Arc<dyn Intake>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    began: Instant,
    pub(super) identity: Identity,
    pub(super) guard: Guard,
    pub(super) devices: Devices,
    pub(super) outboxes: HashMap<DeviceKey, Outbox>,
    transactions: Transactions<Flow>,
    outputs: Vec<Output<Flow>>,
    /// Requests of ours that are not answered, by their tokens.
    pub(super) sending: HashMap<u64, Sending>,
    last_token: u64,
    pub(super) forks: HashMap<(MessageId, u16), Fork>,
    pub(super) answers: Answers,
    /// What messages say that were told of a moment ago.
    pub(super) letters: Recent<MessageId, Arc<IncomingMessage>>,
    /// Which message a device means by an id of its sender's.
    pub(super) told_as: Recent<(SubscriberId, SmolStr), MessageId>,
    /// The last cursor that came live.
    pub(super) last_cursor: u64,
    /// While what comes live waits: up to where the store is read before.
    pub(super) behind: Option<u64>,
    pub(super) scratch: BytesMut,
    /// When it is kept next how far devices were told.
    pub(super) keep_next: Time,
}

impl Server {
    pub(super) fn new(
        options: Options,
        sockets: Sockets,
        intake: Arc<dyn Intake>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let identity = Identity::new(&options, &*random);
        let timers = Timers { t1: options.t1, ..Timers::default() };
        let mut secret = [0; 16];
        random.fill(&mut secret);
        Self {
            identity,
            guard: Guard::new(options.logins),
            options,
            sockets,
            intake,
            clock,
            random,
            began: Instant::now(),
            devices: Devices::default(),
            outboxes: HashMap::new(),
            transactions: Transactions::new(&timers, Bounds::default(), u128::from_le_bytes(secret)),
            outputs: Vec::new(),
            last_token: 0,
            sending: HashMap::new(),
            forks: HashMap::new(),
            answers: Answers::default(),
            letters: Recent::new(RECENT),
            told_as: Recent::new(RECENT),
            last_cursor: 0,
            behind: None,
            scratch: BytesMut::new(),
            keep_next: Time::default(),
        }
    }

    /// Runs until `stop` changes, then lets what was asked be answered.
    pub(super) async fn run(mut self, mut heard: mpsc::Receiver<Heard>, mut stop: watch::Receiver<bool>) {
        let mut live = self.intake.subscribe(None);
        self.last_cursor = live.from_cursor;
        self.restore().await;
        let mut sweep = tokio::time::interval(SWEEP);
        let (mut inputs, mut lines) = (Vec::new(), Vec::new());
        let mut takes_connections = true;
        loop {
            let wake = self.transactions.next_wake().map(|at| at.saturating_sub(self.now()));
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
            while let Some(answered) = self.answers.try_join_next() {
                self.take_answer(answered);
            }
            self.sockets.read(BATCH, &mut inputs);
            inputs.drain(..).for_each(|input| self.hear(input));
            self.all_live(&mut lines);
            let now = self.now();
            self.transactions.tick(now, &mut self.outputs);
            self.carry_out();
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
            for output in std::mem::take(&mut self.outputs) {
                match output {
                    Output::Send { flow, octets, of } => self.put_out(&flow, octets, of),
                    Output::Request { id, to_tag, message, flow } => {
                        self.request(Asked { id, to_tag, request: message }, &flow);
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

    /// Wrong credentials: asked again, and slower when that goes on.
    fn mistaken(&mut self, asked: &Asked, flow: &Flow) {
        let peer = flow.peer().ip();
        match self.guard.failed(peer, self.now()) {
            Pace::Ask => self.challenge(asked, flow, false),
            Pace::Slow { wait, first } => {
                if first {
                    tracing::warn!(%peer, "too many failed logins: further ones are slowed");
                }
                let seconds = wait.as_secs().saturating_add(1);
                self.answer(asked, StatusCode(503), |answer| answer.number(HeaderName::RetryAfter, seconds));
            }
        }
    }

    /// A request to do.
    fn request(&mut self, asked: Asked, flow: &Flow) {
        match asked.request.method() {
            Method::Options if !wants_offer(&asked.request) => self.capabilities(&asked, b""),
            Method::Register | Method::Message | Method::Options => {
                if self.answers.len() >= self.options.limits.waiting {
                    return self.busy(&asked);
                }
                let now = self.now();
                match self.identity.of(&asked.request, flow, &*self.intake, now) {
                    Who::Known(who) if asked.request.method() == Method::Register => {
                        self.register(asked, flow, who);
                    }
                    Who::Known(who) if asked.request.method() == Method::Options => self.offer(asked, &who),
                    Who::Known(who) => self.message(asked, who),
                    Who::Ask { stale } => self.challenge(&asked, flow, stale),
                    Who::Wrong => self.mistaken(&asked, flow),
                    Who::Nonsense => self.answer_because(&asked, 400, "credentials that make no sense"),
                    Who::Stranger => self.answer_because(&asked, 403, "nobody here has that identity"),
                }
            }
            _ => self.answer(&asked, StatusCode(405), |answer| answer.header(HeaderName::Allow, ALLOW)),
        }
    }

    /// What is spoken here, and an offer when one was asked for.
    pub(super) fn capabilities(&mut self, asked: &Asked, offer: &[u8]) {
        self.write_answer(asked, StatusCode::OK, offer, |_, answer| {
            answer.header(HeaderName::Allow, ALLOW);
            answer.header(HeaderName::Accept, b"message/cpim, text/plain, message/imdn+xml, */*");
            answer.header(HeaderName::Supported, b"path, outbound, gruu");
            if !offer.is_empty() {
                answer.header(HeaderName::ContentType, super::offer::TYPE.as_bytes());
            }
        });
    }

    fn challenge(&mut self, asked: &Asked, flow: &Flow, stale: bool) {
        let mut chance = [0; 8];
        self.random.fill(&mut chance);
        let (method, now) = (asked.request.method(), self.now());
        let status = super::identity::asker(method).status();
        self.write_answer(asked, status, b"", |server, answer| {
            server.identity.ask(answer, (method, flow), stale, chance, now);
        });
    }

    /// Too much waits: the sender comes again (R13).
    pub(super) fn busy(&mut self, asked: &Asked) {
        self.answer(asked, StatusCode(503), |answer| answer.number(HeaderName::RetryAfter, 2));
    }

    /// Answers with a reason in words.
    pub(super) fn answer_because(&mut self, asked: &Asked, status: u16, why: &str) {
        let host = self.options.domain.clone();
        self.answer(asked, StatusCode(status), |answer| {
            answer.parts(HeaderName::Warning, &[b"399 ", host.as_bytes(), b" \"", why.as_bytes(), b"\""]);
        });
    }

    /// Answers, with what `add` adds.
    pub(super) fn answer(&mut self, asked: &Asked, status: StatusCode, add: impl FnOnce(&mut Writer<'_>)) {
        self.write_answer(asked, status, b"", |_, answer| add(answer));
    }

    fn write_answer(
        &mut self,
        asked: &Asked,
        status: StatusCode,
        body: &[u8],
        add: impl FnOnce(&Self, &mut Writer<'_>),
    ) {
        let mut out = std::mem::take(&mut self.scratch);
        let written = {
            let mut answer = Writer::response_to(&mut out, &asked.request, status, asked.to_tag.as_ref());
            add(self, &mut answer);
            answer.finish(body)
        };
        let octets = out.split().freeze();
        self.scratch = out;
        match written {
            Ok(()) => self.respond(asked.id, octets, status),
            Err(Unwritable::Octets | Unwritable::Name | Unwritable::Kind) => {
                tracing::error!(status = status.0, "an answer could not be written");
            }
        }
    }

    fn respond(&mut self, id: ServerId, octets: Bytes, status: StatusCode) {
        let now = self.now();
        if let Err(error) = self.transactions.respond(id, status, &octets, now, &mut self.outputs) {
            // The peer does not wait for it any more.
            tracing::debug!(%error, status = status.0, "an answer came too late");
        }
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
        self.transactions.flow_lost(flow, &mut self.outputs);
        for key in self.devices.on(flow.key()) {
            self.lose(&key, "connection lost");
            self.devices.lose_flow(&key);
        }
    }

    fn take_answer(&mut self, answered: Answered) {
        match answered {
            Answered::Registered { asked, subscriber, outcome } => {
                self.registered(&asked, &subscriber, outcome)
            }
            Answered::Back { key, outcome } => self.is_back(&key, outcome),
            Answered::Submitted { asked, outcome } => self.submitted(&asked, *outcome),
            Answered::Quoted { asked, to, outcome } => self.quoted(&asked, &to, *outcome),
            Answered::Noted { asked, taken: true } => self.answer(&asked, StatusCode::OK, |_| ()),
            Answered::Noted { asked, taken: false } => self.busy(&asked),
            Answered::Listed { key, after, until, page } => self.listed(&key, after, until, page),
            Answered::Followed(page) => self.followed(page),
            Answered::Found { key, message, about } => self.found(&key, message, about),
            Answered::Nothing => {}
        }
        self.carry_out();
    }

    /// Wall-clock time.
    pub(super) fn time(&self) -> Time {
        self.clock.now()
    }
}
