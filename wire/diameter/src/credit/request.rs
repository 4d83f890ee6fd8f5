//! The Credit-Control-Request (RFC 8506 3.1).

use super::answer::MultipleServices;
use super::service::ServiceInformation;
use super::units::Units;
use super::words::{AocRequest, RequestType, RequestedAction, SubscriptionType};
use crate::avp::{AvpWriter, Avps, Choice, Group, Timestamp};
use crate::dictionary as avp;
use crate::fault::{Fault, What};
use crate::header::APPLICATION_CREDIT_CONTROL;

/// Subscription-Id: one name of who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// What kind of name.
    pub kind: SubscriptionType,
    /// The name.
    pub data: &'a str,
}

impl<'a> Group<'a> for Subscription<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let kind = avps.choice(avp::SUBSCRIPTION_ID_TYPE)?;
        Ok(Self {
            kind: kind.ok_or_else(|| avp::SUBSCRIPTION_ID_TYPE.fault(What::Missing))?,
            data: avps.need(avp::SUBSCRIPTION_ID_DATA)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.choice(avp::SUBSCRIPTION_ID_TYPE, Some(self.kind));
        to.put(avp::SUBSCRIPTION_ID_DATA, self.data);
    }
}

/// A CCR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditControlRequest<'a> {
    /// With the request number it names the request for ever.
    pub session_id: &'a str,
    /// Who asks.
    pub origin_host: &'a str,
    /// Of which realm.
    pub origin_realm: &'a str,
    /// Whom: any host of this realm.
    pub destination_realm: &'a str,
    /// Whom exactly, when it matters.
    pub destination_host: Option<&'a str>,
    /// Which specification the rest follows, `32274@3gpp.org` for SMS.
    pub service_context: &'a str,
    /// Which kind of request.
    pub request_type: RequestType,
    /// 0 for the first, or the only one.
    pub request_number: u32,
    /// When what is charged happened.
    pub event_timestamp: Option<Timestamp>,
    /// Who pays, by several names.
    pub subscriptions: Vec<Subscription<'a>>,
    /// Termination-Cause of a termination: 1 logout, the user is done.
    pub termination_cause: Option<i32>,
    /// What an event wants.
    pub action: Option<RequestedAction>,
    /// Whether the answer shall tell the cost.
    pub aoc: Option<AocRequest>,
    /// Whether `services` is understood in answers.
    pub multiple_services: Option<bool>,
    /// Service-Identifier of the whole.
    pub service_identifier: Option<u32>,
    /// What is asked for, outside `services` (plain RFC 8506).
    pub requested: Option<Units>,
    /// What was used, outside `services`.
    pub used: Option<Units>,
    /// The same by service.
    pub services: Vec<MultipleServices>,
    /// What is being charged.
    pub information: Option<ServiceInformation<'a>>,
}

impl<'a> Group<'a> for CreditControlRequest<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let number = avps.need(avp::CC_REQUEST_TYPE)?;
        let request_type =
            RequestType::from_number(number).ok_or_else(|| avp::CC_REQUEST_TYPE.fault(What::Value))?;
        let action = avps.get(avp::REQUESTED_ACTION)?.map(|number| {
            RequestedAction::from_number(number).ok_or_else(|| avp::REQUESTED_ACTION.fault(What::Value))
        });
        Ok(Self {
            session_id: avps.need(avp::SESSION_ID)?,
            origin_host: avps.need(avp::ORIGIN_HOST)?,
            origin_realm: avps.need(avp::ORIGIN_REALM)?,
            destination_realm: avps.need(avp::DESTINATION_REALM)?,
            destination_host: avps.get(avp::DESTINATION_HOST)?,
            service_context: avps.need(avp::SERVICE_CONTEXT_ID)?,
            request_type,
            request_number: avps.need(avp::CC_REQUEST_NUMBER)?,
            event_timestamp: avps.get(avp::EVENT_TIMESTAMP)?,
            subscriptions: avps.groups(avp::SUBSCRIPTION_ID)?,
            termination_cause: avps.get(avp::TERMINATION_CAUSE)?,
            action: action.transpose()?,
            aoc: avps.choice(avp::AOC_REQUEST_TYPE)?,
            multiple_services: avps.get(avp::MULTIPLE_SERVICES_INDICATOR)?.map(|number| number == 1),
            service_identifier: avps.get(avp::SERVICE_IDENTIFIER)?,
            requested: avps.group(avp::REQUESTED_SERVICE_UNIT)?,
            used: avps.group(avp::USED_SERVICE_UNIT)?,
            services: avps.groups(avp::MULTIPLE_SERVICES_CREDIT_CONTROL)?,
            information: avps.group(avp::SERVICE_INFORMATION)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.put(avp::SESSION_ID, self.session_id);
        to.put(avp::ORIGIN_HOST, self.origin_host);
        to.put(avp::ORIGIN_REALM, self.origin_realm);
        to.put(avp::DESTINATION_REALM, self.destination_realm);
        to.put(avp::AUTH_APPLICATION_ID, APPLICATION_CREDIT_CONTROL);
        to.put(avp::SERVICE_CONTEXT_ID, self.service_context);
        to.choice(avp::CC_REQUEST_TYPE, Some(self.request_type));
        to.put(avp::CC_REQUEST_NUMBER, self.request_number);
        to.maybe(avp::DESTINATION_HOST, self.destination_host);
        to.maybe(avp::EVENT_TIMESTAMP, self.event_timestamp);
        to.groups(avp::SUBSCRIPTION_ID, &self.subscriptions);
        to.maybe(avp::SERVICE_IDENTIFIER, self.service_identifier);
        to.maybe(avp::TERMINATION_CAUSE, self.termination_cause);
        to.groups(avp::REQUESTED_SERVICE_UNIT, &self.requested);
        to.choice(avp::REQUESTED_ACTION, self.action);
        to.groups(avp::USED_SERVICE_UNIT, &self.used);
        to.choice(avp::AOC_REQUEST_TYPE, self.aoc);
        to.maybe(avp::MULTIPLE_SERVICES_INDICATOR, self.multiple_services.map(i32::from));
        to.groups(avp::MULTIPLE_SERVICES_CREDIT_CONTROL, &self.services);
        to.groups(avp::SERVICE_INFORMATION, &self.information);
    }
}
