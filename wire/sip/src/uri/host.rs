//! The host part of a URI or a Via (RFC 3261 25.1), with IPv6 as RFC 5118 and RFC 5954 want it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::octets::{HOST, Scan, decimal};

/// Where something is.
#[derive(Debug, Clone, Copy)]
pub enum Host<'a> {
    /// A name, in the spelling of the peer.
    Name(&'a [u8]),
    /// Four numbers.
    V4(Ipv4Addr),
    /// What stood in square brackets.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads a host with nothing behind it. `None`: neither a name of letters, digits, `-`, `_` and `.`, nor an
    /// address; IPv6 without its brackets is none (RFC 5118 4.2).
    #[must_use]
    pub fn read(octets: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(octets);
        Self::next(&mut scan).filter(|_| scan.is_empty())
    }

    /// Reads the host that is next.
    pub(crate) fn next(scan: &mut Scan<'a>) -> Option<Self> {
        if scan.eat(b'[') {
            let inside = scan.until(|octet| octet == b']');
            return scan.eat(b']').then(|| read_v6(text(inside)?).map(Self::V6))?;
        }
        let name = scan.some(HOST)?;
        Some(read_v4(name).map_or(Self::Name(name), Self::V4))
    }

    /// The address, when it is one.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(address)),
            Self::V6(address) => Some(IpAddr::V6(address)),
        }
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

/// Names are compared without case (RFC 3261 19.1.4).
impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            (Self::V4(one), Self::V4(other)) => one == other,
            (Self::V6(one), Self::V6(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Host<'_> {}

/// The grammar of RFC 3261 puts a third colon before the dotted part behind `::`. No other text has it, so there is
/// nothing to mix it up with (RFC 5118 4.10 wants both taken).
fn read_v6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok().or_else(|| {
        let (head, dotted) = text.rsplit_once(':').filter(|(head, _)| head.ends_with("::"))?;
        let dotted = read_v4(dotted.as_bytes())?;
        format!("{head}{dotted}").parse().ok()
    })
}

/// The port that is next.
pub(crate) fn next_port(scan: &mut Scan<'_>) -> Option<u16> {
    read_port(scan.until(|octet| !octet.is_ascii_digit()))
}

/// A port in at most five digits.
pub(crate) fn read_port(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 {
        return None;
    }
    decimal(digits).and_then(|port| u16::try_from(port).ok())
}

/// Four numbers without leading zeros, which some take for octal.
fn read_v4(octets: &[u8]) -> Option<Ipv4Addr> {
    text(octets)?.parse().ok()
}

fn text(octets: &[u8]) -> Option<&str> {
    core::str::from_utf8(octets).ok()
}
