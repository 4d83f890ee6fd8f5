//! Optional parameters (SMPP 3.4 5.3): a list on the wire, a borrowed list here.

use std::borrow::Cow;

/// The tag of an optional parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub u16);

impl Tag {
    /// `receipted_message_id`: the id that a receipt is about, NUL-terminated.
    pub const RECEIPTED_MESSAGE_ID: Self = Self(0x001E);
    /// `user_message_reference`: two octets chosen by the sender.
    pub const USER_MESSAGE_REFERENCE: Self = Self(0x0204);
    /// `sar_msg_ref_num`: two octets, the reference of a long message.
    pub const SAR_MSG_REF_NUM: Self = Self(0x020C);
    /// `sar_total_segments`: one octet.
    pub const SAR_TOTAL_SEGMENTS: Self = Self(0x020E);
    /// `sar_segment_seqnum`: one octet, from 1.
    pub const SAR_SEGMENT_SEQNUM: Self = Self(0x020F);
    /// `sc_interface_version`: one octet, what the SMSC speaks.
    pub const SC_INTERFACE_VERSION: Self = Self(0x0210);
    /// `set_dpf`: one octet, asks for `alert_notification`.
    pub const SET_DPF: Self = Self(0x0421);
    /// `ms_availability_status`: one octet.
    pub const MS_AVAILABILITY_STATUS: Self = Self(0x0422);
    /// `network_error_code`: one octet of network type and two of code.
    pub const NETWORK_ERROR_CODE: Self = Self(0x0423);
    /// `message_payload`: the text where `short_message` is too short.
    pub const MESSAGE_PAYLOAD: Self = Self(0x0424);
    /// `delivery_failure_reason`: one octet.
    pub const DELIVERY_FAILURE_REASON: Self = Self(0x0425);
    /// `more_messages_to_send`: one octet.
    pub const MORE_MESSAGES_TO_SEND: Self = Self(0x0426);
    /// `message_state`: one octet, see [`MessageState`](crate::MessageState).
    pub const MESSAGE_STATE: Self = Self(0x0427);
    /// `congestion_state` (5.0): one octet, 0 to 100.
    pub const CONGESTION_STATE: Self = Self(0x0428);
}

/// Optional parameters as they stand on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tlvs<'a> {
    octets: &'a [u8],
}

impl<'a> Tlvs<'a> {
    /// Takes the octets after the mandatory part. Never fails: what can't be read ends the list, see
    /// [`overrun`](Self::overrun).
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { octets }
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.octets
    }

    /// The parameters in their order, up to the first that can't be read.
    #[must_use]
    pub const fn iter(&self) -> TlvIter<'a> {
        TlvIter { rest: self.octets }
    }

    /// The value of the first parameter with this tag.
    #[must_use]
    pub fn get(&self, tag: Tag) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// A value of one octet; `None` when it has another length.
    #[must_use]
    pub fn get_u8(&self, tag: Tag) -> Option<u8> {
        match self.get(tag) {
            Some(&[value]) => Some(value),
            _ => None,
        }
    }

    /// A value of two octets; `None` when it has another length.
    #[must_use]
    pub fn get_u16(&self, tag: Tag) -> Option<u16> {
        self.get(tag).and_then(|value| value.try_into().ok()).map(u16::from_be_bytes)
    }

    /// A value of text: up to the first NUL, which some peers leave out; octets that are not UTF-8 are shown as
    /// U+FFFD.
    #[must_use]
    pub fn get_text(&self, tag: Tag) -> Option<Cow<'a, str>> {
        let value = self.get(tag)?;
        let end = value.iter().position(|octet| *octet == 0).unwrap_or(value.len());
        Some(String::from_utf8_lossy(value.get(..end).unwrap_or(value)))
    }

    /// Whether the last parameter says that it is longer than the PDU: its value is lost. One to three left-over
    /// octets are no overrun, only garbage that is ignored.
    #[must_use]
    pub fn overrun(&self) -> bool {
        let mut iter = self.iter();
        while iter.next().is_some() {}
        iter.rest.len() >= 4
    }
}

impl<'a> IntoIterator for Tlvs<'a> {
    type Item = (Tag, &'a [u8]);
    type IntoIter = TlvIter<'a>;

    fn into_iter(self) -> TlvIter<'a> {
        self.iter()
    }
}

/// Iterator over optional parameters.
#[derive(Debug, Clone)]
pub struct TlvIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TlvIter<'a> {
    type Item = (Tag, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[t1, t0, l1, l0], rest) = self.rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([l1, l0])))?;
        self.rest = rest;
        Some((Tag(u16::from_be_bytes([t1, t0])), value))
    }
}

/// Optional parameters being written. Reuse one for many PDUs with [`clear`](Self::clear).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlvBuf {
    octets: Vec<u8>,
}

impl TlvBuf {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { octets: Vec::new() }
    }

    /// Appends a parameter. A value over 65 535 octets can't be written and is left out: false.
    pub fn push(&mut self, tag: Tag, value: &[u8]) -> bool {
        let Ok(len) = u16::try_from(value.len()) else { return false };
        self.octets.extend_from_slice(&tag.0.to_be_bytes());
        self.octets.extend_from_slice(&len.to_be_bytes());
        self.octets.extend_from_slice(value);
        true
    }

    /// Appends a parameter of one octet.
    pub fn push_u8(&mut self, tag: Tag, value: u8) {
        self.push(tag, &[value]);
    }

    /// Appends a parameter of two octets.
    pub fn push_u16(&mut self, tag: Tag, value: u16) {
        self.push(tag, &value.to_be_bytes());
    }

    /// Appends text with its terminating NUL; false (and nothing appended) over 65 534 octets.
    pub fn push_text(&mut self, tag: Tag, value: &str) -> bool {
        let mut octets = Vec::with_capacity(value.len().saturating_add(1));
        octets.extend_from_slice(value.as_bytes());
        octets.push(0);
        self.push(tag, &octets)
    }

    /// Forgets all parameters, keeps the memory.
    pub fn clear(&mut self) {
        self.octets.clear();
    }

    /// The list as a PDU takes it.
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs { octets: &self.octets }
    }
}
