//! One walk over the whole public surface, on the real engine and store: each operation of the OpenAPI document is
//! called and answers as the document says. An operation that the walk forgets fails it.

use crate::stack::events::EventReader;
use crate::stack::spec::{Operation, operations};
use crate::stack::{ADMIN, ANNA, BERT, PLAN, Stack, request};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A stack that keeps the list of operations that were called.
struct Walk {
    stack: Stack,
    operations: Vec<Operation>,
    called: BTreeSet<String>,
}

impl Walk {
    /// Calls an operation and checks that the document names the status it answered with.
    async fn call(
        &mut self,
        id: &str,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Value {
        let operation = self.operations.iter().find(|operation| operation.id == id).expect(id);
        let plain = path.split('?').next().unwrap();
        assert!(operation.method == method && operation.takes(plain), "{method} {path} is no {id}");
        let answer = self.stack.call(request(method, path, token, body)).await;
        let status = answer.status.as_str().to_owned();
        assert!(operation.statuses.contains(&status), "{id} answered {status}: {answer:?}");
        self.called.insert(id.to_owned());
        if answer.header("content-type").starts_with("application/json") {
            answer.json()
        } else {
            Value::Null
        }
    }

    async fn get(&mut self, id: &str, path: &str, token: &str) -> Value {
        self.call(id, Method::GET, path, token, None).await
    }

    async fn put(&mut self, id: &str, path: &str, body: Value) -> Value {
        self.call(id, Method::PUT, path, ADMIN, Some(body)).await
    }

    async fn post(&mut self, id: &str, path: &str, token: &str, body: Value) -> Value {
        self.call(id, Method::POST, path, token, Some(body)).await
    }

    async fn operations_endpoints(&mut self) {
        assert_eq!(self.get("livez", "/livez", "").await["status"], "alive");
        assert_eq!(self.get("readyz", "/readyz", "").await["status"], "ready");
        self.get("metrics", "/metrics", "").await;
        let document = self.get("openapi", "/openapi.json", "").await;
        assert_eq!(document["info"]["title"], "Switchback");
        self.get("explainError", "/errors/price_rose", "").await;
    }

    async fn directory(&mut self) {
        let plan = self.put("putPlan", "/v1/admin/plans/prepaid", json!({"text": PLAN})).await;
        assert_eq!(self.get("getPlan", "/v1/admin/plans/prepaid", ADMIN).await, plan);
        let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        let body = json!({"plan": "prepaid", "top_up": eur("2"), "credit_limit": eur("1")});
        let payer = self.put("putPayer", "/v1/admin/payers/shop", body).await;
        assert_eq!((&payer["balance"], &payer["available"]["amount"]), (&eur("2.00"), &json!("3.00")));
        assert_eq!(self.get("getPayer", "/v1/admin/payers/shop", ADMIN).await, payer);
        for unknown in [
            json!({"top_up": eur("1"), "top_up_to": "bonus"}),
            json!({"raise": {"cap": "x", "by": eur("1")}}),
        ] {
            let mut body = unknown;
            body["plan"] = json!("prepaid");
            let asked = request(Method::PUT, "/v1/admin/payers/shop", ADMIN, Some(body));
            self.stack.call(asked).await.problem(422, "no_such_counter");
        }
        let body = json!({"addresses": ["+46703333333"], "payer": "shop", "max_price": eur("0.05")});
        let person = self.put("putSubscriber", "/v1/admin/subscribers/cleo", body).await;
        assert_eq!(self.get("getSubscriber", "/v1/admin/subscribers/cleo", ADMIN).await, person);
        let body = json!({"subscriber": "cleo", "msisdn": "+46703333333", "payer": "shop"});
        let sim = self.put("putSim", "/v1/admin/sims/240990000000001", body).await;
        assert_eq!(self.get("getSim", "/v1/admin/sims/240990000000001", ADMIN).await, sim);
        let body = json!({"subscriber": "cleo", "password": "correct horse"});
        let login = self.put("putSipUser", "/v1/admin/sip-users/cleo.phone", body).await;
        assert!(!login.to_string().contains("correct"), "a password is never shown");
        assert_eq!((&login["realm"], &login["md5"]), (&json!("switchback"), &json!(false)));
        assert_eq!(self.get("getSipUser", "/v1/admin/sip-users/cleo.phone", ADMIN).await, login);
        let body = json!({"payer": "shop", "senders": ["MyShop", "72404"], "class": "otp"});
        let account = self.put("putAccount", "/v1/admin/accounts/shop", body).await;
        assert_eq!(self.get("getAccount", "/v1/admin/accounts/shop", ADMIN).await, account);
        let body =
            json!({"service": "sms", "address": "127.0.0.1:9", "system_id": "swb", "password": "s3cret"});
        let route = self.put("putRoute", "/v1/admin/routes/smsc", body).await;
        assert!(!route.to_string().contains("s3cret"), "a password is never shown");
        assert_eq!(self.get("getRoute", "/v1/admin/routes/smsc", ADMIN).await["window"], 10);
        for (id, kind, entries) in [
            ("listSubscribers", "subscribers", vec!["anna", "bert", "cleo"]),
            ("listSims", "sims", vec!["240990000000001"]),
            ("listSipUsers", "sip-users", vec!["cleo.phone"]),
            ("listAccounts", "accounts", vec!["shop"]),
            ("listPlans", "plans", vec!["prepaid"]),
            ("listRoutes", "routes", vec!["smsc"]),
        ] {
            let list = self.get(id, &format!("/v1/admin/{kind}"), ADMIN).await;
            let ids: Vec<_> =
                list["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
            assert_eq!(ids, entries);
        }
    }

    async fn tokens(&mut self) {
        let made = self
            .post("createToken", "/v1/admin/tokens", ADMIN, json!({"name": "shop", "account": "shop"}))
            .await;
        let secret = made["secret"].as_str().unwrap().to_owned();
        let list = self.get("listTokens", "/v1/admin/tokens", ADMIN).await;
        assert!(!list.to_string().contains(&secret), "a secret is shown once");
        assert_eq!(self.stack.get("/v1/messages", &secret).await.status, 200);
        let path = format!("/v1/admin/tokens/{}", made["id"].as_str().unwrap());
        self.call("revokeToken", Method::DELETE, &path, ADMIN, None).await;
        self.stack.get("/v1/messages", &secret).await.problem(401, "unauthorized");
    }

    /// Anna asks what it costs, sends a chat message to Bert's phone, and he reads it.
    async fn a_message(&mut self) {
        let (anna, bert) = (self.stack.anna.clone(), self.stack.bert.clone());
        let mut phone = EventReader::open(&self.stack, &bert, "?device=phone", None).await;
        self.called.insert("streamEvents".into());
        let presence = self.get("getPresence", "/v1/presence/+46702222222", &anna).await;
        assert_eq!((&presence["address"], &presence["status"]), (&json!(BERT), &json!("online")));
        let asked = json!({"to": BERT, "text": "Dinner at eight?"});
        let quote = self.post("createQuote", "/v1/quotes", &anna, asked.clone()).await;
        assert_eq!(quote["suggested"], "im");
        assert_eq!(quote["you_pay_at_most"], json!({"amount": "0.01", "currency": "EUR"}));
        let mut sent = asked;
        sent["quote"] = quote["id"].clone();
        sent["client_ref"] = json!("dinner");
        let message = self.post("createMessage", "/v1/messages", &anna, sent).await;
        assert_eq!(message["price"], json!({"amount": "0.01", "currency": "EUR", "kind": "exact"}));
        let id = message["id"].as_str().unwrap().to_owned();
        let incoming = phone.wait_for("message.incoming").await.data;
        assert_eq!(
            (&incoming["message"], &incoming["data"]["text"]),
            (&json!(id), &json!("Dinner at eight?"))
        );
        assert_eq!(incoming["data"]["from"], ANNA);
        for disposition in ["delivered", "displayed"] {
            let body = json!({"disposition": disposition, "device": "phone"});
            self.post("createReceipt", &format!("/v1/messages/{id}/receipts"), &bert, body).await;
        }
        let path = format!("/v1/messages/{id}");
        self.stack.until(&path, &anna, |message| message["status"] == "read").await;
        let message = self.get("getMessage", &path, &anna).await;
        assert_eq!(
            (&message["text"], &message["client_ref"]),
            (&json!("Dinner at eight?"), &json!("dinner"))
        );
        assert_eq!(
            message["charge"],
            json!({"state": "charged", "amount": "0.01", "currency": "EUR", "attempt": 1})
        );
        assert_eq!(message["attempts"][0]["outcome"], "displayed");
        let trace = self.get("traceMessage", &format!("{path}/trace"), &anna).await;
        assert_eq!(trace["decisions"][0]["decision"], "start");
        assert!(trace["decisions"][0]["sentence"].as_str().unwrap().ends_with('.'));
        assert_eq!(trace["events"][0]["type"], "message.accepted");
        let kinds: Vec<_> =
            trace["ledger"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["reserve", "commit"]);
    }

    async fn lists(&mut self) {
        let (anna, bert) = (self.stack.anna.clone(), self.stack.bert.clone());
        let path = "/v1/messages?status=read&client_ref=dinner&service=im";
        self.stack
            .until(path, &anna, |list| list["data"].as_array().is_some_and(|lines| lines.len() == 1))
            .await;
        self.get("listMessages", path, &anna).await;
        let conversations = self.get("listConversations", "/v1/conversations", &bert).await;
        assert_eq!(conversations["data"][0]["with"], ANNA);
        let path = "/v1/conversations/%2B46701111111/messages";
        let lines = self.get("listConversationMessages", path, &bert).await;
        assert_eq!(
            (&lines["data"][0]["text"], &lines["data"][0]["outgoing"]),
            (&json!("Dinner at eight?"), &json!(false))
        );
        let events = self.get("listEvents", "/v1/events?limit=200", &anna).await;
        assert_eq!(events["data"][0]["type"], "message.accepted");
    }

    /// A message to somebody offline: chosen, taken back, and what was refused.
    async fn second_thoughts(&mut self) {
        let anna = self.stack.anna.clone();
        let body = json!({"to": "+46703333333", "text": "Hello Cleo", "service": "ask"});
        let parked = self.stack.post("/v1/messages", &anna, body).await.ok();
        assert_eq!(parked["status"], "offered");
        let path = format!("/v1/messages/{}", parked["id"].as_str().unwrap());
        let chosen =
            self.post("chooseService", &format!("{path}/choose"), &anna, json!({"service": "im"})).await;
        assert_eq!(chosen["service"], "im");
        let taken = self.call("cancelMessage", Method::POST, &format!("{path}/cancel"), &anna, None).await;
        assert_eq!(taken["outcome"], "withdrawn");
        let refused = json!({"to": "+4670999", "text": "Hi", "service": "im"});
        self.stack.post("/v1/messages", &anna, refused).await.problem(422, "not_reachable");
        let is_there = |list: &Value| list["data"][0]["code"] == "not_reachable";
        self.stack.until("/v1/admin/refusals", ADMIN, is_there).await;
        self.get("listRefusals", "/v1/admin/refusals?limit=10", ADMIN).await;
        let page = self.get("listRecords", "/v1/admin/records?after=7&limit=10", ADMIN).await;
        assert_eq!((&page["data"][0]["record"], &page["next_cursor"]), (&json!("message"), &json!("8")));
        assert_eq!(page["moves"][0]["amount"]["amount"], "-0.03");
        let totals = self.get("getLedgerTotals", "/v1/admin/ledger", ADMIN).await;
        assert_eq!(
            (&totals["complete"], &totals["orphan_holds"], &totals["double_charges"], &totals["unbalanced"]),
            (&json!(true), &json!(0), &json!(0), &json!([]))
        );
        assert_eq!(totals["charged"], json!([{"amount": "0.01", "currency": "EUR"}]));
    }
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let mut walk =
        Walk { stack: Stack::with_people().await, operations: operations(), called: BTreeSet::new() };
    walk.operations_endpoints().await;
    walk.directory().await;
    walk.tokens().await;
    walk.a_message().await;
    walk.lists().await;
    walk.second_thoughts().await;
    let all: BTreeSet<_> = walk.operations.iter().map(|operation| operation.id.clone()).collect();
    assert_eq!(walk.called, all, "an operation has no case");
}
