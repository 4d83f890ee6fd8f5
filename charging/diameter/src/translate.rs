//! Between our nouns and the charging system's.

use crate::options::{Mode, Options, QuoteBy, UnitsOfIm};
use smol_str::SmolStr;
use switchback_core::model::{Address, Money, Service, Time};
use switchback_ports::{ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep};
use wire_diameter::avp::Timestamp;
use wire_diameter::credit::{
    AddressType, Charge, Content, Ended, Grant, NodeAddress, Operation, Place, Profile, Quoting, Refusal,
    Subscription, SubscriptionType, Units,
};

/// How this charging system is asked.
pub(crate) fn profile(options: &Options) -> Profile {
    Profile {
        origin_host: options.origin_host.clone(),
        origin_realm: options.origin_realm.clone(),
        destination_realm: options.destination_realm.clone(),
        contexts: options.contexts.clone(),
        units_at: options.units_at,
        service_identifier: options.service_identifier,
        rating_group: options.rating_group,
        multiple_services_indicator: true,
        sms_node: options.sms_node,
    }
}

/// What an order wants of the charging system; `None`: nothing has to be said.
pub(crate) fn operation(step: ChargeStep, mode: Mode, quote: QuoteBy) -> Option<Operation> {
    match (step, mode) {
        (ChargeStep::Quote, _) => Some(Operation::Quote(match quote {
            QuoteBy::PriceEnquiry => Quoting::PriceEnquiry,
            QuoteBy::Advice => Quoting::Advice,
            QuoteBy::ReserveProbe => Quoting::ReserveProbe,
            QuoteBy::None => return None,
        })),
        (ChargeStep::Reserve | ChargeStep::Release, Mode::Event) => None,
        (ChargeStep::Commit, Mode::Event) => Some(Operation::Debit),
        (ChargeStep::Reserve, Mode::Session) => Some(Operation::Reserve),
        (ChargeStep::Commit, Mode::Session) => Some(Operation::Commit),
        (ChargeStep::Release, Mode::Session) => Some(Operation::Release),
        (ChargeStep::Refund, _) => Some(Operation::Refund),
    }
}

/// The key of an operation's session. A refund and a quote are sessions of their own; a quote's is new each time.
pub(crate) fn key(order: &ChargeOrder, operation: Operation, nonce: u64) -> String {
    let (message, attempt) = (order.key.message, order.key.attempt);
    match operation {
        Operation::Quote(_) => format!("{message}.{attempt}.q{nonce:x}"),
        Operation::Reserve | Operation::Commit | Operation::Release => format!("{message}.{attempt}"),
        Operation::Debit => format!("{message}.{attempt}.d"),
        Operation::Refund => format!("{message}.{attempt}.r"),
    }
}

/// How much of the service.
pub(crate) fn units(order: &ChargeOrder, im: UnitsOfIm) -> Units {
    match (order.service, im) {
        (Service::Sms, _) => Units::specific(order.parts.into()),
        (Service::Im, UnitsOfIm::Octets) => Units::octets(order.bytes),
        (Service::Mms, _) | (Service::Im, UnitsOfIm::Messages) => Units::specific(1),
    }
}

/// What an order's requests are made of, beyond the order itself.
pub(crate) struct Told {
    from: String,
    to: String,
    message: String,
    visited: Option<String>,
}

impl Told {
    pub(crate) fn of(order: &ChargeOrder) -> Self {
        let written = |address| if order.service == Service::Im { uri(address) } else { plain(address) };
        Self {
            from: written(&order.from),
            to: written(&order.to),
            message: order.key.message.to_string(),
            visited: order.origin.visited.map(|plmn| plmn.to_string()),
        }
    }

    /// The charge that requests are written from.
    pub(crate) fn charge<'a>(
        &'a self,
        order: &'a ChargeOrder,
        session_id: &'a str,
        units: Units,
    ) -> Charge<'a> {
        let size = u32::try_from(order.bytes).unwrap_or(u32::MAX);
        Charge {
            session_id,
            subscriptions: subscriptions(order.imsi.as_ref(), order.number.as_ref()),
            from: NodeAddress { kind: Some(kind(&order.from)), data: &self.from },
            to: NodeAddress { kind: Some(kind(&order.to)), data: &self.to },
            place: Place { visited: self.visited.as_deref(), wifi: order.origin.wifi },
            at: Timestamp::from_unix(order.at.as_millis() / 1000),
            units,
            content: match order.service {
                Service::Sms => Content::Sms { segments: order.parts.into(), data_coding: None },
                Service::Mms => Content::Mms { size, id: &self.message, class: None },
                Service::Im => Content::Im { content_type: None, length: size, charging_id: &self.message },
            },
        }
    }
}

fn subscriptions<'a>(imsi: Option<&'a SmolStr>, number: Option<&'a SmolStr>) -> Vec<Subscription<'a>> {
    let named = |kind| move |data: &'a SmolStr| Subscription { kind, data };
    let number = number.map(named(SubscriptionType::E164));
    number.into_iter().chain(imsi.map(named(SubscriptionType::Imsi))).collect()
}

fn kind(address: &Address) -> AddressType {
    match address {
        Address::E164(_) => AddressType::Msisdn,
        Address::ShortCode(_) => AddressType::NumericShortCode,
        Address::Alphanumeric(_) => AddressType::AlphanumericShortCode,
        Address::Sip(_) => AddressType::Other,
    }
}

fn plain(address: &Address) -> String {
    match address {
        Address::E164(text) | Address::ShortCode(text) | Address::Alphanumeric(text) | Address::Sip(text) => {
            text.to_string()
        }
    }
}

fn uri(address: &Address) -> String {
    match address {
        Address::E164(digits) => format!("tel:+{digits}"),
        other => plain(other),
    }
}

/// What a dialogue's end means to who ordered it.
pub(crate) fn outcome(order: &ChargeOrder, operation: Operation, ended: &Ended, now: Time) -> ChargeOutcome {
    match ended {
        Ended::Granted(grant) => ChargeOutcome::Done(done(order, operation, grant, now)),
        Ended::Refused(refusal) => ChargeOutcome::Refused(refused(order, *refusal)),
        Ended::Unknown(_) => ChargeOutcome::Unknown,
    }
}

fn done(order: &ChargeOrder, operation: Operation, grant: &Grant, now: Time) -> ChargeDone {
    ChargeDone {
        price: grant.nanos.map(|nanos| Money::from_nanos(order.currency, nanos)),
        is_list: operation == Operation::Quote(Quoting::PriceEnquiry) && !grant.free,
        until: grant.validity.map(|seconds| now.plus_millis(u64::from(seconds) * 1000)),
        is_free: grant.free,
        low_balance: grant.low_balance,
    }
}

fn refused(order: &ChargeOrder, refusal: Refusal) -> ChargeRefusal {
    match refusal {
        Refusal::OutOfFunds => ChargeRefusal::InsufficientFunds,
        Refusal::Denied => ChargeRefusal::Barred,
        Refusal::UnknownUser => ChargeRefusal::UnknownPayer,
        Refusal::RatingFailed | Refusal::NoPrice | Refusal::Incomparable => ChargeRefusal::NoPrice,
        Refusal::WrongGrant => ChargeRefusal::WrongGrant,
        Refusal::TooDear { nanos } => ChargeRefusal::PriceAbove(Money::from_nanos(order.currency, nanos)),
        Refusal::SessionGone => ChargeRefusal::NotHeld,
        Refusal::NotSupported(_) => ChargeRefusal::NotSupported,
        Refusal::OurFault(_) => ChargeRefusal::OurFault,
        Refusal::Unavailable => ChargeRefusal::Unreachable,
    }
}
