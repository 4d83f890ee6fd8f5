//! SIP (RFC 3261) without I/O: messages, header values, URIs, and how streams, datagrams and WebSocket frames are cut.
//!
//! * [`Incoming`] is what comes out of octets, by way of [`StreamFramer`], [`read_datagram`] or [`read_frame`]: a
//!   [`Message`], a [`Refusal`] that knows its own answer, or a keep-alive.
//! * [`Message`] owns its octets and keeps only places in them. What every message must have was read before anybody
//!   holds one; any other header is read when it is asked for, by the [grammar](header::Value) that the asker names.
//! * [`Writer`] writes requests and answers, and can't be made to write two.
//!
//! Values are octets, never text: one Latin-1 letter in a Subject costs nobody a message. What two readers could
//! understand differently (a line end that is none, two lengths) is refused instead of guessed.
//!
//! What a status or a header *means* for a message is no business of this crate.

pub mod digest;
mod fault;
mod head;
pub mod header;
mod incoming;
mod limits;
mod message;
mod method;
mod name;
mod octets;
mod status;
mod stun;
pub mod transaction;
pub mod uri;
mod write;

pub use fault::Fault;
pub use head::Field;
pub use incoming::{Incoming, Refusal, StreamFramer, read_datagram, read_frame};
pub use limits::Limits;
pub use message::{BadHeader, Message, StartLine};
pub use method::Method;
pub use name::{FieldName, HeaderName};
pub use status::StatusCode;
pub use stun::stun_answer;
pub use write::{Target, Unwritable, Writer};

/// A keep-alive of ours that wants a [`PONG`] back (RFC 5626 4.4.1).
pub const PING: &[u8] = b"\r\n\r\n";

/// The answer to an [`Incoming::Ping`] on a stream or in a frame.
pub const PONG: &[u8] = b"\r\n";
