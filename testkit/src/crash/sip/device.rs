//! A device that comes, goes and comes back after every restart, and what it knows of its registration.

use super::cast::Movement;
use crate::clock::now_us;
use crate::handset::{Config, Handset};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The wait before a REGISTER without success is tried again.
const AGAIN: Duration = Duration::from_millis(50);

/// How often a device that stays refreshes its registration.
const REFRESH: Duration = Duration::from_secs(10);

/// What a device knows for certain of its registration. Instants are in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Something was asked and not answered.
    Unclear,
    /// It is bound: a REGISTER was answered with 200.
    Bound,
    /// It is not: that was asked and answered with 200.
    Left { asked: u64, answered: u64 },
}

/// What it knows, and how often that began to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) known: Known,
    changes: u64,
}

/// A device of somebody.
pub(super) struct Device {
    pub(super) handset: Handset,
    pub(super) movement: Movement,
    standing: Mutex<Standing>,
    wanted: watch::Sender<bool>,
}

impl Device {
    pub(super) async fn start(config: Config, movement: Movement) -> std::io::Result<Arc<Self>> {
        let handset = Handset::start(config).await?;
        let standing = Mutex::new(Standing { known: Known::Unclear, changes: 0 });
        let wanted = watch::Sender::new(true);
        let device = Arc::new(Self { handset, movement, standing, wanted });
        tokio::spawn(Arc::clone(&device).live());
        Ok(device)
    }

    pub(super) fn set_wanted(&self, wanted: bool) {
        self.wanted.send_if_modified(|now| std::mem::replace(now, wanted) != wanted);
    }

    pub(super) fn standing(&self) -> Standing {
        *self.lock()
    }

    /// Whether it is bound by datagrams, where no restart moves it.
    pub(super) fn is_udp(&self) -> bool {
        self.handset.config().wire == crate::handset::Wire::Udp
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, known: Known) {
        let mut standing = self.lock();
        standing.changes += u64::from(known == Known::Unclear);
        standing.known = known;
    }

    async fn live(self: Arc<Self>) {
        let mut wanted = self.wanted.subscribe();
        let mut vanishes = self.movement == Movement::Vanishes;
        loop {
            let is_wanted = *wanted.borrow_and_update();
            match is_wanted {
                true => self.come().await,
                // By turns: both must leave a true word behind.
                false if vanishes => self.handset.cut(),
                false => self.leave().await,
            }
            if !is_wanted && self.movement == Movement::Vanishes {
                vanishes = !vanishes;
            }
            tokio::select! {
                changed = wanted.changed() => if changed.is_err() { return },
                () = self.handset.disconnected(), if is_wanted => {}
                () = tokio::time::sleep(REFRESH), if is_wanted => {}
            }
        }
    }

    /// Registers until it is registered. What is bound stays so while it is refreshed.
    async fn come(&self) {
        if self.standing().known != Known::Bound {
            self.know(Known::Unclear);
        }
        while !self.handset.register().await.is_ok_and(|registered| registered.answer.is_success()) {
            tokio::time::sleep(AGAIN).await;
        }
        self.know(Known::Bound);
    }

    /// Takes its registration away until it is gone; a flow that broke is opened anew for that.
    async fn leave(&self) {
        if matches!(self.standing().known, Known::Left { .. }) {
            return;
        }
        self.know(Known::Unclear);
        loop {
            let asked = now_us();
            if self.handset.unregister().await.is_ok_and(|registered| registered.answer.is_success()) {
                return self.know(Known::Left { asked, answered: now_us() });
            }
            tokio::time::sleep(AGAIN).await;
            if !self.handset.is_connected() {
                // Refused or not: the next round sees.
                let _ = self.handset.register().await;
            }
        }
    }
}
