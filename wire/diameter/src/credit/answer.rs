//! The Credit-Control-Answer (RFC 8506 3.2).

use super::money::{CostInformation, Money};
use super::service::ServiceInformation;
use super::units::Units;
use super::words::{DebitFailureHandling, FailureHandling, FinalUnitAction, RequestType};
use crate::avp::{AvpWriter, Avps, Group};
use crate::dictionary as avp;
use crate::fault::{Fault, What};
use crate::header::APPLICATION_CREDIT_CONTROL;
use crate::result_code::ResultCode;

/// Multiple-Services-Credit-Control: units of one service, in requests and answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultipleServices {
    /// What is granted.
    pub granted: Option<Units>,
    /// What is asked for.
    pub requested: Option<Units>,
    /// What was used.
    pub used: Vec<Units>,
    /// Service-Identifier.
    pub service_identifier: Option<u32>,
    /// Rating-Group.
    pub rating_group: Option<u32>,
    /// How long a grant holds, in seconds.
    pub validity: Option<u32>,
    /// Its own result.
    pub result: Option<ResultCode>,
    /// These are the last units, and what happens after them.
    pub final_unit: Option<FinalUnitAction>,
}

impl<'a> Group<'a> for MultipleServices {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            granted: avps.group(avp::GRANTED_SERVICE_UNIT)?,
            requested: avps.group(avp::REQUESTED_SERVICE_UNIT)?,
            used: avps.groups(avp::USED_SERVICE_UNIT)?,
            service_identifier: avps.get(avp::SERVICE_IDENTIFIER)?,
            rating_group: avps.get(avp::RATING_GROUP)?,
            validity: avps.get(avp::VALIDITY_TIME)?,
            result: avps.get(avp::RESULT_CODE)?.map(ResultCode),
            final_unit: read_final_unit(avps)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.groups(avp::GRANTED_SERVICE_UNIT, &self.granted);
        to.groups(avp::REQUESTED_SERVICE_UNIT, &self.requested);
        to.groups(avp::USED_SERVICE_UNIT, &self.used);
        to.maybe(avp::SERVICE_IDENTIFIER, self.service_identifier);
        to.maybe(avp::RATING_GROUP, self.rating_group);
        to.maybe(avp::VALIDITY_TIME, self.validity);
        to.maybe(avp::RESULT_CODE, self.result.map(|code| code.0));
        if let Some(action) = self.final_unit {
            to.group(avp::FINAL_UNIT_INDICATION, |inside| {
                inside.choice(avp::FINAL_UNIT_ACTION, Some(action))
            });
        }
    }
}

fn read_final_unit(avps: Avps<'_>) -> Result<Option<FinalUnitAction>, Fault> {
    avps.get(avp::FINAL_UNIT_INDICATION)?.unwrap_or_default().choice(avp::FINAL_UNIT_ACTION)
}

/// An AVP of ours that the peer blames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedAvp {
    /// Its code.
    pub code: u32,
    /// Its vendor; 0 for those of the IETF.
    pub vendor: u32,
}

/// A CCA. A protocol error has only the first four.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditControlAnswer<'a> {
    /// Of the request.
    pub session_id: &'a str,
    /// What it says; an Experimental-Result counts as a code that nobody here knows.
    pub result: ResultCode,
    /// Who answers.
    pub origin_host: &'a str,
    /// Of which realm.
    pub origin_realm: &'a str,
    /// Of the request.
    pub request_type: Option<RequestType>,
    /// Of the request.
    pub request_number: Option<u32>,
    /// Whether the session may go on with another peer.
    pub session_failover: Option<bool>,
    /// What is granted, outside `services`.
    pub granted: Option<Units>,
    /// The same by service.
    pub services: Vec<MultipleServices>,
    /// What it costs.
    pub cost: Option<CostInformation<'a>>,
    /// Whether there is enough: the answer to a balance check.
    pub enough: Option<bool>,
    /// What to do when the charging system can't be asked.
    pub failure_handling: Option<FailureHandling>,
    /// The same for debits.
    pub debit_failure_handling: Option<DebitFailureHandling>,
    /// How long the grant outside `services` holds, in seconds.
    pub validity: Option<u32>,
    /// Whether little is left.
    pub low_balance: Option<bool>,
    /// What is left.
    pub remaining: Option<Money>,
    /// AVPs of ours that it blames.
    pub failed: Vec<FailedAvp>,
    /// What it says to a human reader.
    pub error_message: Option<&'a str>,
    /// Advice of charge stands in here.
    pub information: Option<ServiceInformation<'a>>,
}

impl<'a> CreditControlAnswer<'a> {
    /// An answer that says only this much.
    #[must_use]
    pub const fn bare(
        session_id: &'a str,
        result: ResultCode,
        origin_host: &'a str,
        origin_realm: &'a str,
    ) -> Self {
        Self {
            session_id,
            result,
            origin_host,
            origin_realm,
            request_type: None,
            request_number: None,
            session_failover: None,
            granted: None,
            services: Vec::new(),
            cost: None,
            enough: None,
            failure_handling: None,
            debit_failure_handling: None,
            validity: None,
            low_balance: None,
            remaining: None,
            failed: Vec::new(),
            error_message: None,
            information: None,
        }
    }
}

/// Above every real code: what an Experimental-Result counts as.
const EXPERIMENTAL: u32 = 1 << 31;

fn read_result(avps: Avps<'_>) -> Result<ResultCode, Fault> {
    if let Some(code) = avps.get(avp::RESULT_CODE)? {
        return Ok(ResultCode(code));
    }
    let experimental = avps.get(avp::EXPERIMENTAL_RESULT)?;
    let inside = experimental.ok_or_else(|| avp::RESULT_CODE.fault(What::Missing))?;
    Ok(ResultCode(EXPERIMENTAL | inside.need(avp::EXPERIMENTAL_RESULT_CODE)?))
}

impl<'a> Group<'a> for CreditControlAnswer<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let blamed = avps.get(avp::FAILED_AVP)?.unwrap_or_default();
        Ok(Self {
            session_id: avps.need(avp::SESSION_ID)?,
            result: read_result(avps)?,
            origin_host: avps.need(avp::ORIGIN_HOST)?,
            origin_realm: avps.need(avp::ORIGIN_REALM)?,
            request_type: avps.choice(avp::CC_REQUEST_TYPE)?,
            request_number: avps.get(avp::CC_REQUEST_NUMBER)?,
            session_failover: avps.get(avp::CC_SESSION_FAILOVER)?.map(|number| number == 1),
            granted: avps.group(avp::GRANTED_SERVICE_UNIT)?,
            services: avps.groups(avp::MULTIPLE_SERVICES_CREDIT_CONTROL)?,
            cost: avps.group(avp::COST_INFORMATION)?,
            enough: avps.get(avp::CHECK_BALANCE_RESULT)?.map(|number| number == 0),
            failure_handling: avps.choice(avp::CREDIT_CONTROL_FAILURE_HANDLING)?,
            debit_failure_handling: avps.choice(avp::DIRECT_DEBITING_FAILURE_HANDLING)?,
            validity: avps.get(avp::VALIDITY_TIME)?,
            low_balance: avps.get(avp::LOW_BALANCE_INDICATION)?.map(|number| number == 1),
            remaining: avps.group(avp::REMAINING_BALANCE)?,
            failed: blamed.iter().map(|it| FailedAvp { code: it.code, vendor: it.vendor }).collect(),
            error_message: avps.get(avp::ERROR_MESSAGE)?,
            information: avps.group(avp::SERVICE_INFORMATION)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.put(avp::SESSION_ID, self.session_id);
        to.put(avp::RESULT_CODE, self.result.0);
        to.put(avp::ORIGIN_HOST, self.origin_host);
        to.put(avp::ORIGIN_REALM, self.origin_realm);
        to.put(avp::AUTH_APPLICATION_ID, APPLICATION_CREDIT_CONTROL);
        to.choice(avp::CC_REQUEST_TYPE, self.request_type);
        to.maybe(avp::CC_REQUEST_NUMBER, self.request_number);
        to.maybe(avp::CC_SESSION_FAILOVER, self.session_failover.map(i32::from));
        to.groups(avp::MULTIPLE_SERVICES_CREDIT_CONTROL, &self.services);
        to.groups(avp::GRANTED_SERVICE_UNIT, &self.granted);
        to.groups(avp::COST_INFORMATION, &self.cost);
        to.maybe(avp::LOW_BALANCE_INDICATION, self.low_balance.map(i32::from));
        to.groups(avp::REMAINING_BALANCE, &self.remaining);
        to.maybe(avp::CHECK_BALANCE_RESULT, self.enough.map(|enough| i32::from(!enough)));
        to.choice(avp::CREDIT_CONTROL_FAILURE_HANDLING, self.failure_handling);
        to.choice(avp::DIRECT_DEBITING_FAILURE_HANDLING, self.debit_failure_handling);
        to.maybe(avp::VALIDITY_TIME, self.validity);
        to.maybe(avp::ERROR_MESSAGE, self.error_message);
        if !self.failed.is_empty() {
            to.group(avp::FAILED_AVP, |inside| {
                for failed in &self.failed {
                    inside.put_empty(failed.code, failed.vendor);
                }
            });
        }
        to.groups(avp::SERVICE_INFORMATION, &self.information);
    }
}
