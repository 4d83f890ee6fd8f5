//! The data types of AVPs that we use (RFC 6733 4.2, 4.3).

use super::Avps;
use crate::fault::{Fault, What};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A data type.
pub trait Kind {
    /// What it is for us, borrowed from the message.
    type Value<'a>;

    /// Reads an AVP's data.
    ///
    /// # Errors
    /// [`Fault`] when they are not of this type.
    fn read(data: &[u8]) -> Result<Self::Value<'_>, Fault>;

    /// Appends the data.
    fn write(value: Self::Value<'_>, out: &mut Vec<u8>);
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident = $number:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Kind for $name {
            type Value<'a> = $number;

            fn read(data: &[u8]) -> Result<$number, Fault> {
                Ok(<$number>::from_be_bytes(data.try_into().map_err(|_| LENGTH)?))
            }

            fn write(value: $number, out: &mut Vec<u8>) {
                out.extend_from_slice(&value.to_be_bytes());
            }
        }
    )*};
}

const LENGTH: Fault = Fault::of_message(What::AvpLength);
const VALUE: Fault = Fault::of_message(What::Value);

numbers! {
    /// Unsigned32.
    U32 = u32;
    /// Unsigned64.
    U64 = u64;
    /// Integer32, and Enumerated.
    I32 = i32;
    /// Integer64.
    I64 = i64;
}

/// OctetString.
#[derive(Debug)]
pub enum Octets {}

impl Kind for Octets {
    type Value<'a> = &'a [u8];

    fn read(data: &[u8]) -> Result<&[u8], Fault> {
        Ok(data)
    }

    fn write(value: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(value);
    }
}

/// UTF8String and DiameterIdentity.
#[derive(Debug)]
pub enum Text {}

impl Kind for Text {
    type Value<'a> = &'a str;

    fn read(data: &[u8]) -> Result<&str, Fault> {
        std::str::from_utf8(data).map_err(|_| VALUE)
    }

    fn write(value: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(value.as_bytes());
    }
}

/// Seconds since 1900, as NTP counts them: 32 bits, which begin again in 2036 (RFC 6733 4.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp(pub u32);

/// From 1900 to 1970, in seconds.
const TO_UNIX: u64 = 2_208_988_800;

/// Timestamps below this are after 7 February 2036: so far back nothing was ever charged.
const SECOND_ERA: u32 = 0x8000_0000;

impl Timestamp {
    /// Of seconds since 1970.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        Self(u32::try_from(seconds.wrapping_add(TO_UNIX) & 0xFFFF_FFFF).unwrap_or_default())
    }

    /// In seconds since 1970.
    #[must_use]
    pub fn to_unix(self) -> u64 {
        let era = if self.0 < SECOND_ERA { 1 << 32 } else { 0 };
        (u64::from(self.0) + era).saturating_sub(TO_UNIX)
    }
}

/// Time.
#[derive(Debug)]
pub enum Time {}

impl Kind for Time {
    type Value<'a> = Timestamp;

    fn read(data: &[u8]) -> Result<Timestamp, Fault> {
        U32::read(data).map(Timestamp)
    }

    fn write(value: Timestamp, out: &mut Vec<u8>) {
        U32::write(value.0, out);
    }
}

/// Address, of the families IPv4 (1) and IPv6 (2).
#[derive(Debug)]
pub enum Address {}

impl Kind for Address {
    type Value<'a> = IpAddr;

    fn read(data: &[u8]) -> Result<IpAddr, Fault> {
        match data.split_first_chunk::<2>() {
            Some(([0, 1], octets)) => {
                octets.try_into().map(|octets: [u8; 4]| Ipv4Addr::from(octets).into()).map_err(|_| LENGTH)
            }
            Some(([0, 2], octets)) => {
                octets.try_into().map(|octets: [u8; 16]| Ipv6Addr::from(octets).into()).map_err(|_| LENGTH)
            }
            Some(_) => Err(VALUE),
            None => Err(LENGTH),
        }
    }

    fn write(value: IpAddr, out: &mut Vec<u8>) {
        match value {
            IpAddr::V4(address) => {
                out.extend_from_slice(&[0, 1]);
                out.extend_from_slice(&address.octets());
            }
            IpAddr::V6(address) => {
                out.extend_from_slice(&[0, 2]);
                out.extend_from_slice(&address.octets());
            }
        }
    }
}

/// Grouped: AVPs inside an AVP.
#[derive(Debug)]
pub enum Grouped {}

impl Kind for Grouped {
    type Value<'a> = Avps<'a>;

    fn read(data: &[u8]) -> Result<Avps<'_>, Fault> {
        Avps::parse(data)
    }

    fn write(value: Avps<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(value.0);
    }
}
