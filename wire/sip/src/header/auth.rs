//! Authorization, Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate (RFC 3261 20.7, 20.44) and
//! Authentication-Info: the grammar alone. What the parameters of a scheme mean stands elsewhere.

use crate::header::Value;
use crate::header::params::{Param, read_param};
use crate::octets::{Scan, is_space};

/// A challenge or credentials: a scheme and its parameters. A field has one of them; read it with
/// [`Message::whole`](crate::Message::whole).
#[derive(Debug, Clone, Copy)]
pub struct Auth<'a> {
    /// `Digest`, or another token, in the peer's case.
    pub scheme: &'a [u8],
    /// Its parameters, one or more.
    pub params: AuthParams<'a>,
}

/// `name=value, ...`, each value quoted or not. Authentication-Info is nothing else.
#[derive(Debug, Clone, Copy)]
pub struct AuthParams<'a> {
    text: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// The parameters in their order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut scan = Scan::new(self.text);
        core::iter::from_fn(move || {
            let param = read_param(&mut scan)?;
            scan.eat_spaced(b',');
            Some(param)
        })
    }

    /// A parameter by its name, in any case. `None` also where there are two: nobody may choose which one counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Param<'a>> {
        let mut found = self.iter().filter(|param| param.name.eq_ignore_ascii_case(name.as_bytes()));
        found.next().filter(|_| found.next().is_none())
    }
}

impl<'a> Value<'a> for AuthParams<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        loop {
            read_param(&mut scan)?.value?;
            if !scan.eat_spaced(b',') {
                scan.skip_space();
                return scan.is_empty().then_some(Self { text: value });
            }
        }
    }
}

impl<'a> Value<'a> for Auth<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let scheme = scan.token()?;
        if !scan.peek().is_some_and(is_space) {
            return None;
        }
        scan.skip_space();
        Some(Self { scheme, params: AuthParams::read(scan.rest())? })
    }
}
