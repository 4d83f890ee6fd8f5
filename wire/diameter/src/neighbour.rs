//! The messages between neighbours (RFC 6733 5.3-5.5): who are you, are you there, goodbye.

use crate::avp::{AvpWriter, Avps, Choice, Group};
use crate::dictionary as avp;
use crate::fault::Fault;
use crate::result_code::ResultCode;
use core::net::IpAddr;

/// What both sides of a capabilities exchange say of themselves (CER, CEA).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities<'a> {
    /// The answer's result; none in a request.
    pub result: Option<ResultCode>,
    /// Who.
    pub origin_host: &'a str,
    /// Of which realm.
    pub origin_realm: &'a str,
    /// Addresses of the host.
    pub addresses: Vec<IpAddr>,
    /// Who made it; 0 for nobody registered.
    pub vendor: u32,
    /// What it is called.
    pub product: &'a str,
    /// Grows with each start that lost its state.
    pub origin_state: Option<u32>,
    /// Vendors whose AVPs it understands.
    pub supported_vendors: Vec<u32>,
    /// Applications, those of a vendor included.
    pub applications: Vec<u32>,
}

/// An application that every relay says it has (RFC 6733 2.4).
const RELAY: u32 = 0xFFFF_FFFF;

impl Capabilities<'_> {
    /// Whether it serves this application, or passes everything on.
    #[must_use]
    pub fn serves(&self, application: u32) -> bool {
        self.applications.iter().any(|known| *known == application || *known == RELAY)
    }
}

impl<'a> Group<'a> for Capabilities<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let mut applications: Vec<u32> = avps.all(avp::AUTH_APPLICATION_ID).collect::<Result<_, _>>()?;
        for inside in avps.all(avp::VENDOR_SPECIFIC_APPLICATION_ID) {
            applications.extend(inside?.get(avp::AUTH_APPLICATION_ID)?);
        }
        Ok(Self {
            result: avps.get(avp::RESULT_CODE)?.map(ResultCode),
            origin_host: avps.need(avp::ORIGIN_HOST)?,
            origin_realm: avps.need(avp::ORIGIN_REALM)?,
            addresses: avps.all(avp::HOST_IP_ADDRESS).filter_map(Result::ok).collect(),
            vendor: avps.get(avp::VENDOR_ID)?.unwrap_or_default(),
            product: avps.get(avp::PRODUCT_NAME)?.unwrap_or_default(),
            origin_state: avps.get(avp::ORIGIN_STATE_ID)?,
            supported_vendors: avps.all(avp::SUPPORTED_VENDOR_ID).collect::<Result<_, _>>()?,
            applications,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::RESULT_CODE, self.result.map(|code| code.0));
        to.put(avp::ORIGIN_HOST, self.origin_host);
        to.put(avp::ORIGIN_REALM, self.origin_realm);
        for address in &self.addresses {
            to.put(avp::HOST_IP_ADDRESS, *address);
        }
        to.put(avp::VENDOR_ID, self.vendor);
        to.put(avp::PRODUCT_NAME, self.product);
        to.maybe(avp::ORIGIN_STATE_ID, self.origin_state);
        for vendor in &self.supported_vendors {
            to.put(avp::SUPPORTED_VENDOR_ID, *vendor);
        }
        for application in &self.applications {
            to.put(avp::AUTH_APPLICATION_ID, *application);
        }
    }
}

/// Why a peer says goodbye (RFC 6733 5.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectCause {
    /// It restarts, and may be asked again soon.
    Rebooting,
    /// It has too much to do.
    Busy,
    /// It has nothing to say to us.
    DoNotWantToTalkToYou,
}

impl Choice for DisconnectCause {
    fn from_number(number: i32) -> Option<Self> {
        match number {
            0 => Some(Self::Rebooting),
            1 => Some(Self::Busy),
            2 => Some(Self::DoNotWantToTalkToYou),
            _ => None,
        }
    }

    fn number(self) -> i32 {
        match self {
            Self::Rebooting => 0,
            Self::Busy => 1,
            Self::DoNotWantToTalkToYou => 2,
        }
    }
}

/// All other messages between neighbours: DWR, DWA, DPR, DPA, and answers that refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice<'a> {
    /// Of an answer to a request with a session.
    pub session_id: Option<&'a str>,
    /// The answer's result; none in a request.
    pub result: Option<ResultCode>,
    /// Who.
    pub origin_host: &'a str,
    /// Of which realm.
    pub origin_realm: &'a str,
    /// Of a watchdog: grows with each start that lost its state.
    pub origin_state: Option<u32>,
    /// Of a goodbye.
    pub cause: Option<DisconnectCause>,
}

impl<'a> Group<'a> for Notice<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            session_id: avps.get(avp::SESSION_ID)?,
            result: avps.get(avp::RESULT_CODE)?.map(ResultCode),
            origin_host: avps.need(avp::ORIGIN_HOST)?,
            origin_realm: avps.need(avp::ORIGIN_REALM)?,
            origin_state: avps.get(avp::ORIGIN_STATE_ID)?,
            cause: avps.choice(avp::DISCONNECT_CAUSE)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::SESSION_ID, self.session_id);
        to.maybe(avp::RESULT_CODE, self.result.map(|code| code.0));
        to.put(avp::ORIGIN_HOST, self.origin_host);
        to.put(avp::ORIGIN_REALM, self.origin_realm);
        to.maybe(avp::ORIGIN_STATE_ID, self.origin_state);
        to.choice(avp::DISCONNECT_CAUSE, self.cause);
    }
}
