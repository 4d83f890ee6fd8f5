//! What a client session tells its driver.

use crate::session::Common;
use crate::{CloseReason, CommandStatus, Inbound, Request};

/// Something happened in a [`Client`](crate::Client) session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The bind is granted.
    Bound {
        /// Who the SMSC says it is.
        system_id: String,
        /// `sc_interface_version`, when it says so.
        interface_version: Option<u8>,
    },
    /// The answer to a submission.
    SubmitAnswered {
        /// The caller's.
        token: u64,
        /// The request's.
        sequence: u32,
        /// 0x58 and 0x14 are back-pressure; a `generic_nack` shows here by its status too.
        status: CommandStatus,
        /// The id exactly as given. `None` with an OK status: accepted, but nothing will be traceable.
        message_id: Option<String>,
        /// `congestion_state` (5.0), 0 to 100.
        congestion: Option<u8>,
        /// Whether [`Event::NoAnswer`] was told before.
        late: bool,
    },
    /// The answer to a cancellation.
    CancelAnswered {
        /// The caller's.
        token: u64,
        /// The request's.
        sequence: u32,
        /// 0: withdrawn.
        status: CommandStatus,
        /// Whether [`Event::NoAnswer`] was told before.
        late: bool,
    },
    /// No answer in time: the outcome is unknown. An answer may still come, then it is `late`.
    NoAnswer {
        /// The caller's.
        token: u64,
        /// What was asked.
        request: Request,
    },
    /// The session ended before the answer.
    Lost {
        /// The caller's.
        token: u64,
        /// What was asked.
        request: Request,
        /// Whether any octet of it may have reached the peer: then the outcome is unknown. False only when it
        /// certainly did not.
        left: bool,
    },
    /// A message of the peer, a receipt or other: make it durable, then
    /// [`answer_deliver`](crate::Client::answer_deliver).
    Deliver(Inbound),
    /// The session is over; nothing comes after this.
    Closed(CloseReason),
}

impl From<Common> for Event {
    fn from(common: Common) -> Self {
        match common {
            Common::NoAnswer { token, request } => Self::NoAnswer { token, request },
            Common::Lost { token, request, left } => Self::Lost { token, request, left },
            Common::Closed(reason) => Self::Closed(reason),
        }
    }
}
