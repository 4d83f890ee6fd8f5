//! The host part of a URI or a Via (RFC 3261 25.1), with IPv6 as RFC 5118 and RFC 5954 want it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    /// Reads a host. `None`: neither a name of letters, digits, `-`, `_` and `.`, nor an address; IPv6 without its
    /// brackets is none (RFC 5118 4.2).
    #[must_use]
    pub fn read(octets: &'a [u8]) -> Option<Self> {
        if let [b'[', inside @ .., b']'] = octets {
            return read_v6(text(inside)?).map(Self::V6);
        }
        let last = octets.last()?;
        if last.is_ascii_digit()
            && let Some(address) = text(octets).and_then(|text| text.parse().ok())
        {
            return Some(Self::V4(address));
        }
        octets.iter().all(|octet| is_name(*octet)).then_some(Self::Name(octets))
    }

    /// Reads `host [":" port]`, as it stands in a URI. `None`: one of the two is wrong, or more follows.
    pub(crate) fn read_with_port(octets: &'a [u8]) -> Option<(Self, Option<u16>)> {
        let end = match octets {
            [b'[', ..] => memchr::memchr(b']', octets)?.checked_add(1)?,
            _ => octets.iter().position(|octet| *octet == b':').unwrap_or(octets.len()),
        };
        let (host, port) = octets.split_at_checked(end)?;
        let host = Self::read(host)?;
        match port {
            [] => Some((host, None)),
            [b':', digits @ ..] => Some((host, Some(read_port(digits)?))),
            _ => None,
        }
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
        let dotted: Ipv4Addr = dotted.parse().ok()?;
        format!("{head}{dotted}").parse().ok()
    })
}

/// A port in at most five digits.
pub(crate) fn read_port(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 {
        return None;
    }
    crate::octets::decimal(digits).and_then(|port| u16::try_from(port).ok())
}

const fn is_name(octet: u8) -> bool {
    // An underscore is in no standard and in many networks.
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_')
}

fn text(octets: &[u8]) -> Option<&str> {
    core::str::from_utf8(octets).ok()
}
