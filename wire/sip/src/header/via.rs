//! Via (RFC 3261 20.42, 18.2.1; rport: RFC 3581).

use crate::header::{Params, Value};
use crate::octets::{Scan, is_space};
use crate::uri::{Host, next_port, read_port};

/// One hop that a request took.
#[derive(Debug, Clone, Copy)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS` or another token, in the peer's case.
    pub transport: &'a [u8],
    /// Where the sender says that it is.
    pub host: Host<'a>,
    /// Its port, when it is written.
    pub port: Option<u16>,
    /// Parameters, `branch` among them.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// What a branch begins with whose sender knows RFC 3261 (8.1.1.7).
    pub const COOKIE: &'static [u8] = b"z9hG4bK";

    /// The branch, when there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.value("branch")
    }

    /// Whether the branch names a transaction by itself: it begins with [`COOKIE`](Self::COOKIE) and does not end
    /// there. Otherwise a transaction is found by the rules of RFC 2543 (17.2.3).
    #[must_use]
    pub fn has_unique_branch(&self) -> bool {
        self.branch().and_then(|branch| branch.strip_prefix(Self::COOKIE)).is_some_and(|own| !own.is_empty())
    }

    /// The address that the receiver of the request saw, with or without the brackets of IPv6 (RFC 5118 4.5).
    #[must_use]
    pub fn received(&self) -> Option<core::net::IpAddr> {
        let value = self.params.value("received")?;
        let inside = value.strip_prefix(b"[").and_then(|value| value.strip_suffix(b"]")).unwrap_or(value);
        core::str::from_utf8(inside).ok()?.parse().ok()
    }

    /// Whether the sender asks for, or the receiver wrote, the port that the request came from; the port, when it is
    /// written.
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|param| param.value.and_then(read_port))
    }
}

impl<'a> Value<'a> for Via<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let name = scan.token()?;
        let version = scan.eat_spaced(b'/').then(|| scan.token())??;
        if !name.eq_ignore_ascii_case(b"SIP") || version != b"2.0" {
            return None;
        }
        let transport = scan.eat_spaced(b'/').then(|| scan.token())??;
        if !scan.peek().is_some_and(is_space) {
            return None;
        }
        scan.skip_space();
        let host = Host::next(&mut scan)?;
        let port = if scan.eat_spaced(b':') { Some(next_port(&mut scan)?) } else { None };
        let params = Params::read(scan.rest())?;
        Some(Self { transport, host, port, params })
    }
}
