//! Many senders of one payer at once: no balance, cap or allowance is passed, whoever comes first, and what is given
//! back may be spent again, and no more than that.

use crate::scene::{Scene, euro, number};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Barrier;
use switchback_core::model::{
    AccountId, FailureClass, FallbackRule, Money, PayerId, PlanId, ReportKind, Service, ServiceChoice,
    SubscriberId, Time,
};
use switchback_ports::directory::{Account, Bearer, Entry, PlanText, Subscriber};
use switchback_ports::{Intake, PayerChange};

/// Texts at 0.03: `free` a month cost nothing, and `cap` is the most of a day.
fn plan(free: u32, cap: &str) -> Entry {
    plan_of(&format!(
        "[[allowance]]\nid = \"free\"\nservices = [\"sms\"]\namount = {free}\nper = \"month\"\n\
         [[cap]]\nid = \"most\"\namount = \"{cap}\"\nper = \"day\"\nthen = \"block\"\n"
    ))
}

/// Texts at 0.03, with these counters.
fn plan_of(counters: &str) -> Entry {
    let text = format!(
        "[plan]\nid = \"plan\"\nversion = 2\ncurrency = \"EUR\"\n[[rate]]\nservice = \"sms\"\nprice = \"0.03\"\n\
         {counters}"
    );
    Entry::Plan(PlanText { id: PlanId::new("plan"), text })
}

/// Anna and Dora, and two shops, who share a payer with that much money.
fn shared(plan: Entry, funds: &str) -> Scene {
    let scene = Scene::new();
    scene.put(plan);
    let payer = PayerId::new("family");
    let made = scene.engine.put_payer(payer.clone(), PayerChange::to(PlanId::new("plan")).with(euro(funds)));
    made.wait().unwrap().unwrap();
    for name in ["anna", "dora"] {
        scene.put(Entry::Subscriber(Subscriber {
            id: SubscriberId::new(name),
            addresses: vec![number(name)],
            payer: payer.clone(),
            max_price: None,
            hide_presence: false,
            created_at: Time::from_millis(0),
        }));
    }
    for shop in ["east", "west"] {
        scene.put(Entry::Account(Account {
            id: AccountId::new(shop),
            senders: vec![number("anna")],
            payer: payer.clone(),
            class: None,
            max_price: None,
        }));
    }
    scene
}

fn people() -> [Bearer; 2] {
    ["anna", "dora"].map(|name| Bearer::Subscriber(SubscriberId::new(name)))
}

/// Sixteen threads of two senders send `each` texts at once; gives how many were accepted, and the codes of refusals.
fn rush(scene: &Scene, senders: &[Bearer; 2], each: usize) -> (usize, BTreeSet<SmolStr>) {
    let start = Barrier::new(16);
    let send = |from: &Bearer| {
        start.wait();
        let one = |_| {
            let mut text = scene.submission("anna", "cleo", "hi", ServiceChoice::Named(Service::Sms));
            text.originator = scene.engine.originator(from, None).unwrap();
            text.fallback = FallbackRule::Never;
            scene.ask(text).err().map(|refused| refused.code)
        };
        (0..each).map(one).collect::<Vec<_>>()
    };
    let answers: Vec<Option<SmolStr>> = std::thread::scope(|scope| {
        let threads = senders.iter().cycle().take(16).map(|from| scope.spawn(move || send(from)));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let accepted = answers.iter().filter(|answer| answer.is_none()).count();
    (accepted, answers.into_iter().flatten().collect())
}

fn bounds_hold(scene: &Scene, available: Money) {
    let payer = scene.engine.payer(&PayerId::new("family")).wait().unwrap().unwrap().unwrap();
    assert_eq!(payer.available(), available, "{payer:?}");
    for bucket in &payer.buckets {
        assert!(bucket.used + bucket.held <= bucket.amount, "{bucket:?}");
    }
    scene.prove_ledger();
}

#[test]
fn a_crowd_passes_neither_the_cap_nor_the_allowance() {
    let scene = shared(plan(5, "0.50"), "100");
    // Five are free, and 0.50 pays for sixteen.
    assert_eq!(rush(&scene, &people(), 4), (21, BTreeSet::from([SmolStr::new("not_offered")])));
    bounds_hold(&scene, euro("99.52"));
    // Ten are delivered. What the others held may be spent again.
    for n in 1..=21 {
        let order = scene.sms.order(n);
        scene.hand_over(&order, &n.to_string());
        let failed = ReportKind::Failed(FailureClass::Permanent);
        assert!(scene.receive(&n.to_string(), if n <= 10 { ReportKind::Delivered } else { failed }));
    }
    assert_eq!(rush(&scene, &people(), 4).0, 11);
    bounds_hold(&scene, euro("99.52"));
}

#[test]
fn a_crowd_spends_no_more_than_there_is() {
    let scene = shared(plan(0, "500"), "0.50");
    assert_eq!(rush(&scene, &people(), 4), (16, BTreeSet::from([SmolStr::new("insufficient_funds")])));
    bounds_hold(&scene, euro("0.02"));
}

#[test]
fn a_crowd_passes_no_cap_of_its_account_or_its_route() {
    let cap = |id: &str, of: &str, amount: &str, per: &str| {
        format!(
            "[[cap]]\nid = \"{id}\"\nof = \"{of}\"\namount = \"{amount}\"\nper = \"{per}\"\nthen = \"block\"\n"
        )
    };
    // Each shop may spend 0.30 a day, and no route takes more than 0.51 a month.
    let caps = cap("shops", "account", "0.30", "day") + &cap("ways", "route", "0.51", "month");
    let scene = shared(plan_of(&caps), "100");
    let shops = ["east", "west"].map(|shop| Bearer::Account(AccountId::new(shop)));
    let refused = BTreeSet::from([SmolStr::new("not_offered")]);
    assert_eq!(rush(&scene, &[shops[0].clone(), shops[0].clone()], 1), (10, refused.clone()));
    assert_eq!(rush(&scene, &shops, 4), (7, refused.clone()));
    // Persons are no account, but they take the same route.
    assert_eq!(rush(&scene, &people(), 1), (0, refused));
    bounds_hold(&scene, euro("99.49"));
}
