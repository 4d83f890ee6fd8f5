//! Quotes (R2): what is shown before sending, how it binds, and what is done when the price rose above it.

use crate::scene::{Scene, euro, number, options};
use switchback_core::model::{
    Content, FailReason, FallbackRule, Message, Money, Notice, PayerId, PlanId, Presence, ReportKind,
    Service, ServiceChoice, Status,
};
use switchback_ports::directory::{Entry, Kind, PlanText};
use switchback_ports::{
    Accepted, Intake, NamedQuote, PayerChange, Quote, QuoteAsk, QuotedCharge, QuotedFallback, Refusal,
};

const SMS: ServiceChoice = ServiceChoice::Named(Service::Sms);

/// Anna asks what a text to Bo costs.
fn quote(scene: &Scene, text: &str, more: impl FnOnce(&mut QuoteAsk)) -> Quote {
    let mut ask = QuoteAsk {
        originator: scene.submission("anna", "bo", text, SMS).originator,
        recipient: number("bo"),
        content: Content::text(text),
        service: ServiceChoice::Auto,
        fallback: FallbackRule::Auto,
        max_price: None,
    };
    more(&mut ask);
    scene.engine.quote(ask).wait().unwrap().unwrap()
}

/// Anna sends it by SMS at the price of a quote.
fn submit(scene: &Scene, text: &str, id: &str, parks: bool) -> Result<Accepted, Refusal> {
    let submission = scene.submission("anna", "bo", text, SMS);
    let named = NamedQuote { id: id.into(), parks };
    scene.engine.submit(Box::new(submission), Some(named), None).wait().unwrap()
}

/// The plan's next version, with these words in it instead of those.
fn plan_says(scene: &Scene, instead: &[(&str, &str)]) {
    let Entry::Plan(PlanText { id, text }) = scene.engine.directory(Kind::Plan).remove(0) else {
        panic!("not a plan")
    };
    let text = text.replace("version = 1", "version = 2");
    let text = instead.iter().fold(text, |text, (old, new)| text.replace(old, new));
    scene.put(Entry::Plan(PlanText { id, text }));
}

#[test]
fn plans_that_come_at_the_same_time_are_all_there() {
    let scene = Scene::new();
    let Entry::Plan(PlanText { text, .. }) = scene.engine.directory(Kind::Plan).remove(0) else {
        panic!("not a plan")
    };
    let ids = || (0..8).map(|n| PlanId::new(format!("plan-{n}")));
    let plan = |id: PlanId| {
        let text = text.replace("id = \"plan\"", &format!("id = \"{id}\""));
        Entry::Plan(PlanText { id, text })
    };
    let puts: Vec<_> = ids().map(|id| scene.engine.put(plan(id))).collect();
    for put in puts {
        put.wait().unwrap().unwrap();
    }
    for id in ids() {
        let payer = scene.engine.put_payer(PayerId::new(id.as_str()), PayerChange::to(id));
        payer.wait().unwrap().unwrap();
    }
}

#[test]
fn a_quote_binds_upwards_and_a_risen_price_is_refused_with_a_new_quote() {
    let scene = Scene::new();
    let quote = quote(&scene, "hello", |_| ());
    assert_eq!((quote.suggested, quote.you_pay_at_most), (Some(Service::Sms), Some(euro("0.03"))));
    assert!(matches!(quote.presence, Presence::Offline { .. }));
    let lines: Vec<_> =
        quote.lines.iter().map(|line| (line.service, line.available, line.price.as_first())).collect();
    assert_eq!(
        lines[..2],
        [(Service::Im, true, Some(euro("0.01"))), (Service::Sms, true, Some(euro("0.03")))]
    );
    assert_eq!((lines[2].1, quote.lines[2].reason.as_deref()), (false, Some("cannot_carry")));
    let fallback = quote.fallback.unwrap();
    assert_eq!((fallback.to, fallback.automatic), (Service::Im, true));

    let submit = |text, id| submit(&scene, text, id, false);
    assert_eq!(submit("another text", &quote.id).unwrap_err().code, "quote_mismatch");
    assert_eq!(submit("hello", "qt_never_given").unwrap_err().code, "quote_expired");
    submit("hello", &quote.id).unwrap();

    plan_says(&scene, &[("0.03", "0.04")]);
    let rose = submit("hello", &quote.id).unwrap_err();
    assert_eq!(rose.code, "price_rose");
    let fresh = rose.quote.unwrap();
    assert_eq!(fresh.you_pay_at_most, Some(euro("0.04")));
    submit("hello", &fresh.id).unwrap();
    scene.clock.forward(scene.options.timers.quote_ms);
    assert_eq!(submit("hello", &fresh.id).unwrap_err().code, "quote_expired");
}

/// A message that was to cost 0.03 by SMS and would cost 0.04 now, by a protocol that parks.
fn parked(scene: &Scene, instead: &[(&str, &str)]) -> Message {
    let quote = quote(scene, "hello", |_| ());
    plan_says(scene, instead);
    let message = submit(scene, "hello", &quote.id, true).unwrap().message;
    assert_eq!(
        (message.status, message.p1, message.slot.clone()),
        (Status::Offered, None, Default::default())
    );
    message
}

#[test]
fn a_parked_message_whose_price_rose_goes_within_the_old_quote_only_or_fails_and_costs_nothing() {
    for (instead, end) in [
        (&[("0.03", "0.04")][..], (Status::Waiting, Some(Service::Im), None)),
        (&[("0.03", "0.04"), ("0.01", "0.05")], (Status::Failed, None, Some(FailReason::PriceRose))),
    ] {
        let scene = Scene::new();
        let message = parked(&scene, instead);
        scene.clock.forward(scene.options.timers.choice_ms);
        let message = scene.until(message.id, end.0);
        assert_eq!((message.status, message.first, message.fail_reason), end);
        assert_eq!(scene.charged(), euro("0"));
        scene.prove_ledger();
    }
}

#[test]
fn a_parked_message_goes_at_the_new_price_when_its_sender_says_so() {
    let scene = Scene::new();
    let message = parked(&scene, &[("0.03", "0.04")]);
    let choice = switchback_core::model::Choice { service: Service::Sms, max_price: None };
    let who = Some(message.originator.owner.clone());
    let message = scene.engine.choose(message.id, who, choice).wait().unwrap().unwrap();
    assert_eq!((message.first, message.limit()), (Some(Service::Sms), Some(euro("0.04"))));
}

#[test]
fn a_quote_says_why_the_fallback_is_or_is_not_automatic() {
    let by_chat = |ask: &mut QuoteAsk| ask.service = ServiceChoice::Named(Service::Im);
    let consents = |amount: &str| {
        let max: Money = euro(amount);
        move |ask: &mut QuoteAsk| {
            (ask.service, ask.max_price) = (ServiceChoice::Named(Service::Im), Some(max))
        }
    };
    let never = |ask: &mut QuoteAsk| {
        by_chat(ask);
        ask.fallback = FallbackRule::Never;
    };
    let scene = Scene::new();
    let broke = Scene::priced(options(), "0.01", "100.01");
    let told = |quote: Quote| {
        let QuotedFallback { to, automatic, why, consent } = quote.fallback.unwrap();
        assert_eq!(to, Service::Sms);
        let most = quote.you_pay_at_most.unwrap().to_string();
        (automatic, why.to_string(), consent.map(|consent| consent.to_string()), most)
    };
    let is = |automatic, why: &str, consent: Option<&str>, most: &str| {
        (automatic, why.to_owned(), consent.map(str::to_owned), most.to_owned())
    };
    assert_eq!(
        told(quote(&scene, "hi", by_chat)),
        is(false, "price_above_limit", Some("0.03 EUR"), "0.01 EUR")
    );
    assert_eq!(told(quote(&scene, "hi", consents("0.03"))), is(true, "within_limit", None, "0.03 EUR"));
    assert_eq!(told(quote(&scene, "hi", never)), is(false, "fallback_never", Some("0.03 EUR"), "0.01 EUR"));
    assert_eq!(
        told(quote(&broke, "hi", consents("200"))),
        is(false, "insufficient_funds", None, "200.00 EUR")
    );
}

#[test]
fn a_quote_says_when_a_price_is_paid_and_how_sure_it_is() {
    let scene = Scene::new();
    let row = "unit = \"message\"";
    let session = "unit = \"byte\"\nscope = \"session\"\nsettlement = \"bearer\"";
    for (words, charge, kind) in [
        (row.to_owned(), QuotedCharge::Delivered, "exact"),
        (format!("{row}\ncharge_on = \"submitted\""), QuotedCharge::Submitted, "exact"),
        (
            format!("{row}\ncharge_on = \"submitted\"\nrefund_at_end = false"),
            QuotedCharge::KeptIfUndelivered,
            "exact",
        ),
        (
            format!("{row}\ncharge_on = \"submitted\"\nkept_if_undelivered = true"),
            QuotedCharge::KeptIfUndelivered,
            "exact",
        ),
        (session.to_owned(), QuotedCharge::Bearer, "estimate"),
    ] {
        plan_says(&scene, &[(row, &words)]);
        let line = quote(&scene, "hi", |_| ()).lines.remove(0);
        assert_eq!((line.charge_on, line.price.kind()), (Some(charge), kind), "{words}");
        plan_says(&scene, &[(&words, row)]);
    }
}

#[test]
fn money_that_runs_out_is_told_once_with_the_charge_and_in_every_quote() {
    let scene = Scene::new();
    let cap = "[balance]\nlow = \"99.95\"\n[[cap]]\nid = \"month\"\namount = \"0.10\"\nper = \"month\"\nthen = \"block\"\nnotify = [50]\n";
    plan_says(&scene, &[("rounding = \"up\"\n", &format!("rounding = \"up\"\n{cap}"))]);
    let notices =
        |id| scene.names(id).into_iter().filter(|name| name.starts_with("payer.")).collect::<Vec<_>>();
    let delivered = |n: usize| {
        let message = scene.send("hello", SMS);
        let peer_id = format!("id{n}");
        scene.hand_over(&scene.sms.order(n), &peer_id);
        assert!(scene.receive(&peer_id, ReportKind::Delivered));
        notices(message.id)
    };
    assert_eq!(quote(&scene, "hi", |_| ()).notices, []);
    assert_eq!(delivered(1), Vec::<&str>::new());
    assert_eq!(delivered(2), ["payer.cap_reached", "payer.balance_low"]);
    assert_eq!(delivered(3), Vec::<&str>::new(), "told already");
    let half = Notice::CapReached { cap: "month".into(), percent: 50 };
    assert_eq!(quote(&scene, "hi", |_| ()).notices, [half.clone(), Notice::BalanceLow]);
    let scene = scene.crash();
    assert_eq!(quote(&scene, "hi", |_| ()).notices, [half, Notice::BalanceLow], "as durable as the charge");
    scene.prove_ledger();
    assert_eq!(scene.engine.counters().notices, 0, "those of before the crash");
}
