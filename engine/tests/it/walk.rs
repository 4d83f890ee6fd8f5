//! One message's walk: accepted, sent, confirmed, final, explained; and the refusals at the door.

use crate::scene::{PATIENCE, Scene, euro, heard, number, options};
use std::sync::atomic::Ordering;
use switchback_core::charge::LedgerKind;
use switchback_core::model::{
    Choice, FailureClass, FallbackRule, Outcome, PayerId, PlanId, ReportKind, RouteId, Service,
    ServiceChoice, Status, SubscriberId, Time, WithdrawalAnswer,
};
use switchback_engine::{DefaultPolicy, Options};
use switchback_ports::directory::{Account, Bearer, Entry, Kind, PlanText, Token};
use switchback_ports::{
    Arrival, CancelOutcome, Clock, Disposition, Intake, PayerChange, RouteChange, RouteState, Store,
};

const SMS: ServiceChoice = ServiceChoice::Named(Service::Sms);
const IM: ServiceChoice = ServiceChoice::Named(Service::Im);

#[test]
fn an_sms_is_accepted_sent_confirmed_charged_and_explained() {
    let scene = Scene::new();
    let message = scene.send("hello", SMS);
    assert_eq!(message.status, Status::Sending);
    let order = scene.sms.order(1);
    assert_eq!((order.message, order.content.text.as_str(), order.parts), (message.id, "hello", 1));
    scene.hand_over(&order, "abc1");
    assert!(scene.receive("abc1", ReportKind::Delivered));

    let done = scene.message(message.id);
    assert_eq!((done.status, scene.charged()), (Status::Delivered, euro("0.03")));
    let trace = scene.engine.trace(message.id).wait().unwrap().unwrap();
    assert_eq!(
        trace.events.iter().map(|e| e.seq).collect::<Vec<_>>(),
        (1..=trace.events.len() as u32).collect::<Vec<_>>()
    );
    assert!(!trace.decisions.is_empty());
    assert_eq!(
        trace.ledger.iter().map(|e| e.kind).collect::<Vec<_>>(),
        [LedgerKind::Reserve, LedgerKind::Commit]
    );
    scene.prove_ledger();
    let counters = scene.engine.counters();
    assert_eq!((counters.accepted, counters.delivered, counters.attempts_started), (1, 1, [0, 1, 0]));
}

#[test]
fn a_chat_is_handed_over_by_its_commit_and_confirmed_by_the_device() {
    let scene = Scene::new();
    scene.register("bo", "phone");
    let mut live = scene.engine.subscribe(Some(crate::scene::owner("bo")));
    let message = scene.send("hello", ServiceChoice::Auto);
    assert_eq!(message.first, Some(Service::Im), "Bo is online");
    let line = heard(&mut live);
    assert_eq!((line.event.message, line.event.kind.name()), (message.id, "message.incoming"));
    assert!(scene.confirm("cleo", message.id, Disposition::Delivered).is_err(), "not her message");
    scene.confirm("bo", message.id, Disposition::Delivered).unwrap();
    scene.until(message.id, Status::Delivered);
    scene.confirm("bo", message.id, Disposition::Displayed).unwrap();
    scene.until(message.id, Status::Read);
    assert_eq!(scene.charged(), euro("0.01"));
    scene.prove_ledger();
}

#[test]
fn a_fallback_reads_the_content_from_the_store_and_costs_no_more() {
    let scene = Scene::priced(options(), "0.03", "0.03");
    scene.register("bo", "phone");
    let message = scene.send("from the store", IM);
    scene.clock.forward(scene.options.timers.im_deadline_ms + 1);
    // The device's stream can't be taken back: unknown, and the class says at least once.
    scene.clock.forward(scene.options.timers.unknown_wait_ms + 1);
    let order = scene.sms.order(1);
    assert_eq!(
        (order.message, order.attempt, order.content.text.as_str()),
        (message.id, 2, "from the store")
    );
    scene.hand_over(&order, "x");
    scene.receive("x", ReportKind::Delivered);
    let done = scene.until(message.id, Status::Delivered);
    assert_eq!((done.second, done.attempts.len()), (Some(Service::Sms), 2));
    assert_eq!(scene.charged(), euro("0.03"));
    scene.prove_ledger();
}

#[test]
fn a_dearer_service_waits_for_consent() {
    let scene = Scene::new();
    let message = scene.send("offline", IM);
    scene.clock.forward(scene.options.timers.im_offline_ms + 1);
    let told = crate::scene::eventually("the price is told", || scene.message(message.id).marks.told);
    assert_eq!((told.service, told.amount), (Service::Sms, Some(euro("0.03"))));
    assert!(scene.sms.orders().is_empty());

    let who = Some(crate::scene::owner("anna"));
    let wrong =
        scene.engine.choose(message.id, Some(crate::scene::owner("cleo")), sms_for("0.03")).wait().unwrap();
    assert_eq!(wrong.unwrap_err().code, "message_not_found");
    let low = scene.engine.choose(message.id, who.clone(), sms_for("0.02")).wait().unwrap();
    assert_eq!(low.unwrap_err().code, "price_above_max");
    scene.engine.choose(message.id, who, sms_for("0.03")).wait().unwrap().unwrap();
    assert_eq!(scene.sms.order(1).content.text, "offline");
}

fn sms_for(amount: &str) -> Choice {
    Choice { service: Service::Sms, max_price: Some(euro(amount)) }
}

#[test]
fn refusals_leave_nothing_behind() {
    let scene = Scene::new();
    let mut dear = scene.submission("anna", "bo", "hello", SMS);
    dear.max_price = Some(euro("0.02"));
    let mut nobody = scene.submission("anna", "nobody", "hello", IM);
    nobody.fallback = FallbackRule::Never;
    let mut late = scene.submission("anna", "bo", "hello", SMS);
    late.expires_at = Some(Time::from_millis(1));
    let mut odd = scene.submission("anna", "bo", "hello", SMS);
    odd.class = Some(switchback_core::model::ClassName::new("vip"));
    let empty = scene.submission("anna", "bo", "", SMS);
    let codes = [dear, nobody, late, odd, empty].map(|submission| scene.ask(submission).unwrap_err().code);
    assert_eq!(codes, ["price_above_max", "not_reachable", "expires_in_the_past", "no_such_class", "empty"]);
    let totals = scene.store.totals().unwrap();
    assert_eq!((totals.open, totals.finished, scene.store.ledger_proof().unwrap().entries), (0, 0, 0));
    let refused = crate::scene::eventually("refusals are listed", || {
        let refusals = scene.engine.refusals(10).wait().unwrap().unwrap();
        (refusals.len() == 5).then_some(refusals)
    });
    assert!(refused.iter().any(|line| line.code == "price_above_max"));
}

#[test]
fn a_cancel_waits_for_the_peers_word() {
    let scene = Scene::new();
    let message = scene.send("take me back", SMS);
    scene.hand_over(&scene.sms.order(1), "c1");
    let cancel = scene.engine.cancel(message.id, Some(crate::scene::owner("anna")));
    let asked = scene.sms.withdrawal(1);
    assert_eq!(asked.peer_ids.len(), 1);
    scene.say(&scene.sms.order(1), ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn));
    assert_eq!(cancel.wait().unwrap().unwrap(), CancelOutcome::Withdrawn);
    assert_eq!(scene.message(message.id).status, Status::Canceled);
    let again = scene.engine.cancel(message.id, None).wait().unwrap().unwrap();
    assert_eq!(again, CancelOutcome::Withdrawn);
    assert_eq!(scene.charged(), euro("0"));
    scene.prove_ledger();
}

#[test]
fn back_pressure_is_no_outcome() {
    let scene = Scene::new();
    scene.sms.full.store(true, Ordering::SeqCst);
    let ids: Vec<_> = (0..20).map(|n| scene.send(&format!("text {n}"), SMS).id).collect();
    assert!(scene.sms.orders().is_empty());
    let canceled = scene.engine.cancel(ids[7], None).wait().unwrap().unwrap();
    assert_eq!(canceled, CancelOutcome::Withdrawn, "what no service took is taken back for certain");
    scene.sms.full.store(false, Ordering::SeqCst);
    scene.sms.order(19);
    let sent: Vec<_> = scene.sms.orders().iter().map(|order| order.message).collect();
    let expected: Vec<_> = ids.iter().copied().filter(|id| *id != ids[7]).collect();
    assert_eq!(sent, expected, "in the order of acceptance, none lost, none doubled");
    let counters = scene.engine.counters();
    assert_eq!((counters.attempts_failed, counters.attempts_unknown), (0, 0));
}

#[test]
fn a_message_from_another_network_reaches_the_subscriber_once() {
    let scene = Scene::new();
    scene.register("bo", "phone");
    let arrive = |to: &str, once: &str| {
        let (sender, done) = std::sync::mpsc::channel();
        let arrival = Arrival {
            route: RouteId::new("smsc"),
            from: number("far away"),
            to: number(to),
            content: switchback_core::model::Content::text("hi"),
            once: once.into(),
        };
        scene
            .engine
            .arrive(
                arrival,
                Box::new(move |ok| {
                    let _ = sender.send(ok);
                }),
            )
            .unwrap();
        done.recv_timeout(PATIENCE).unwrap()
    };
    assert!(arrive("bo", "1") && arrive("bo", "1") && arrive("bo", "2"));
    assert!(arrive("nobody", "1"), "settled: the peer must not repeat it");
    let totals = scene.store.totals().unwrap();
    assert_eq!(totals.open, 2);
    let refused =
        crate::scene::eventually("the refusal is listed", || scene.store.refusals(5).unwrap().pop());
    assert_eq!(refused.code, "no_such_recipient");
    for id in scene.store.waiting_for(&SubscriberId::new("bo")).unwrap() {
        scene.confirm("bo", id, Disposition::Delivered).unwrap();
    }
    assert_eq!(scene.charged(), euro("0"));
}

#[test]
fn the_directory_is_checked() {
    let scene = Scene::new();
    let refuse = |entry: Entry| scene.engine.put(entry).wait().unwrap().unwrap_err().code;
    let Entry::Subscriber(bo) = scene.engine.directory(Kind::Subscriber).remove(1) else {
        panic!("not a person")
    };
    let thief = switchback_ports::directory::Subscriber { id: SubscriberId::new("eve"), ..bo.clone() };
    assert_eq!(refuse(Entry::Subscriber(thief)), "address_taken");
    let unpaid = switchback_ports::directory::Subscriber { payer: PayerId::new("nobody"), ..bo };
    assert_eq!(refuse(Entry::Subscriber(unpaid)), "no_such_payer");
    assert_eq!(refuse(Entry::Plan(PlanText { id: PlanId::new("p"), text: "?".into() })), "plan_faulty");
    let other =
        scene.engine.put_payer(PayerId::new("x"), PayerChange::to(PlanId::new("nowhere"))).wait().unwrap();
    assert_eq!(other.unwrap_err().code, "no_such_plan");

    let account = switchback_core::model::AccountId::new("shop");
    scene.put(Entry::Account(Account {
        id: account.clone(),
        payer: PayerId::new("anna"),
        senders: vec![switchback_core::model::Address::parse("Shop").unwrap()],
        class: Some(switchback_core::model::ClassName::new("bulk")),
        max_price: None,
    }));
    let secret = "sb_secret";
    let hash = {
        use sha2::{Digest, Sha256};
        Sha256::digest(secret).into()
    };
    let token = |revoked| {
        Entry::Token(Token {
            hash,
            name: "shop".into(),
            bearer: Bearer::Account(account.clone()),
            created_at: Time::from_millis(1),
            revoked,
        })
    };
    scene.put(token(false));
    let bearer = scene.engine.bearer(secret).unwrap();
    assert!(scene.engine.bearer("guess").is_none());
    let from = scene.engine.originator(&bearer, None).unwrap();
    assert_eq!(from.address.to_string(), "Shop");
    let stolen = scene.engine.originator(&bearer, Some(&number("bo"))).unwrap_err();
    assert_eq!(stolen.code, "from_not_allowed");
    assert_eq!(scene.engine.originator(&Bearer::Admin, None).unwrap_err().code, "admin_cannot_send");
    let mut submission = scene.submission("anna", "bo", "sale", SMS);
    submission.originator = from;
    assert_eq!(scene.ask(submission).unwrap().message.policy.class.as_str(), "bulk");
    scene.put(token(true));
    assert!(scene.engine.bearer(secret).is_none());
}

#[test]
fn a_failed_sms_retries_and_reverts_are_the_operators_choice() {
    let off = Options { policy: DefaultPolicy { revert: false }, ..options() };
    let scene = Scene::with(off);
    let mut submission = scene.submission("anna", "bo", "hello", SMS);
    submission.revert = Some(true);
    let message = scene.ask(submission).unwrap().message;
    assert!(!message.policy.revert, "what the operator turned off, no sender turns on");
    scene.say(&scene.sms.order(1), ReportKind::Failed(FailureClass::Temporary));
    let after = scene.message(message.id);
    assert_eq!(after.attempts.len(), 2, "IM is cheaper: it falls back to a deferred chat");
}

#[test]
fn what_waits_for_a_route_that_stays_down_fails_for_now() {
    let scene = Scene::new();
    scene.sms.full.store(true, Ordering::SeqCst);
    let since = scene.clock.now();
    let (route, why) = (RouteId::new("smsc"), "link lost".into());
    let down = RouteChange { route, service: Service::Sms, state: RouteState::Down, since, why };
    scene.engine.route_changed(down);
    let message = scene.send("patience", SMS);
    scene.clock.forward(scene.options.timers.route_down_ms - 1);
    assert_eq!(scene.message(message.id).attempts[0].outcome(), None, "a moment is no outcome");
    scene.clock.forward(1);
    crate::scene::eventually("the attempt fails for now", || {
        let outcome = scene.message(message.id).attempts[0].outcome();
        (outcome == Some(Outcome::TemporaryFailure)).then_some(())
    });
    assert_eq!(scene.charged(), euro("0"));
    scene.prove_ledger();
}
