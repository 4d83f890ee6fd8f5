//! After a start: what the last run left behind is taken up (I1, I23).
//!
//! An attempt that had started without an outcome is unknown from now on, but one that its service gave back unsent
//! at a graceful stop goes out; an answer to a withdrawal may be lost.
//! Deferred attempts and those that only our own stream had taken stand as the last commit says. Receipts that
//! were parked in the last moment are matched. Devices are offline, with the grace to return.

use crate::desk::adopt_devices;
use crate::shared::Shared;
use crate::work::{Poke, Work};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use switchback_core::charge::ClaimState;
use switchback_core::model::{Attempt, AttemptState, Message, Withdrawal};
use switchback_ports::StoreFailure;

/// Open messages read at once.
const PAGE: usize = 1000;
/// How often a full loop is asked again.
const PAUSE: Duration = Duration::from_millis(1);

/// What recovery found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Messages that are not final.
    pub open: u64,
    /// Of those, messages with an attempt or a withdrawal that the crash cut off.
    pub cut_off: u64,
    /// Of those, messages with an attempt that a graceful stop gave back unsent: it goes out now.
    pub unsent: u64,
}

/// Walks the open messages, then accepts.
pub(crate) fn recover(shared: &Shared) -> Result<Recovered, StoreFailure> {
    adopt_devices(shared)?;
    let mut found = Recovered::default();
    let left = Arc::new(AtomicUsize::new(0));
    let parked = shared.parked.any();
    let mut after = None;
    loop {
        let page = shared.store.open_messages(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for message in &page {
            found.open += 1;
            let cut_off = was_cut_off(message);
            let unsent = |attempt: &Attempt| attempt.is_unsent() && !attempt.is_awaiting_grant();
            let unsent = message.attempts.iter().any(unsent);
            if cut_off && found.cut_off == 0 {
                raise_guard(shared);
            }
            found.cut_off += u64::from(cut_off);
            found.unsent += u64::from(unsent);
            let asked = |attempt: &Attempt| {
                attempt.claim.as_ref().is_some_and(|claim| matches!(claim.state, ClaimState::Asked { .. }))
            };
            if cut_off || unsent || message.attempts.iter().any(asked) {
                left.fetch_add(1, Ordering::SeqCst);
                send(shared, message, Work::Poke(message.id, Poke::Recovered(Arc::clone(&left))))?;
            }
            if parked {
                let mut trouble = Ok(());
                shared.match_parked_of(message, &mut |work| {
                    if trouble.is_ok() {
                        trouble = send(shared, message, work);
                    }
                })?;
                trouble?;
            }
        }
    }
    while left.load(Ordering::SeqCst) > 0 {
        alive(shared)?;
        std::thread::sleep(PAUSE);
    }
    alive(shared)?;
    tracing::info!(open = found.open, cut_off = found.cut_off, unsent = found.unsent, "recovered");
    shared.health.set_ready();
    shared.dispatcher.wake();
    Ok(found)
}

/// True when the last run ended between an intent and its outcome.
fn was_cut_off(message: &Message) -> bool {
    message.attempts.iter().any(|attempt| {
        let asked = matches!(attempt.withdrawal, Withdrawal::Asked { .. }) && attempt.outcome().is_none();
        asked || (attempt.state == AttemptState::Started && !attempt.is_unsent())
    })
}

/// R13: our own outage is not blamed on recipients. Only a run that was cut off raises the guard; whether a step
/// has to wait for it is decided in the core, and first attempts of new messages do not.
fn raise_guard(shared: &Shared) {
    let until = shared.clock.now().plus_millis(shared.options.timers.outage_guard_ms);
    shared.guard_until.store(until.as_millis(), Ordering::Relaxed);
}

/// Hands work to the message's loop, waiting while it is full.
fn send(shared: &Shared, message: &Message, mut work: Work) -> Result<(), StoreFailure> {
    loop {
        match shared.send(shared.loop_of_message(message.id), work) {
            Ok(()) => return Ok(()),
            Err(back) => work = back,
        }
        alive(shared)?;
        std::thread::sleep(PAUSE);
    }
}

fn alive(shared: &Shared) -> Result<(), StoreFailure> {
    match shared.health.failure() {
        Some(why) => Err(StoreFailure::Stopped(why.to_string())),
        None if shared.health.is_stopping() => Err(StoreFailure::Closed),
        None => Ok(()),
    }
}
