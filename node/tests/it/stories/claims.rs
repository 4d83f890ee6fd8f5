//! The stories. The operator has set everybody up; sender and recipient use nothing but SIP.

use super::page::Page;
use super::stage::{ANNA, BEN, CLEO, Stage, offered, register, send, told, uri};
use switchback_testkit::clock::now_us;
use switchback_testkit::smsc::Phone;

/// Claim 1.
pub(super) async fn gate() -> Page {
    let stage = Stage::set().await;
    let (anna, ben) = (stage.handset(ANNA).await, stage.handset(BEN).await);
    register(&anna).await;
    register(&ben).await;
    let mut page = Page::new(
        1,
        "Not delivered by chat: SMS when it is not dearer; else it waits, and the sender is asked",
        "Anna pays 0.03 EUR for a chat message and for an SMS; Ben chats for nothing and pays 0.12 EUR for an SMS. \
         Cleo is offline.",
    );
    let began = now_us();
    let sent = send(&anna, "The train leaves at nine.", "train", Some("im")).await;
    told(&anna, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end("Not dearer: the server switches by itself", began, &sent, &["im", "sms"], "0.03"));
    let began = now_us();
    let sent = send(&ben, "I will bring the tickets.", "tickets", Some("im")).await;
    offered(&ben).await;
    assert!(stage.smsc.inbox().iter().all(|shown| !shown.text.contains("tickets")), "not without consent");
    send(&ben, "I will bring the tickets.", "tickets", Some("sms")).await;
    told(&ben, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end("Dearer: Ben is told the price, and consents", began, &sent, &["im", "sms"], "0.12"));
    page.draw(&stage, &["Anna", "Ben", "Switchback", "SMSC"])
}

/// Claim 3.
pub(super) async fn choice() -> Page {
    let stage = Stage::set().await;
    let (ben, cleo) = (stage.handset(BEN).await, stage.handset(CLEO).await);
    register(&ben).await;
    register(&cleo).await;
    let mut page = Page::new(
        3,
        "The sender sees status and prices, and chooses: two choices, two first services",
        "Ben chats for nothing and pays 0.12 EUR for an SMS. Cleo is online.",
    );
    let began = now_us();
    let offer = ben.options(&uri(CLEO), "").await.unwrap();
    assert!(offer.text().contains("\"status\":\"online\""), "{}", offer.text());
    let sent = send(&ben, "Which way will this go? Chat.", "chat", Some("im")).await;
    told(&ben, &sent, &["delivered"]).await;
    page.add(stage.end("OPTIONS asks; chat is chosen", began, &sent, &["im"], "0.00"));
    let began = now_us();
    let sent = send(&ben, "Which way will this go? SMS.", "sms", Some("ask")).await;
    offered(&ben).await;
    send(&ben, "Which way will this go? SMS.", "sms", Some("sms")).await;
    told(&ben, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end("The message asks; SMS is chosen", began, &sent, &["sms"], "0.12"));
    page.draw(&stage, &["Ben", "Switchback", "SMSC", "Cleo"])
}

/// Claim 4.
pub(super) async fn back_to_chat() -> Page {
    let stage = Stage::set().await;
    let (anna, cleo) = (stage.handset(ANNA).await, stage.handset(CLEO).await);
    register(&anna).await;
    let mut page = Page::new(
        4,
        "Chat, then SMS; the recipient comes online: back to chat",
        "Anna pays 0.03 EUR for a chat message and for an SMS. Cleo's chat client is offline, and her phone cannot be \
         reached by SMS.",
    );
    stage.smsc.set_phone(CLEO.1, Phone::Off);
    let began = now_us();
    let sent = send(&anna, "Are you on the platform?", "platform", Some("im")).await;
    stage.until_attempt(&sent, 1, "state", "ended");
    register(&cleo).await;
    told(&anna, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end("The SMSC gives up; Cleo comes", began, &sent, &["im", "sms", "im"], "0.03"));
    cleo.unregister().await.unwrap();
    stage.until_status(CLEO, "offline");
    stage.smsc.set_phone(CLEO.1, Phone::Pending);
    let began = now_us();
    let sent = send(&anna, "I can see you!", "see", Some("im")).await;
    stage.until_attempt(&sent, 1, "state", "handed_over");
    register(&cleo).await;
    told(&anna, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end(
        "Cleo comes while the SMSC still holds the SMS: it is taken back",
        began,
        &sent,
        &["im", "sms", "im"],
        "0.03",
    ));
    page.draw(&stage, &["Anna", "Switchback", "SMSC", "Cleo"])
}

/// Claim 5.
pub(super) async fn back_to_sms() -> Page {
    let stage = Stage::set().await;
    let (ben, cleo) = (stage.handset(BEN).await, stage.handset(CLEO).await);
    register(&ben).await;
    let mut page = Page::new(
        5,
        "SMS, then chat; the recipient stays offline: back to SMS",
        "Ben chats for nothing and pays 0.12 EUR for an SMS. Cleo leaves, and her phone cannot be reached at first.",
    );
    stage.smsc.set_phone(CLEO.1, Phone::Off);
    let began = now_us();
    register(&cleo).await;
    cleo.unregister().await.unwrap();
    stage.until_status(CLEO, "offline");
    let sent = send(&ben, "Call me when you are home.", "call", Some("sms")).await;
    stage.until_attempt(&sent, 1, "service", "im");
    stage.smsc.set_phone(CLEO.1, Phone::Reachable);
    told(&ben, &sent, &["legacy-sms", "legacy-sms", "delivered"]).await;
    page.add(stage.end("Offline for longer than the threshold", began, &sent, &["sms", "im", "sms"], "0.12"));
    page.draw(&stage, &["Ben", "Switchback", "SMSC", "Cleo"])
}

/// Claim 6.
pub(super) async fn client() -> Page {
    let stage = Stage::set().await;
    let (anna, cleo) = (stage.handset(ANNA).await, stage.handset(CLEO).await);
    register(&cleo).await;
    cleo.set_script("unavailable".parse().unwrap());
    let mut page = Page::new(
        6,
        "The sender's client: typed, priced, sent; the server does the rest",
        "Anna pays 0.03 EUR for a chat message and for an SMS. Cleo is online, but her client cannot take the message.",
    );
    let began = now_us();
    register(&anna).await;
    let offer = anna.options(&uri(CLEO), "").await.unwrap();
    assert!(offer.text().contains("\"status\":\"online\""), "{}", offer.text());
    let sent = send(&anna, "Typed by hand, sent by whatever gets through.", "typed", None).await;
    told(&anna, &sent, &["legacy-sms", "delivered"]).await;
    page.add(stage.end("From the first REGISTER to the tick", began, &sent, &["im", "sms"], "0.03"));
    page.draw(&stage, &["Anna", "Switchback", "SMSC", "Cleo"])
}
