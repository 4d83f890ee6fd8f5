//! What counts as one source of requests: an address alone says little, who has one has those beside it.

use std::net::IpAddr;

/// The network that an address is in, by so many octets of an IPv4 and of an IPv6 address. One of IPv4 that is written
/// as IPv6 is the same as itself.
pub(super) fn network_of(peer: IpAddr, (v4, v6): (usize, usize)) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::from(first(address.octets(), v4)),
        IpAddr::V6(address) => IpAddr::from(first(address.octets(), v6)),
    }
}

fn first<const N: usize>(mut octets: [u8; N], count: usize) -> [u8; N] {
    octets.iter_mut().skip(count).for_each(|octet| *octet = 0);
    octets
}
