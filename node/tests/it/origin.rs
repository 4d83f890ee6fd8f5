//! Where a sender is decides what chat costs: from the request, through quote and price, into the charging record.

use crate::records::{phone, whole};
use crate::server::{Server, ask_as, text_of, wait_for};
use crate::tariff::worked_plan;
use serde_json::Value;

/// Anna is on the plan of the manual, whose chat is free on Wi-Fi, and Ben is there to be written to.
fn with_the_worked_plan(more: &str) -> (Server, String, String) {
    let server = Server::start(&format!("{more}[records]\npath = \"cdr\"\nrotate_every = \"100ms\"\n"));
    let anna = server.subscriber("anna", "+46701000001", "0.07", "0.05");
    let ben = server.subscriber("ben", "+46701000002", "0.07", "0.05");
    let file = worked_plan(server.folder.path());
    let text = Value::from(std::fs::read_to_string(file).unwrap());
    for (path, body) in [
        ("/v1/admin/plans/worked", format!("{{\"text\": {text}}}")),
        ("/v1/admin/payers/anna", "{\"plan\": \"worked\"}".to_owned()),
    ] {
        let (status, answer) = server.ask("PUT", path, &body);
        assert!((200..300).contains(&status), "{answer}");
    }
    (server, anna, ben)
}

fn post(server: &Server, token: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, answer) = ask_as(server.address, token, "POST", path, body).unwrap();
    (status, serde_json::from_str(&answer).unwrap_or_default())
}

#[test]
fn chat_is_free_on_wifi_and_costs_by_volume_otherwise() {
    let (server, anna, ben) = with_the_worked_plan("believe_origin = true\n");
    let _phone = phone(server.address, &ben);
    let cases = [
        ("", "home", "0.0024"),
        (", \"origin\": \"wifi\"", "wifi", "0.00"),
        (", \"origin\": \"wifi@52001\"", "wifi@52001", "0.00"),
        (", \"origin\": \"52001\"", "52001", "0.0024"),
    ];
    for (said, origin, price) in cases {
        let body = format!("{{\"to\": \"+46701000002\", \"text\": \"See you at eight\"{said}}}");
        let (_, quote) = post(&server, &anna, "/v1/quotes", &body);
        assert_eq!(quote["services"][0]["price"]["amount"], price, "{quote}");
        let plan = serde_json::json!({"id": "worked", "version": 1});
        assert_eq!((&quote["plan"], &quote["origin"]), (&plan, &origin.into()), "{quote}");
        let (status, message) = post(&server, &anna, "/v1/messages", &body);
        assert_eq!((status, &message["service"]), (202, &"im".into()), "{message}");
        assert_eq!((&message["origin"], &message["price"]["amount"]), (&origin.into(), &price.into()));
        let id = text_of(&message.to_string(), "id");
        let (_, trace) =
            ask_as(server.address, &anna, "GET", &format!("/v1/messages/{id}/trace"), "").unwrap();
        let trace: Value = serde_json::from_str(&trace).unwrap();
        assert_eq!(trace["decisions"][0]["facts"]["plan"], plan, "{trace}");
        let path = format!("/v1/messages/{id}/receipts");
        let (status, answer) =
            post(&server, &ben, &path, "{\"disposition\": \"delivered\", \"device\": \"phone\"}");
        assert!((200..300).contains(&status), "{answer}");
    }
    let folder = server.folder.path().join("cdr");
    let lines = wait_for("every record", || {
        let all = whole(&folder, "jsonl");
        let lines: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines.len() == 2 * cases.len()).then_some(lines)
    });
    for (pair, (_, origin, price)) in lines.chunks(2).zip(cases) {
        for record in pair {
            let told = (&record["origin"], &record["charge"], &record["price"]);
            assert_eq!(told, (&origin.into(), &price.into(), &price.into()), "{record}");
            assert_eq!((&record["plan"], &record["plan_version"]), (&"worked".into(), &1.into()), "{record}");
        }
    }
}

#[test]
fn a_client_is_not_believed_unless_the_operator_says_so() {
    let (server, anna, _) = with_the_worked_plan("");
    for path in ["/v1/quotes", "/v1/messages"] {
        let body = "{\"to\": \"+46701000002\", \"text\": \"hi\", \"origin\": \"wifi\"}";
        let (status, problem) = post(&server, &anna, path, body);
        assert_eq!((status, &problem["code"]), (403, &"origin_not_believed".into()), "{problem}");
    }
}
