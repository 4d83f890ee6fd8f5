//! `command_id` (SMPP 3.4 5.1.2.1) of the commands we name, kept as a number so that an unknown one survives.

/// A `command_id` as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandId(pub u32);

impl CommandId {
    /// `generic_nack`: answers what can't be answered otherwise.
    pub const GENERIC_NACK: Self = Self(0x8000_0000);
    /// `bind_receiver`.
    pub const BIND_RECEIVER: Self = Self(0x0000_0001);
    /// `bind_transmitter`.
    pub const BIND_TRANSMITTER: Self = Self(0x0000_0002);
    /// `query_sm`.
    pub const QUERY_SM: Self = Self(0x0000_0003);
    /// `submit_sm`.
    pub const SUBMIT_SM: Self = Self(0x0000_0004);
    /// `deliver_sm`.
    pub const DELIVER_SM: Self = Self(0x0000_0005);
    /// `unbind`.
    pub const UNBIND: Self = Self(0x0000_0006);
    /// `replace_sm`: known by name only, answered as not supported.
    pub const REPLACE_SM: Self = Self(0x0000_0007);
    /// `cancel_sm`.
    pub const CANCEL_SM: Self = Self(0x0000_0008);
    /// `bind_transceiver`.
    pub const BIND_TRANSCEIVER: Self = Self(0x0000_0009);
    /// `outbind`: never answered.
    pub const OUTBIND: Self = Self(0x0000_000B);
    /// `enquire_link`.
    pub const ENQUIRE_LINK: Self = Self(0x0000_0015);
    /// `submit_multi`: known by name only, answered as not supported.
    pub const SUBMIT_MULTI: Self = Self(0x0000_0021);
    /// `alert_notification`: never answered.
    pub const ALERT_NOTIFICATION: Self = Self(0x0000_0102);
    /// `data_sm`.
    pub const DATA_SM: Self = Self(0x0000_0103);

    const RESPONSE: u32 = 0x8000_0000;

    /// Whether the response bit is set (also in `generic_nack`).
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & Self::RESPONSE != 0
    }

    /// The command that answers this one.
    #[must_use]
    pub const fn response(self) -> Self {
        Self(self.0 | Self::RESPONSE)
    }
}
