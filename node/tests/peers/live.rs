//! The live page in headless Chromium: what it shows of prices, and what its buttons do, at the shipped server.

use crate::page::{Browser, Page};
use crate::server::{BEN, Server, ask_as};
use serde_json::json;

const CHAT_AS_DATA: &str = "[[rate]]\nservice = \"im\"\nunit = \"byte\"\nscope = \"session\"\nsettlement = \"bearer\"\nprice = \"0.0008\"\n";
const SMS_5: &str =
    "[[allowance]]\nid = \"sms5\"\nservices = [\"sms\"]\nunit = \"segment\"\namount = 5\nper = \"month\"\n";

#[test]
fn it_shows_prices_no_surer_than_they_are_and_its_buttons_choose_and_consent_within_them() {
    let (server, anna) = Server::of_anna_and_ben();
    let texts =
        |price: &str| format!("[[rate]]\nservice = \"sms\"\nunit = \"segment\"\nprice = \"{price}\"\n");
    server.plan("anna", &format!("{SMS_5}{CHAT_AS_DATA}{}", texts("0.12")));
    send(&server, &anna, "ask");
    let mut page = watched(&server);
    let Some(_browser) = Browser::show(&page, &format!("#token={anna}"), &[]) else { return };
    page.tells("? your choice \u{b7} price shown unknown \u{b7} at most unknown \u{b7} nothing charged");
    page.tells("SMS: 0.00 EUR \u{b7} 1 \u{d7} segment \u{b7} 4 left of sms5 Send by SMS for 0.00 EUR");
    page.tells("MMS: not possible \u{b7} cannot carry");
    page.tells("Chat: about 0.0024 EUR \u{b7} 3 \u{d7} byte \u{b7} billed as data by the network Send by Chat for 0.0024 EUR");
    server.plan("anna", &format!("{CHAT_AS_DATA}{}", texts("0.12")));
    page.does(json!("Send by Chat for 0.0024 EUR"));
    page.tells("\u{25f7} waiting \u{b7} price shown about 0.0024 EUR \u{b7} at most 0.0024 EUR \u{b7} nothing charged");
    let consent = "Not delivered yet. By SMS it would cost 0.12 EUR in all. Send by SMS for 0.12 EUR";
    page.tells(consent);
    server.plan("anna", &format!("{CHAT_AS_DATA}{}", texts("0.13")));
    page.does(json!("Send by SMS for 0.12 EUR"));
    page.tells("SMS costs 0.13 EUR, more than 0.12 EUR. Raise `max_price` or choose another service.");
    server.plan("anna", &format!("{CHAT_AS_DATA}{}", texts("0.12")));
    page.does(json!("Send by SMS for 0.12 EUR"));
    page.tells(
        "\u{25f7} waiting \u{b7} price shown about 0.0024 EUR \u{b7} at most 0.12 EUR \u{b7} nothing charged",
    );
}

#[test]
fn who_is_short_of_funds_is_told_so_before_and_after_the_button() {
    let (server, anna) = Server::of_anna_and_ben();
    server.plan("anna", "[[rate]]\nservice = \"sms\"\nunit = \"segment\"\nprice = \"60.00\"\n");
    let mut page = watched(&server);
    send(&server, &anna, "ask");
    let Some(browser) = Browser::show(&page, &format!("#token={anna}"), &[]) else { return };
    page.tells("SMS: 60.00 EUR \u{b7} 1 \u{d7} segment Send by SMS for 60.00 EUR");
    send(&server, &anna, "sms");
    page.does(json!("Send by SMS for 60.00 EUR"));
    page.tells("Not enough funds for SMS. Top up or choose another service.");
    drop(browser);

    let mut page = watched(&server);
    send(&server, &anna, "ask");
    let Some(_browser) = Browser::show(&page, &format!("#token={anna}"), &[]) else { return };
    page.tells("SMS: 60.00 EUR \u{b7} 1 \u{d7} segment \u{b7} insufficient funds");
}

/// A message to Ben by this service, or one that asks.
fn send(server: &Server, token: &str, service: &str) {
    let body = json!({"to": BEN, "text": "hej", "service": service}).to_string();
    let (status, message) = ask_as(server.address, token, "POST", "/v1/messages", &body).unwrap();
    assert_eq!(status, 202, "{message}");
}

/// The live page, with what tells us all that it shows.
fn watched(server: &Server) -> Page {
    let html = include_str!("../../../web/live.html");
    let watched = html.replace("</head>", "<script type=\"module\" src=\"/watch.js\"></script></head>");
    let files = vec![("/", watched), ("/watch.js", include_str!("live/watch.js").to_owned())];
    Page::in_front_of(server.address, files)
}
