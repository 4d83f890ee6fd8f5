//! What all handles of one handset share: its state, and how it asks.

use super::ids::Ids;
use super::inbox::Inbox;
use super::keyring::{Keyring, Signed, asker_of, is_signed};
use super::letters::{self, Draft};
use super::line::Line;
use super::replies::Replies;
use super::socket::Socket;
use super::{Answer, Config, Failure, Script, Seen};
use crate::chance::Dice;
use crate::clock;
use bytes::BytesMut;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};
use wire_sip::{HeaderName, Message, Writer};

/// Notifications that may be under way at once.
const TELLING_MAX: usize = 1024;

/// Challenges that one request may meet: a registrar's and a proxy's, each once more when it is stale.
const ROUNDS: usize = 5;

pub(super) struct Phone {
    pub(super) config: Config,
    /// The user part of its contact.
    pub(super) contact_user: String,
    pub(super) inbox: watch::Sender<Inbox>,
    pub(super) telling: Arc<Semaphore>,
    state: Mutex<State>,
}

/// What changes.
pub(super) struct State {
    /// `None`: its flow was cut.
    socket: Option<Arc<Socket>>,
    /// Whether nothing that comes by its flow is heard, and nothing goes out.
    is_dead: bool,
    pub(super) script: Script,
    pub(super) dice: Dice,
    pub(super) ids: Ids,
    pub(super) replies: Replies,
    keyring: Keyring,
    cseq: u32,
    registration: String,
    service_route: Vec<String>,
}

impl Phone {
    pub(super) fn on(socket: Arc<Socket>, config: Config) -> Arc<Self> {
        let mut ids = Ids::new();
        let registration = ids.word();
        let contact_user = ids.word();
        let state = State {
            socket: None,
            is_dead: false,
            script: config.script.clone(),
            dice: Dice::seeded(config.seed),
            ids,
            replies: Replies::new(config.t1 * 64),
            keyring: Keyring::default(),
            cseq: 0,
            registration,
            service_route: Vec::new(),
        };
        let phone = Arc::new(Self {
            config,
            contact_user,
            inbox: watch::Sender::default(),
            telling: Arc::new(Semaphore::new(TELLING_MAX)),
            state: Mutex::new(state),
        });
        phone.settle(socket);
        phone
    }

    /// Writes a line into the journal, if anybody keeps one.
    pub(super) fn note(&self, seen: impl FnOnce(u64, String) -> Seen) {
        if self.config.journal.is_kept() {
            self.config.journal.write(&seen(clock::now_us(), self.config.name()));
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flow, as long as there is one, dead or alive.
    pub(super) fn socket(&self) -> Option<Arc<Socket>> {
        self.state().socket.clone()
    }

    /// Whether what comes by this line is for it, and heard.
    pub(super) fn listens_to(&self, line: &Line) -> bool {
        let state = self.state();
        !state.is_dead && state.socket.as_ref().is_some_and(|socket| socket.line().is_of(line))
    }

    /// From now on it is at this socket.
    fn settle(self: &Arc<Self>, socket: Arc<Socket>) {
        socket.line().house(&self.contact_user, self);
        let mut state = self.state();
        state.is_dead = false;
        state.socket = Some(socket);
    }

    /// From now on its flow is dead, and nobody was told.
    pub(super) fn go_dead(&self) {
        self.state().is_dead = true;
    }

    /// Closes its flow; on a shared socket it only leaves.
    pub(super) fn cut(&self) {
        self.state().socket = None;
    }

    /// Opens a flow of its own, from another address.
    pub(super) async fn open(self: &Arc<Self>) -> io::Result<()> {
        let socket = Socket::open(&self.config).await?;
        self.settle(socket);
        Ok(())
    }

    /// Opens one if there is none that could be used.
    pub(super) async fn reopen(self: &Arc<Self>) -> io::Result<()> {
        let is_usable = {
            let state = self.state();
            !state.is_dead && state.socket.as_ref().is_some_and(|socket| !socket.line().is_closed())
        };
        if is_usable { Ok(()) } else { self.open().await }
    }

    /// Where it is reached.
    pub(super) fn contact_uri(&self, line: &Line) -> String {
        format!("sip:{}@{};transport={}", self.contact_user, line.local, line.wire.word())
    }

    /// Registers its contact for so many seconds.
    pub(super) async fn register(self: &Arc<Self>, expires: u32) -> Result<Answer, Failure> {
        let socket = self.socket().ok_or(Failure::Closed)?;
        let call_id = self.state().registration.clone();
        let contact = self.contact_uri(socket.line());
        let answer = self.request(&letters::register(&self.config, &contact, expires, call_id)).await?;
        if answer.is_success() {
            let route = answer.message.elements(HeaderName::ServiceRoute).map(super::inbox::lossy);
            self.state().service_route = route.collect();
        }
        Ok(answer)
    }

    /// Sends a request, answers challenges, and gives the final answer.
    pub(super) async fn request(&self, draft: &Draft) -> Result<Answer, Failure> {
        let socket = self.socket().ok_or(Failure::Closed)?;
        let line = socket.line();
        let tag = self.state().ids.word();
        let mut rounds = 0;
        loop {
            let branch = format!("z9hG4bK{}", self.state().ids.word());
            let octets = self.write(draft, line, &branch, &tag)?;
            rounds += 1;
            let answer = self.ask(line, &octets, &branch).await?;
            let Some(asker) = asker_of(answer.status()) else { return Ok(Answer::new(answer, octets)) };
            let signed = is_signed(&octets, asker);
            let learnt = self.state().keyring.learn(asker, &answer, signed, &self.config);
            if !learnt || rounds == ROUNDS {
                return Ok(Answer::new(answer, octets));
            }
        }
    }

    /// Sends octets, and gives the final answer to their branch.
    pub(super) async fn ask(&self, line: &Line, octets: &[u8], branch: &str) -> Result<Message, Failure> {
        if self.listens_to(line) {
            return line.ask(octets, branch, self.config.t1).await;
        }
        // Into the void.
        tokio::time::sleep(self.config.t1 * 64).await;
        Err(Failure::NoAnswer)
    }

    fn write(&self, draft: &Draft, line: &Line, branch: &str, tag: &str) -> Result<Vec<u8>, Failure> {
        let mut state = self.state();
        let state = &mut *state;
        state.cseq += 1;
        let mut out = BytesMut::new();
        let mut writer = Writer::request(&mut out, draft.method, draft.uri.as_bytes());
        let via = format!("SIP/2.0/{} {};branch={branch};rport", line.wire.name(), line.local);
        writer.header(HeaderName::Via, via.as_bytes());
        writer.number(HeaderName::MaxForwards, 70);
        for route in &state.service_route {
            writer.header(HeaderName::Route, route.as_bytes());
        }
        writer.header(HeaderName::From, format!("<{}>;tag={tag}", draft.from).as_bytes());
        writer.header(HeaderName::To, format!("<{}>", draft.to).as_bytes());
        writer.header(HeaderName::CallId, draft.call_id.as_bytes());
        writer.header(HeaderName::CSeq, format!("{} {}", state.cseq, name_of(draft)).as_bytes());
        for (name, value) in &draft.headers {
            writer.header(name.as_str(), value.as_bytes());
        }
        let chance = state.ids.octets();
        let signed = Signed { method: draft.method, uri: &draft.uri, body: &draft.body, chance };
        state.keyring.sign(&mut writer, &self.config, &signed);
        writer.finish(&draft.body).map_err(|_| Failure::Unwritable)?;
        Ok(if draft.is_ragged { letters::ragged(&out) } else { out.into() })
    }
}

fn name_of(draft: &Draft) -> &str {
    str::from_utf8(draft.method.as_bytes()).unwrap_or_default()
}
