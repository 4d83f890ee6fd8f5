//! Connections of peers that nobody knows yet: only so many of one network, and the last tenth of all is not for them
//! (reliability 3.4). Who has logged in, or is trusted, is no stranger.

use crate::sip::counters::Counters;
use crate::sip::network::network_of;
use crate::sip::options::Limits;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A network is 24 bits of an IPv4 address, and 56 of an IPv6 address.
const NETWORK: (usize, usize) = (3, 7);

/// All of them.
#[derive(Debug)]
pub(in crate::sip) struct Strangers {
    trusted: Vec<IpAddr>,
    of_one_network: usize,
    of_all: usize,
    count: Mutex<Count>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Count {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A connection that counts as a stranger's, until this is dropped.
#[derive(Debug)]
struct Stranger {
    network: IpAddr,
    among: Arc<Strangers>,
}

/// Whether somebody is known by a connection.
#[derive(Debug, Default)]
pub(in crate::sip) struct Standing(Mutex<Option<Stranger>>);

impl Strangers {
    pub(in crate::sip) fn new(trusted: Vec<IpAddr>, limits: &Limits, counters: Arc<Counters>) -> Arc<Self> {
        Arc::new(Self {
            trusted,
            of_one_network: limits.strangers,
            of_all: limits.connections.saturating_sub(limits.connections / 10),
            count: Mutex::default(),
            counters,
        })
    }

    /// Whether the operator does.
    pub(in crate::sip) fn trust(&self, peer: IpAddr) -> bool {
        self.trusted.contains(&peer.to_canonical())
    }

    /// A peer has connected. Nothing when too many are there that nobody knows.
    pub(in crate::sip) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Standing> {
        if self.trust(peer) {
            return Some(Standing::default());
        }
        let network = network_of(peer, NETWORK);
        let mut count = lock(&self.count);
        let here = count.by_network.get(&network).copied().unwrap_or(0);
        if here >= self.of_one_network || count.all >= self.of_all {
            self.counters.turned_away.one();
            return None;
        }
        count.all += 1;
        count.by_network.insert(network, here + 1);
        Some(Standing(Mutex::new(Some(Stranger { network, among: Arc::clone(self) }))))
    }
}

impl Standing {
    /// Somebody has logged in by the connection.
    pub(in crate::sip) fn know(&self) {
        let stranger = lock(&self.0).take();
        drop(stranger);
    }

    pub(in crate::sip) fn is_known(&self) -> bool {
        lock(&self.0).is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut count = lock(&self.among.count);
        count.all = count.all.saturating_sub(1);
        let left = count.by_network.get(&self.network).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            count.by_network.remove(&self.network);
        } else {
            count.by_network.insert(self.network, left);
        }
    }
}

/// Counting does not break off half way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Options;

    fn strangers(of_one_network: usize, connections: usize) -> Arc<Strangers> {
        let limits = Limits { strangers: of_one_network, connections, ..Options::new("a", "a").limits };
        Strangers::new(vec![ip("192.0.2.200")], &limits, Arc::default())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_so_many_and_another_has_its_own() {
        let all = strangers(2, 1000);
        let (first, _second) = (all.admit(ip("192.0.2.1")), all.admit(ip("192.0.2.2")));
        assert!(all.admit(ip("::ffff:192.0.2.3")).is_none(), "the same network, however it is written");
        assert!(all.admit(ip("192.0.3.1")).is_some());
        assert!(all.admit(ip("192.0.2.200")).unwrap().is_known(), "a trusted peer is no stranger");
        let _inside = ["2001:db8::1", "2001:db8:0:ff::1"].map(|text| all.admit(ip(text)).unwrap());
        assert!(all.admit(ip("2001:db8:0:7::9")).is_none(), "56 bits of IPv6");
        assert!(all.admit(ip("2001:db8:0:100::1")).is_some());
        assert_eq!(all.counters.turned_away(), 2);
        drop(first);
        assert!(all.admit(ip("192.0.2.3")).is_some(), "who leaves makes room");
    }

    #[test]
    fn who_is_known_makes_room_once() {
        let all = strangers(1, 1000);
        let anna = all.admit(ip("192.0.2.1")).unwrap();
        assert!(!anna.is_known() && all.admit(ip("192.0.2.2")).is_none());
        anna.know();
        anna.know();
        assert!(anna.is_known());
        let bo = all.admit(ip("192.0.2.2")).unwrap();
        drop(anna);
        assert!(all.admit(ip("192.0.2.3")).is_none(), "Bo is there still");
        drop(bo);
        assert_eq!(lock(&all.count).by_network.len(), 0, "nothing is kept of who is gone");
    }

    #[test]
    fn the_last_tenth_is_not_for_strangers() {
        let all = strangers(1000, 20);
        let there: Vec<_> = (0..18).map(|n| all.admit(ip(&format!("10.0.{n}.1"))).unwrap()).collect();
        assert!(all.admit(ip("10.1.0.1")).is_none());
        there[0].know();
        assert!(all.admit(ip("10.1.0.1")).is_some());
    }

    #[test]
    fn a_thousand_times_the_bound_keeps_no_more_than_the_bound() {
        let all = strangers(64, 1_000_000);
        let kept: Vec<_> = (0..64_000).filter_map(|_| all.admit(ip("192.0.2.1"))).collect();
        assert_eq!((kept.len(), all.counters.turned_away()), (64, 63_936));
    }
}
