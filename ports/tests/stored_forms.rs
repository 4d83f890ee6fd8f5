//! Golden bytes: the stored form of every noun, held still. A difference means that files written by the last release
//! would be misread: raise the version of the stored form and keep the older shape, do not edit the golden file.
//! (Before the first release: `STORED_FORMS=write cargo test -p switchback-ports --test stored_forms` writes it anew.)

use serde::{Serialize, de::DeserializeOwned};
use smol_str::SmolStr;
use std::fmt::Debug;
use switchback_core::charge::LedgerKind;
use switchback_core::model::{
    AccountId, Address, Chat, Currency, EventKind, FailReason, Media, Message, Money, Notice, PayerId,
    PeerId, Pinned, PlanId, Price, Report, ReportKind, RouteId, Service, SimId, Status, SubscriberId, Target,
    Time, Unit, Wants,
};
use switchback_core::tariff::{Bucket, Payer};
use switchback_ports::contract::Sample;
use switchback_ports::directory::{Account, Bearer, Entry, PlanText, Route, Sim, SipUser, Subscriber, Token};
use switchback_ports::{
    CorruptRecord, IdempotencyKey, IdempotencyRecord, PeerRef, RefusalRecord, decode, encode,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stored_forms.txt");

fn time(ms: u64) -> Time {
    Time::from_millis(1_790_000_000_000 + ms)
}

/// A line of the golden file; the noun comes back from its bytes.
fn line<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, noun: &T) -> String {
    let bytes = encode(noun);
    assert_eq!(decode::<T>(&bytes).as_ref(), Ok(noun), "{name} does not come back");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name} {hex}")
}

fn message() -> Message {
    let sample = Sample(7);
    let mut message = sample.attempted("smsc-a", &[&["0A1B", "0A1C"], &["77"]]);
    message.recipient_subscriber = Some(SubscriberId::new("anna"));
    message.status = Status::Failed;
    message.fail_reason = Some(FailReason::Undeliverable);
    message.p1 = Some(Pinned { price: Price::Exact(money()), at: time(1) });
    message.second = Some(Service::Im);
    message.kept = vec![money()];
    message.due = Some(time(2));
    message.delivered_late_at = Some(time(3));
    message
}

/// A payer with a bucket of every kind.
fn counting() -> Payer {
    let bucket = |(id, unit, amount)| {
        let id = SmolStr::new_static(id);
        Bucket { id, unit, amount, period: 20_758, used: 2, held: 1 }
    };
    let buckets = [
        ("sms100", Unit::Segment, 100),
        ("sms100+", Unit::Segment, 7),
        ("data1g", Unit::Byte, 1 << 30),
        ("roam-day", Unit::Message, 3),
        ("rcs", Unit::Utf8x160, 9),
        ("month50", Unit::Nano, 50_000_000_000),
    ];
    Payer { buckets: buckets.map(bucket).to_vec(), ..Sample::payer("anna", 5) }
}

const fn money() -> Money {
    Money::from_nanos(Currency::EUR, 30_000_000)
}

fn entries() -> Vec<(&'static str, Entry)> {
    let address = Address::E164(SmolStr::new("46701234567"));
    let (subscriber, payer) = (SubscriberId::new("anna"), PayerId::new("anna"));
    vec![
        (
            "subscriber",
            Entry::Subscriber(Subscriber {
                id: subscriber.clone(),
                addresses: vec![address.clone(), Address::Sip(SmolStr::new("sip:anna@example.org"))],
                payer: payer.clone(),
                max_price: Some(money()),
                hide_presence: true,
                created_at: time(0),
            }),
        ),
        ("sim", Entry::Sim(Sim { id: SimId::new("240010000000001"), subscriber, msisdn: address, payer })),
        (
            "account",
            Entry::Account(Account {
                id: AccountId::new("shop"),
                payer: PayerId::new("shop"),
                senders: vec![
                    Address::Alphanumeric(SmolStr::new("Shop")),
                    Address::ShortCode(SmolStr::new("72404")),
                ],
                class: None,
                max_price: None,
            }),
        ),
        ("plan", Entry::Plan(PlanText { id: PlanId::new("prepaid"), text: "[plan]".into() })),
        (
            "route",
            Entry::Route(Route {
                id: RouteId::new("smsc-a"),
                service: Service::Sms,
                address: SmolStr::new("127.0.0.1:2775"),
                system_id: SmolStr::new("switch"),
                password: SmolStr::new("secret"),
                window: 100,
            }),
        ),
        (
            "token",
            Entry::Token(Token {
                hash: [9; 32],
                name: SmolStr::new("phone"),
                bearer: Bearer::Account(AccountId::new("shop")),
                created_at: time(5),
                revoked: false,
            }),
        ),
        (
            "sip_user",
            Entry::SipUser(SipUser {
                user: SmolStr::new("anna.phone"),
                subscriber: SubscriberId::new("anna"),
                realm: SmolStr::new("switchback"),
                sha256: [7; 32],
                md5: Some([8; 16]),
            }),
        ),
    ]
}

fn forms() -> String {
    let (sample, id) = (Sample(7), Sample(7).id());
    let mut content = sample.content();
    let (content_type, filename) = (SmolStr::new("image/png"), SmolStr::new("a.png"));
    content.media.push(Media { content_type, filename, data: vec![1, 2, 3] });
    content.chat = Some(Box::new(Chat {
        imdn_id: SmolStr::new("Msg34jk324j"),
        wants: Wants { delivered: true, failed: false, displayed: true, interworking: false },
        conversation: Some(SmolStr::new("f81d4fae")),
        contribution: Some(SmolStr::new("01234567")),
        in_reply_to: None,
        written_at: Some(SmolStr::new("2026-11-23T08:00:00+01:00")),
        text_type: None,
    }));
    let target =
        Target::Peer { route: RouteId::new("smsc-a"), ids: vec![PeerId::new("255"), PeerId::new("FF")] };
    let report = Report { target, kind: ReportKind::Delivered, code: None, at: time(4) };
    let key = IdempotencyKey { owner: Sample::owner(), key: SmolStr::new("order-1") };
    let refusal = RefusalRecord {
        at: time(6),
        owner: Sample::owner(),
        recipient: None,
        code: SmolStr::new("price_rose"),
    };
    let notice = Notice::CapReached { cap: SmolStr::new("roam50"), percent: 80 };
    let mut lines = vec![
        line("message", &message()),
        line("content", &content),
        line("decision", &sample.decision(2)),
        line("event", &sample.event(3, EventKind::Charged { attempt: 1, amount: money() })),
        line("event-notice", &sample.event(4, EventKind::Notice(notice))),
        line("ledger-entry", &sample.entry(1, LedgerKind::Commit, 3)),
        line("payer", &Sample::payer("anna", 4)),
        line("payer-counting", &counting()),
        line("idempotency-key", &key),
        line("idempotency-record", &IdempotencyRecord { body: [5; 32], message: id, until: time(9) }),
        line("report", &report),
        line("peer-ref", &PeerRef { message: id, attempt: 1, part: 2 }),
        line("refusal", &refusal),
    ];
    lines.extend(entries().iter().map(|(name, entry)| line(name, entry)));
    lines.join("\n") + "\n"
}

#[test]
fn stay_as_they_are() {
    let now = forms();
    if std::env::var("STORED_FORMS").is_ok_and(|asked| asked == "write") {
        std::fs::write(FILE, &now).unwrap();
    }
    let golden = std::fs::read_to_string(FILE).unwrap();
    for (now, golden) in now.lines().zip(golden.lines()) {
        assert_eq!(now, golden, "a stored form changed");
    }
    assert_eq!(now.lines().count(), golden.lines().count());
}

#[test]
fn refuse_what_is_newer_or_damaged() {
    let mut bytes = encode(&message());
    assert!(matches!(decode::<Message>(&bytes[..bytes.len() / 2]), Err(CorruptRecord::Damaged(_))));
    bytes[0] = 200;
    assert_eq!(decode::<Message>(&bytes), Err(CorruptRecord::Newer(200)));
    assert!(matches!(decode::<Message>(&[]), Err(CorruptRecord::Damaged(_))));
}
