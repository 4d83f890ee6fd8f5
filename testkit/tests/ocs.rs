//! The pretend charging system, asked by the smallest client that can: blocking, one request at a time.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use switchback_testkit::ocs::{Balance, Config, Movement, Ocs, Seen};
use wire_diameter::avp::{Group, Timestamp};
use wire_diameter::credit::{
    AddressType, Charge, Content, Contexts, CreditControlAnswer, NodeAddress, Place, Profile, Step,
    Subscription, SubscriptionType, Units, UnitsAt,
};
use wire_diameter::{Command, Flags, Framer, Header, Message, ResultCode};

const NUMBER: &str = "4670999";

struct Client {
    stream: TcpStream,
    framer: Framer,
    number: u32,
    profile: Profile,
}

impl Client {
    fn connect(ocs: &Ocs) -> Self {
        let stream = TcpStream::connect(ocs.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let profile = Profile {
            origin_host: "us".to_owned(),
            origin_realm: "home.test".to_owned(),
            destination_realm: "pretend.test".to_owned(),
            contexts: Contexts::default(),
            units_at: UnitsAt::Services,
            service_identifier: None,
            rating_group: None,
            multiple_services_indicator: true,
            sms_node: 1,
        };
        Self { stream, framer: Framer::default(), number: 0, profile }
    }

    /// Asks about two segments; `None`: no answer in time.
    fn ask(
        &mut self,
        session: &str,
        step: Step,
        again: bool,
    ) -> Option<(ResultCode, Option<i128>, Option<u64>)> {
        self.number += 1;
        let flags = if again { Flags::RETRANSMITTED } else { Flags::default() };
        let header = Header {
            flags: Flags::REQUEST.and(flags),
            command: Command::CREDIT_CONTROL,
            application: 4,
            hop_by_hop: self.number,
            end_to_end: self.number,
        };
        let address = NodeAddress { kind: Some(AddressType::Msisdn), data: NUMBER };
        let charge = Charge {
            session_id: session,
            subscriptions: vec![Subscription { kind: SubscriptionType::E164, data: NUMBER }],
            from: address,
            to: address,
            place: Place::default(),
            at: Timestamp::from_unix(1_795_000_000),
            units: Units::specific(2),
            content: Content::Sms { segments: 2, data_coding: None },
        };
        let mut octets = Vec::new();
        Message::write(&header, &mut octets, |to| self.profile.write(&charge, step, to)).unwrap();
        self.stream.write_all(&octets).unwrap();
        let mut buffer = [0; 4096];
        let n = self.stream.read(&mut buffer).ok()?;
        let mut input = buffer.get(..n).unwrap_or_default();
        let answer = self.framer.next_message(&mut input).unwrap()?;
        let message = Message::parse(answer).unwrap();
        assert_eq!((message.header.hop_by_hop, message.header.is_request()), (self.number, false));
        let answer = CreditControlAnswer::read(message.avps).unwrap();
        assert_eq!(answer.session_id, session);
        let granted = answer.services.first().and_then(|service| service.granted).and_then(|it| it.specific);
        Some((answer.result, answer.cost.and_then(|cost| cost.cost.value.nanos()), granted))
    }
}

fn ocs(script: &str) -> Ocs {
    Ocs::start(Config { script: script.parse().unwrap(), opening: 1_000_000_000, ..Config::default() })
        .unwrap()
}

const RESERVE: Step = Step::Reserve { advice: false };
const COST: i128 = 180_000_000;

#[test]
fn the_book_is_kept() {
    let ocs = ocs("");
    let mut client = Client::connect(&ocs);
    let ok = |cost, granted| Some((ResultCode::SUCCESS, Some(cost), granted));
    assert_eq!(client.ask("q", Step::PriceEnquiry, false), ok(COST, None));
    assert_eq!(client.ask("a", RESERVE, false), ok(COST, Some(2)));
    assert_eq!(ocs.balance("+4670999"), Some(Balance { there: 1_000_000_000, held: COST }));
    assert_eq!(client.ask("a", Step::Commit, false), ok(COST, None));
    assert_eq!(client.ask("b", RESERVE, false), ok(COST, Some(2)));
    assert_eq!(client.ask("b", Step::Release, false), ok(0, None));
    assert_eq!(client.ask("c", Step::Debit, false), ok(COST, Some(2)));
    assert_eq!(client.ask("d", Step::Refund, false), ok(COST, None));
    assert_eq!(ocs.balance(NUMBER), Some(Balance { there: 1_000_000_000 - COST, held: 0 }));
    let unknown = client.ask("z", Step::Commit, false).unwrap().0;
    assert_eq!(unknown, ResultCode::UNKNOWN_SESSION_ID);
    let counts = ocs.counts();
    assert_eq!(
        (counts.reserves, counts.commits, counts.releases, counts.debits, counts.refunds),
        (2, 2, 1, 1, 1)
    );
    assert_eq!((counts.charged_nanos, counts.repeated, counts.open_sessions), (180_000_000, 0, 0));
}

#[test]
fn a_request_that_comes_again_is_done_once_unless_the_script_says_otherwise() {
    for (script, charged, twice) in [("", COST, 0), ("no-dedup", 2 * COST, 1)] {
        let ocs = ocs(script);
        let mut client = Client::connect(&ocs);
        let first = client.ask("a", Step::Debit, false);
        assert_eq!(client.ask("a", Step::Debit, true).unwrap().1, first.unwrap().1);
        let counts = ocs.counts();
        assert_eq!(i128::from(counts.charged_nanos), charged, "{script}");
        assert_eq!((counts.repeated, counts.repeated_unflagged, counts.done_twice), (1, 0, twice));
    }
}

#[test]
fn an_account_never_goes_below_zero() {
    let ocs = ocs("");
    ocs.set_balance(NUMBER, COST);
    let mut client = Client::connect(&ocs);
    assert_eq!(client.ask("a", RESERVE, false).unwrap().0, ResultCode::SUCCESS);
    assert_eq!(client.ask("b", Step::Debit, false).unwrap().0, ResultCode::CREDIT_LIMIT_REACHED);
    assert_eq!(client.ask("a", Step::Commit, false).unwrap().0, ResultCode::SUCCESS);
    assert_eq!(ocs.balance(NUMBER), Some(Balance::default()));
}

#[test]
fn scripts_go_by_the_payer_s_number() {
    let ocs = ocs("answer-lost@+4670999,denied@+47");
    let mut client = Client::connect(&ocs);
    assert_eq!(client.ask("a", Step::Debit, false), None);
    assert_eq!(ocs.counts().charged_nanos, 180_000_000, "done all the same");
}

#[test]
fn the_journal_has_every_movement_of_money() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let ocs = Ocs::start(Config { journal: Some(journal.clone()), ..Config::default() }).unwrap();
    let mut client = Client::connect(&ocs);
    client.ask("a", RESERVE, false).unwrap();
    client.ask("a", Step::Commit, false).unwrap();
    ocs.flush().unwrap();
    let mut moved = Vec::new();
    switchback_testkit::journal::read(&journal, |seen: Seen| {
        if let Seen::Moved { movement, nanos, .. } = seen {
            moved.push((movement, nanos));
        }
    })
    .unwrap();
    let cost = COST.to_string();
    assert_eq!(moved, [(Movement::Hold, cost.clone()), (Movement::Charge, cost)]);
}
