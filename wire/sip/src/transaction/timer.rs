//! The timers of RFC 3261 (table 4), RFC 6026 and RFC 4320 by their names, and how long each runs.

use core::time::Duration;

/// The lengths that all others are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// T1, an estimate of the round trip: 500 ms. An unanswered request is given up after 64 of it.
    pub t1: Duration,
    /// T2, the longest time between two retransmissions but of an INVITE: 4 s.
    pub t2: Duration,
    /// T4, how long a message may stay in the network: 5 s.
    pub t4: Duration,
    /// How long the user may be silent before an INVITE is answered with 100 (17.2.1): 200 ms.
    pub trying: Duration,
    /// Timer C: how long an INVITE may go on after its last provisional answer (16.6): 190 s, more than 3 min by the
    /// standard.
    pub c: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            trying: Duration::from_millis(200),
            c: Duration::from_secs(190),
        }
    }
}

/// A timer of a transaction. Those with a number double with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// An INVITE of ours is sent again.
    A(u8),
    /// Nothing was heard of it: given up.
    B,
    /// Nothing more was heard of it: given up.
    C,
    /// Further failures of it were awaited long enough.
    D,
    /// Another request of ours is sent again.
    E(u8),
    /// It was not answered: given up.
    F,
    /// A failure of an INVITE is sent again, as no ACK has come.
    G(u8),
    /// No ACK has come: given up.
    H,
    /// Further ACKs were awaited long enough.
    I,
    /// An answered request was awaited again long enough.
    J,
    /// Further answers were awaited long enough.
    K,
    /// An accepted INVITE was awaited again long enough.
    L,
    /// Further 2xx of an INVITE of ours were awaited long enough.
    M,
    /// An INVITE wants its 100.
    Trying,
    /// The user forgot an INVITE.
    Forgotten,
    /// Any other request wants its 100, but not earlier: as long as it takes a client's E to grow to T2 (RFC 4320 4.1).
    LateTrying,
    /// Any other request is too late to be answered: its client has given up (RFC 4320 4.2).
    TooLate,
}

/// The last doubling that is told apart: 128 times T1, past the end of every transaction.
pub(super) const LAST: u8 = 7;

/// Whose timer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Client,
    Server,
    Answered,
}

impl Timer {
    const SINGLE: [Self; 14] = [
        Self::B,
        Self::C,
        Self::D,
        Self::F,
        Self::H,
        Self::I,
        Self::J,
        Self::K,
        Self::L,
        Self::M,
        Self::Trying,
        Self::Forgotten,
        Self::LateTrying,
        Self::TooLate,
    ];

    /// Every timer, in the order of [`lane`](Self::lane). What ends comes before what repeats: a late clock sends
    /// nothing for what is over.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let doubling = (0..=LAST).flat_map(|n| [Self::A(n), Self::E(n), Self::G(n)]);
        Self::SINGLE.into_iter().chain(doubling)
    }

    /// Its number among all.
    pub(super) fn lane(self) -> usize {
        let single = Self::SINGLE.iter().position(|it| *it == self);
        let doubling = |n: u8, which: usize| {
            usize::from(n.min(LAST))
                .saturating_mul(3)
                .saturating_add(which)
                .saturating_add(Self::SINGLE.len())
        };
        match self {
            Self::A(n) => doubling(n, 0),
            Self::E(n) => doubling(n, 1),
            Self::G(n) => doubling(n, 2),
            _ => single.unwrap_or_default(),
        }
    }

    /// One doubling further.
    pub(super) const fn doubled(n: u8) -> u8 {
        if n < LAST { n.saturating_add(1) } else { LAST }
    }

    /// Whether it sends something and the transaction goes on; the others end it, or a part of it.
    pub(super) const fn repeats(self) -> bool {
        matches!(self, Self::A(_) | Self::E(_) | Self::G(_) | Self::Trying)
    }

    pub(super) const fn owner(self) -> Owner {
        match self {
            Self::A(_) | Self::B | Self::C | Self::D | Self::E(_) | Self::F | Self::K | Self::M => {
                Owner::Client
            }
            Self::J => Owner::Answered,
            _ => Owner::Server,
        }
    }

    /// How long it runs, in milliseconds; never 0, which a reliable flow makes of some without a timer.
    pub(super) fn length(self, timers: &Timers) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let (t1, t2) = (millis(timers.t1), millis(timers.t2));
        let end = t1.saturating_mul(64);
        let doubled = |n: u8| t1.saturating_mul(1_u64.checked_shl(u32::from(n)).unwrap_or(u64::MAX));
        let late = (0..LAST).map(doubled).take_while(|wait| *wait < t2).sum::<u64>().clamp(1, end);
        match self {
            Self::A(n) => doubled(n),
            // A provisional answer sends E to its last step at once.
            Self::E(LAST) => t2,
            Self::E(n) | Self::G(n) => doubled(n).min(t2),
            Self::B | Self::D | Self::F | Self::H | Self::J | Self::L | Self::M => end,
            Self::C | Self::Forgotten => millis(timers.c),
            Self::I | Self::K => millis(timers.t4),
            Self::Trying => millis(timers.trying),
            Self::LateTrying => late,
            Self::TooLate => end.saturating_sub(late).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timer_has_a_lane_of_its_own_and_runs_for_some_time() {
        for (place, timer) in Timer::all().enumerate() {
            assert_eq!(timer.lane(), place, "{timer:?}");
            let at_once = Duration::ZERO;
            let none = Timers { t1: at_once, t2: at_once, t4: at_once, trying: at_once, c: at_once };
            assert!(timer.length(&none) > 0, "{timer:?}");
        }
    }
}
