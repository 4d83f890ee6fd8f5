//! Attribute-value pairs (RFC 6733 4.1): read in place, written with their padding.

mod kind;
mod write;

pub use kind::{Address, Grouped, I32, I64, Kind, Octets, Text, Time, Timestamp, U32, U64};
pub use write::{AvpWriter, TooLong};

use crate::fault::{Fault, What};
use std::marker::PhantomData;

/// Most AVPs beside each other, in a message or in a group.
pub const AVPS_MAX: usize = 512;

const FLAG_VENDOR: u8 = 0x80;
const FLAG_MANDATORY: u8 = 0x40;

/// An AVP that we know: code, vendor, type, and how we write its mandatory bit.
#[derive(Debug)]
pub struct Definition<K> {
    /// Its code.
    pub code: u32,
    /// Its vendor; 0 for those of the IETF.
    pub vendor: u32,
    /// Whether we set the mandatory bit; what a peer sets is not looked at.
    pub mandatory: bool,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Definition<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Definition<K> {}

impl<K> Definition<K> {
    /// A definition; all that are used here stand in the [`dictionary`](crate::dictionary).
    #[must_use]
    pub const fn new(code: u32, vendor: u32, mandatory: bool) -> Self {
        Self { code, vendor, mandatory, kind: PhantomData }
    }

    /// A fault of this AVP.
    #[must_use]
    pub const fn fault(&self, what: What) -> Fault {
        Fault { what, code: self.code, vendor: self.vendor }
    }
}

/// One AVP, not yet interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avp<'a> {
    /// Its code.
    pub code: u32,
    /// Its vendor; 0 for those of the IETF.
    pub vendor: u32,
    /// Whether the sender insists that it is understood.
    pub mandatory: bool,
    /// Its data, without padding.
    pub data: &'a [u8],
}

/// AVPs beside each other: those of a message, or of a group. That they follow each other without a gap was checked
/// when the value was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Avps<'a>(&'a [u8]);

impl<'a> Avps<'a> {
    /// Checks that `octets` are AVPs. The padding of the last one may be missing.
    ///
    /// # Errors
    /// [`Fault`] when one is longer than what is left, or there are more than [`AVPS_MAX`].
    pub fn parse(octets: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = octets;
        for _ in 0..AVPS_MAX {
            if rest.is_empty() {
                return Ok(Self(octets));
            }
            (_, rest) = split(rest)?;
        }
        if rest.is_empty() { Ok(Self(octets)) } else { Err(Fault::of_message(What::TooOften)) }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Avp<'a>> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (avp, after) = split(rest).ok()?;
            rest = after;
            Some(avp)
        })
    }

    /// The value of the AVP that stands at most once.
    ///
    /// # Errors
    /// [`Fault`] when it stands twice, or its data are not of its type.
    pub fn get<K: Kind>(&self, definition: Definition<K>) -> Result<Option<K::Value<'a>>, Fault> {
        let mut all = self.all(definition);
        let Some(first) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(definition.fault(What::TooOften));
        }
        first.map(Some)
    }

    /// The value of the AVP that must stand once.
    ///
    /// # Errors
    /// As [`get`](Self::get), and when it is missing.
    pub fn need<K: Kind>(&self, definition: Definition<K>) -> Result<K::Value<'a>, Fault> {
        self.get(definition)?.ok_or_else(|| definition.fault(What::Missing))
    }

    /// The values of an AVP that may stand several times.
    pub fn all<K: Kind>(
        &self,
        definition: Definition<K>,
    ) -> impl Iterator<Item = Result<K::Value<'a>, Fault>> + use<'a, K> {
        self.iter().filter(move |avp| avp.code == definition.code && avp.vendor == definition.vendor).map(
            move |avp| {
                K::read(avp.data).map_err(|fault| match fault.what {
                    // A group's own AVPs are blamed by name.
                    _ if fault.code != 0 => fault,
                    what => definition.fault(what),
                })
            },
        )
    }

    /// What stands in a group that may stand once.
    ///
    /// # Errors
    /// As [`get`](Self::get), and what the reading of the group says.
    pub fn group<T: Group<'a>>(&self, definition: Definition<Grouped>) -> Result<Option<T>, Fault> {
        self.get(definition)?.map(T::read).transpose()
    }

    /// What stands in each of several groups.
    ///
    /// # Errors
    /// As [`group`](Self::group).
    pub fn groups<T: Group<'a>>(&self, definition: Definition<Grouped>) -> Result<Vec<T>, Fault> {
        self.all(definition).map(|avps| T::read(avps?)).collect()
    }

    /// A choice out of a list; `None` also for one that nobody here knows.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn choice<T: Choice>(&self, definition: Definition<I32>) -> Result<Option<T>, Fault> {
        Ok(self.get(definition)?.and_then(T::from_number))
    }
}

/// A grouped AVP as a type of ours.
pub trait Group<'a>: Sized {
    /// Reads what is inside.
    ///
    /// # Errors
    /// [`Fault`] naming the AVP to blame.
    fn read(avps: Avps<'a>) -> Result<Self, Fault>;

    /// Writes what is inside.
    fn write(&self, to: &mut AvpWriter<'_>);
}

/// An AVP of type Enumerated as a type of ours.
pub trait Choice: Copy + Sized {
    /// By its number.
    fn from_number(number: i32) -> Option<Self>;

    /// Its number.
    fn number(self) -> i32;
}

/// The first AVP of `octets`, and what follows its padding.
fn split(octets: &[u8]) -> Result<(Avp<'_>, &[u8]), Fault> {
    let bad = |code, vendor| Fault { what: What::AvpLength, code, vendor };
    let ([a, b, c, d, flags, length @ ..], after) =
        octets.split_first_chunk::<8>().ok_or_else(|| bad(0, 0))?;
    let code = u32::from_be_bytes([*a, *b, *c, *d]);
    let [e, f, g] = *length;
    let length = usize::try_from(u32::from_be_bytes([0, e, f, g])).map_err(|_| bad(code, 0))?;
    let (vendor, after, header) = if flags & FLAG_VENDOR == 0 {
        (0, after, 8_usize)
    } else {
        let (vendor, after) = after.split_first_chunk::<4>().ok_or_else(|| bad(code, 0))?;
        (u32::from_be_bytes(*vendor), after, 12)
    };
    let data_length = length.checked_sub(header).ok_or_else(|| bad(code, vendor))?;
    let (data, after) = after.split_at_checked(data_length).ok_or_else(|| bad(code, vendor))?;
    let padding = data_length.next_multiple_of(4).saturating_sub(data_length).min(after.len());
    let (_, rest) = after.split_at_checked(padding).unwrap_or_default();
    Ok((Avp { code, vendor, mandatory: flags & FLAG_MANDATORY != 0, data }, rest))
}
