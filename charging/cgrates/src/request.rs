//! What we say: the events of CGRateS, made of orders.

use crate::options::Options;
use serde::Serialize;
use switchback_core::model::{Address, Service};
use switchback_ports::ChargeOrder;

/// A method of CGRateS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    AccountCost,
    InitiateSession,
    TerminateSession,
    ProcessCdr,
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AccountCost => "APIerSv1.GetAccountCost",
            Self::InitiateSession => "SessionSv1.InitiateSession",
            Self::TerminateSession => "SessionSv1.TerminateSession",
            Self::ProcessCdr => "SessionSv1.ProcessCDR",
        }
    }
}

/// One request on the wire, and its line's end.
#[derive(Serialize)]
struct Request<'a> {
    method: &'static str,
    params: [Params<'a>; 1],
    id: u64,
}

/// The arguments of all our methods: an event, and what is to be done with it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Params<'a> {
    #[serde(skip_serializing_if = "is_false")]
    init_session: bool,
    #[serde(skip_serializing_if = "is_false")]
    terminate_session: bool,
    /// All units or none.
    #[serde(skip_serializing_if = "is_false")]
    force_duration: bool,
    tenant: &'a str,
    /// The same whenever this is said again: CGRateS may be told to remember its answers by it (`*rpc_responses`).
    #[serde(rename = "ID")]
    id: String,
    event: Event<'a>,
    #[serde(rename = "APIOpts")]
    api_opts: ApiOpts,
}

/// The fields by which CGRateS rates.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    tenant: &'a str,
    #[serde(rename = "ToR")]
    tor: &'static str,
    category: &'static str,
    #[serde(rename = "OriginID")]
    origin_id: String,
    origin_host: &'a str,
    request_type: &'static str,
    account: &'a str,
    destination: &'a str,
    setup_time: String,
    answer_time: String,
    usage: u16,
    /// Where the sender is, in fields of our own, which filters and attributes may look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    visited_network: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    wifi: bool,
}

/// No debits by the clock: a message is no call.
#[derive(Serialize)]
struct ApiOpts {
    #[serde(rename = "*sessionsDebitInterval")]
    debit_interval: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How many units an order is about: the parts of an SMS, else one message.
pub(crate) const fn units(order: &ChargeOrder) -> u16 {
    match order.service {
        Service::Sms => order.parts,
        Service::Mms | Service::Im => 1,
    }
}

/// Who pays: the number, or else the SIM.
pub(crate) fn account(order: &ChargeOrder) -> Option<&str> {
    order.number.as_deref().or(order.imsi.as_deref())
}

/// The id of the session that an order is about.
pub(crate) fn origin_id(order: &ChargeOrder) -> String {
    format!("{}.{}", order.key.message, order.key.attempt)
}

/// The octets of a request about `usage` units; `None` when nobody pays.
pub(crate) fn write(
    method: Method,
    id: u64,
    order: &ChargeOrder,
    usage: u16,
    options: &Options,
) -> Option<Vec<u8>> {
    let is_session = matches!(method, Method::InitiateSession | Method::TerminateSession);
    let (tor, category) = match order.service {
        Service::Sms => ("*sms", "sms"),
        Service::Mms => ("*mms", "mms"),
        Service::Im => ("*generic", "im"),
    };
    let (Address::E164(destination)
    | Address::ShortCode(destination)
    | Address::Alphanumeric(destination)
    | Address::Sip(destination)) = &order.to;
    let at = order.at.to_string();
    let params = Params {
        init_session: method == Method::InitiateSession,
        terminate_session: method == Method::TerminateSession,
        force_duration: is_session,
        tenant: &options.tenant,
        id: format!("{}.{usage}", origin_id(order)),
        event: Event {
            tenant: &options.tenant,
            tor,
            category,
            origin_id: origin_id(order),
            origin_host: &options.origin_host,
            request_type: "*prepaid",
            account: account(order)?,
            destination,
            setup_time: at.clone(),
            answer_time: at,
            usage,
            visited_network: order.origin.visited.map(|plmn| plmn.to_string()),
            wifi: order.origin.wifi,
        },
        api_opts: ApiOpts { debit_interval: "0s" },
    };
    let mut octets = serde_json::to_vec(&Request { method: method.name(), params: [params], id }).ok()?;
    octets.push(b'\n');
    Some(octets)
}
