//! What a payer's side is told before its money runs out: each once.

use crate::life::{BO, HEAD, Life, Sent, TEXTS, sent};
use switchback_core::charge::LedgerKind;
use switchback_core::model::{AccountId, Address, Money, Notice, Service, Time};
use switchback_core::tariff::{Ask, Plan, Size, explain};

const CAP: &str =
    "[[cap]]\nid = \"day\"\namount = \"1.50\"\nper = \"day\"\nthen = \"block\"\nnotify = [40, 80, 100]\n";

fn told(life: &mut Life) -> Vec<String> {
    std::mem::take(&mut life.told)
}

#[test]
fn each_share_of_a_cap_is_told_once_a_period() {
    let mut life = Life::of(&format!("{TEXTS}{CAP}"));
    let (today, tomorrow) = (sent("2026-11-23T10:00:00Z", BO), sent("2026-11-24T10:00:00Z", BO));
    for (message, expected) in [
        (&today, vec![]),
        (&today, vec!["40 % of the cap `day` are spent"]),
        (&today, vec![]),
        // At the very mark, not only beyond it.
        (&today, vec!["80 % of the cap `day` are spent"]),
        (&today, vec!["100 % of the cap `day` are spent"]),
        (&tomorrow, vec![]),
        (&tomorrow, vec!["40 % of the cap `day` are spent"]),
    ] {
        assert_eq!(life.send(Service::Sms, message), "0.30");
        assert_eq!(told(&mut life), expected);
    }
}

#[test]
fn what_is_reserved_is_not_spent_and_what_was_given_back_is_no_news() {
    let mut life = Life::of(&format!("{TEXTS}{CAP}"));
    let message = sent("2026-11-23T10:00:00Z", BO);
    life.send(Service::Sms, &message);
    let hold = life.priced(Service::Sms, &message).hold.unwrap();
    life.entry(70, LedgerKind::Reserve, &hold);
    assert_eq!(told(&mut life), Vec::<String>::new(), "only held");
    life.entry(70, LedgerKind::Commit, &hold);
    assert_eq!(told(&mut life).len(), 1);
    life.entry(70, LedgerKind::Refund, &hold);
    // The plan is read again, as after a restart.
    life.payer.adopt(&life.plan.clone(), Time::parse(message.at).unwrap()).unwrap();
    assert_eq!(life.send(Service::Sms, &message), "0.30");
    assert_eq!(told(&mut life), Vec::<String>::new(), "told before");
}

#[test]
fn of_a_day_that_is_over_nothing_more_is_told() {
    let mut life = Life::of(&format!("{TEXTS}{}", CAP.replace("notify", "override = true\nnotify")));
    let yesterday = sent("2026-11-23T10:00:00Z", BO);
    let hold = life.priced(Service::Sms, &yesterday).hold.unwrap();
    for attempt in [70, 71, 72, 73] {
        life.entry(attempt, LedgerKind::Reserve, &hold);
    }
    life.entry(70, LedgerKind::Commit, &hold);
    life.entry(71, LedgerKind::Commit, &hold);
    assert_eq!(told(&mut life), ["40 % of the cap `day` are spent"]);
    // The payer has agreed to more in the new day: that is where it is now.
    let (more, today) = (Money::parse("1.00", life.plan.currency), Time::parse("2026-11-24T10:00:00Z"));
    life.payer.raise("day", more.unwrap(), &life.plan, today.unwrap()).unwrap();
    life.entry(72, LedgerKind::Commit, &hold);
    life.entry(73, LedgerKind::Commit, &hold);
    assert_eq!(told(&mut life), Vec::<String>::new());
}

#[test]
fn each_account_hears_of_its_own_cap() {
    let mut life = Life::of(&format!("{TEXTS}{}", CAP.replace("amount", "of = \"account\"\namount")));
    let by = |account| Sent { account: Some(account), ..sent("2026-11-23T10:00:00Z", BO) };
    for account in ["shop", "bank", "shop", "bank"] {
        life.send(Service::Sms, &by(account));
    }
    assert_eq!(
        told(&mut life),
        ["40 % of the cap `day@shop` are spent", "40 % of the cap `day@bank` are spent"]
    );
    let standing = |account: Option<&str>, at| {
        let account = account.map(AccountId::new);
        life.payer.standing(&life.plan, account.as_ref(), Time::parse(at).unwrap())
    };
    let shop = Notice::CapReached { cap: "day@shop".into(), percent: 40 };
    assert_eq!(standing(Some("shop"), "2026-11-23T12:00:00Z"), [shop]);
    assert_eq!(standing(None, "2026-11-23T12:00:00Z"), []);
    assert_eq!(standing(Some("shop"), "2026-11-24T12:00:00Z"), [], "another day");
}

#[test]
fn a_low_balance_is_told_once_until_money_is_paid_in() {
    let mut life = Life::of(&format!("[balance]\nlow = \"99.70\"\n{TEXTS}"));
    let message = sent("2026-11-23T10:00:00Z", BO);
    let pay_in =
        |life: &mut Life| life.payer.credit(Money::parse("0.30", life.plan.currency).unwrap()).unwrap();
    for (pays_in, expected) in [
        // 99.70 are left: not less than that.
        (false, vec![]),
        (false, vec!["the balance is low"]),
        (false, vec![]),
        (true, vec!["the balance is low"]),
        (false, vec![]),
    ] {
        if pays_in {
            pay_in(&mut life);
        }
        life.send(Service::Sms, &message);
        assert_eq!(told(&mut life), expected);
    }
    let recipient = Address::parse(BO).unwrap();
    let size = Size { segments: 1, bytes: 1 };
    let ask = Ask::from_home(Service::Sms, &recipient, size, Time::parse(message.at).unwrap());
    let steps = explain(&life.plan, &life.payer, &ask).steps;
    assert!(steps.contains(&"to be known: the balance is low".to_owned()), "{steps:?}");
}

#[test]
fn an_author_is_told_what_cannot_be_told() {
    let fault = "`notify` is a rising list of percents from 1 to 100, like [80, 100]";
    for list in ["80", "[]", "[100, 80]", "[80, 80]", "[0]", "[101]", "[\"80\"]"] {
        let text = format!("{HEAD}{TEXTS}{}", CAP.replace("[40, 80, 100]", list));
        assert_eq!(Plan::parse(&text).unwrap_err().to_string(), format!("line 15: {fault}"), "{list}");
    }
    let external = HEAD.replace("tz =", "charging = \"ocs\"\ntz =");
    assert_eq!(
        Plan::parse(&format!("{external}[balance]\nlow = \"1\"\n{TEXTS}")).unwrap_err().to_string(),
        "line 9: the charging system that the plan names knows what is left: drop `low`"
    );
    let named = CAP.replace("\"day\"\namount", "\"day!\"\namount");
    assert_eq!(
        Plan::parse(&format!("{HEAD}{TEXTS}{named}")).unwrap_err().to_string(),
        "line 11: the id `day!` ends in !, which marks what was told: drop it"
    );
}
