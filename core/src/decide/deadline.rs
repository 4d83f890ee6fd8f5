//! When an attempt counts as not delivered (R4), and when a failed one may be tried again (R9).
//! The lifecycle uses the same functions when a report starts the clock.

use crate::model::{Attempt, AttemptKind, Message, Presence, Service, Time, Timers};

/// The deadline counted from hand-over: `fallback_after` for the first attempt, else the service's own.
pub(crate) fn from_hand_over(
    message: &Message,
    kind: AttemptKind,
    service: Service,
    timers: &Timers,
    now: Time,
) -> Time {
    let own = match service {
        Service::Im => timers.im_deadline_ms,
        // The SMSC gives up at the end of the validity that it was asked for; its report may take a while more.
        Service::Sms => message
            .expires_at
            .millis_since(now)
            .min(timers.sms_validity_ms)
            .saturating_add(timers.sms_grace_ms),
        Service::Mms => timers.mms_deadline_ms,
    };
    now.plus_millis(fallback_after(message, kind).unwrap_or(own).max(1))
}

/// The deadline of an IM that waits in our own queue, counted from its start (the first one starts with
/// acceptance, or with the sender's choice).
pub(super) fn in_own_queue(
    message: &Message,
    kind: AttemptKind,
    presence: Presence,
    timers: &Timers,
    now: Time,
) -> Time {
    let known_offline = presence.offline_since().is_some();
    let own = if known_offline { timers.im_offline_ms } else { timers.im_deadline_ms };
    now.plus_millis(fallback_after(message, kind).unwrap_or(own).max(1))
}

fn fallback_after(message: &Message, kind: AttemptKind) -> Option<u64> {
    message.policy.fallback_after_ms.filter(|_| kind == AttemptKind::First)
}

/// R9: 5 s x 2^n with a cap, and a jitter of 20 % that is fixed for a message and a try, so that the same
/// message gives the same decision and a thousand messages that failed together do not come back together.
pub(super) fn backoff_until(message: &Message, last: &Attempt, timers: &Timers) -> Time {
    let tries = message.marks.retries;
    let factor = 1_u64.checked_shl(u32::from(tries)).unwrap_or(u64::MAX);
    let delay = timers.backoff_ms.saturating_mul(factor).min(timers.backoff_cap_ms);
    let delay = delay.saturating_mul(80 + spread(message, tries) % 41) / 100;
    let from = last.ended_at.unwrap_or(last.started_at);
    from.plus_millis(delay.max(1))
}

/// R14: a service whose reservation was turned away is tried again after pauses that grow with each time.
pub(super) fn unpaid_until(message: &Message, last: &Attempt, timers: &Timers) -> Time {
    let before = message.attempts.iter().filter(|attempt| {
        attempt.n < last.n && attempt.service == last.service && attempt.unpaid().is_some()
    });
    let tries = u8::try_from(before.count()).unwrap_or(u8::MAX);
    growing(timers, tries, last.ended_at.unwrap_or(last.started_at))
}

/// R9's pauses without the jitter, counted from `from`.
pub(crate) fn growing(timers: &Timers, tries: u8, from: Time) -> Time {
    let factor = 1_u64.checked_shl(u32::from(tries)).unwrap_or(u64::MAX);
    let delay = timers.backoff_ms.saturating_mul(factor).min(timers.backoff_cap_ms);
    from.plus_millis(delay.max(1))
}

/// A number that depends on the message and the try alone (FNV-1a).
fn spread(message: &Message, tries: u8) -> u64 {
    let bytes = message.id.to_bytes().into_iter().chain([tries]);
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }) >> 32
}
