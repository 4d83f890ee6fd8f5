//! Messages as they were seen on the wire with a strict peer: we read each, and write the same octets.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use wire_diameter::avp::Group;
use wire_diameter::avp::Timestamp;
use wire_diameter::credit::{
    AddressType, Charge, Content, Contexts, CostInformation, CreditControlAnswer, CreditControlRequest,
    Decimal, Money, NodeAddress, Place, Profile, Step, Subscription, SubscriptionType, Units, UnitsAt,
};
use wire_diameter::neighbour::Capabilities;
use wire_diameter::{Command, Message, ResultCode};

fn vector(name: &str) -> Vec<u8> {
    let line = include_str!("vectors/freediameter.txt")
        .lines()
        .find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' ')))
        .unwrap();
    let (pairs, _) = line.trim().as_bytes().as_chunks::<2>();
    pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Reads the message as `T` and writes it again.
fn rewritten<'a, T: Group<'a>>(octets: &'a [u8]) -> Vec<u8> {
    let message = Message::parse(octets).unwrap();
    let read = T::read(message.avps).unwrap();
    let mut out = Vec::new();
    Message::write(&message.header, &mut out, |to| read.write(to)).unwrap();
    out
}

#[test]
fn what_is_read_is_written_octet_for_octet() {
    for name in [
        "CCR_SMS_PRICE",
        "CCR_MMS_PRICE",
        "CCR_IM_PRICE",
        "CCR_SMS_DEBIT",
        "CCR_SMS_RESERVE",
        "CCR_SMS_ABROAD",
        "CCR_IM_WIFI",
    ] {
        let octets = vector(name);
        assert_eq!(rewritten::<CreditControlRequest<'_>>(&octets), octets, "{name}");
    }
    // Answers stand in the order of RFC 8506 3.2 with us and in another with that peer: the same AVPs, sorted.
    let sorted = |octets: &[u8]| {
        let message = Message::parse(octets).unwrap();
        let mut avps: Vec<_> =
            message.avps.iter().map(|avp| (avp.code, avp.vendor, avp.data.to_vec())).collect();
        avps.sort();
        (message.header, avps)
    };
    for name in ["CCA_SMS_PRICE", "CCA_MMS_PRICE", "CCA_IM_PRICE", "CCA_SMS_DEBIT", "CCA_SMS_RESERVE"] {
        let octets = vector(name);
        assert_eq!(sorted(&rewritten::<CreditControlAnswer<'_>>(&octets)), sorted(&octets), "{name}");
    }
    let octets = vector("CER");
    assert_eq!(rewritten::<Capabilities<'_>>(&octets), octets);
}

fn profile() -> Profile {
    Profile {
        origin_host: "cpm.home.test".to_owned(),
        origin_realm: "home.test".to_owned(),
        destination_realm: "home.test".to_owned(),
        contexts: Contexts::default(),
        units_at: UnitsAt::Services,
        service_identifier: None,
        rating_group: None,
        multiple_services_indicator: false,
        sms_node: 1,
    }
}

fn charge<'a>(session_id: &'a str, units: Units, content: Content<'a>, place: Place<'a>) -> Charge<'a> {
    let number = |data| NodeAddress { kind: Some(AddressType::Msisdn), data };
    let (from, to) = match content {
        Content::Im { .. } => ("tel:+4915112345678", "tel:+4917012345678"),
        _ => ("4915112345678", "4917012345678"),
    };
    Charge {
        session_id,
        subscriptions: vec![
            Subscription { kind: SubscriptionType::E164, data: "4915112345678" },
            Subscription { kind: SubscriptionType::Imsi, data: "262011234567890" },
        ],
        from: number(from),
        to: number(to),
        place,
        at: Timestamp(0xeeae_28d6),
        units,
        content,
    }
}

#[test]
fn a_charge_becomes_the_request_that_the_strict_peer_took() {
    let sms = Content::Sms { segments: 3, data_coding: Some(8) };
    let mms = Content::Mms { size: 307_200, id: "01J9ZQ-m2", class: Some(2) };
    let im = Content::Im { content_type: Some("text/plain"), length: 600, charging_id: "icid-01J9ZQ" };
    let home = Place::default();
    let abroad = Place { visited: Some("310012"), wifi: false };
    let wifi = Place { visited: Some("52001"), wifi: true };
    let reserve = Step::Reserve { advice: false };
    let cases = [
        ("CCR_SMS_PRICE", Units::specific(3), sms, home, Step::PriceEnquiry),
        ("CCR_SMS_DEBIT", Units::specific(3), sms, home, Step::Debit),
        ("CCR_SMS_RESERVE", Units::specific(3), sms, home, reserve),
        ("CCR_SMS_ABROAD", Units::specific(3), sms, abroad, reserve),
        ("CCR_MMS_PRICE", Units::specific(1), mms, home, Step::PriceEnquiry),
        ("CCR_IM_PRICE", Units::octets(1800), im, home, Step::PriceEnquiry),
        ("CCR_IM_WIFI", Units::octets(1800), im, wifi, Step::PriceEnquiry),
    ];
    for (name, units, content, place, step) in cases {
        let octets = vector(name);
        let message = Message::parse(&octets).unwrap();
        let session_id = CreditControlRequest::read(message.avps).unwrap().session_id;
        let mut out = Vec::new();
        let charge = charge(session_id, units, content, place);
        Message::write(&message.header, &mut out, |to| profile().write(&charge, step, to)).unwrap();
        assert_eq!(out, octets, "{name}");
    }
}

#[test]
fn the_answer_says_three_hundredths_of_a_euro() {
    let octets = vector("CCA_SMS_PRICE");
    let message = Message::parse(&octets).unwrap();
    assert_eq!(message.header.command, Command::CREDIT_CONTROL);
    assert!(!message.header.is_request());
    let answer = CreditControlAnswer::read(message.avps).unwrap();
    assert_eq!((answer.result, answer.request_number), (ResultCode::SUCCESS, Some(0)));
    let value = Decimal { digits: 3, exponent: -2 };
    assert_eq!(answer.cost, Some(CostInformation { cost: Money { value, currency: Some(978) }, per: None }));
    assert_eq!(value.nanos(), Some(30_000_000));
}

#[test]
fn the_strict_peer_introduces_itself() {
    let octets = vector("CEA");
    let capabilities = Capabilities::read(Message::parse(&octets).unwrap().avps).unwrap();
    assert_eq!(
        (capabilities.result, capabilities.origin_host, capabilities.product),
        (Some(ResultCode::SUCCESS), "ocs.home.test", "freeDiameter")
    );
    assert!(capabilities.serves(4) && capabilities.serves(0xFFFF_FFFF));
    assert_eq!(capabilities.addresses, ["192.0.2.2".parse::<core::net::IpAddr>().unwrap()]);
}
