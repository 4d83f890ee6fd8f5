//! What goes into the table and comes out of it, as data.

use bytes::Bytes;

use super::key::{Key, ToTag};
use crate::message::Message;
use crate::method::Method;
use crate::status::StatusCode;

/// A request of somebody else, until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerId(pub(super) Key);

/// A request of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId(pub(super) Key);

/// Something to be done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output<F> {
    /// Write these octets to the flow.
    Send {
        /// Where to.
        flow: F,
        /// One message.
        octets: Bytes,
        /// The request of ours that it is, for [`unsent`](super::Transactions::unsent); `None` for answers and ACKs.
        of: Option<ClientId>,
    },
    /// Somebody wants something, said once however often it came:
    /// [`respond`](super::Transactions::respond) is owed, within 64 times T1 but for an INVITE.
    Request {
        /// To answer it by.
        id: ServerId,
        /// For the To of every answer.
        to_tag: ToTag,
        /// The request.
        message: Message,
        /// Where it came from.
        flow: F,
    },
    /// An ACK of a 2xx, each time it comes. It belongs to a dialog; nothing answers it.
    Ack {
        /// The ACK.
        message: Message,
        /// Where it came from.
        flow: F,
    },
    /// An INVITE is no longer wanted: answer it with 487, unless a 2xx is already decided. Said once; the CANCEL itself
    /// is answered.
    Cancel {
        /// The INVITE.
        of: ServerId,
    },
    /// An answer to a request of ours that is not its end: a provisional one; for an INVITE each 2xx after the first,
    /// to be acknowledged likewise.
    Response {
        /// The request.
        id: ClientId,
        /// The caller's.
        token: u64,
        /// The answer.
        message: Message,
    },
    /// The end of a request of ours: exactly one for each that was taken.
    Ended {
        /// The caller's.
        token: u64,
        /// How.
        verdict: Verdict,
    },
}

/// How a request of ours ended.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is made to be taken apart at once, and nearly all are answers"
)]
pub enum Verdict {
    /// With this final answer. A failure of an INVITE is acknowledged already, a 2xx is not.
    Answered(Message),
    /// Not one octet of it left.
    NeverSent,
    /// It left, or may have, and no final answer came: whether it arrived is unknown.
    Silent,
}

/// A request to be sent.
#[derive(Debug)]
pub struct Outgoing<'a, F> {
    /// Comes back with everything that is said about it.
    pub token: u64,
    /// Its method; ACK is none, as no transaction begins with it.
    pub method: Method<'a>,
    /// The branch of its topmost Via: see [`branch`](super::Transactions::branch). A CANCEL has that of its INVITE.
    pub branch: &'a [u8],
    /// The whole request.
    pub octets: Bytes,
    /// Where to.
    pub flow: F,
    /// Whether the flow is a stream.
    pub reliable: bool,
}

/// Why something was not taken. Nothing was sent, nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There is no such transaction any more: it was answered, or it is too late to answer it.
    #[error("the transaction is over")]
    Over,
    /// A status that may not be sent here: a provisional one or 408 to anything but an INVITE (RFC 4320), none between
    /// 100 and 699, or any after a final one.
    #[error("{0} is no answer to this request in this state")]
    Status(StatusCode),
    /// The table is full: back-pressure, not an outcome.
    #[error("too many transactions")]
    Full,
    /// The branch is in use, or an ACK, which is sent without a transaction.
    #[error("no transaction can begin with this")]
    Unfit,
}
