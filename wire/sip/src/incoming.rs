//! What comes in: messages, refusals that can be answered, keep-alives. One file a transport's way to cut them.

mod body;
mod datagram;
mod stream;
mod websocket;

use crate::fault::Fault;
use crate::head::Head;
use crate::message::Message;
use crate::method::Method;
use crate::status::StatusCode;

pub use datagram::read_datagram;
pub use stream::StreamFramer;
pub use websocket::read_frame;

/// One thing that a peer sent.
#[derive(Debug)]
pub enum Incoming {
    /// A whole message.
    Message(Message),
    /// Something that is none: to be answered where that is possible.
    Refused(Refusal),
    /// A keep-alive that wants a [`PONG`](crate::PONG) back (RFC 5626 4.4.1; RFC 7118 6). On datagrams nobody waits for
    /// one.
    Ping,
    /// One line end: the answer to a ping of ours, or the first half of the peer's; nothing to whoever waits for none.
    Pong,
}

/// A message that is refused, with what could be read of it.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// The stream has lost its rhythm: answer, then close. Never set for datagrams and frames.
    pub close: bool,
    pub(crate) head: Head,
}

impl Refusal {
    pub(crate) fn of(head: Head, fault: Fault, close: bool) -> Incoming {
        Incoming::Refused(Self { fault, close, head })
    }

    /// The code that it is answered with.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.fault.status()
    }

    /// The method, where it could be read.
    #[must_use]
    pub fn method(&self) -> Option<Method<'_>> {
        self.head.method()
    }
}
