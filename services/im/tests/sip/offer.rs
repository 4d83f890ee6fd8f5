//! Claim 3 with SIP alone: status and prices before sending, and the choice.

use crate::scene::{Scene, uri};
use switchback_core::model::{Service, Status};
use switchback_testkit::handset::SendOptions;

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
        let is_offer = |kind: &str| kind.starts_with(OFFER);
        let inbox = anna.wait_for(|i| i.messages.iter().any(|m| is_offer(&m.content_type))).await.unwrap();
        let offer = inbox.messages.iter().find(|message| is_offer(&message.content_type)).unwrap();
        assert!(offer.text.contains(r#""status":"online""#), "{}", offer.text);
        assert!(offer.text.contains(r#""amount":"0.03""#), "{}", offer.text);
        let again = anna.send(&uri("bo"), "which way?", options(chosen)).await.unwrap();
        assert_eq!((again.answer.status, scene.message(&again).id), (202, scene.message(&sent).id));
        assert_eq!(scene.message(&sent).first, Some(service));
        match service {
            Service::Im => drop(bo.wait_for(|inbox| inbox.texts() == ["which way?"]).await.unwrap()),
            _ => drop(scene.orders(1).await),
        }
    }
}
