//! What is written is read back equal; what is not whole or not single is refused; nothing panics.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use proptest::prelude::*;
use wire_diameter::avp::{Group, Timestamp};
use wire_diameter::credit::{
    AddressType, AocInformation, CostInformation, CreditControlAnswer, CreditControlRequest, CurrentTariff,
    Decimal, FailedAvp, FailureHandling, FinalUnitAction, ImsInformation, MessageBody, MmsInformation, Money,
    MultipleServices, NodeAddress, PsInformation, RateElement, RecipientInfo, RequestType, RequestedAction,
    ServiceInformation, SmsInformation, Subscription, SubscriptionType, Units,
};
use wire_diameter::{
    AvpWriter, Avps, Command, Flags, Framer, Header, MESSAGE_MAX, Message, ResultCode, What,
    dictionary as avp,
};

const HEADER: Header = Header {
    flags: Flags::REQUEST,
    command: Command::CREDIT_CONTROL,
    application: 4,
    hop_by_hop: 0x0102_0304,
    end_to_end: 0x0506_0708,
};

fn written<'a>(body: &impl Group<'a>) -> Vec<u8> {
    let mut out = Vec::new();
    Message::write(&HEADER, &mut out, |to| body.write(to)).unwrap();
    out
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), -40..40).prop_map(|(digits, exponent)| Decimal { digits, exponent })
}

fn money() -> impl Strategy<Value = Money> {
    (decimal(), any::<Option<u32>>()).prop_map(|(value, currency)| Money { value, currency })
}

fn units() -> impl Strategy<Value = Units> {
    (any::<[Option<u64>; 4]>(), any::<Option<u32>>(), prop::option::of(money())).prop_map(
        |([total_octets, input_octets, output_octets, specific], time, money)| Units {
            time,
            money,
            total_octets,
            input_octets,
            output_octets,
            specific,
        },
    )
}

fn services() -> impl Strategy<Value = MultipleServices> {
    let units = || prop::option::of(units());
    (units(), units(), prop::collection::vec(self::units(), 0..3), any::<[Option<u32>; 4]>(), any::<bool>())
        .prop_map(|(granted, requested, used, [service_identifier, rating_group, validity, result], last)| {
            MultipleServices {
                granted,
                requested,
                used,
                service_identifier,
                rating_group,
                validity,
                result: result.map(ResultCode),
                final_unit: last.then_some(FinalUnitAction::Terminate),
            }
        })
}

fn information<'a>(
    texts: &'a [String; 4],
    n: [Option<u32>; 3],
    decimals: &[Decimal; 4],
) -> ServiceInformation<'a> {
    let [a, b, c, d] = texts.each_ref().map(String::as_str);
    let address = |data| NodeAddress { kind: Some(AddressType::Msisdn), data };
    let [cost, scale, accumulated, incremental] = *decimals;
    ServiceInformation {
        ps: Some(PsInformation { network: Some(b), access: Some(c.as_bytes()) }),
        sms: Some(SmsInformation {
            node: Some(1),
            data_coding: Some(8),
            message_type: None,
            user_data_header: Some(a.as_bytes()),
            messages: n[0],
            recipients: vec![
                RecipientInfo { addresses: vec![address(b), address(c)] },
                RecipientInfo::default(),
            ],
        }),
        mms: Some(MmsInformation {
            originator: Some(address(d)),
            recipients: vec![address(a)],
            message_id: Some(b),
            message_type: Some(1),
            size: n[1],
            content_class: None,
        }),
        ims: Some(ImsInformation {
            method: Some(c),
            role: Some(0),
            node: Some(6),
            calling: vec![a, b],
            called: Some(d),
            charging_id: Some(c),
            bodies: vec![MessageBody { content_type: d, length: 7 }],
            access: Some(a.as_bytes()),
        }),
        aoc: Some(AocInformation {
            accumulated: Some(accumulated),
            currency: n[2],
            incremental: vec![incremental, cost],
            tariff: Some(CurrentTariff {
                currency: n[0],
                scale: Some(scale),
                rates: vec![RateElement { unit_type: 5, per: Some(incremental), cost }],
            }),
        }),
    }
}

fn texts() -> impl Strategy<Value = [String; 4]> {
    prop::array::uniform4("[ -~äß€]{0,20}")
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(
        texts in texts(),
        n in any::<[Option<u32>; 3]>(),
        decimals in prop::array::uniform4(decimal()),
        services in prop::collection::vec(services(), 0..3),
        outside in prop::option::of(units()),
        kind in prop::sample::select(RequestType::ALL),
        action in prop::option::of(prop::sample::select(RequestedAction::ALL)),
        subscription in prop::sample::select(SubscriptionType::ALL),
    ) {
        let [a, b, c, d] = texts.each_ref().map(String::as_str);
        let request = CreditControlRequest {
            session_id: a,
            origin_host: b,
            origin_realm: c,
            destination_realm: d,
            destination_host: n[0].map(|_| a),
            service_context: b,
            request_type: kind,
            request_number: n[1].unwrap_or_default(),
            event_timestamp: n[2].map(Timestamp),
            subscriptions: vec![Subscription { kind: subscription, data: c }],
            termination_cause: n[0].map(|_| 1),
            action,
            aoc: None,
            multiple_services: n[1].map(|n| n % 2 == 0),
            service_identifier: n[2],
            requested: outside,
            used: outside,
            services,
            information: Some(information(&texts, n, &decimals)),
        };
        let octets = written(&request);
        let message = Message::parse(&octets).unwrap();
        prop_assert_eq!(message.header, HEADER);
        prop_assert_eq!(CreditControlRequest::read(message.avps).unwrap(), request);
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(
        texts in texts(),
        n in any::<[Option<u32>; 3]>(),
        flags in any::<[Option<bool>; 3]>(),
        decimals in prop::array::uniform4(decimal()),
        services in prop::collection::vec(services(), 0..3),
        money in prop::option::of(money()),
        granted in prop::option::of(units()),
        result in any::<u32>(),
    ) {
        let [a, b, c, d] = texts.each_ref().map(String::as_str);
        let [session_failover, enough, low_balance] = flags;
        let answer = CreditControlAnswer {
            request_type: Some(RequestType::Initial),
            request_number: n[0],
            session_failover,
            granted,
            services,
            cost: money.map(|cost| CostInformation { cost, per: Some(d) }),
            enough,
            failure_handling: Some(FailureHandling::Continue),
            validity: n[1],
            low_balance,
            remaining: money,
            failed: vec![FailedAvp { code: 1, vendor: 0 }, FailedAvp { code: 2, vendor: 10_415 }],
            error_message: Some(d),
            information: Some(information(&texts, n, &decimals)),
            ..CreditControlAnswer::bare(a, ResultCode(result), b, c)
        };
        let octets = written(&answer);
        prop_assert_eq!(CreditControlAnswer::read(Message::parse(&octets).unwrap().avps).unwrap(), answer);
    }

    #[test]
    fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::parse(&octets);
        if let Ok(avps) = Avps::parse(&octets) {
            let _ = CreditControlRequest::read(avps);
            let _ = CreditControlAnswer::read(avps);
        }
    }

    #[test]
    fn no_damage_panics(
        octets in Just(written(&CreditControlAnswer {
            services: vec![MultipleServices { granted: Some(Units::specific(3)), ..MultipleServices::default() }],
            ..CreditControlAnswer::bare("s", ResultCode::SUCCESS, "h", "r")
        })),
        at in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut octets = octets;
        *at.get_mut(&mut octets) = octet;
        if let Ok(message) = Message::parse(&octets) {
            let _ = CreditControlAnswer::read(message.avps);
        }
    }

    #[test]
    fn how_a_stream_is_cut_makes_no_difference(
        lengths in prop::collection::vec(0_usize..60, 1..6),
        cut in 1_usize..50,
    ) {
        let mut stream = Vec::new();
        for length in &lengths {
            let text = "x".repeat(*length);
            Message::write(&HEADER, &mut stream, |to| to.put(avp::SESSION_ID, &text)).unwrap();
        }
        let (mut framer, mut seen) = (Framer::default(), Vec::new());
        for mut piece in stream.chunks(cut) {
            while let Some(octets) = framer.next_message(&mut piece).unwrap() {
                seen.push(Message::parse(octets).unwrap().avps.need(avp::SESSION_ID).unwrap().len());
            }
        }
        prop_assert_eq!(seen, lengths);
    }

    #[test]
    fn billionths_and_back(nanos in any::<i64>()) {
        let nanos = i128::from(nanos);
        prop_assert_eq!(Decimal::from_nanos(nanos).unwrap().nanos(), Some(nanos));
    }
}

#[test]
fn decimals_are_exact_or_none() {
    let nanos = |digits, exponent| Decimal { digits, exponent }.nanos();
    assert_eq!(nanos(75, -3), Some(75_000_000));
    assert_eq!(nanos(3, 0), Some(3_000_000_000));
    assert_eq!(nanos(10, -10), Some(1));
    assert_eq!(nanos(1, -10), None);
    assert_eq!(nanos(0, i32::MIN), Some(0));
    assert_eq!(nanos(1, i32::MAX), None);
    assert_eq!(nanos(i64::MAX, 30), None);
}

#[test]
fn timestamps_last_beyond_2036() {
    assert_eq!(Timestamp::from_unix(0).0, 2_208_988_800);
    for seconds in [1_795_000_000, 2_085_978_495, 2_085_978_496, 4_000_000_000] {
        assert_eq!(Timestamp::from_unix(seconds).to_unix(), seconds);
    }
}

#[test]
fn what_may_stand_once_and_stands_twice_is_refused() {
    let octets = {
        let mut out = Vec::new();
        Message::write(&HEADER, &mut out, |to| {
            CreditControlAnswer::bare("s", ResultCode::SUCCESS, "h", "r").write(to);
            to.put(avp::RESULT_CODE, ResultCode::CREDIT_LIMIT_REACHED.0);
        })
        .unwrap();
        out
    };
    let fault = CreditControlAnswer::read(Message::parse(&octets).unwrap().avps).unwrap_err();
    assert_eq!((fault.what, fault.code), (What::TooOften, 268));
    assert_eq!(fault.result_code(), ResultCode::AVP_OCCURS_TOO_MANY_TIMES);
}

#[test]
fn an_avp_that_nobody_knows_is_passed_over() {
    let mut out = Vec::new();
    Message::write(&HEADER, &mut out, |to| {
        to.put(wire_diameter::Definition::<wire_diameter::avp::U32>::new(99_999, 4_242, true), 1);
        CreditControlAnswer::bare("s", ResultCode::SUCCESS, "h", "r").write(to);
    })
    .unwrap();
    let answer = CreditControlAnswer::read(Message::parse(&out).unwrap().avps).unwrap();
    assert_eq!(answer.session_id, "s");
}

#[test]
fn a_group_s_own_avp_is_blamed_by_name() {
    let mut out = Vec::new();
    Message::write(&HEADER, &mut out, |to| {
        CreditControlAnswer::bare("s", ResultCode::SUCCESS, "h", "r").write(to);
        to.group(avp::COST_INFORMATION, |inside| inside.group(avp::UNIT_VALUE, |_| {}));
    })
    .unwrap();
    let fault = CreditControlAnswer::read(Message::parse(&out).unwrap().avps).unwrap_err();
    assert_eq!((fault.what, fault.code), (What::Missing, 447));
    let mut failed = Vec::new();
    let mut writer = AvpWriter::new(&mut failed);
    fault.write_failed_avp(&mut writer);
    assert_eq!(failed, [0, 0, 1, 23, 0x40, 0, 0, 16, 0, 0, 1, 191, 0x40, 0, 0, 8]);
}

#[test]
fn lengths_that_lie_are_refused() {
    for stream in [&[1, 0, 0, 2][..], &[1, 0, 0, 16], &[1, 0, 0, 22], &[2, 0, 0, 20], &[1, 0xFF, 0xFF, 0xFC]]
    {
        let mut input = stream;
        assert!(Framer::default().next_message(&mut input).is_err(), "{stream:?}");
    }
    // An AVP shorter than its header, and one longer than its message.
    for length in [0, 7, 13] {
        let avp = [0, 0, 1, 7, 0x40, 0, 0, length, 1, 2, 3, 4];
        assert_eq!(Avps::parse(&avp).unwrap_err().what, What::AvpLength, "{length}");
    }
    let mut out = Vec::new();
    let long = "x".repeat(MESSAGE_MAX);
    assert!(Message::write(&HEADER, &mut out, |to| to.put(avp::SESSION_ID, &long)).is_err());
    assert!(out.is_empty());
}
