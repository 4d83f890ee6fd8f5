//! What a sender sees of prices (R2, R6), at a running server: on the command line, over HTTP, in the terminal chat.

use crate::chat::Terminal;
use crate::server::{BEN, Server, ask_as, binary, text_of, wait_for};
use serde_json::Value;
use std::process::{Command, Output};

/// A plan that sells texts at this price; chat is billed by the byte, as data, by somebody else.
fn texts_cost(price: &str) -> String {
    format!(
        "[[rate]]\nservice = \"im\"\nunit = \"byte\"\nscope = \"session\"\nsettlement = \"bearer\"\nprice = \"0.0008\"\n\
         [[rate]]\nservice = \"sms\"\nunit = \"segment\"\nprice = \"{price}\"\n"
    )
}

const SMS_5: &str =
    "[[allowance]]\nid = \"sms5\"\nservices = [\"sms\"]\nunit = \"segment\"\namount = 5\nper = \"month\"\n";

struct Scene {
    server: Server,
    token: String,
}

impl Scene {
    fn new() -> Self {
        let (server, token) = Server::of_anna_and_ben();
        Self { server, token }
    }

    fn run(&self, args: &[&str]) -> Output {
        let (first, rest) = args.split_first().unwrap();
        let mut command = Command::new(binary());
        command.args([first, "--url", &self.server.url(), "--token", &self.token]).args(rest);
        command.env_remove("SWITCHBACK_TOKEN").output().unwrap()
    }

    /// What a command that goes well says.
    fn says(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// What a command says that the price stops; exit code 4.
    fn stopped(&self, args: &[&str]) -> String {
        let done = self.run(args);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(4), "{args:?}: {said}");
        said
    }

    fn quote(&self, more: &[&str]) -> String {
        text_of(&self.says(&[&["quote", "--json", BEN, "hej"], more].concat()), "id")
    }

    fn message(&self, id: &str) -> Value {
        let (status, body) = self.server.ask("GET", &format!("/v1/messages/{id}"), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

#[test]
fn a_quote_says_how_sure_prices_are_what_is_left_what_follows_and_how_to_hold_to_it() {
    let scene = Scene::new();
    scene.server.plan("anna", &(SMS_5.to_owned() + &texts_cost("0.12")));
    let quote = scene.says(&["quote", BEN, "hej"]);
    for line in [
        "im         about 0.0024 EUR 3 bytes  (billed as data by the network)\n",
        "sms        0.00 EUR       1 segment  (4 segments left of sms5)\n",
        "mms        not possible   (cannot carry)\n",
        "suggested  sms\nthen       im follows only if you consent to about 0.0024 EUR in all\nat most    0.00 EUR\nquote      qt_",
    ] {
        assert!(quote.contains(line), "{line:?} in {quote}");
    }
    scene
        .server
        .plan("anna", &(texts_cost("0.12") + "charge_on = \"submitted\"\nkept_if_undelivered = true\n"));
    let quote = scene.says(&["quote", "--service", "sms", BEN, "hej"]);
    assert!(quote.contains("0.12 EUR       1 segment  (paid even if it is not delivered)"), "{quote}");
    assert!(
        quote.contains(
            "then       im follows only if you consent to about 0.1224 EUR in all\nat most    0.12 EUR"
        ),
        "{quote}"
    );
}

#[test]
fn a_price_that_rose_above_the_quote_stops_the_message_and_brings_the_new_one() {
    let scene = Scene::new();
    let quote = scene.quote(&[]);
    scene.server.plan("anna", &texts_cost("0.13"));
    let send = ["send", "--service", "sms", "--quote"];
    let said = scene.stopped(&[&send[..], &[&quote, BEN, "hej"]].concat());
    for words in [
        "price_rose: SMS costs 0.13 EUR now, more than the quoted 0.12 EUR. Look at the new quote",
        "\nsms        0.13 EUR       1 segment",
        "\nquote      qt_",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    let body =
        format!("{{\"to\": \"{BEN}\", \"text\": \"hej\", \"service\": \"sms\", \"quote\": \"{quote}\"}}");
    let (status, problem) =
        ask_as(scene.server.address, &scene.token, "POST", "/v1/messages", &body).unwrap();
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!((status, &problem["code"], &problem["permanent"]), (409, &"price_rose".into(), &false.into()));
    assert_eq!(problem["quote"]["services"][1]["price"]["amount"], "0.13");
    let (_, page) = scene.server.ask("GET", problem["type"].as_str().unwrap(), "");
    assert!(page.contains("submit again with its id"), "{page}");
    let fresh = problem["quote"]["id"].as_str().unwrap();
    let sent = scene.says(&[&send[..], &[fresh, "--json", BEN, "hej"]].concat());
    assert_eq!(scene.message(&text_of(&sent, "id"))["you_pay_at_most"]["amount"], "0.13");
    let (_, list) = scene.server.ask("GET", "/v1/admin/payers/anna", "");
    assert!(
        list.contains("\"held\":{\"amount\":\"0.13\""),
        "one message, and nothing for what was refused: {list}"
    );
}

#[test]
fn who_is_short_of_funds_is_told_what_to_do_and_nothing_is_sent() {
    let scene = Scene::new();
    scene.server.plan("anna", &texts_cost("100.01"));
    let quote = scene.says(&["quote", "--service", "im", BEN, "hej"]);
    assert!(quote.contains("sms        100.01 EUR     1 segment  (insufficient funds)"), "{quote}");
    let said = scene.stopped(&["send", "--service", "sms", BEN, "hej"]);
    assert!(said.contains("insufficient_funds: Not enough funds for SMS. Top up or choose"), "{said}");
    let refused = scene.run(&["send", "--json", "--service", "sms", BEN, "hej"]);
    let problem: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((refused.status.code(), &problem["status"]), (Some(4), &402.into()));
    assert_eq!(problem["type"], "/errors/insufficient_funds");
}

#[test]
fn consent_is_asked_for_and_given_on_the_command_line() {
    let scene = Scene::new();
    let sent = scene.says(&["send", "--json", "--service", "im", BEN, "hej"]);
    let id = text_of(&sent, "id");
    wait_for("the question", || scene.message(&id)["consent_needed"].is_object().then_some(()));
    let listed = || {
        scene
            .says(&["messages"])
            .contains("price 0.00 EUR  by sms it would cost 0.12 EUR in all")
            .then_some(())
    };
    wait_for("the line in the list", listed);
    scene.server.plan("anna", &texts_cost("0.13"));
    assert!(scene.stopped(&["choose", &id, "sms"]).contains("SMS costs 0.13 EUR, more than 0.12 EUR"));
    let chosen = scene.says(&["choose", &id, "sms", "--max-price", "0.13:EUR"]);
    assert!(chosen.ends_with("price 0.00 EUR\n"), "what was consented to is asked no more: {chosen}");
    assert!(scene.says(&["trace", &id]).contains("you chose SMS"));
    assert_eq!(scene.message(&id)["you_pay_at_most"]["amount"], "0.13");
}

#[test]
fn the_chat_shows_what_is_promised_and_asks_when_the_price_rose() {
    let scene = Scene::new();
    scene.server.plan("anna", &(SMS_5.to_owned() + &texts_cost("0.12")));
    let mut chat = Terminal::chat(&scene.server, &scene.token, BEN);
    chat.shows("Chat about 0.0008 EUR (billed as data by the network)");
    chat.shows("SMS 0.00 EUR (4 segments left of sms5)");
    chat.shows(
        "You pay at most 0.00 EUR  \u{b7}  Chat follows only if you consent to about 0.0008 EUR in all",
    );
    scene.server.plan("anna", &texts_cost("0.12"));
    chat.keys("\t\thej");
    chat.shows("SMS> hej");
    chat.shows("You pay at most 0.12 EUR");
    scene.server.plan("anna", &texts_cost("0.13"));
    chat.keys("\r");
    chat.shows("The price rose, nothing was sent. Send by SMS for 0.13 EUR?");
    chat.keys("n");
    chat.shows("SMS> hej");
    chat.shows("SMS 0.13 EUR");
    chat.shows("You pay at most 0.13 EUR");
    scene.server.plan("anna", &texts_cost("0.14"));
    chat.keys("\r");
    chat.shows("Send by SMS for 0.14 EUR?");
    chat.keys("y");
    chat.shows("you: hej");
    scene.server.plan("anna", &texts_cost("100.01"));
    chat.keys("more\r");
    chat.shows("insufficient_funds: Not enough funds for SMS.");
    chat.shows("SMS> more");
}
