//! The configuration: one TOML file, read whole, refused whole.
//!
//! Every key has a type, a unit, a default and a bound; a fault names its line and the nearest right key, and all
//! faults are told at once. The page `docs/manual/configuration.md` describes each key; a test holds the two together.

mod charging;
mod duration;
mod read;
mod records;
mod sections;
mod sip;
mod warnings;

pub(crate) use charging::{ChargingKind, ChargingSection};
pub(crate) use read::read;
pub(crate) use sections::{Config, LogFormat, LogSection, RouteSection};
pub(crate) use warnings::warnings;
