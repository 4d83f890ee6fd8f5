//! How often one source may be wrong about a password. Only failures count and only failures are slowed: right
//! credentials are never held up by what others behind the same address do, and no source is ever shut out.
//!
//! Each source has a budget of failures that fills again evenly, kept as one moment: when all its failures will be
//! paid for (the generic cell rate algorithm). A source that has paid is not kept at all.

use super::counters::Counters;
use super::network::network_of;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Sources that are remembered, about 150 octets each. Beyond it the ones that have the least to pay are forgotten.
const SOURCES_MAX: usize = 16_384;
/// A source is one IPv4 address, or 64 bits of IPv6: whoever has one address of such a network has them all.
const SOURCE: (usize, usize) = (4, 8);

/// How many logins of one source may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many at once, 1 and more; beyond that a failure is answered with 503.
    pub failures: u32,
    /// Within this time a budget that is used up is whole again.
    pub window: Duration,
}

/// What a failed login is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The question again.
    Ask,
    /// 503: come again after this.
    Slow {
        /// Whole when it has passed: the next failure is within the budget.
        wait: Duration,
        /// The first one beyond the budget, which is worth a line in the log.
        first: bool,
    },
}

/// The sources that have failed lately.
#[derive(Debug)]
pub(super) struct Guard {
    budget: Budget,
    /// When each source has paid for its failures.
    paid: HashMap<IpAddr, Duration>,
    /// The same by time, so that who has paid is found at once.
    by_time: BTreeSet<(Duration, IpAddr)>,
    most: usize,
    counters: Arc<Counters>,
}

impl Guard {
    pub(super) fn new(budget: Budget, counters: Arc<Counters>) -> Self {
        Self { budget, paid: HashMap::new(), by_time: BTreeSet::new(), most: SOURCES_MAX, counters }
    }

    /// A login of this peer failed at `now`, on a clock that only goes forward.
    pub(super) fn failed(&mut self, peer: IpAddr, now: Duration) -> Pace {
        self.forget_paid(now);
        let (source, window) = (network_of(peer, SOURCE), self.budget.window);
        let price = window / self.budget.failures.max(1);
        let before = self.paid.get(&source).copied().unwrap_or(now);
        let paid = before + price;
        // What is owed beyond two windows is let go: whoever stops to fail is soon like everybody else.
        self.put(source, paid.min(now + window * 2));
        self.counters.failed.one();
        let Some(wait) = paid.checked_sub(now + window).filter(|over| !over.is_zero()) else {
            return Pace::Ask;
        };
        self.counters.slowed.one();
        Pace::Slow { wait, first: before <= now + window }
    }

    fn put(&mut self, source: IpAddr, paid: Duration) {
        if let Some(before) = self.paid.insert(source, paid) {
            self.by_time.remove(&(before, source));
        }
        self.by_time.insert((paid, source));
        if self.paid.len() > self.most {
            self.forget_first();
        }
    }

    fn forget_paid(&mut self, now: Duration) {
        while self.by_time.first().is_some_and(|(paid, _)| *paid <= now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, source)) = self.by_time.pop_first() {
            self.paid.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const BUDGET: Budget = Budget { failures: 3, window: Duration::from_secs(60) };

    fn peer(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(n))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn slow(seconds: u64, first: bool) -> Pace {
        Pace::Slow { wait: at(seconds), first }
    }

    #[test]
    fn a_budget_of_failures_then_each_waits_for_its_turn() {
        let mut guard = Guard::new(BUDGET, Arc::default());
        assert_eq!([(); 3].map(|()| guard.failed(peer(1), at(5))), [Pace::Ask; 3]);
        assert_eq!(guard.failed(peer(1), at(5)), slow(20, true));
        assert_eq!(guard.failed(peer(1), at(5)), slow(40, false));
        assert_eq!(guard.failed(peer(2), at(5)), Pace::Ask, "another source has its own");
    }

    #[test]
    fn the_budget_fills_again_evenly() {
        let mut guard = Guard::new(BUDGET, Arc::default());
        for _ in 0..3 {
            guard.failed(peer(1), at(0));
        }
        assert_eq!(guard.failed(peer(1), at(20)), Pace::Ask, "a third of the window, one failure");
        assert_eq!(guard.failed(peer(1), at(21)), slow(19, true));
        assert_eq!(guard.failed(peer(1), at(39)), slow(21, false), "also what was refused is to be paid for");
        assert_eq!([(); 3].map(|()| guard.failed(peer(1), at(161))), [Pace::Ask; 3], "and then it is whole");
    }

    #[test]
    fn who_never_stops_owes_two_windows_and_no_more() {
        let mut guard = Guard::new(BUDGET, Arc::default());
        for _ in 0..10_000 {
            guard.failed(peer(1), at(0));
        }
        assert_eq!(guard.failed(peer(1), at(0)), slow(80, false));
        assert_eq!(guard.failed(peer(1), at(120)), Pace::Ask);
    }

    #[test]
    fn who_has_paid_is_not_kept_and_the_rest_is_bounded() {
        let mut guard = Guard::new(BUDGET, Arc::default());
        guard.most = 100;
        for _ in 0..6 {
            guard.failed(peer(0), at(0));
        }
        for n in 1..10_000 {
            assert_eq!(guard.failed(peer(n), at(0)), Pace::Ask);
            assert!(guard.paid.len() <= 100 && guard.by_time.len() == guard.paid.len());
        }
        assert_eq!(
            guard.failed(peer(0), at(0)),
            slow(80, false),
            "a crowd does not make it forget the worst"
        );
        guard.failed(peer(1), at(1000));
        assert_eq!((guard.paid.len(), guard.by_time.len()), (1, 1));
    }

    #[test]
    fn a_network_of_ipv6_and_a_mapped_address_are_one_source_each() {
        let mut guard = Guard::new(BUDGET, Arc::default());
        let inside = ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::9"];
        let mapped = ["::ffff:192.0.2.1", "192.0.2.1", "::ffff:c000:201"];
        for text in inside.into_iter().chain(mapped) {
            assert_eq!(guard.failed(text.parse().unwrap(), at(0)), Pace::Ask);
        }
        for text in ["2001:db8::3", "192.0.2.1"] {
            assert_eq!(guard.failed(text.parse().unwrap(), at(0)), slow(20, true));
        }
        assert_eq!(guard.failed("2001:db8:0:1::1".parse().unwrap(), at(0)), Pace::Ask);
    }
}
