//! `submit_sm`, `deliver_sm` and `data_sm` (SMPP 3.4 4.4, 4.6, 4.7): one message, three spellings.

use std::fmt;

use super::reader::Reader;
use super::writer::{EncodeError, MESSAGE_ID_MAX, Writer};
use crate::{Address, CommandStatus, Tag, Tlvs};

/// A short message. `data_sm` has no protocol id, priority, times, replacement, predefined message and
/// `short_message`: they are zero when read and not written. `Debug` shows neither text nor optional parameters.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ShortMessage<'a> {
    /// At most 5 octets, mostly empty.
    pub service_type: &'a [u8],
    /// Who sends.
    pub source: Address<'a>,
    /// Who gets it.
    pub destination: Address<'a>,
    /// Mode, type and features.
    pub esm_class: EsmClass,
    /// TP-PID of GSM.
    pub protocol_id: u8,
    /// 0 (lowest) to 3.
    pub priority_flag: u8,
    /// Empty for now, else a [`SmppTime`](crate::SmppTime).
    pub schedule_delivery_time: &'a [u8],
    /// Empty for the default of the SMSC, else a [`SmppTime`](crate::SmppTime).
    pub validity_period: &'a [u8],
    /// Bits 0 and 1: 0 no receipt, 1 final receipt, 2 receipt on failure only. Bit 4: intermediate ones too.
    pub registered_delivery: u8,
    /// 1 replaces an earlier message between the same addresses.
    pub replace_if_present_flag: u8,
    /// Encoding of the text (5.2.19).
    pub data_coding: u8,
    /// A predefined message of the SMSC, 0 for none.
    pub sm_default_msg_id: u8,
    /// User data, at most 254 octets; with a header in front when [`EsmClass::has_udh`].
    pub short_message: &'a [u8],
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl fmt::Debug for ShortMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortMessage")
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &format_args!("{} octets", self.short_message.len()))
            .field("tlvs", &format_args!("{} octets", self.tlvs.as_bytes().len()))
            .finish_non_exhaustive()
    }
}

/// The answer to `submit_sm` or `data_sm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubmitResp<'a> {
    /// The id that the SMSC gave, of any length when read; `None` when there is none or it is empty.
    pub message_id: Option<&'a [u8]>,
    /// Mostly none; `congestion_state` in 5.0.
    pub tlvs: Tlvs<'a>,
}

impl<'a> SubmitResp<'a> {
    /// Total: an answer that can't be read is still an answer.
    pub(super) fn read(mut reader: Reader<'a>) -> Self {
        Self { message_id: reader.message_id(), tlvs: reader.tlvs() }
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("message_id", self.message_id.unwrap_or_default(), MESSAGE_ID_MAX)?;
        writer.octets("tlvs", self.tlvs.as_bytes(), crate::MAX_PDU_BOUND)
    }
}

/// `esm_class` (5.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EsmClass(pub u8);

impl EsmClass {
    /// The user data begins with a header.
    pub const UDHI: u8 = 0x40;
    /// The sender wants a reply path.
    pub const REPLY_PATH: u8 = 0x80;
    /// In `deliver_sm`: a delivery receipt.
    pub const RECEIPT: Self = Self(0x04);
    /// In `deliver_sm`: an intermediate notification.
    pub const INTERMEDIATE: Self = Self(0x20);

    /// An ordinary message with a user data header.
    pub const WITH_UDH: Self = Self(Self::UDHI);

    /// Whether the user data begins with a header.
    #[must_use]
    pub const fn has_udh(self) -> bool {
        self.0 & Self::UDHI != 0
    }

    /// Bits 1 and 0, the mode of a submission: 0 default, 1 datagram, 2 transaction, 3 store and forward.
    #[must_use]
    pub const fn mode(self) -> u8 {
        self.0 & 0x03
    }

    /// What a `deliver_sm` is: bits 5 to 2 decide, never the text, or a subscriber could forge a receipt.
    #[must_use]
    pub const fn kind(self) -> MessageKind {
        match self.0 & 0x3C {
            0x00 => MessageKind::Ordinary,
            0x04 => MessageKind::Receipt,
            0x08 => MessageKind::DeliveryAck,
            0x10 => MessageKind::UserAck,
            0x18 => MessageKind::ConversationAbort,
            0x20 => MessageKind::Intermediate,
            other => MessageKind::Reserved(other),
        }
    }
}

/// What a `deliver_sm` is, by its `esm_class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A message from a subscriber.
    Ordinary,
    /// A delivery receipt of the SMSC.
    Receipt,
    /// A notification that delivery is still in progress.
    Intermediate,
    /// An acknowledgement by the recipient's device.
    DeliveryAck,
    /// An acknowledgement by the recipient in person.
    UserAck,
    /// End of a conversation (Korean CDMA).
    ConversationAbort,
    /// The masked bits of a combination that the standard reserves.
    Reserved(u8),
}

impl MessageKind {
    /// Whether this tells what became of a message of ours.
    #[must_use]
    pub const fn is_receipt(self) -> bool {
        matches!(self, Self::Receipt | Self::Intermediate)
    }
}

/// Longest `short_message` that may be written. 255 is read in `deliver_sm`, since some SMSCs send it.
const SHORT_MESSAGE_MAX: usize = 254;

/// What differs between a submission, where the standard is kept, and a delivery, where refusing loses a message.
struct Limits {
    service_type: usize,
    address: usize,
    short_message: usize,
}

const SUBMIT: Limits = Limits { service_type: 5, address: 20, short_message: SHORT_MESSAGE_MAX };
const DELIVER: Limits = Limits { service_type: 64, address: 64, short_message: 255 };

impl<'a> ShortMessage<'a> {
    /// The user data wherever it is: `short_message`, or when that is empty `message_payload`.
    #[must_use]
    pub fn user_data(&self) -> &'a [u8] {
        if self.short_message.is_empty() {
            self.tlvs.get(Tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            self.short_message
        }
    }

    /// What a `deliver_sm` is.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.esm_class.kind()
    }

    pub(super) fn read_submit(reader: Reader<'a>) -> Result<Self, CommandStatus> {
        let message = Self::read(reader, &SUBMIT)?;
        if message.tlvs.overrun() {
            return Err(CommandStatus::INVOPTPARSTREAM);
        }
        if !message.short_message.is_empty() && message.tlvs.get(Tag::MESSAGE_PAYLOAD).is_some() {
            return Err(CommandStatus::OPTPARNOTALLWD);
        }
        Ok(message)
    }

    pub(super) fn read_deliver(reader: Reader<'a>) -> Result<Self, CommandStatus> {
        let message = Self::read(reader, &DELIVER)?;
        message.refuse_lost_content()
    }

    fn read(mut reader: Reader<'a>, limits: &Limits) -> Result<Self, CommandStatus> {
        let service_type = reader.c_octets(limits.service_type, CommandStatus::INVSERTYP)?;
        let source = reader.address(limits.address, CommandStatus::INVSRCADR)?;
        let destination = reader.address(limits.address, CommandStatus::INVDSTADR)?;
        let [esm_class, protocol_id, priority_flag] = reader.u8s()?;
        let schedule_delivery_time = reader.c_octets(16, CommandStatus::INVSCHED)?;
        let validity_period = reader.c_octets(16, CommandStatus::INVEXPIRY)?;
        let [registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length] =
            reader.u8s()?;
        let len = usize::from(sm_length);
        if len > limits.short_message {
            return Err(CommandStatus::INVMSGLEN);
        }
        let short_message = reader.octets(len, CommandStatus::INVMSGLEN)?;
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class: EsmClass(esm_class),
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs: reader.tlvs(),
        })
    }

    pub(super) fn read_data(mut reader: Reader<'a>) -> Result<Self, CommandStatus> {
        let service_type = reader.c_octets(DELIVER.service_type, CommandStatus::INVSERTYP)?;
        let source = reader.address(DELIVER.address, CommandStatus::INVSRCADR)?;
        let destination = reader.address(DELIVER.address, CommandStatus::INVDSTADR)?;
        let [esm_class, registered_delivery, data_coding] = reader.u8s()?;
        let tlvs = reader.tlvs();
        let esm_class = EsmClass(esm_class);
        let message = Self {
            service_type,
            source,
            destination,
            esm_class,
            registered_delivery,
            data_coding,
            tlvs,
            ..Self::default()
        };
        message.refuse_lost_content()
    }

    /// A TLV that runs over the end matters only when the text or the receipt may have been in it.
    fn refuse_lost_content(self) -> Result<Self, CommandStatus> {
        let has_content = !self.user_data().is_empty() || self.tlvs.get(Tag::RECEIPTED_MESSAGE_ID).is_some();
        if !has_content && self.tlvs.overrun() { Err(CommandStatus::INVOPTPARSTREAM) } else { Ok(self) }
    }

    pub(super) fn write_submit(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.write(writer, &SUBMIT)
    }

    pub(super) fn write_deliver(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.write(writer, &DELIVER)
    }

    fn write(&self, writer: &mut Writer<'_>, limits: &Limits) -> Result<(), EncodeError> {
        self.write_front(writer, limits)?;
        writer.u8s([self.protocol_id, self.priority_flag]);
        writer.c_octets("schedule_delivery_time", self.schedule_delivery_time, 16)?;
        writer.c_octets("validity_period", self.validity_period, 16)?;
        let too_long = EncodeError::TooLong { field: "short_message", max: SHORT_MESSAGE_MAX };
        let sm_length = u8::try_from(self.short_message.len()).map_err(|_| too_long)?;
        writer.u8s([
            self.registered_delivery,
            self.replace_if_present_flag,
            self.data_coding,
            self.sm_default_msg_id,
            sm_length,
        ]);
        writer.octets("short_message", self.short_message, SHORT_MESSAGE_MAX)?;
        writer.octets("tlvs", self.tlvs.as_bytes(), crate::MAX_PDU_BOUND)
    }

    pub(super) fn write_data(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.write_front(writer, &DELIVER)?;
        writer.u8s([self.registered_delivery, self.data_coding]);
        writer.octets("tlvs", self.tlvs.as_bytes(), crate::MAX_PDU_BOUND)
    }

    /// What all three have in common.
    fn write_front(&self, writer: &mut Writer<'_>, limits: &Limits) -> Result<(), EncodeError> {
        writer.c_octets("service_type", self.service_type, 5)?;
        writer.address("source_addr", &self.source, limits.address)?;
        writer.address("destination_addr", &self.destination, limits.address)?;
        writer.u8(self.esm_class.0);
        Ok(())
    }
}
