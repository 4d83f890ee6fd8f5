//! The task of one route: connects, keeps one session alive, and waits between sessions without losing an order.

use super::backoff::{Backoff, Jitter};
use super::deliveries::Repeats;
use super::link::{Link, LinkEnd};
use super::mailbox::Letters;
use super::pace::Pace;
use super::parts::Part;
use super::reporter::{RETRY, Reporter};
use super::{Route, recalls};
use crate::error_map::is_about_credentials;
use crate::options::SmsOptions;
use crate::references::{References, hash};
use smol_str::{SmolStr, format_smolstr};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{MessageId, Service, Time};
use switchback_ports::{Clock, Intake, RouteChange, RouteState};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use wire_smpp::{CloseReason, CommandStatus};

/// What every route's task has in common.
pub(crate) struct Shared {
    pub(crate) intake: Arc<dyn Intake>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: SmsOptions,
    pub(crate) references: References,
    /// The machines' time is counted from here.
    pub(crate) origin: Instant,
}

/// The task of one route, and what outlives a session.
pub(crate) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) route: Arc<Route>,
    pub(super) reporter: Reporter,
    pub(super) pace: Pace,
    pub(super) jitter: Jitter,
    /// Parts that were refused for pace or certainly did not leave: they go first.
    pub(super) again: VecDeque<Part>,
    /// Parts taken out of the lane and not sent yet.
    pub(super) waiting: VecDeque<Part>,
    pub(super) repeats: Repeats,
    /// Number of the session, from 1.
    pub(super) session: u64,
    pub(super) stop_by: Option<Instant>,
    /// Attempts given back unsent lately.
    pub(super) returned: VecDeque<(MessageId, u16)>,
    backoff: Backoff,
    rebind: bool,
    pub(super) next_sweep: Duration,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, route: Arc<Route>) -> Self {
        let options = &shared.options;
        let seed = options.seed ^ hash(route.id.as_str());
        Self {
            reporter: Reporter::new(Arc::clone(&shared.intake), Arc::clone(&shared.clock)),
            pace: Pace::new(options.throttle_ms, options.throttle_cap_ms),
            jitter: Jitter::new(seed),
            again: VecDeque::new(),
            waiting: VecDeque::new(),
            repeats: Repeats::new(seed, options.unanswered_max),
            session: 0,
            stop_by: None,
            returned: VecDeque::new(),
            backoff: Backoff::new(options.reconnect_ms, options.reconnect_cap_ms),
            rebind: false,
            next_sweep: Duration::ZERO,
            shared,
            route,
        }
    }

    /// Works until it is stopped. Everything that was not sent is reported as such before it ends.
    pub(crate) async fn run(mut self) {
        self.announce(RouteState::Down, "not bound yet".into());
        while self.stop_by.is_none() {
            let wait = self.session().await;
            self.tend_until(Instant::now() + wait).await;
        }
        self.finish().await;
    }

    /// Machine time.
    pub(super) fn elapsed(&self) -> Duration {
        self.shared.origin.elapsed()
    }

    pub(super) fn now(&self) -> Time {
        self.shared.clock.now()
    }

    pub(super) fn announce(&self, state: RouteState, why: SmolStr) {
        let since = self.now();
        match state {
            RouteState::Up => self.route.set_up(),
            RouteState::Down => self.route.set_down(since),
        }
        tracing::info!(route = %self.route.id, up = state == RouteState::Up, %why, "route changed");
        let route = self.route.id.clone();
        self.shared.intake.route_changed(RouteChange { route, service: Service::Sms, state, since, why });
    }

    /// One session from connect to close; gives how long to wait before the next.
    async fn session(&mut self) -> Duration {
        let settings = self.route.settings();
        self.rebind = false;
        let connected = self.connect(&settings.address).await;
        let stream = match connected {
            Ok(Some(stream)) => stream,
            Ok(None) => return Duration::ZERO,
            Err(error) => {
                tracing::warn!(route = %self.route.id, %error, "can't connect to the SMSC");
                return self.next_wait();
            }
        };
        // Small PDUs must not wait for each other; a socket that refuses the option works without it.
        let _ = stream.set_nodelay(true);
        self.session += 1;
        let end = Link::new(self, settings).run(&stream).await;
        if self.route.is_up() {
            self.announce(RouteState::Down, format_smolstr!("{:?}", end.reason));
        }
        self.wait_after(&end)
    }

    fn wait_after(&mut self, end: &LinkEnd) -> Duration {
        if self.rebind || self.stop_by.is_some() {
            return Duration::ZERO;
        }
        let options = &self.shared.options;
        let at_least = |ms| Duration::from_millis(ms);
        if end.bound_for.is_some_and(|lasted| lasted >= at_least(options.reconnect_cap_ms)) {
            self.backoff.reset();
        }
        let least = match end.reason {
            CloseReason::BindRefused(status) if is_about_credentials(status) => {
                let id = &self.route.id;
                tracing::error!(route = %id, %status, "the SMSC refuses our credentials: check the route");
                at_least(options.auth_retry_ms)
            }
            // It still holds a session of ours whose end it has not noticed: let its own timer run (T26).
            CloseReason::BindRefused(CommandStatus::ALYBND) => at_least(options.enquire_link_ms),
            reason => {
                tracing::warn!(route = %self.route.id, ?reason, "the session ended");
                Duration::ZERO
            }
        };
        least.saturating_add(self.next_wait())
    }

    fn next_wait(&mut self) -> Duration {
        let most = self.backoff.next();
        self.jitter.up_to(most)
    }

    /// `None`: stopped or replaced meanwhile.
    async fn connect(&mut self, address: &str) -> std::io::Result<Option<TcpStream>> {
        let connecting = timeout(self.shared.options.response(), TcpStream::connect(address));
        let mut connecting = std::pin::pin!(connecting);
        loop {
            if self.stop_by.is_some() || self.rebind {
                return Ok(None);
            }
            let route = Arc::clone(&self.route);
            let sweep = self.shared.origin + self.next_sweep;
            tokio::select! {
                connected = &mut connecting => return connected?.map(Some),
                () = route.mailbox.wake.notified() => self.tend(),
                () = sleep_until(sweep) => self.tend(),
            }
        }
    }

    async fn tend_until(&mut self, until: Instant) {
        while self.stop_by.is_none() && !self.rebind && Instant::now() < until {
            let route = Arc::clone(&self.route);
            let next = if self.reporter.is_behind() { self.elapsed() + RETRY } else { self.next_sweep };
            tokio::select! {
                () = route.mailbox.wake.notified() => {}
                () = sleep_until(until.min(self.shared.origin + next)) => {}
            }
            self.tend();
        }
    }

    /// Reads the letters while there is no session.
    pub(super) fn tend(&mut self) {
        let letters = self.letters();
        for order in letters.withdrawals {
            if !self.withdraw_unsent(order.message, order.attempt) {
                self.reporter.withdrawal(order.message, order.attempt, recalls::UNKNOWN);
            }
        }
        // What became durable now belongs to a session that is over: the peer will repeat it and be answered then.
        self.sweep();
        self.reporter.flush();
    }

    pub(super) fn letters(&mut self) -> Letters {
        let letters = self.route.mailbox.letters();
        self.rebind |= letters.rebind;
        self.stop_by = self.stop_by.or(letters.stop_by);
        letters
    }

    /// True when the session has to end for a reason of ours.
    pub(super) const fn shall_leave(&self) -> bool {
        self.rebind || self.stop_by.is_some()
    }

    pub(super) const fn next_sweep(&self) -> Duration {
        self.next_sweep
    }
}
