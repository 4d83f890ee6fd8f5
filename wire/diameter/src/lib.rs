//! Diameter without I/O: the codec (RFC 6733), one connection to a peer with its watchdog (RFC 3539), and the client's
//! side of credit control (RFC 8506) with the service descriptions of online charging (TS 32.299).
//!
//! * [`Framer`] cuts a stream into messages, [`Message`] reads and writes them. AVPs are read in place, each by its
//!   [`Definition`] in the [`dictionary`], which knows code, vendor and type.
//! * [`neighbour`] has the messages between neighbours, [`credit`] those to a charging system; [`ResultCode`] says
//!   what an answer means and [who must act](Actor).
//! * [`Peer`] is one connection, kept up: octets and time in, octets, events and the next timeout out.
//!
//! An AVP that nobody here knows is passed over, whatever its mandatory bit says; one that may stand once and stands
//! twice is a [`Fault`], because it would be read differently by two readers. Groups are entered only by readers that
//! know what is inside, so nothing a peer sends makes them go deeper than our own types do.
//!
//! Section numbers of TS 32.299 are from memory. Absent on purpose: SCTP, relays and redirects, accounting, and
//! sessions longer than one reservation (no UPDATE_REQUEST is ever sent).

pub mod avp;
pub mod credit;
pub mod dictionary;
mod fault;
mod frame;
mod header;
mod message;
pub mod neighbour;
mod peer;
mod result_code;

pub use avp::{AvpWriter, Avps, Definition, TooLong};
pub use fault::{Fault, What};
pub use frame::{BadLength, Framer, MESSAGE_MAX};
pub use header::{
    APPLICATION_BASE, APPLICATION_CREDIT_CONTROL, Command, Flags, HEADER_LEN, Header, VENDOR_3GPP,
};
pub use message::Message;
pub use peer::{
    CloseReason, EndToEnd, Identity, LostReason, Outgoing, Peer, PeerConfig, PeerCounters, PeerEvent,
    SendError, State, Watchdog, preferred,
};
pub use result_code::{Actor, ResultCode, Verdict};
