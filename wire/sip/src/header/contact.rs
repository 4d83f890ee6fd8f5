//! Contact (RFC 3261 20.10), with what registration and outbound add to it (RFC 5626, RFC 3840).

use crate::header::{NameAddr, Seconds, Value};

/// One element of a Contact.
#[derive(Debug, Clone, Copy)]
pub enum Contact<'a> {
    /// `*`: all bindings, in a REGISTER that takes them away (10.2.2).
    All,
    /// An address.
    At(NameAddr<'a>),
}

impl<'a> Contact<'a> {
    /// The address; `None` for `*`.
    #[must_use]
    pub const fn address(&self) -> Option<NameAddr<'a>> {
        match self {
            Self::All => None,
            Self::At(address) => Some(*address),
        }
    }

    /// The `expires` of this element alone. `None`: not there, or no number, which is the same (10.2.1.1).
    #[must_use]
    pub fn expires(&self) -> Option<Seconds> {
        self.value("expires").and_then(Seconds::read)
    }

    /// `q` in thousandths, 0 to 1000; 1000 when it is not there or no `qvalue`.
    #[must_use]
    pub fn q(&self) -> u16 {
        self.value("q").and_then(thousandths).unwrap_or(1000)
    }

    /// `+sip.instance` without its angle brackets: which device this is (RFC 5626 4.1).
    #[must_use]
    pub fn instance(&self) -> Option<&'a [u8]> {
        let value = self.value("+sip.instance")?;
        value.strip_prefix(b"<")?.strip_suffix(b">").filter(|urn| !urn.is_empty())
    }

    /// `reg-id`: which flow of the device, from 1 (RFC 5626 4.2).
    #[must_use]
    pub fn reg_id(&self) -> Option<u32> {
        self.value("reg-id").and_then(Seconds::read).map(|number| number.0).filter(|number| *number != 0)
    }

    fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.address().and_then(|address| address.params.value(name))
    }
}

impl<'a> Value<'a> for Contact<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        match value {
            b"*" => Some(Self::All),
            _ => NameAddr::read(value).map(Self::At),
        }
    }
}

/// `qvalue`: 0 or 1, with at most three decimals.
fn thousandths(value: &[u8]) -> Option<u16> {
    let (whole, decimals) = match value {
        [whole @ (b'0' | b'1')] => (*whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', decimals @ ..] if decimals.len() <= 3 => (*whole, decimals),
        _ => return None,
    };
    let mut places = decimals.iter().chain(core::iter::repeat(&b'0')).take(3);
    let parts = places.try_fold(u16::from(whole - b'0'), |sum, digit| {
        digit.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u16::from(digit - b'0')))
    })?;
    (parts <= 1000).then_some(parts)
}
