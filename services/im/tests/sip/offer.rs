//! Claim 3 with SIP alone: status and prices before sending, and the choice.

use crate::scene::{Scene, euro, uri};
use serde_json::{Value, json};
use switchback_core::model::{PayerId, PlanId, Service, ServiceChoice, Status};
use switchback_ports::{Intake, PayerChange};
use switchback_testkit::handset::{Handset, SendOptions, Sent};

const OFFER: &str = "application/vnd.switchback.offer+json";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_asks_is_answered_with_prices_and_goes_by_the_chosen_service() {
    for (chosen, service) in [("sms", Service::Sms), ("im", Service::Im)] {
        let scene = Scene::new().await;
        let mut config = scene.config("anna");
        config.cpm = true;
        let anna = scene.phone(config).await;
        let bo = scene.phone(scene.config("bo")).await;
        let options = |service: &str| SendOptions {
            imdn_id: Some("choose".into()),
            service: Some(service.into()),
            ..SendOptions::default()
        };
        let sent = anna.send(&uri("bo"), "which way?", options("ask")).await.unwrap();
        assert_eq!((sent.answer.status, scene.message(&sent).status), (202, Status::Offered));
        let offer = offers(&anna, 1).await.remove(0);
        assert_eq!((&offer["asks"], &offer["recipient"]["status"]), (&json!("choice"), &json!("online")));
        assert_eq!(offer["services"][1]["price"]["amount"], "0.03");
        let again = anna.send(&uri("bo"), "which way?", options(chosen)).await.unwrap();
        assert_eq!((again.answer.status, scene.message(&again).id), (202, scene.message(&sent).id));
        assert_eq!(scene.message(&sent).first, Some(service));
        match service {
            Service::Im => drop(bo.wait_for(|inbox| inbox.texts() == ["which way?"]).await.unwrap()),
            _ => drop(scene.orders(1).await),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_offered_is_the_most_that_a_choice_costs() {
    let scene = Scene::new().await;
    let mut config = scene.config("anna");
    config.cpm = true;
    let anna = scene.phone(config).await;
    let options = |service: &str| SendOptions {
        imdn_id: Some("dearer".into()),
        service: Some(service.into()),
        ..SendOptions::default()
    };
    let sent = anna.send(&uri("bo"), "which way?", options("ask")).await.unwrap();
    assert_eq!(offers(&anna, 1).await[0]["services"][1]["price"]["amount"], "0.03");
    scene.plan_says(&[("segment\"\nprice = \"0.03\"", "segment\"\nprice = \"0.05\"")]).await;
    let chosen = anna.send(&uri("bo"), "which way?", options("sms")).await.unwrap();
    assert_eq!(chosen.answer.status, 402);
    assert!(chosen.answer.header("Warning").unwrap().contains("price"));
    assert_eq!((scene.message(&sent).status, scene.message(&sent).first), (Status::Offered, None));
}

/// The offers that a handset has in MESSAGEs, in order.
async fn offers(handset: &Handset, n: usize) -> Vec<Value> {
    let is_offer = |kind: &str| kind.starts_with(OFFER);
    let inbox = handset
        .wait_for(|inbox| inbox.messages.iter().filter(|m| is_offer(&m.content_type)).count() >= n)
        .await
        .unwrap();
    let offers = inbox.messages.iter().filter(|message| is_offer(&message.content_type));
    offers.map(|offer| serde_json::from_str(&offer.text).unwrap()).collect()
}

/// What Anna is told that a text to Bo would cost.
async fn asked(anna: &Handset, text: &str) -> Value {
    serde_json::from_str(&anna.options(&uri("bo"), text).await.unwrap().text()).unwrap()
}

/// Anna sends to Bo, who is away, by SMS at the price of this quote.
async fn send(anna: &Handset, text: &str, quote: &Value) -> Sent {
    let options = SendOptions {
        imdn_id: Some(text.replace(' ', "-")),
        service: Some("sms".into()),
        quote: quote.as_str().map(str::to_owned),
        ..SendOptions::default()
    };
    anna.send(&uri("bo"), text, options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_says_how_sure_a_price_is_what_is_left_and_what_follows() {
    let scene = Scene::new().await;
    scene
        .plan_says(&[
            (
                "charge_on = \"delivered\"\nunit = \"message\"\nprice = \"0.03\"",
                "unit = \"byte\"\nscope = \"session\"\nsettlement = \"bearer\"\nprice = \"0.0008\"",
            ),
            (
                "currency = \"EUR\"",
                "currency = \"EUR\"\n\n[[allowance]]\nid = \"texts\"\nservices = [\"sms\"]\n\
                 unit = \"segment\"\namount = 5\nper = \"month\"",
            ),
        ])
        .await;
    let anna = scene.phone(scene.config("anna")).await;
    let offer = asked(&anna, "hej").await;
    let line = |n: usize| {
        let mut line = offer["services"][n].clone();
        line["price"] = json!([line["price"]["amount"], line["price"]["kind"]]);
        line
    };
    assert_eq!(
        line(0),
        json!({"service": "im", "available": true, "price": ["0.0024", "estimate"], "charge_on": "bearer", "units": 3, "unit": "byte"})
    );
    assert_eq!(
        line(1),
        json!({"service": "sms", "available": true, "price": ["0.00", "exact"], "charge_on": "delivered", "units": 1,
            "unit": "segment", "allowance": {"id": "texts", "left_after": 4, "unit": "segment"}})
    );
    assert_eq!(offer["suggested"], "sms");
    assert_eq!(
        offer["fallback"],
        json!({"to": "im", "automatic": false, "why": "price_above_limit", "consent": {"amount": "0.0024", "currency": "EUR"}})
    );
    assert_eq!(offer["you_pay_at_most"], json!({"amount": "0.00", "currency": "EUR"}));
    let by_chat = SendOptions { service: Some("im".into()), ..SendOptions::default() };
    let sent = anna.send(&uri("bo"), "hej", by_chat).await.unwrap();
    assert_eq!(sent.answer.header("X-Switchback-Price").as_deref(), Some("0.0024 EUR;kind=estimate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_price_rose_above_its_quote_waits_for_its_sender_and_costs_nothing() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let shown = asked(&anna, "a text").await;
    let sent = send(&anna, "a text", &shown["quote"]).await;
    assert_eq!(
        (sent.answer.status, sent.answer.header("X-Switchback-Price").as_deref()),
        (202, Some("0.03 EUR")),
        "what was asked as a bare text is sent in an envelope, at that price"
    );
    scene.plan_says(&[("segment\"\nprice = \"0.03\"", "segment\"\nprice = \"0.04\"")]).await;
    let other = send(&anna, "another text", &shown["quote"]).await;
    assert_eq!(other.answer.status, 409);
    assert!(other.answer.header("Warning").unwrap().contains("quote_mismatch: The quote was for another"));

    let shown = asked(&anna, "so").await;
    scene.plan_says(&[("segment\"\nprice = \"0.04\"", "segment\"\nprice = \"0.05\"")]).await;
    let risen = send(&anna, "so", &shown["quote"]).await;
    let message = scene.message(&risen);
    assert_eq!((risen.answer.status, risen.answer.header("X-Switchback-Price")), (202, None));
    assert_eq!((message.status, message.first), (Status::Offered, None));
    let offer = offers(&anna, 1).await.remove(0);
    assert_eq!((&offer["asks"], &offer["message"]), (&json!("price_rose"), &json!(message.id.to_string())));
    assert_eq!(offer["services"][1]["price"]["amount"], "0.05");
    let again = send(&anna, "so", &Value::Null).await;
    assert_eq!(
        (again.answer.status, again.answer.header("X-Switchback-Price").as_deref()),
        (202, Some("0.05 EUR"))
    );
    assert_eq!(scene.message(&again).id, message.id);
    assert_eq!(scene.orders(2).await[1].message, message.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gate_tells_what_the_message_would_cost_in_all() {
    let scene = Scene::new().await;
    scene.plan_says(&[("segment\"\nprice = \"0.03\"", "segment\"\nprice = \"0.12\"")]).await;
    let anna = scene.phone(scene.config("anna")).await;
    scene
        .submit(|submission| {
            submission.service = ServiceChoice::Named(Service::Im);
            submission.fallback_after_ms = Some(100);
        })
        .await;
    let offer = offers(&anna, 1).await.remove(0);
    assert_eq!(offer["asks"], "consent");
    assert_eq!(
        offer["consent_needed"],
        json!({"service": "sms", "price": {"amount": "0.12", "currency": "EUR"}})
    );
    assert_eq!(offer["you_pay_at_most"], json!({"amount": "0.03", "currency": "EUR"}), "what binds now");
    assert_eq!((&offer["suggested"], &offer["fallback"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_short_of_funds_is_told_so_and_what_to_do() {
    let scene = Scene::new().await;
    scene.plan_says(&[("segment\"\nprice = \"0.03\"", "segment\"\nprice = \"100.01\"")]).await;
    let anna = scene.phone(scene.config("anna")).await;
    let shown = asked(&anna, "hej").await;
    assert_eq!(shown["services"][1]["reason"], "insufficient_funds");
    let refused = send(&anna, "hej", &Value::Null).await;
    assert_eq!(refused.answer.status, 402);
    let warning = refused.answer.header("Warning").unwrap();
    assert!(warning.contains("insufficient_funds: Not enough funds for SMS. Top up or choose"), "{warning}");
    let (payer, plan) = (PayerId::new("anna"), PlanId::new("plan"));
    scene.engine.put_payer(payer, PayerChange::to(plan).with(euro("0.01"))).await.unwrap().unwrap();
    assert_eq!(send(&anna, "hej again", &Value::Null).await.answer.status, 202);
}
