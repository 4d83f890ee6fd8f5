//! What a server session tells its driver.

use std::fmt;

use crate::session::Common;
use crate::{Address, Bind, BindMode, CancelSm, CloseReason, CommandStatus, Inbound, QuerySm};

/// Something happened in a [`Server`](crate::Server) session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// The peer asks to bind: [`answer_bind`](crate::Server::answer_bind).
    Bind(BindRequest),
    /// A `submit_sm` (or a `data_sm`): [`answer_submit`](crate::Server::answer_submit) when it is durable.
    Submit(Inbound),
    /// A `cancel_sm`: [`answer_cancel`](crate::Server::answer_cancel).
    Cancel(CancelRequest),
    /// A `query_sm`: [`answer_query`](crate::Server::answer_query).
    Query(QueryRequest),
    /// The peer answered a `deliver_sm` or `data_sm` of ours.
    DeliverAnswered {
        /// The caller's.
        token: u64,
        /// The request's.
        sequence: u32,
        /// What it said; by `generic_nack` too.
        status: CommandStatus,
        /// Whether [`ServerEvent::NoAnswer`] was told before.
        late: bool,
    },
    /// No answer in time. One may still come, then it is `late`.
    NoAnswer {
        /// The caller's.
        token: u64,
    },
    /// The session ended before the answer.
    Lost {
        /// The caller's.
        token: u64,
        /// False only when no octet of it can have reached the peer.
        left: bool,
    },
    /// The session is over; nothing comes after this.
    Closed(CloseReason),
}

impl From<Common> for ServerEvent {
    fn from(common: Common) -> Self {
        match common {
            Common::NoAnswer { token, .. } => Self::NoAnswer { token },
            Common::Lost { token, left, .. } => Self::Lost { token, left },
            Common::Closed(reason) => Self::Closed(reason),
        }
    }
}

/// A bind, kept. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BindRequest {
    /// To be given back with the answer.
    pub sequence: u32,
    /// What for.
    pub mode: BindMode,
    /// Who.
    pub system_id: String,
    /// The password.
    pub password: String,
    /// Kind of client.
    pub system_type: String,
    /// `0x34` for 3.4.
    pub interface_version: u8,
    /// Addresses that the client serves.
    pub address_range: OwnedAddress,
}

impl BindRequest {
    pub(super) fn new(sequence: u32, mode: BindMode, bind: &Bind<'_>) -> Self {
        let address_range = Address { ton: bind.addr_ton, npi: bind.addr_npi, digits: bind.address_range };
        Self {
            sequence,
            mode,
            system_id: text(bind.system_id),
            password: text(bind.password),
            system_type: text(bind.system_type),
            interface_version: bind.interface_version,
            address_range: OwnedAddress::new(&address_range),
        }
    }
}

impl fmt::Debug for BindRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindRequest")
            .field("sequence", &self.sequence)
            .field("mode", &self.mode)
            .field("system_id", &self.system_id)
            .field("interface_version", &self.interface_version)
            .finish_non_exhaustive()
    }
}

/// A `cancel_sm`, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// To be given back with the answer.
    pub sequence: u32,
    /// The id; empty: all messages between the addresses.
    pub message_id: String,
    /// Mostly empty.
    pub service_type: String,
    /// The sender as submitted.
    pub source: OwnedAddress,
    /// The recipient as submitted.
    pub destination: OwnedAddress,
}

impl CancelRequest {
    pub(super) fn new(sequence: u32, cancel: &CancelSm<'_>) -> Self {
        Self {
            sequence,
            message_id: text(cancel.message_id),
            service_type: text(cancel.service_type),
            source: OwnedAddress::new(&cancel.source),
            destination: OwnedAddress::new(&cancel.destination),
        }
    }
}

/// A `query_sm`, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRequest {
    /// To be given back with the answer.
    pub sequence: u32,
    /// The id asked about.
    pub message_id: String,
    /// The sender as submitted.
    pub source: OwnedAddress,
}

impl QueryRequest {
    pub(super) fn new(sequence: u32, query: &QuerySm<'_>) -> Self {
        Self { sequence, message_id: text(query.message_id), source: OwnedAddress::new(&query.source) }
    }
}

/// An [`Address`], kept. `Debug` shows no more than the last two digits.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct OwnedAddress {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// Digits or letters.
    pub digits: String,
}

impl OwnedAddress {
    fn new(address: &Address<'_>) -> Self {
        Self { ton: address.ton, npi: address.npi, digits: address.text().into_owned() }
    }

    /// As the codec takes it.
    #[must_use]
    pub const fn as_address(&self) -> Address<'_> {
        Address { ton: self.ton, npi: self.npi, digits: self.digits.as_bytes() }
    }
}

impl fmt::Debug for OwnedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_address().fmt(f)
    }
}

/// Octets that are not UTF-8 show as U+FFFD.
fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
