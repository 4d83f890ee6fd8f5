//! A pretend SIP handset: real SIP over UDP or TCP, CPIM envelopes with their notifications, and everything that goes
//! wrong.
//!
//! ```no_run
//! use switchback_testkit::handset::{Config, Handset, SendOptions};
//!
//! # async fn example(server: std::net::SocketAddr) -> Result<(), Box<dyn std::error::Error>> {
//! let anna = Handset::start(Config::of("+46701", "secret", "example.net", server)).await?;
//! let script = "imdn-twice:100,busy@+4670999".parse()?;
//! let beat = Handset::start(Config { script, ..Config::of("+46702", "secret", "example.net", server) }).await?;
//! anna.register().await?;
//! beat.register().await?;
//! let sent = anna.send("sip:+46702@example.net", "Hej", SendOptions::default()).await?;
//! beat.wait_for(|inbox| inbox.texts() == ["Hej"]).await?;
//! anna.wait_for(|inbox| !inbox.ticks(&sent.imdn_id).is_empty()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What it promises, misbehaviours apart: a request is sent until it is answered or given up; one that comes again is
//! answered as before and changes nothing; a message is shown once, whatever way it comes; its notifications leave
//! after its answer, "delivered" before "displayed".
//!
//! A handset is one listening task, or none of its own: over UDP [many may share a socket](Crowd). Dropping it closes
//! its flow and tells nobody.

mod answer;
mod config;
mod crowd;
mod hear;
mod ids;
mod inbox;
mod keyring;
mod letters;
mod line;
mod phone;
mod replies;
mod script;
mod seen;
mod socket;

pub use answer::{Answer, Binding, Failure, Registered, Sent};
pub use config::{Config, SendOptions, Ticks, Wire};
pub use crowd::{Crowd, Roll};
pub use inbox::{Counts, Inbox, Notification, Received, Told};
pub use script::{Misbehaviour, Script};
pub use seen::{Seen, word_of};

use crate::content;
use phone::Phone;
use socket::Socket;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wire_sip::StatusCode;

/// How often a flow is kept alive (RFC 5626 4.4: 24 to 29 s over UDP, from memory).
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// How long [`Handset::wait_for`] waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running handset. Clones are handles of the same one.
#[derive(Clone)]
pub struct Handset(Arc<Phone>);

/// What was waited for did not come; this did.
#[derive(Debug, thiserror::Error)]
#[error("waited in vain; the inbox has {0:#?}")]
pub struct InVain(pub Box<Inbox>);

impl std::fmt::Debug for Handset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handset").field(&self.0.config.name()).finish()
    }
}

impl Handset {
    /// Switches one on, with a flow of its own. It must be called in a tokio runtime, where it lives on. It does not
    /// register by itself.
    ///
    /// # Errors
    /// No socket, or over TCP no server.
    pub async fn start(config: Config) -> io::Result<Self> {
        let socket = Socket::open(&config).await?;
        Ok(Self(Phone::on(socket, config)))
    }

    /// How it was started.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The URI that it is known by.
    #[must_use]
    pub fn aor(&self) -> &str {
        &self.0.config.aor
    }

    /// Where it is reached; `None` after [`cut`](Self::cut).
    #[must_use]
    pub fn contact(&self) -> Option<String> {
        self.0.socket().map(|socket| self.0.contact_uri(socket.line()))
    }

    /// The address that its packets come from; `None` after [`cut`](Self::cut).
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.socket().map(|socket| socket.line().local)
    }

    /// Registers, or refreshes its registration. Opens a new flow first when the old one is dead or closed.
    ///
    /// # Errors
    /// There is no final answer; a refusal is one.
    pub async fn register(&self) -> Result<Registered, Failure> {
        self.0.reopen().await.map_err(|error| Failure::Network(error.kind()))?;
        self.register_for(self.0.config.expires).await
    }

    /// Registers, keeps its flow alive and its registration fresh, and comes back when it is lost, as a phone does
    /// that is left alone. Ends only by being dropped.
    pub async fn stay_registered(&self) -> Infallible {
        loop {
            match self.register().await {
                Ok(registered) if registered.answer.is_success() => {
                    let expires = registered.expires.unwrap_or(self.0.config.expires);
                    let half = Duration::from_secs(u64::from(expires)) / 2;
                    tokio::select! {
                        () = tokio::time::sleep(half) => {}
                        () = self.disconnected() => {}
                        () = self.kept_alive() => {}
                    }
                }
                // Refused, or nobody there: it is a phone, it tries again.
                Ok(_) | Err(_) => tokio::time::sleep(self.0.config.t1 * 8).await,
            }
        }
    }

    /// Ends when the flow no longer answers.
    async fn kept_alive(&self) {
        loop {
            tokio::time::sleep(KEEP_ALIVE).await;
            if self.keep_alive().await.is_err() {
                return;
            }
        }
    }

    /// Takes its registration away.
    ///
    /// # Errors
    /// There is no final answer.
    pub async fn unregister(&self) -> Result<Registered, Failure> {
        self.register_for(0).await
    }

    /// Asks what is bound to its address, and binds nothing (RFC 3261 10.2.3).
    ///
    /// # Errors
    /// There is no final answer.
    pub async fn bindings(&self) -> Result<Registered, Failure> {
        let call_id = self.0.state().ids.word();
        let answer = self.0.request(&letters::fetch(&self.0.config, call_id)).await?;
        Ok(Registered::of(answer, &self.0.contact_user))
    }

    async fn register_for(&self, expires: u32) -> Result<Registered, Failure> {
        let answer = self.0.register(expires).await?;
        let registered = Registered::of(answer, &self.0.contact_user);
        let (status, expires) = (registered.answer.status, registered.expires.unwrap_or(0));
        self.0.note(|at, handset| Seen::Registered { at, handset, status, expires });
        Ok(registered)
    }

    /// Changes its address, as a phone does that leaves its wireless network, and registers from there.
    ///
    /// # Errors
    /// There is no final answer.
    pub async fn roam(&self) -> Result<Registered, Failure> {
        self.0.open().await.map_err(|error| Failure::Network(error.kind()))?;
        self.register_for(self.0.config.expires).await
    }

    /// Sends a message.
    ///
    /// # Errors
    /// There is no final answer; a refusal is one.
    pub async fn send(&self, to: &str, text: &str, mut options: SendOptions) -> Result<Sent, Failure> {
        let (call_id, new, is_ragged) = {
            let mut state = self.0.state();
            let state = &mut *state;
            let play = state.script.roll(hear::number_of(to), &mut state.dice);
            let new: [String; 3] = std::array::from_fn(|_| state.ids.uuid());
            (state.ids.word(), new, play.contains(&Misbehaviour::LfOnly))
        };
        let [imdn_id, conversation, contribution] = new;
        let imdn_id = options.imdn_id.get_or_insert(imdn_id).clone();
        if self.0.config.cpm {
            options.conversation.get_or_insert(conversation);
            options.contribution.get_or_insert(contribution);
        }
        let draft = letters::message(&self.0.config, to, text, &options, call_id);
        let mut draft = draft.map_err(|_| Failure::Unwritable)?;
        draft.is_ragged = is_ragged;
        self.0.note(|at, handset| Seen::Sending {
            at,
            handset,
            message: imdn_id.clone(),
            to: to.to_owned(),
            hash: content::hash(text),
        });
        let answer = self.0.request(&draft).await;
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        self.0.note(|at, handset| Seen::Sent { at, handset, message: imdn_id.clone(), status });
        Ok(Sent { answer: answer?, imdn_id, conversation: options.conversation })
    }

    /// Asks with OPTIONS what is possible with somebody, or with the server itself (`sip:domain`), for this text if any.
    ///
    /// # Errors
    /// There is no final answer.
    pub async fn options(&self, uri: &str, text: &str) -> Result<Answer, Failure> {
        let call_id = self.0.state().ids.word();
        let draft = letters::options(&self.0.config, uri, text, call_id);
        self.0.request(&draft).await
    }

    /// Keeps its flow alive; over TCP it waits for the pong, over UDP there is none (RFC 5626 3.5.1).
    ///
    /// # Errors
    /// No pong, or no flow.
    pub async fn keep_alive(&self) -> Result<(), Failure> {
        let socket = self.0.socket().ok_or(Failure::Closed)?;
        if !self.0.listens_to(socket.line()) {
            return Err(Failure::NoAnswer);
        }
        socket.line().ping(self.0.config.t1 * 64).await
    }

    /// Tells the sender of a message that it was displayed, whether that was asked for or not.
    ///
    /// # Errors
    /// [`Failure::NoMessage`], or there is no final answer.
    pub async fn display(&self, imdn_id: &str) -> Result<Answer, Failure> {
        let received = self.0.inbox.borrow().message(imdn_id).cloned().ok_or(Failure::NoMessage)?;
        let own_id = self.0.state().ids.uuid();
        let told = self.0.tell(&received, hear::DISPLAYED, own_id, false).await;
        told.ok_or(Failure::NoMessage)?
    }

    /// Answers a message that waits for it; a success shows it and sends what is due about it.
    pub async fn answer(&self, received: &Received, status: u16) {
        self.0.answer_by_hand(received, StatusCode(status)).await;
    }

    /// Writes octets to the server as they are: what no handset would say.
    ///
    /// # Errors
    /// No flow, or it can't be written.
    pub async fn write(&self, octets: &[u8]) -> Result<(), Failure> {
        let socket = self.0.socket().ok_or(Failure::Closed)?;
        socket.line().write_to_server(octets).await
    }

    /// Sends a request as it is, again as long as it is not answered, and gives the final answer to its `branch`; no
    /// challenge is answered.
    ///
    /// # Errors
    /// There is no final answer.
    pub async fn ask(&self, request: &[u8], branch: &str) -> Result<Answer, Failure> {
        let socket = self.0.socket().ok_or(Failure::Closed)?;
        let answer = self.0.ask(socket.line(), request, branch).await?;
        Ok(Answer::new(answer, request.to_vec()))
    }

    /// Closes its flow without de-registering.
    pub fn cut(&self) {
        self.0.cut();
    }

    /// Lets its flow die without a sign: it stays open, but nothing is heard, and nothing goes out.
    pub fn go_dead(&self) {
        self.0.go_dead();
    }

    /// Whether its flow is open, as far as it knows: a dead one is.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.socket().is_some_and(|socket| !socket.line().is_closed())
    }

    /// Waits until the server closes its flow, for ever over UDP; at once when there is none.
    pub async fn disconnected(&self) {
        if let Some(socket) = self.0.socket() {
            socket.line().closed().await;
        }
    }

    /// From now on this goes wrong.
    pub fn set_script(&self, script: Script) {
        self.0.state().script = script;
    }

    /// How often something came by its flow that was no SIP.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.0.socket().map_or(0, |socket| socket.line().unreadable())
    }

    /// What it got and told.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        self.0.inbox.borrow().clone()
    }

    /// How much there was since it was started.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.inbox.borrow().counts
    }

    /// Waits, at most ten seconds, until the inbox is as it should be.
    ///
    /// # Errors
    /// [`InVain`], with what there is instead.
    pub async fn wait_for(&self, is_so: impl FnMut(&Inbox) -> bool) -> Result<Inbox, InVain> {
        self.wait_at_most(PATIENCE, is_so).await
    }

    /// Waits until the inbox is as it should be.
    ///
    /// # Errors
    /// [`InVain`], with what there is instead.
    pub async fn wait_at_most(
        &self,
        patience: Duration,
        is_so: impl FnMut(&Inbox) -> bool,
    ) -> Result<Inbox, InVain> {
        let mut inbox = self.0.inbox.subscribe();
        let found = tokio::time::timeout(patience, inbox.wait_for(is_so)).await;
        match found {
            Ok(Ok(inbox)) => Ok(inbox.clone()),
            // The sender lives as long as we do: an error is a timeout.
            _ => Err(InVain(Box::new(self.inbox()))),
        }
    }
}
