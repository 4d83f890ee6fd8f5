//! One connection: drives the session machine between the socket, the letter box and the engine, in batches: one
//! read, all answers, all that fits into the window, one write.

use super::deliveries::Incoming;
use super::flights::{Flights, LATE_MAX};
use super::recalls::Recalls;
use super::reporter::RETRY;
use super::worker::Worker;
use crate::options::RouteSettings;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::ReportKind;
use switchback_ports::RouteState;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use wire_smpp::{
    Bind, BindMode, Client, CloseReason, CommandStatus, Event, Request, SessionConfig, State, TlvBuf,
};

/// Octets read at once.
const READ: usize = 64 * 1024;

/// How a session ended.
pub(super) struct LinkEnd {
    pub(super) reason: CloseReason,
    /// How long it was bound, if ever.
    pub(super) bound_for: Option<Duration>,
}

/// One session.
pub(super) struct Link<'w> {
    pub(super) worker: &'w mut Worker,
    pub(super) client: Client,
    pub(super) settings: Arc<RouteSettings>,
    pub(super) window: usize,
    pub(super) flights: Flights,
    pub(super) recalls: Recalls,
    pub(super) incoming: Incoming,
    /// Set when the SMSC refuses optional parameters: then none are sent in this session.
    pub(super) bare: bool,
    /// Memory for the optional parameters of one PDU.
    pub(super) tlvs: TlvBuf,
    /// Machine time of this turn of the loop.
    pub(super) now: Duration,
    bound_at: Option<Duration>,
    closed: Option<CloseReason>,
    stopping: bool,
    leaving: bool,
}

impl<'w> Link<'w> {
    pub(super) fn new(worker: &'w mut Worker, settings: Arc<RouteSettings>) -> Self {
        let options = &worker.shared.options;
        let config = SessionConfig {
            window: usize::from(settings.window.max(1)),
            response_timeout: options.response(),
            enquire_interval: Duration::from_millis(options.enquire_link_ms),
            drain_timeout: Duration::from_millis(options.drain_ms),
            // What one read brings beyond our own bound is still taken; only then is the peer turned away.
            max_unanswered: options.unanswered_max.saturating_mul(2),
            max_late: LATE_MAX,
            ..SessionConfig::default()
        };
        let now = worker.elapsed();
        let mut client = Client::new(config, now);
        let bind = Bind {
            system_id: settings.system_id.as_bytes(),
            password: settings.password.as_bytes(),
            interface_version: 0x34,
            ..Bind::default()
        };
        let refused = client.bind(BindMode::Transceiver, &bind, now).err();
        if let Some(error) = refused {
            tracing::error!(route = %worker.route.id, %error, "the route's name or password can't be sent");
        }
        Self {
            // A bind that can't be written is like one that is refused: slowly again, until the route is changed.
            closed: refused.map(|_| CloseReason::BindRefused(CommandStatus::INVSYSID)),
            settings,
            window: config.window,
            flights: Flights::default(),
            recalls: Recalls::new(options.recall()),
            incoming: Incoming::new(options),
            bare: false,
            tlvs: TlvBuf::new(),
            now,
            bound_at: None,
            stopping: false,
            leaving: false,
            client,
            worker,
        }
    }

    /// Works until the session is over.
    pub(super) async fn run(mut self, stream: &TcpStream) -> LinkEnd {
        let mut buffer = vec![0; READ];
        let mut alarm = std::pin::pin!(sleep_until(Instant::now()));
        loop {
            self.turn();
            if !self.write(stream) {
                self.client.handle_link_lost(self.now);
                self.events();
            }
            if let Some(reason) = self.closed {
                return self.end(reason);
            }
            self.arm(alarm.as_mut());
            let route = Arc::clone(&self.worker.route);
            let interest = self.interest();
            tokio::select! {
                biased;
                ready = stream.ready(interest.unwrap_or(Interest::READABLE)), if interest.is_some() => {
                    self.now = self.worker.elapsed();
                    let readable = ready.is_ok_and(|ready| ready.is_readable() || ready.is_read_closed());
                    if readable && !self.is_full() {
                        self.read(stream, &mut buffer);
                    }
                }
                () = route.mailbox.wake.notified() => {}
                () = &mut alarm => {}
            }
        }
    }

    /// Everything that can be done without waiting.
    fn turn(&mut self) {
        self.now = self.worker.elapsed();
        if self.client.next_timeout().is_some_and(|due| due <= self.now) {
            self.client.handle_timeout(self.now);
        }
        self.letters();
        self.events();
        self.recall_timers();
        self.reassembly_timers();
        self.worker.sweep();
        self.worker.reporter.flush();
        self.leave_if_asked();
        self.fill();
        self.events();
    }

    fn letters(&mut self) {
        let letters = self.worker.letters();
        for settled in letters.settled {
            self.settled(&settled);
        }
        for order in letters.withdrawals {
            self.withdraw(&order);
        }
    }

    fn leave_if_asked(&mut self) {
        if self.worker.stop_by.is_some() && !self.stopping {
            self.stopping = true;
            self.turn_away_incomplete();
            self.worker.give_back();
        }
        let peer_leaves = matches!(self.client.state(), State::Unbinding { .. });
        // A long message that has begun is finished first: half of it is worse than none.
        let begun = self.stopping && self.bound_at.is_some() && self.has_unsent();
        if (peer_leaves || (self.worker.shall_leave() && !begun)) && !self.leaving {
            self.leaving = true;
            self.turn_away_incomplete();
            // When it is the peer that leaves, the machine is on its way already and this changes nothing.
            self.client.unbind(self.now);
        }
        if self.worker.stop_by.is_some_and(|stop_by| Instant::now() >= stop_by) {
            self.client.handle_link_lost(self.now);
        }
        self.events();
    }

    pub(super) const fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Takes what the machine has to say.
    fn events(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Bound { system_id, .. } => self.bound(&system_id),
                Event::SubmitAnswered { token, status, message_id, late, .. } => {
                    self.answered(token, status, message_id, late);
                }
                Event::CancelAnswered { token, status, .. } => self.cancel_answered(token, status),
                Event::NoAnswer { token, request: Request::Cancel } => self.cancel_unanswered(token),
                Event::NoAnswer { token, .. } => {
                    if let Some(flight) = self.flights.late(token) {
                        let body = &flight.part.body;
                        let of = (body.message, body.attempt, flight.part.index);
                        self.worker.reporter.part(of, ReportKind::NoAnswer, None);
                    }
                }
                Event::Lost { token, request: Request::Cancel, .. } => self.cancel_unanswered(token),
                Event::Lost { token, left, .. } => self.lost(token, left),
                Event::Deliver(inbound) => self.deliver(&inbound),
                Event::Closed(reason) => self.closed = Some(reason),
            }
        }
    }

    fn bound(&mut self, system_id: &str) {
        self.bound_at = Some(self.now);
        tracing::info!(route = %self.worker.route.id, smsc = system_id, session = self.worker.session, "bound");
        self.worker.announce(RouteState::Up, "bound".into());
    }

    fn lost(&mut self, token: u64, left: bool) {
        let Some(flight) = self.flights.take(token) else { return };
        if left {
            let body = &flight.part.body;
            let of = (body.message, body.attempt, flight.part.index);
            self.worker.reporter.part(of, ReportKind::NoAnswer, None);
        } else {
            self.worker.again.push_back(flight.part);
        }
    }

    fn end(&mut self, reason: CloseReason) -> LinkEnd {
        self.recalls_end();
        self.worker.repeats.session_ended(self.now);
        let odd = self.client.counters();
        tracing::debug!(route = %self.worker.route.id, ?odd, "what was odd in the session");
        LinkEnd { reason, bound_for: self.bound_at.map(|at| self.now.saturating_sub(at)) }
    }

    /// Reading stops while too much of what was read waits for its commit: the SMSC then feels it in its window.
    fn is_full(&self) -> bool {
        self.client.unanswered() >= self.worker.shared.options.unanswered_max
            || self.worker.reporter.is_behind()
    }

    fn interest(&self) -> Option<Interest> {
        match (!self.is_full(), !self.client.output().is_empty()) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        }
    }

    fn read(&mut self, stream: &TcpStream, buffer: &mut [u8]) {
        match stream.try_read(buffer) {
            Ok(0) => self.client.handle_link_lost(self.now),
            Ok(n) => self.client.handle_bytes(buffer.get(..n).unwrap_or_default(), self.now),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => self.client.handle_link_lost(self.now),
        }
    }

    /// False when the connection broke.
    fn write(&mut self, stream: &TcpStream) -> bool {
        while !self.client.output().is_empty() {
            match stream.try_write(self.client.output()) {
                Ok(n) => self.client.wrote(n),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// Sets the alarm, but only ever earlier: one that rings too soon costs a turn, one moved at every answer costs
    /// more.
    fn arm(&self, alarm: std::pin::Pin<&mut Sleep>) {
        let mut next = self.worker.next_sweep();
        let mut earlier = |due: Option<Duration>| next = due.map_or(next, |due| next.min(due));
        earlier(self.client.next_timeout());
        earlier(self.recalls.next_due());
        earlier(self.incoming.next_due());
        if self.worker.reporter.is_behind() {
            earlier(Some(self.now + RETRY));
        } else if self.client.has_room() && self.has_unsent() {
            earlier(self.worker.pace.next_at(self.now));
        }
        let mut next = self.worker.shared.origin + next;
        if let Some(stop_by) = self.worker.stop_by {
            next = next.min(stop_by);
        }
        if next < alarm.deadline() || alarm.is_elapsed() {
            alarm.reset(next);
        }
    }
}
