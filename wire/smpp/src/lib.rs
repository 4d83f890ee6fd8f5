//! SMPP 3.4 without I/O: codec, framer, delivery receipts, and the two session machines.
//!
//! * [`Framer`] cuts a stream into [`Frame`]s, [`Pdu`] reads and writes them (its module says why the codec is ours
//!   and what it tolerates), [`CommandStatus`] names the statuses. What a status *means* for a message is no
//!   business of this crate.
//! * [`Receipt`] reads delivery receipts, [`id_candidates`] the spellings of a message id.
//! * [`Client`] is one session to an SMSC, [`Server`] one session of a peer that binds to us. Both are driven alike:
//!   octets and time in, octets, events and the next timeout out. The rule for driving stands on each type.
//!
//! Time is a [`Duration`](std::time::Duration) since any fixed origin of the caller, and only has to be monotonic.
//!
//! Absent on purpose: sockets, TLS, reconnecting and its back-off (they need a clock and a network: the service),
//! `submit_multi`, `replace_sm` and broadcast (answered `ESME_RINVCMDID`), and the reading of
//! `alert_notification` and `outbind` (heard and ignored).

mod address;
mod client;
mod command;
mod frame;
mod message_id;
mod pdu;
mod receipt;
mod server;
mod session;
mod state;
mod status;
mod time;
mod tlv;

pub use address::Address;
pub use client::{Client, Event};
pub use command::CommandId;
pub use frame::{BadLength, Frame, Framer, HEADER_LEN, Header, MAX_PDU_BOUND, MAX_PDU_UNBOUND};
pub use message_id::id_candidates;
pub use pdu::{
    Bind, BindMode, BindResp, CancelSm, EncodeError, EsmClass, MessageKind, Pdu, QuerySm, QuerySmResp,
    Refusal, ShortMessage, SubmitResp,
};
pub use receipt::{LocalDate, NetworkError, Receipt, ReceiptState};
pub use server::{BindRequest, CancelRequest, OwnedAddress, QueryRequest, Server, ServerEvent};
pub use session::{
    CloseReason, Counters, Farewell, Inbound, Request, SendError, Session, SessionConfig, State,
    UnknownSequence,
};
pub use state::MessageState;
pub use status::CommandStatus;
pub use time::{RELATIVE_MAX, SmppTime, relative_time};
pub use tlv::{Tag, TlvBuf, TlvIter, Tlvs};
