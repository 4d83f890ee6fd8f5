//! The pretend SMSC as a client meets it: what it promises, and each misbehaviour by name.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod esme;

use esme::Esme;
use std::time::Duration;
use switchback_testkit::smsc::{Config, Counts, Misbehaviour, Phone, Seen, Smsc};
use switchback_testkit::{content, journal};
use wire_smpp::{CommandStatus, MessageState, ReceiptState};

fn smsc(script: &str) -> Smsc {
    let config =
        Config { script: script.parse().unwrap(), delay: Duration::from_millis(5), ..Config::default() };
    Smsc::start(config).unwrap()
}

/// Waits until the counts are as wanted, for five seconds at most.
fn until(smsc: &Smsc, wanted: impl Fn(&Counts) -> bool) -> Counts {
    let end = std::time::Instant::now() + Duration::from_secs(5);
    loop {
        let counts = smsc.counts();
        if wanted(&counts) {
            return counts;
        }
        assert!(std::time::Instant::now() < end, "not within 5 s: {counts:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_message_is_answered_shown_and_receipted() {
    let smsc = smsc("");
    let mut esme = Esme::bind(&smsc);
    let id = esme.submit("4670111", "Hej!").unwrap();
    let receipt = esme.receipt();
    assert_eq!(receipt.message_id.as_deref(), Some(id.as_str()));
    assert_eq!(receipt.state, ReceiptState::Known(MessageState::Delivered));
    let shown = smsc.inbox();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].to.as_str(), shown[0].text.as_str()), ("4670111", "Hej!"));
    until(&smsc, |counts| counts.receipts_acked == 1 && counts.receipts_waiting == 0);
}

#[test]
fn cancel_is_exact_until_the_phone_shows_the_message() {
    let smsc = smsc("");
    smsc.set_phone("4670999", Phone::Pending);
    let mut esme = Esme::bind(&smsc);
    let id = esme.submit("4670999", "take me back").unwrap();
    assert_eq!(esme.cancel(&id, "4670999"), CommandStatus::OK);
    assert_eq!(esme.cancel(&id, "4670999"), CommandStatus::CANCELFAIL);
    assert_eq!(esme.receipt().state, ReceiptState::Known(MessageState::Deleted));
    smsc.set_phone("4670999", Phone::Reachable);
    let other = esme.submit("4670999", "keep me").unwrap();
    esme.receipt();
    assert_eq!(esme.cancel(&other, "4670999"), CommandStatus::CANCELFAIL);
    let texts: Vec<_> = smsc.inbox().into_iter().map(|shown| shown.text).collect();
    assert_eq!(texts, ["keep me"]);
}

#[test]
fn what_waits_for_a_phone_is_shown_when_it_comes_back() {
    let smsc = smsc("");
    smsc.set_phone("+4670999", Phone::Off);
    let mut esme = Esme::bind(&smsc);
    esme.submit("4670999", "later").unwrap();
    assert_eq!(until(&smsc, |counts| counts.waiting == 1).shown, 0);
    smsc.set_phone("+4670999", Phone::Reachable);
    assert_eq!(esme.receipt().state, ReceiptState::Known(MessageState::Delivered));
}

#[test]
fn a_receipt_without_answer_comes_again_on_the_next_bind() {
    let smsc = smsc("");
    let mut first = Esme::bind(&smsc);
    let id = first.submit("4670111", "once").unwrap();
    first.deliver_unanswered();
    drop(first);
    let mut second = Esme::bind(&smsc);
    assert_eq!(second.receipt().message_id.as_deref(), Some(id.as_str()));
    assert_eq!(until(&smsc, |counts| counts.receipts_acked == 1).receipts, 2);
}

#[test]
fn a_refused_receipt_comes_again() {
    let smsc = smsc("");
    let mut esme = Esme::bind(&smsc);
    esme.submit("4670111", "again").unwrap();
    esme.answer_next_deliver(CommandStatus::X_T_APPN);
    esme.receipt();
    until(&smsc, |counts| counts.receipts == 2 && counts.receipts_acked == 1);
}

#[test]
fn refusals_have_their_codes() {
    for (name, status) in [
        ("invalid-destination", CommandStatus::INVDSTADR),
        ("system-error", CommandStatus::SYSERR),
        ("throttled", CommandStatus::THROTTLED),
        ("queue-full", CommandStatus::MSGQFUL),
    ] {
        let smsc = smsc(&format!("{name}@4670"));
        let mut esme = Esme::bind(&smsc);
        assert_eq!(esme.submit("4670111", "x"), Err(status), "{name}");
        assert!(esme.submit("4711", "x").is_ok(), "{name}: another number");
        assert_eq!(smsc.counts().refused, 1, "{name}");
    }
}

#[test]
fn receipts_lie_as_the_script_says() {
    let state = |script: &str| {
        let smsc = smsc(script);
        let mut esme = Esme::bind(&smsc);
        esme.submit("4670111", "x").unwrap();
        (esme.receipt(), esme.receipts_within(Duration::from_millis(60)))
    };
    let (_, more) = state("receipt-three-times");
    assert_eq!(more.len(), 2);
    let (first, more) = state("delivered-then-undelivered");
    assert_eq!(first.state, ReceiptState::Known(MessageState::Delivered));
    assert_eq!(more[0].state, ReceiptState::Known(MessageState::Undeliverable));
    for (script, wanted) in [
        ("undelivered", MessageState::Undeliverable),
        ("unknown-subscriber", MessageState::Undeliverable),
        ("expired", MessageState::Expired),
        ("rejected", MessageState::Rejected),
        ("receipt-in-payload", MessageState::Delivered),
        ("receipt-tlv-only", MessageState::Delivered),
        ("receipt-by-data-sm", MessageState::Delivered),
    ] {
        assert_eq!(state(script).0.state, ReceiptState::Known(wanted), "{script}");
    }
}

#[test]
fn ids_in_receipts_have_another_form_and_are_the_same_number() {
    for script in ["id-decimal", "id-upper-case", "id-padded"] {
        let smsc = smsc(script);
        let mut esme = Esme::bind(&smsc);
        let id = esme.submit("4670111", "x").unwrap();
        let told = esme.receipt().message_id.unwrap().into_owned();
        let candidates = wire_smpp::id_candidates(&told);
        let same = |value: &str| u64::from_str_radix(value, 16).ok() == u64::from_str_radix(&id, 16).ok();
        assert!(candidates.iter().any(|candidate| same(candidate)), "{script}: {told} for {id}");
    }
}

#[test]
fn answers_go_wrong_as_the_script_says() {
    for name in ["no-answer", "swallowed", "unknown-sequence", "half-open"] {
        let smsc = smsc(name);
        let mut esme = Esme::bind(&smsc);
        let sequence = esme.send_submit("4670111", "x");
        until(&smsc, |counts| counts.submits == 1);
        assert!(!esme.is_answered_within(sequence, Duration::from_millis(60)), "{name}");
        let shown = u64::from(name != "swallowed");
        assert_eq!(until(&smsc, |counts| counts.waiting == 0).shown, shown, "{name}");
    }
    for name in ["cut-before-answer", "cut-inside-pdu"] {
        let smsc = smsc(name);
        let mut esme = Esme::bind(&smsc);
        esme.send_submit("4670111", "x");
        assert!(esme.is_cut(), "{name}");
        assert_eq!(until(&smsc, |counts| counts.shown == 1).taken, 1, "{name}");
    }
}

#[test]
fn a_cut_link_is_called_already_bound_for_a_while() {
    let smsc = smsc("already-bound");
    drop(Esme::bind(&smsc));
    until(&smsc, |counts| counts.binds == 1);
    let mut again = Esme::connect(&smsc);
    let end = std::time::Instant::now() + Duration::from_secs(1);
    // The link is lost when the SMSC has seen its end.
    while again.try_bind("esme") != CommandStatus::ALYBND {
        assert!(std::time::Instant::now() < end);
        again = Esme::connect(&smsc);
    }
    let refusing = self::smsc("bind-refused");
    assert_eq!(Esme::connect(&refusing).try_bind("esme"), CommandStatus::INVPASWD);
}

#[test]
fn every_misbehaviour_has_a_name_of_its_own() {
    for (name, misbehaviour, what) in Misbehaviour::NAMES {
        assert_eq!(misbehaviour.name(), *name);
        assert!(!what.is_empty());
        assert!(name.parse::<switchback_testkit::smsc::Rule>().is_ok());
    }
}

#[test]
fn commands_answer_in_a_line() {
    let smsc = smsc("");
    let mut esme = Esme::bind(&smsc);
    assert_eq!(smsc.command("script throttled"), "ok");
    assert_eq!(esme.submit("4670111", "x"), Err(CommandStatus::THROTTLED));
    assert_eq!(smsc.command("script "), "ok");
    assert_eq!(smsc.command("phone +4670 pending"), "ok");
    assert!(smsc.command("phone +4670 asleep").starts_with("error: "));
    assert!(smsc.command("dance").starts_with("error: "));
    assert_eq!(smsc.command("mo +4670111 +4680222 Hello from a phone"), "ok");
    assert_eq!(esme.mo(), ("4670111".to_owned(), "Hello from a phone".to_owned()));
    let counts: Counts = serde_json::from_str(&smsc.command("counts")).unwrap();
    assert_eq!(counts.submits, 1);
}

#[test]
fn the_journal_tells_the_whole_story_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smsc.jsonl");
    let smsc = Smsc::start(Config { journal: Some(path.clone()), ..Config::default() }).unwrap();
    let mut esme = Esme::bind(&smsc);
    let text = "A long one. ".repeat(30);
    let ids = esme.submit_long("4670111", &text);
    for _ in &ids {
        esme.receipt();
    }
    until(&smsc, |counts| counts.receipts_acked == 3);
    smsc.flush().unwrap();
    let mut seen = Vec::new();
    journal::read(&path, |line: Seen| seen.push(line)).unwrap();
    let count = |wanted: fn(&Seen) -> bool| seen.iter().filter(|line| wanted(line)).count();
    assert_eq!(count(|line| matches!(line, Seen::Submit { part: Some(_), .. })), 3);
    assert_eq!(count(|line| matches!(line, Seen::Answer { status: 0, .. })), 3);
    assert_eq!(count(|line| matches!(line, Seen::Receipt { .. })), 3);
    assert_eq!(count(|line| matches!(line, Seen::ReceiptAcked { status: 0, .. })), 3);
    let shown: Vec<_> = seen
        .iter()
        .filter_map(|line| {
            if let Seen::Shown { ids, hash, .. } = line { Some((ids.clone(), hash.clone())) } else { None }
        })
        .collect();
    assert_eq!(shown, [(ids, content::hash(&text))]);
}
