//! From what is to be charged to the request that says so.

use super::answer::MultipleServices;
use super::request::{CreditControlRequest, Subscription};
use super::service::{
    ImsInformation, MessageBody, MmsInformation, NodeAddress, PsInformation, RecipientInfo,
    ServiceInformation, SmsInformation,
};
use super::units::Units;
use super::words::{AocRequest, RequestType, RequestedAction};
use crate::avp::{AvpWriter, Group, Timestamp};

/// One request of a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An event: what would it cost?
    PriceEnquiry,
    /// Opens a session with a reservation; with advice of charge when the price is wanted as well.
    Reserve {
        /// Whether the answer shall tell the cost.
        advice: bool,
    },
    /// Ends the session: everything was used.
    Commit,
    /// Ends the session: nothing was used.
    Release,
    /// An event: take the money.
    Debit,
    /// An event: give it back.
    Refund,
}

impl Step {
    /// Its CC-Request-Type, CC-Request-Number and Requested-Action.
    #[must_use]
    pub const fn request(self) -> (RequestType, u32, Option<RequestedAction>) {
        match self {
            Self::PriceEnquiry => (RequestType::Event, 0, Some(RequestedAction::PriceEnquiry)),
            Self::Reserve { .. } => (RequestType::Initial, 0, None),
            Self::Commit | Self::Release => (RequestType::Termination, 1, None),
            Self::Debit => (RequestType::Event, 0, Some(RequestedAction::DirectDebiting)),
            Self::Refund => (RequestType::Event, 0, Some(RequestedAction::RefundAccount)),
        }
    }

    /// Whether doing it twice moves no money that doing it once does not. Others are sent again only to a charging
    /// system that is known to de-duplicate.
    #[must_use]
    pub const fn is_harmless_twice(self) -> bool {
        matches!(self, Self::PriceEnquiry | Self::Release)
    }
}

/// The Session-Id of a key (RFC 6733 8.8): the same key always gives the same, also after a crash, so that a request
/// of before can be named. The two numbers in the middle are a hash of the key (FNV-1a, 64 bits).
#[must_use]
pub fn session_id(host: &str, key: &str) -> String {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{host};{};{};{key}", hash >> 32, hash & 0xFFFF_FFFF)
}

/// Service-Context-Ids: which specification describes a service. Operators have their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contexts {
    /// Of SMS.
    pub sms: String,
    /// Of multimedia messages.
    pub mms: String,
    /// Of chat. Some charging systems rate the default as seconds of speech.
    pub im: String,
}

impl Default for Contexts {
    fn default() -> Self {
        Self {
            sms: "32274@3gpp.org".to_owned(),
            mms: "32270@3gpp.org".to_owned(),
            im: "32260@3gpp.org".to_owned(),
        }
    }
}

/// Where units stand in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnitsAt {
    /// In Multiple-Services-Credit-Control, as TS 32.299 has it.
    #[default]
    Services,
    /// In the request itself, as plain RFC 8506 allows.
    Request,
}

/// How a charging system wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Our Origin-Host.
    pub origin_host: String,
    /// Our Origin-Realm.
    pub origin_realm: String,
    /// The realm that charges.
    pub destination_realm: String,
    /// What the services are called.
    pub contexts: Contexts,
    /// Where units stand.
    pub units_at: UnitsAt,
    /// Service-Identifier, if it wants one (RFC 8506 6.1 does, of price enquiries).
    pub service_identifier: Option<u32>,
    /// Rating-Group, if it wants one.
    pub rating_group: Option<u32>,
    /// Whether Multiple-Services-Indicator is sent with a reservation.
    pub multiple_services_indicator: bool,
    /// SMS-Node: 1 IP-SM-GW, 3 SMSC.
    pub sms_node: i32,
}

/// What is being charged, described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// An SMS.
    Sms {
        /// How many segments.
        segments: u32,
        /// The data coding scheme of their octets, when it is known.
        data_coding: Option<u8>,
    },
    /// A multimedia message.
    Mms {
        /// Its size, in octets.
        size: u32,
        /// Message-ID.
        id: &'a str,
        /// Content-Class, when it is known.
        class: Option<i32>,
    },
    /// A chat message.
    Im {
        /// The content's type, when it is known.
        content_type: Option<&'a str>,
        /// Its length, in octets.
        length: u32,
        /// IMS-Charging-Identifier.
        charging_id: &'a str,
    },
}

/// Where a sender is. Nothing is said of who is at home and in a mobile network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place<'a> {
    /// The visited network: MCC and MNC as digits.
    pub visited: Option<&'a str>,
    /// Over Wi-Fi.
    pub wifi: bool,
}

/// A charge to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge<'a> {
    /// The session, as [`session_id`] makes it.
    pub session_id: &'a str,
    /// Who pays, by several names.
    pub subscriptions: Vec<Subscription<'a>>,
    /// Who sends, as the recipient sees it: an address, or for chat a URI.
    pub from: NodeAddress<'a>,
    /// Who gets it, likewise.
    pub to: NodeAddress<'a>,
    /// From where.
    pub place: Place<'a>,
    /// When.
    pub at: Timestamp,
    /// How much of the service.
    pub units: Units,
    /// Of which service.
    pub content: Content<'a>,
}

impl Profile {
    /// Writes the AVPs of a step's request.
    pub fn write(&self, charge: &Charge<'_>, step: Step, to: &mut AvpWriter<'_>) {
        self.request(charge, step).write(to);
    }

    /// A step's request.
    #[must_use]
    pub fn request<'a>(&'a self, charge: &'a Charge<'a>, step: Step) -> CreditControlRequest<'a> {
        let (request_type, request_number, action) = step.request();
        let (requested, used) = match step {
            Step::Commit => (None, Some(charge.units)),
            Step::Release => (None, Some(charge.units.nothing())),
            _ => (Some(charge.units), None),
        };
        let mut request = CreditControlRequest {
            session_id: charge.session_id,
            origin_host: &self.origin_host,
            origin_realm: &self.origin_realm,
            destination_realm: &self.destination_realm,
            destination_host: None,
            service_context: self.context(&charge.content),
            request_type,
            request_number,
            event_timestamp: Some(charge.at),
            subscriptions: charge.subscriptions.clone(),
            termination_cause: (request_type == RequestType::Termination).then_some(LOGOUT),
            action,
            aoc: (step == Step::Reserve { advice: true }).then_some(AocRequest::Full),
            multiple_services: (request_type == RequestType::Initial && self.multiple_services_indicator)
                .then_some(true),
            service_identifier: None,
            requested: None,
            used: None,
            services: Vec::new(),
            information: Some(self.information(charge)),
        };
        match self.units_at {
            UnitsAt::Services => request.services.push(MultipleServices {
                requested,
                used: used.into_iter().collect(),
                service_identifier: self.service_identifier,
                rating_group: self.rating_group,
                ..MultipleServices::default()
            }),
            UnitsAt::Request => {
                request.requested = requested;
                request.used = used;
                request.service_identifier = self.service_identifier;
            }
        }
        request
    }

    fn context(&self, content: &Content<'_>) -> &str {
        match content {
            Content::Sms { .. } => &self.contexts.sms,
            Content::Mms { .. } => &self.contexts.mms,
            Content::Im { .. } => &self.contexts.im,
        }
    }

    fn information<'a>(&self, charge: &Charge<'a>) -> ServiceInformation<'a> {
        let Place { visited, wifi } = charge.place;
        let ps = PsInformation { network: visited, access: wifi.then_some(WLAN) };
        let ps = (ps != PsInformation::default()).then_some(ps);
        let mut information = ServiceInformation { ps, ..ServiceInformation::default() };
        match charge.content {
            Content::Sms { segments, data_coding } => {
                information.sms = Some(SmsInformation {
                    node: Some(self.sms_node),
                    data_coding: data_coding.map(i32::from),
                    message_type: Some(SUBMISSION),
                    user_data_header: None,
                    messages: Some(segments),
                    recipients: vec![RecipientInfo { addresses: vec![charge.to] }],
                });
            }
            Content::Mms { size, id, class } => {
                information.mms = Some(MmsInformation {
                    originator: Some(charge.from),
                    recipients: vec![charge.to],
                    message_id: Some(id),
                    message_type: Some(M_SEND_REQ),
                    size: Some(size),
                    content_class: class,
                });
            }
            Content::Im { content_type, length, charging_id } => {
                information.ims = Some(ImsInformation {
                    method: Some("MESSAGE"),
                    role: Some(ORIGINATING),
                    node: Some(APPLICATION_SERVER),
                    calling: vec![charge.from.data],
                    called: Some(charge.to.data),
                    charging_id: Some(charging_id),
                    bodies: content_type
                        .map(|content_type| MessageBody { content_type, length })
                        .into_iter()
                        .collect(),
                    access: wifi.then_some(WIFI),
                });
            }
        }
        information
    }
}

/// Termination-Cause DIAMETER_LOGOUT: the user is done (RFC 6733 8.15).
const LOGOUT: i32 = 1;

/// 3GPP-RAT-Type (TS 29.061 16.4.7.2).
const WLAN: &[u8] = &[3];

/// The access-type of P-Access-Network-Info (RFC 7315 5.4).
const WIFI: &[u8] = b"IEEE-802.11";

/// SM-Message-Type.
const SUBMISSION: i32 = 0;

/// Message-Type.
const M_SEND_REQ: i32 = 1;

/// Role-Of-Node.
const ORIGINATING: i32 = 0;

/// Node-Functionality.
const APPLICATION_SERVER: i32 = 6;
