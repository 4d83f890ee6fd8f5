//! Reading the fields of a body one after the other. A fault is the `command_status` that tells it to the peer.

use crate::{Address, CommandStatus, Tlvs};

#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// `N` fields of one octet.
    pub(super) fn u8s<const N: usize>(&mut self) -> Result<[u8; N], CommandStatus> {
        let (octets, rest) = self.rest.split_first_chunk::<N>().ok_or(CommandStatus::INVCMDLEN)?;
        self.rest = rest;
        Ok(*octets)
    }

    pub(super) fn octets(&mut self, len: usize, short: CommandStatus) -> Result<&'a [u8], CommandStatus> {
        let (octets, rest) = self.rest.split_at_checked(len).ok_or(short)?;
        self.rest = rest;
        Ok(octets)
    }

    /// A C-octet string of at most `max` octets without its NUL; longer is `too_long`.
    pub(super) fn c_octets(
        &mut self,
        max: usize,
        too_long: CommandStatus,
    ) -> Result<&'a [u8], CommandStatus> {
        let end = self.rest.iter().position(|octet| *octet == 0).ok_or(CommandStatus::INVCMDLEN)?;
        let (text, rest) = self.rest.split_at_checked(end).ok_or(CommandStatus::INVCMDLEN)?;
        if text.len() > max {
            return Err(too_long);
        }
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(text)
    }

    pub(super) fn address(
        &mut self,
        max: usize,
        too_long: CommandStatus,
    ) -> Result<Address<'a>, CommandStatus> {
        let [ton, npi] = self.u8s()?;
        Ok(Address { ton, npi, digits: self.c_octets(max, too_long)? })
    }

    /// A C-octet string of any length, which may end with the body instead of a NUL.
    pub(super) fn loose_c_octets(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|octet| *octet == 0).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest.get(1..).unwrap_or_default();
        text
    }

    /// The id of a response: empty is none.
    pub(super) fn message_id(&mut self) -> Option<&'a [u8]> {
        let id = self.loose_c_octets();
        (!id.is_empty()).then_some(id)
    }

    /// Everything that is left.
    pub(super) const fn tlvs(&self) -> Tlvs<'a> {
        Tlvs::new(self.rest)
    }
}
