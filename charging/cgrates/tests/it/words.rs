//! What is on the wire, held against the requests and answers that CGRateS shows in its documentation and its own tests.

use crate::scene::{Scene, euro, is_done, order};
use serde_json::{Value, json};
use switchback_core::model::Origin;
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeStep};
use switchback_testkit::cgrates::Fault;

fn event(usage: u16) -> Value {
    json!({
        "Tenant": "cgrates.org",
        "ToR": "*sms",
        "Category": "sms",
        "OriginID": format!("{}.1", order(ChargeStep::Reserve, 1).key.message),
        "OriginHost": "node1.home.test",
        "RequestType": "*prepaid",
        "Account": "4915112345678",
        "Destination": "4917012345678",
        "SetupTime": "2026-11-23T05:40:28.007Z",
        "AnswerTime": "2026-11-23T05:40:28.007Z",
        "Usage": usage,
    })
}

fn params(usage: u16, more: &Value) -> Value {
    let mut params = json!({
        "Tenant": "cgrates.org",
        "ID": format!("{}.1.{usage}", order(ChargeStep::Reserve, 1).key.message),
        "Event": event(usage),
        "APIOpts": {"*sessionsDebitInterval": "0s"},
    });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

#[test]
fn what_we_say_is_what_the_documentation_shows() {
    let scene = Scene::new();
    for step in [ChargeStep::Reserve, ChargeStep::Release, ChargeStep::Reserve, ChargeStep::Commit] {
        assert!(is_done(scene.step(step)));
    }
    let heard = scene.close().heard();
    let begin = json!({"InitSession": true, "ForceDuration": true});
    let end = json!({"TerminateSession": true, "ForceDuration": true});
    let expected = [
        ("APIerSv1.GetAccountCost", params(3, &json!({}))),
        ("SessionSv1.InitiateSession", params(3, &begin)),
        ("SessionSv1.TerminateSession", params(0, &end)),
        ("APIerSv1.GetAccountCost", params(3, &json!({}))),
        ("SessionSv1.InitiateSession", params(3, &begin)),
        ("SessionSv1.TerminateSession", params(3, &end)),
        ("SessionSv1.ProcessCDR", params(3, &json!({}))),
    ];
    for (id, (request, (method, params))) in heard.iter().zip(&expected).enumerate() {
        assert_eq!(request, &json!({"method": method, "params": [params], "id": id}));
    }
    assert_eq!(heard.len(), expected.len());
}

#[test]
fn where_the_sender_is_stands_in_the_event() {
    let scene = Scene::new();
    let origin = Origin::parse("wifi@52001").unwrap();
    assert!(is_done(scene.ask(ChargeOrder { origin, ..order(ChargeStep::Quote, 1) })));
    let mut there = params(3, &json!({}));
    there["Event"]["VisitedNetwork"] = "52001".into();
    there["Event"]["Wifi"] = true.into();
    assert_eq!(scene.close().heard()[0]["params"], json!([there]));
}

/// An EventCost as it comes, with everything in it that we do not read.
#[test]
fn an_event_cost_is_read_whatever_else_stands_in_it() {
    let cost = r#"{"CGRID":"1d8ecb","RunID":"","StartTime":"2026-11-23T05:40:28.007Z","Usage":3,"Cost":0.27,
        "Charges":[{"RatingID":"0d1","Increments":[{"Usage":1,"Cost":0.09,"AccountingID":"c2f","CompressFactor":1}],
        "CompressFactor":3,"Usage":3,"Cost":0.27,"EventUsageIndex":"0s"}],
        "AccountSummary":{"Tenant":"cgrates.org","ID":"4915112345678","BalanceSummaries":[{"UUID":"b1","ID":"money",
        "Type":"*monetary","Initial":10,"Value":9.73,"Disabled":false}],"AllowNegative":false,"Disabled":false},
        "Rating":{"0d1":{"ConnectFee":0,"RoundingMethod":"*up","RoundingDecimals":20,"MaxCost":0,"MaxCostStrategy":"",
        "TimingID":"t","RatesID":"r","RatingFiltersID":"f"}},"Accounting":{},"RatingFilters":{},"Rates":{},"Timings":{}}"#;
    let said = Fault::Says(serde_json::from_str(cost).unwrap());
    let scene = Scene::with("APIerSv1.GetAccountCost", &[said]);
    let ChargeOutcome::Done(done) = scene.step(ChargeStep::Quote) else { panic!() };
    assert_eq!(done.price, Some(euro("0.27")));
}

/// An answer of a running CGRateS, as its users have shown one.
#[test]
fn an_answer_to_somebody_else_is_passed_over() {
    let line = r#"{"id":1830371734,"result":{"AttributesDigest":null,"ResourceAllocation":"SPECIAL_1003","MaxUsage":5688,"SuppliersDigest":"supplier2,supplier1"},"error":null}"#;
    let scene = Scene::with("SessionSv1.InitiateSession", &[Fault::Line(line)]);
    assert_eq!(scene.step(ChargeStep::Reserve), ChargeOutcome::Unknown);
    assert!(is_done(scene.step(ChargeStep::Release)), "the connection goes on");
}
