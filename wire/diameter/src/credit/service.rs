//! What is being charged (TS 32.299 7.2.192): the service's own description, one kind a message.

use super::aoc::AocInformation;
use super::words::AddressType;
use crate::avp::{AvpWriter, Avps, Group};
use crate::dictionary as avp;
use crate::fault::Fault;

/// Service-Information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceInformation<'a> {
    /// Where the sender is.
    pub ps: Option<PsInformation<'a>>,
    /// Of an SMS.
    pub sms: Option<SmsInformation<'a>>,
    /// Of a multimedia message.
    pub mms: Option<MmsInformation<'a>>,
    /// Of a SIP MESSAGE or a chat session.
    pub ims: Option<ImsInformation<'a>>,
    /// In answers: what it costs.
    pub aoc: Option<AocInformation>,
}

impl<'a> Group<'a> for ServiceInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            ps: avps.group(avp::PS_INFORMATION)?,
            sms: avps.group(avp::SMS_INFORMATION)?,
            mms: avps.group(avp::MMS_INFORMATION)?,
            ims: avps.group(avp::IMS_INFORMATION)?,
            aoc: avps.group(avp::AOC_INFORMATION)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.groups(avp::PS_INFORMATION, &self.ps);
        to.groups(avp::SMS_INFORMATION, &self.sms);
        to.groups(avp::MMS_INFORMATION, &self.mms);
        to.groups(avp::IMS_INFORMATION, &self.ims);
        to.groups(avp::AOC_INFORMATION, &self.aoc);
    }
}

/// PS-Information: of a packet network, as far as messages need it to be priced by where they come from (TS 32.270 6.3,
/// TS 32.274 6.3, from memory).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PsInformation<'a> {
    /// 3GPP-SGSN-MCC-MNC: the network that the sender is in, MCC and MNC as digits.
    pub network: Option<&'a str>,
    /// 3GPP-RAT-Type, one octet: 3 is a WLAN (TS 29.061 16.4.7.2).
    pub access: Option<&'a [u8]>,
}

impl<'a> Group<'a> for PsInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self { network: avps.get(avp::TGPP_SGSN_MCC_MNC)?, access: avps.get(avp::TGPP_RAT_TYPE)? })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::TGPP_SGSN_MCC_MNC, self.network);
        to.maybe(avp::TGPP_RAT_TYPE, self.access);
    }
}

/// An address with its type (Recipient-Address, Originator-Address).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeAddress<'a> {
    /// What kind, when it is a known one.
    pub kind: Option<AddressType>,
    /// The address.
    pub data: &'a str,
}

impl<'a> Group<'a> for NodeAddress<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            kind: avps.choice(avp::ADDRESS_TYPE)?,
            data: avps.get(avp::ADDRESS_DATA)?.unwrap_or_default(),
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.choice(avp::ADDRESS_TYPE, self.kind);
        to.put(avp::ADDRESS_DATA, self.data);
    }
}

/// Recipient-Info.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientInfo<'a> {
    /// Where it goes.
    pub addresses: Vec<NodeAddress<'a>>,
}

impl<'a> Group<'a> for RecipientInfo<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self { addresses: avps.groups(avp::RECIPIENT_ADDRESS)? })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.groups(avp::RECIPIENT_ADDRESS, &self.addresses);
    }
}

/// SMS-Information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SmsInformation<'a> {
    /// SMS-Node: 0 SMS router, 1 IP-SM-GW, 2 both, 3 SMSC.
    pub node: Option<i32>,
    /// Data-Coding-Scheme.
    pub data_coding: Option<i32>,
    /// SM-Message-Type: 0 submission, 1 delivery report.
    pub message_type: Option<i32>,
    /// SM-User-Data-Header.
    pub user_data_header: Option<&'a [u8]>,
    /// Number-Of-Messages-Sent: segments.
    pub messages: Option<u32>,
    /// Who gets it.
    pub recipients: Vec<RecipientInfo<'a>>,
}

impl<'a> Group<'a> for SmsInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            node: avps.get(avp::SMS_NODE)?,
            data_coding: avps.get(avp::DATA_CODING_SCHEME)?,
            message_type: avps.get(avp::SM_MESSAGE_TYPE)?,
            user_data_header: avps.get(avp::SM_USER_DATA_HEADER)?,
            messages: avps.get(avp::NUMBER_OF_MESSAGES_SENT)?,
            recipients: avps.groups(avp::RECIPIENT_INFO)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::SMS_NODE, self.node);
        to.maybe(avp::DATA_CODING_SCHEME, self.data_coding);
        to.maybe(avp::SM_MESSAGE_TYPE, self.message_type);
        to.maybe(avp::SM_USER_DATA_HEADER, self.user_data_header);
        to.maybe(avp::NUMBER_OF_MESSAGES_SENT, self.messages);
        to.groups(avp::RECIPIENT_INFO, &self.recipients);
    }
}

/// MMS-Information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MmsInformation<'a> {
    /// Who sends it.
    pub originator: Option<NodeAddress<'a>>,
    /// Who gets it.
    pub recipients: Vec<NodeAddress<'a>>,
    /// Message-ID.
    pub message_id: Option<&'a str>,
    /// Message-Type: 1 m-send-req.
    pub message_type: Option<i32>,
    /// Message-Size, in octets.
    pub size: Option<u32>,
    /// Content-Class: 0 text, 1 image-basic, 2 image-rich, 3 video-basic, 4 video-rich, 5 megapixel, 6 content-basic,
    /// 7 content-rich.
    pub content_class: Option<i32>,
}

impl<'a> Group<'a> for MmsInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            originator: avps.group(avp::ORIGINATOR_ADDRESS)?,
            recipients: avps.groups(avp::RECIPIENT_ADDRESS)?,
            message_id: avps.get(avp::MESSAGE_ID)?,
            message_type: avps.get(avp::MESSAGE_TYPE)?,
            size: avps.get(avp::MESSAGE_SIZE)?,
            content_class: avps.get(avp::CONTENT_CLASS)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.groups(avp::ORIGINATOR_ADDRESS, &self.originator);
        to.groups(avp::RECIPIENT_ADDRESS, &self.recipients);
        to.maybe(avp::MESSAGE_ID, self.message_id);
        to.maybe(avp::MESSAGE_TYPE, self.message_type);
        to.maybe(avp::MESSAGE_SIZE, self.size);
        to.maybe(avp::CONTENT_CLASS, self.content_class);
    }
}

/// Message-Body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageBody<'a> {
    /// Content-Type.
    pub content_type: &'a str,
    /// Content-Length, in octets.
    pub length: u32,
}

impl<'a> Group<'a> for MessageBody<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self { content_type: avps.need(avp::CONTENT_TYPE)?, length: avps.need(avp::CONTENT_LENGTH)? })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.put(avp::CONTENT_TYPE, self.content_type);
        to.put(avp::CONTENT_LENGTH, self.length);
    }
}

/// IMS-Information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImsInformation<'a> {
    /// The SIP method of the Event-Type.
    pub method: Option<&'a str>,
    /// Role-Of-Node: 0 originating, 1 terminating.
    pub role: Option<i32>,
    /// Node-Functionality: 6 application server.
    pub node: Option<i32>,
    /// Calling-Party-Address: URIs.
    pub calling: Vec<&'a str>,
    /// Called-Party-Address: a URI.
    pub called: Option<&'a str>,
    /// IMS-Charging-Identifier.
    pub charging_id: Option<&'a str>,
    /// What is in it.
    pub bodies: Vec<MessageBody<'a>>,
    /// Access-Network-Information: what P-Access-Network-Info says (RFC 7315 5.4).
    pub access: Option<&'a [u8]>,
}

impl<'a> Group<'a> for ImsInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let event = avps.get(avp::EVENT_TYPE)?.unwrap_or_default();
        Ok(Self {
            method: event.get(avp::SIP_METHOD)?,
            role: avps.get(avp::ROLE_OF_NODE)?,
            node: avps.get(avp::NODE_FUNCTIONALITY)?,
            calling: avps.all(avp::CALLING_PARTY_ADDRESS).collect::<Result<_, _>>()?,
            called: avps.get(avp::CALLED_PARTY_ADDRESS)?,
            charging_id: avps.get(avp::IMS_CHARGING_IDENTIFIER)?,
            bodies: avps.groups(avp::MESSAGE_BODY)?,
            access: avps.get(avp::ACCESS_NETWORK_INFORMATION)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        if self.method.is_some() {
            to.group(avp::EVENT_TYPE, |inside| inside.maybe(avp::SIP_METHOD, self.method));
        }
        to.maybe(avp::ROLE_OF_NODE, self.role);
        to.maybe(avp::NODE_FUNCTIONALITY, self.node);
        for calling in &self.calling {
            to.put(avp::CALLING_PARTY_ADDRESS, calling);
        }
        to.maybe(avp::CALLED_PARTY_ADDRESS, self.called);
        to.maybe(avp::IMS_CHARGING_IDENTIFIER, self.charging_id);
        to.groups(avp::MESSAGE_BODY, &self.bodies);
        to.maybe(avp::ACCESS_NETWORK_INFORMATION, self.access);
    }
}
