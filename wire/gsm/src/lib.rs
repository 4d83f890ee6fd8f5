//! Text of short messages: how characters become octets and octets become parts.
//!
//! A price is counted in parts, so the count and the encoder must be one piece of code: [`plan`] counts with the
//! very cutter that [`segments`] encodes with. Everything here is a pure function of its arguments.
//!
//! * [`Encoding`]: the GSM 7-bit default alphabet with its extension table (3GPP TS 23.038 6.2.1) and UCS-2
//!   (UTF-16 big endian), [`Encoding::choose`] takes GSM-7 when nothing is lost and UCS-2 otherwise.
//! * [`plan`] and [`segments`]: 160/153/152 and 70/67/66 units a part (TS 23.040 9.2.3.24.1), at most 255 parts.
//! * [`UserData`] and [`Concatenation`]: the user data header of messages that come in, for reassembly.
//! * [`decode_data_coding`]: text of an incoming message by its SMPP `data_coding`.
//!
//! Octets are *unpacked*: one octet a septet, as SMPP carries them.
//!
//! Absent on purpose: national language shift tables (a text that needs one is sent as UCS-2), packed septets,
//! cutting at grapheme boundaries (it would cost parts, that is money), and allocation of references (it needs
//! state per recipient, which the caller has).

mod alphabet;
mod encoding;
mod segment;
mod udh;

pub use encoding::{Charset, Encoding, decode_data_coding};
pub use segment::{MAX_PARTS, Plan, RefWidth, Segment, TooLong, plan, segments};
pub use udh::{Concatenation, Element, Elements, Reference, UserData};
