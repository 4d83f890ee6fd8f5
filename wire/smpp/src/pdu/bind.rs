//! Binding (SMPP 3.4 4.1): the three requests have one layout, and so have their answers.

use std::fmt;

use super::reader::Reader;
use super::writer::{EncodeError, Writer};
use crate::{CommandId, CommandStatus, Tlvs};

/// What a session may do after the bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// Takes `deliver_sm` only.
    Receiver,
    /// Sends `submit_sm` only.
    Transmitter,
    /// Both.
    Transceiver,
}

impl BindMode {
    /// The request of this mode.
    #[must_use]
    pub const fn request(self) -> CommandId {
        match self {
            Self::Receiver => CommandId::BIND_RECEIVER,
            Self::Transmitter => CommandId::BIND_TRANSMITTER,
            Self::Transceiver => CommandId::BIND_TRANSCEIVER,
        }
    }

    /// Whether the client may submit.
    #[must_use]
    pub const fn may_submit(self) -> bool {
        !matches!(self, Self::Receiver)
    }

    /// Whether the client is delivered to.
    #[must_use]
    pub const fn may_deliver(self) -> bool {
        !matches!(self, Self::Transmitter)
    }

    pub(super) const fn from_request(command_id: CommandId) -> Option<Self> {
        match command_id {
            CommandId::BIND_RECEIVER => Some(Self::Receiver),
            CommandId::BIND_TRANSMITTER => Some(Self::Transmitter),
            CommandId::BIND_TRANSCEIVER => Some(Self::Transceiver),
            _ => None,
        }
    }

    pub(super) const fn from_response(command_id: CommandId) -> Option<Self> {
        if !command_id.is_response() {
            return None;
        }
        Self::from_request(CommandId(command_id.0 & 0x7FFF_FFFF))
    }
}

/// A bind request. `Debug` does not show the password.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Bind<'a> {
    /// Who binds, at most 15 octets.
    pub system_id: &'a [u8],
    /// Its password, at most 8 octets by the standard; 64 are taken, since peers exceed it.
    pub password: &'a [u8],
    /// Kind of client, at most 12 octets, mostly empty.
    pub system_type: &'a [u8],
    /// `0x34` for 3.4.
    pub interface_version: u8,
    /// Type of number of `address_range`.
    pub addr_ton: u8,
    /// Numbering plan of `address_range`.
    pub addr_npi: u8,
    /// Addresses served, at most 40 octets, mostly empty.
    pub address_range: &'a [u8],
}

impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind")
            .field("system_id", &String::from_utf8_lossy(self.system_id))
            .field("interface_version", &self.interface_version)
            .finish_non_exhaustive()
    }
}

const PASSWORD_MAX: usize = 64;

impl<'a> Bind<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, CommandStatus> {
        let mut reader = Reader::new(body);
        let system_id = reader.c_octets(15, CommandStatus::INVSYSID)?;
        let password = reader.c_octets(PASSWORD_MAX, CommandStatus::INVPASWD)?;
        let system_type = reader.c_octets(12, CommandStatus::INVSYSTYP)?;
        let [interface_version, addr_ton, addr_npi] = reader.u8s()?;
        let address_range = reader.loose_c_octets();
        Ok(Self { system_id, password, system_type, interface_version, addr_ton, addr_npi, address_range })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("system_id", self.system_id, 15)?;
        writer.c_octets("password", self.password, PASSWORD_MAX)?;
        writer.c_octets("system_type", self.system_type, 12)?;
        writer.u8s([self.interface_version, self.addr_ton, self.addr_npi]);
        writer.c_octets("address_range", self.address_range, 40)
    }
}

/// The answer to a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BindResp<'a> {
    /// Who answers, at most 15 octets.
    pub system_id: &'a [u8],
    /// Mostly `sc_interface_version`.
    pub tlvs: Tlvs<'a>,
}

impl<'a> BindResp<'a> {
    /// Total: refusals come with and without a body.
    pub(super) fn read(body: &'a [u8]) -> Self {
        let mut reader = Reader::new(body);
        Self { system_id: reader.loose_c_octets(), tlvs: reader.tlvs() }
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("system_id", self.system_id, 15)?;
        writer.octets("tlvs", self.tlvs.as_bytes(), crate::MAX_PDU_BOUND)
    }
}
