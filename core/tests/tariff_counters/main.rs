//! Counters that are somebody's: conversations with a recipient, and caps of each account and route, by the hour or the
//! day. Each case is a table of messages of one payer, in their order.
#![expect(clippy::unwrap_used, reason = "what a test builds is known to be sound; a panic is its failure")]

mod life;
mod notices;

use life::{BO, CHAT, CLEO, HEAD, Life, Sent, TEXTS, sent};
use switchback_core::charge::LedgerKind;
use switchback_core::model::{Address, Money, Service, Time};
use switchback_core::tariff::{Ask, ExampleMessage, Payer, Plan, Size, explain, price};

#[test]
fn a_conversation_lasts_a_day_from_its_first_message() {
    let mut life = Life::of(CHAT);
    for (at, to, price) in [
        ("2026-11-23T10:00:30Z", BO, "0.05"),
        ("2026-11-23T10:00:45Z", BO, "0.00"),
        ("2026-11-23T18:00:00Z", CLEO, "0.05"),
        // What follows does not prolong it.
        ("2026-11-24T09:59:59Z", BO, "0.00"),
        ("2026-11-24T10:00:00Z", BO, "0.05"),
        ("2026-11-24T17:59:00Z", CLEO, "0.00"),
        ("2026-11-25T09:59:00Z", BO, "0.00"),
        ("2026-11-26T12:00:00Z", BO, "0.05"),
        ("2026-11-28T12:00:00Z", "+46730000000", "0.05"),
    ] {
        assert_eq!(life.send(Service::Im, &sent(at, to)), price, "{at} {to}");
    }
    // What has ended is forgotten when another begins.
    assert_eq!(life.payer.buckets.len(), 2, "{:?}", life.payer.buckets);
}

#[test]
fn a_conversation_begun_by_what_was_not_delivered_is_begun_again() {
    let mut life = Life::of(CHAT);
    let first = sent("2026-11-23T10:00:00Z", BO);
    let hold = life.priced(Service::Im, &first).hold.unwrap();
    life.entry(1, LedgerKind::Reserve, &hold);
    let second = sent("2026-11-23T10:05:00Z", BO);
    // What is reserved counts as charged, but not to the message that would give it back.
    assert_eq!(life.priced(Service::Im, &second).price.as_first().unwrap().amount(), "0.00");
    let recipient = Address::parse(BO).unwrap();
    let at = Time::parse(second.at).unwrap();
    let ask = Ask::from_home(Service::Im, &recipient, Size { segments: 1, bytes: 1 }, at);
    let again = price(&life.plan, life.payer.without(&hold), &ask);
    assert_eq!((again.price.as_first().unwrap().amount().as_str(), again.units), ("0.05", 1));
    life.entry(1, LedgerKind::Release, &hold);
    life.entry(2, LedgerKind::Reserve, &again.hold.unwrap());
    assert_eq!(life.send(Service::Im, &sent("2026-11-23T10:06:00Z", BO)), "0.00");
    assert_eq!(life.send(Service::Im, &sent("2026-11-24T10:05:00Z", BO)), "0.05");
}

#[test]
fn a_payer_talks_to_a_thousand_at_once_and_pays_every_message_to_others() {
    let mut life = Life::of(CHAT);
    for n in 0..1000 {
        let to = format!("+4670{n:07}");
        assert_eq!(life.send(Service::Im, &sent("2026-11-23T10:00:00Z", &to)), "0.05");
    }
    for _ in 0..2 {
        assert_eq!(life.send(Service::Im, &sent("2026-11-23T11:00:00Z", CLEO)), "0.05");
    }
    assert_eq!(life.payer.buckets.len(), 1001);
    assert_eq!(life.send(Service::Im, &sent("2026-11-23T11:00:00Z", "+46700000007")), "0.00");
    let next_day = "2026-11-24T10:00:00Z";
    assert_eq!(life.send(Service::Im, &sent(next_day, CLEO)), "0.05");
    assert_eq!(life.send(Service::Im, &sent(next_day, CLEO)), "0.00");
}

#[test]
fn caps_hold_by_the_hour_and_the_day() {
    let mut life = Life::of(&format!(
        "{TEXTS}[[cap]]\nid = \"hour\"\namount = \"0.60\"\nper = \"hour\"\nthen = \"block\"\n\
         [[cap]]\nid = \"day\"\namount = \"1.20\"\nper = \"day\"\nthen = \"free\"\n"
    ));
    let blocked = "a spending cap is reached";
    for (at, price) in [
        ("2026-11-23T10:00:00Z", "0.30"),
        ("2026-11-23T10:59:59Z", "0.30"),
        ("2026-11-23T10:59:59Z", blocked),
        ("2026-11-23T11:00:00Z", "0.30"),
        ("2026-11-23T11:00:00Z", "0.30"),
        ("2026-11-23T12:00:00Z", "0.00"),
        // The day is that of the plan's clock.
        ("2026-11-23T23:00:00Z", "0.30"),
    ] {
        assert_eq!(life.send(Service::Sms, &sent(at, BO)), price, "{at}");
    }
}

#[test]
fn each_account_and_each_route_has_a_cap_of_its_own() {
    let mut life = Life::of(&format!(
        "{TEXTS}[[cap]]\nid = \"shops\"\nof = \"account\"\namount = \"0.60\"\nper = \"day\"\nthen = \"block\"\n\
         [[cap]]\nid = \"ways\"\nof = \"route\"\namount = \"0.90\"\nper = \"hour\"\nthen = \"block\"\n"
    ));
    let blocked = "a spending cap is reached";
    let at = "2026-11-23T10:00:00Z";
    for (account, route, price) in [
        (Some("shop"), Some("east"), "0.30"),
        (Some("shop"), Some("east"), "0.30"),
        (Some("shop"), Some("west"), blocked),
        (Some("bank"), Some("east"), "0.30"),
        (Some("bank"), Some("east"), blocked),
        (Some("bank"), Some("west"), "0.30"),
        // Nobody's account and nobody's route are not counted.
        (None, None, "0.30"),
        (None, Some("west"), "0.30"),
    ] {
        let message = Sent { at, to: BO, account, route };
        assert_eq!(life.send(Service::Sms, &message), price, "{account:?} {route:?}");
    }
    let later = Sent { at: "2026-11-23T11:00:00Z", to: BO, account: None, route: Some("east") };
    assert_eq!(life.send(Service::Sms, &later), "0.30", "the hour of the route is another");
    let shown: Vec<String> = life.payer.buckets.iter().filter_map(|bucket| bucket.since()).collect();
    assert_eq!(shown.len(), 4, "{:?}", life.payer.buckets);
    assert!(shown.contains(&"2026-11-23T12:00".to_owned()) && shown.contains(&"2026-11-23".to_owned()));
}

#[test]
fn counters_keep_their_count_when_a_plan_changes_and_only_what_they_count() {
    let cap = |of: &str, per: &str, amount: &str| {
        format!(
            "{TEXTS}[[cap]]\nid = \"c\"\nof = \"{of}\"\namount = \"{amount}\"\nper = \"{per}\"\nthen = \"block\"\n"
        )
    };
    let mut life = Life::of(&cap("account", "hour", "0.30"));
    let message = Sent { at: "2026-11-23T10:00:00Z", to: BO, account: Some("shop"), route: None };
    assert_eq!(life.send(Service::Sms, &message), "0.30");
    for (of, per, amount, price) in [
        ("account", "hour", "0.60", "0.30"),
        ("account", "hour", "0.60", "a spending cap is reached"),
        // Hours say nothing of days, and nothing of what counts for all.
        ("account", "day", "0.60", "0.30"),
        ("payer", "once", "0.60", "0.30"),
        ("payer", "hour", "0.60", "0.30"),
        ("payer", "once", "0.30", "0.30"),
    ] {
        life.plan = Plan::parse(&format!("{HEAD}{}", cap(of, per, amount))).unwrap();
        life.payer.adopt(&life.plan, Time::parse(message.at).unwrap()).unwrap();
        assert_eq!(life.send(Service::Sms, &message), price, "{of} {per} {amount}");
    }
}

#[test]
fn balances_are_spent_in_their_order_and_get_back_what_they_paid() {
    let plan = |order: &str| format!("[balance]\norder = {order}\ncredit_limit = \"1\"\n{TEXTS}");
    let left = |life: &Life| {
        let bonus = life.payer.bucket("bonus").unwrap();
        let bonus = Money::from_nanos(life.plan.currency, i128::from(bonus.amount - bonus.used - bonus.held));
        (bonus.amount(), life.payer.available().amount())
    };
    let told = |bonus: &str, available: &str| (bonus.to_owned(), available.to_owned());
    let euro = |amount: &str| Money::parse(amount, switchback_core::model::Currency::EUR).unwrap();
    let message = sent("2026-11-23T10:00:00Z", BO);
    for (order, after) in [
        ("[\"bonus\", \"main\"]", [("0.10", "1.40"), ("0.00", "1.10"), ("0.00", "0.80")]),
        ("[\"main\", \"bonus\"]", [("0.40", "1.40"), ("0.10", "1.10"), ("0.00", "0.80")]),
    ] {
        let mut life = Life::of(&plan(order));
        life.payer = Payer::open(switchback_core::model::PayerId::new("anna"), &life.plan);
        life.payer.credit(euro("0.30")).unwrap();
        life.payer.credit_to("bonus", euro("0.40"), &life.plan).unwrap();
        assert_eq!(left(&life), told("0.40", "1.70"));
        for (bonus, available) in after {
            assert_eq!(life.send(Service::Sms, &message), "0.30", "{order}");
            assert_eq!(left(&life), told(bonus, available), "{order}");
        }
        // What is given back goes where it came from, also beside credit.
        let hold = life.priced(Service::Sms, &message).hold.unwrap();
        life.entry(90, LedgerKind::Reserve, &hold);
        life.payer.credit_to("bonus", euro("0.20"), &life.plan).unwrap();
        let paid = life.priced(Service::Sms, &message).hold.unwrap();
        life.entry(91, LedgerKind::Reserve, &paid);
        assert_eq!(left(&life), told("0.00", "0.40"));
        life.entry(91, LedgerKind::Commit, &paid);
        life.entry(91, LedgerKind::Refund, &paid);
        assert_eq!(left(&life), told("0.20", "0.70"));
        // The plan changes: the money stays, as what is in no balance of its own.
        life.plan = Plan::parse(&format!("{HEAD}{TEXTS}")).unwrap();
        life.payer.adopt(&life.plan, Time::parse(message.at).unwrap()).unwrap();
        assert_eq!(life.payer.available(), euro("0.70"));
        let nowhere = life.payer.credit_to("bonus", euro("1"), &life.plan);
        assert_eq!(nowhere, Err(switchback_core::tariff::LedgerError::NoBucket));
        assert_eq!(life.payer.available(), euro("0.70"));
    }
}

#[test]
fn a_cap_is_passed_as_far_as_the_payer_agreed_and_only_in_that_period() {
    let mut life = Life::of(&format!(
        "{TEXTS}[[cap]]\nid = \"roam\"\namount = \"0.40\"\nper = \"day\"\nthen = \"block\"\noverride = true\n"
    ));
    let blocked = "a spending cap is reached";
    let (today, tomorrow) = (sent("2026-11-23T10:00:00Z", BO), sent("2026-11-24T10:00:00Z", BO));
    let raise = |life: &mut Life, cap: &str, by: &str, at: &str| {
        let by = Money::parse(by, life.plan.currency).unwrap();
        life.payer.raise(cap, by, &life.plan, Time::parse(at).unwrap())
    };
    assert_eq!(life.send(Service::Sms, &today), "0.30");
    assert_eq!(life.send(Service::Sms, &today), blocked);
    assert!(raise(&mut life, "nowhere", "1", today.at).is_err());
    raise(&mut life, "roam", "0.10", today.at).unwrap();
    assert_eq!(life.send(Service::Sms, &today), blocked, "0.20 are left for 0.30");
    raise(&mut life, "roam", "0.10", today.at).unwrap();
    // The plan is read again: what was agreed holds.
    life.payer.adopt(&life.plan.clone(), Time::parse(today.at).unwrap()).unwrap();
    assert_eq!(life.send(Service::Sms, &today), "0.30");
    assert_eq!(life.send(Service::Sms, &today), blocked);
    assert_eq!(life.send(Service::Sms, &tomorrow), "0.30");
    assert_eq!(life.send(Service::Sms, &tomorrow), blocked);
}

#[test]
fn an_author_shows_them_by_examples() {
    let rows = format!(
        "{CHAT}{TEXTS}[[cap]]\nid = \"shops\"\nof = \"account\"\namount = \"0.60\"\nper = \"hour\"\nthen = \"block\"\n"
    );
    let text = |example: &str| format!("{HEAD}{rows}[[example]]\nto = \"{BO}\"\n{example}\n");
    let runs = |example: &str| {
        let plan = Plan::parse(&text(example)).unwrap_or_else(|error| panic!("{error}"));
        let example = &plan.examples()[0];
        let ExampleMessage::Measured(size) = example.message else { panic!("measured") };
        example.run(&plan, size).map_err(|failed| failed.what)
    };
    for sound in [
        "service = \"im\"\nprice = \"0.05\"\nunits = 1\nleft = { chat = 0 }",
        "service = \"im\"\nprice = \"0\"\nunits = 0\nused = { chat = 1 }\nleft = { chat = 0 }",
        "service = \"sms\"\nprice = \"not_offered\"\naccount = \"shop\"\nused = { shops = \"0.40\" }",
        "service = \"sms\"\nprice = \"0.30\"\naccount = \"shop\"\nused = { shops = \"0.30\" }\nleft = { shops = \"0\" }",
        "service = \"sms\"\nprice = \"0.30\"\nroute = \"east\"",
    ] {
        assert_eq!(runs(sound), Ok(()), "{sound}");
    }
    assert_eq!(
        runs("service = \"im\"\nprice = \"0.05\"\nused = { chat = 1 }"),
        Err("price: expected 0.05 EUR, came 0.00 EUR".to_owned())
    );
    let life = Life::of(&rows);
    let recipient = Address::parse(BO).unwrap();
    let at = Time::parse("2026-11-23T10:00:00Z").unwrap();
    let ask = Ask::from_home(Service::Im, &recipient, Size { segments: 1, bytes: 1 }, at);
    let steps = explain(&life.plan, &life.payer, &ask).steps;
    assert!(steps.contains(&"`chat`: a conversation begins with this message".to_owned()), "{steps:?}");
}

#[test]
fn what_contradicts_itself_is_told_with_its_line() {
    for (rows, told) in [
        (
            "[[rate]]\nservice = \"im\"\nunit = \"conversation\"\nprice = \"0.05\"\n",
            "7: [[rate]] needs `id`, for example `id = \"chat\"`",
        ),
        (
            "[[rate]]\nservice = \"im\"\nid = \"chat\"\nunit = \"conversation\"\nprice = \"0.05\"\nsettlement = \"bearer\"\n",
            "10: what the bearer settles is not counted here: price it by message",
        ),
        (
            "[[rate]]\nservice = \"im\"\nid = \"chat\"\nunit = \"conversation\"\nprice = \"0.05\"\nvolume = [{ from = 9, price = \"0.04\" }]\n",
            "12: conversations are not priced by volume: drop `volume`",
        ),
        (
            "[[rate]]\nservice = \"im\"\nid = \"c\"\nunit = \"conversation\"\nprice = \"0.05\"\n[[rate]]\nservice = \"sms\"\nid = \"c\"\nprice = \"1\"\nvolume = [{ from = 9, price = \"0.04\" }]\n",
            "12: the counter `c` counts conversations elsewhere: make both the same",
        ),
        (
            "[[rate]]\nservice = \"sms\"\nid = \"c\"\nprice = \"1\"\nvolume = [{ from = 9, price = \"0.04\" }]\n[[rate]]\nservice = \"sms\"\norigin = \"wifi\"\nid = \"c\"\nprice = \"1\"\nvolume = [{ from = 9, price = \"0.04\" }]\nvolume_per = \"day\"\n",
            "12: the counter `c` has another `volume_per` elsewhere: make both the same",
        ),
        (
            "[[rate]]\nservice = \"sms\"\nprice = \"1\"\n[[cap]]\nid = \"a@b\"\namount = \"1\"\nper = \"hour\"\nthen = \"block\"\n",
            "11: the id `a@b` holds @, which marks whose a counter is: drop it",
        ),
        (
            "[[rate]]\nservice = \"sms\"\nprice = \"1\"\n[[cap]]\nid = \"a\"\nof = \"key\"\namount = \"1\"\nper = \"hour\"\nthen = \"block\"\n",
            "12: `of` is one of payer, account, route, not `key`",
        ),
        (
            "[[rate]]\nservice = \"sms\"\nprice = \"1\"\n[[cap]]\nid = \"a\"\namount = \"1\"\nper = \"hour\"\nthen = \"free\"\noverride = true\n",
            "15: `override` belongs to a cap of the payer with `then = \"block\"`: drop it",
        ),
        (
            "[balance]\norder = [\"bonus\"]\n[[rate]]\nservice = \"sms\"\nprice = \"1\"\n",
            "8: `order` must name `main`, the balance of what is in no other",
        ),
        (
            "[balance]\norder = [\"main\", \"main\"]\n[[rate]]\nservice = \"sms\"\nprice = \"1\"\n",
            "8: the balance `main` stands twice in `order`: drop one",
        ),
        (
            "[balance]\norder = [\"a\", \"main\"]\n[[rate]]\nservice = \"sms\"\nprice = \"1\"\n[[cap]]\nid = \"a\"\namount = \"1\"\nper = \"hour\"\nthen = \"free\"\n",
            "12: the cap `a` stands on line 8 too: give it its own id",
        ),
        (
            "[[rate]]\nservice = \"sms\"\nprice = \"1\"\nsettlement = \"external\"\n",
            "10: `external` needs a charging system: name it by `charging` in [plan]",
        ),
    ] {
        let refused = Plan::parse(&format!("{HEAD}{rows}")).unwrap_err();
        assert_eq!(refused.to_string(), format!("line {told}"), "{rows}");
    }
    let external = HEAD.replace("tz =", "charging = \"ocs\"\ntz =");
    let row = |word: &str| format!("{external}{TEXTS}settlement = \"{word}\"\n");
    assert!(Plan::parse(&row("external")).is_ok());
    assert_eq!(
        Plan::parse(&row("server")).unwrap_err().to_string(),
        "line 11: the plan's charging system charges it: write `external`, or nothing"
    );
}
