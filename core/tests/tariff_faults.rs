//! What the author of a plan is told: every fault at once, with its line and what to do.

use switchback_core::tariff::Plan;

fn faults(text: &str) -> Vec<String> {
    let Err(error) = Plan::parse(text) else { panic!("the plan was taken:\n{text}") };
    error.faults.iter().map(|fault| format!("{}: {}", fault.line, fault.message)).collect()
}

/// A sound plan of eight lines, to which faulty rows are added: they start on line 9.
const SOUND: &str =
    "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n\n[[rate]]\nservice = \"sms\"\nprice = \"0.03\"\n";

fn after_sound(rows: &str) -> Vec<String> {
    faults(&format!("{SOUND}{rows}"))
}

#[test]
fn the_sound_plan_is_sound() {
    assert!(Plan::parse(SOUND).is_ok());
}

#[test]
fn all_faults_are_told_in_the_order_of_the_file() {
    let text = "[plan]\nid = \"p\"\nversion = \"2026-11\"\ncurrency = \"euro\"\nroundng = \"up\"\n\n[[rate]]\nservice = \"sns\"\nprice = 0.03\n\n[[rate]]\nservice = \"sms\"\nprice = 0.03\n";
    assert_eq!(
        faults(text),
        [
            "3: `version` must be a whole number from 1 to 4294967295",
            "4: `currency` must be three capital letters of ISO 4217, like \"EUR\"",
            "5: [plan] has no key `roundng`; did you mean `rounding`?",
            "8: `service` is one of im, im_file, sms, mms, not `sns`; did you mean `sms`?",
            "13: `price` must be a decimal in quotes, so that it is exact; write it like `price = \"0.03\"`",
        ]
    );
}

#[test]
fn what_is_no_toml_says_where() {
    let told = faults("[plan]\nid = \"p\nversion = 1\n");
    assert!(told[0].starts_with("2: not TOML: "), "{told:?}");
    assert!(
        Plan::parse("").unwrap_err().to_string().starts_with("line 1: a plan starts with a table [plan]")
    );
}

#[test]
fn rows_that_match_the_same_message_name_each_other() {
    assert_eq!(
        after_sound("[[rate]]\nservice = \"sms\"\ndest = \"any\"\nprice = \"0.04\"\n"),
        ["9: this rate and the one on line 6 both price sms to `any`: drop one or change its `dest`"]
    );
    assert_eq!(
        after_sound(
            "[[destination]]\nid = \"a\"\nprefixes = [\"46\", \"47\"]\n[[destination]]\nid = \"b\"\nprefixes = [\"47\"]\n"
        ),
        ["14: the prefix `47` is in `a` already: a number has one class"]
    );
    assert_eq!(
        after_sound(
            "[[allowance]]\nid = \"x\"\nservices = [\"sms\"]\namount = 1\nper = \"day\"\n[[allowance]]\nid = \"x\"\nservices = [\"sms\"]\namount = 2\nper = \"once\"\npriority = 1\n"
        ),
        ["14: the allowance `x` stands on line 9 too: give it its own id"]
    );
}

#[test]
fn a_row_that_contradicts_itself_is_refused() {
    for (row, told) in [
        (
            "service = \"im\"\nprice = \"0\"\ncharge_on = \"submitted\"\nsettlement = \"bearer\"",
            "12: what the bearer settles is never charged here: drop `charge_on`",
        ),
        (
            "service = \"im\"\nprice = \"0\"\nkept_if_undelivered = true",
            "12: `kept_if_undelivered` needs `charge_on = \"submitted\"`: nothing else is charged undelivered",
        ),
        (
            "service = \"im\"\nprice = \"0\"\ncharge_on = \"submitted\"\nkept_if_undelivered = true\nrefund_at_end = true",
            "14: a charge that is kept can't be refunded at the end: drop one of the two keys",
        ),
        (
            "service = \"mms\"\nprice = \"0\"\ntiers = [{ upto = 1, price = \"1\" }]",
            "11: `price` contradicts `tiers`, which price the message whole: drop one of them",
        ),
        (
            "service = \"mms\"\ntiers = [{ upto = 2, price = \"1\" }, { upto = 2, price = \"2\" }]",
            "11: `tiers` must rise by `upto`: put the smaller size first",
        ),
        (
            "service = \"mms\"\ntiers = []",
            "11: `tiers` must hold at least one tier like { upto = 102400, price = \"0.19\" }",
        ),
        (
            "service = \"mms\"\ntiers = [1]",
            "11: `tiers` must hold at least one tier like { upto = 102400, price = \"0.19\" }",
        ),
        (
            "service = \"mms\"\nunit = \"segment\"\nprice = \"1\"",
            "11: only sms has segments: price mms by message or byte",
        ),
        (
            "service = \"im\"\nprice = \"1\"\nim_overhead_bytes = 1200",
            "12: `im_overhead_bytes` belongs to a rate of service im with `unit = \"byte\"`",
        ),
        (
            "service = \"im\"\nprice = \"1\"\nmin = \"2\"\nmax = \"1\"",
            "13: `max` is below `min`: exchange them",
        ),
        (
            "service = \"im\"\nprice = \"-1\"",
            "11: `price` is an amount below zero; write it like `price = \"0.03\"`",
        ),
        (
            "service = \"im\"\nprice = \"1000000.01\"",
            "11: `price` is above 1000000; write it like `price = \"0.03\"`",
        ),
        (
            "service = \"im\"\nprice = \"1\"\nstep = 0",
            "12: `step` must be a whole number from 1 to 281474976710655",
        ),
        ("service = \"im\"", "9: [[rate]] needs `price`, for example `price = \"0.03\"`"),
        ("price = \"1\"", "9: [[rate]] needs `service`, for example `service = \"sms\"`"),
        (
            "service = \"im\"\nprice = \"1\"\ndest = \"onet\"",
            "12: there is no destination `onet`: add a [[destination]] with that id, or write \"any\"",
        ),
    ] {
        assert_eq!(after_sound(&format!("[[rate]]\n{row}\n")), [told], "{row}");
    }
}

#[test]
fn an_allowance_must_count_what_the_rates_count() {
    let row = |rest: &str| {
        after_sound(&format!("[[allowance]]\nid = \"x\"\namount = 1\nper = \"month\"\n{rest}\n"))
    };
    assert_eq!(
        row("services = [\"sms\"]\nunit = \"message\""),
        ["9: the allowance `x` counts messages, but the rate on line 6 counts segments: make both the same"]
    );
    assert_eq!(
        row("services = [\"mms\"]"),
        ["9: the allowance `x` covers mms, but no [[rate]] sells it there: add the rate or drop the service"]
    );
    assert_eq!(
        row("services = []"),
        ["13: `services` must be a list of texts with at least one, like `services = [\"...\"]`"]
    );
    let bearer =
        row("services = [\"im\"]\n[[rate]]\nservice = \"im\"\nprice = \"0\"\nsettlement = \"bearer\"");
    assert!(bearer[0].contains("whose units the bearer counts"), "{bearer:?}");
}

#[test]
fn a_hostile_file_is_refused_in_bounded_words() {
    let text = format!("{SOUND}{}", "[[rate]]\nservice = 1\n".repeat(10_000));
    assert_eq!(faults(&text).len(), 50);
    for text in [
        "[plan",
        "plan = 1",
        "[[plan]]",
        "rate = 3\n[plan]\nid=\"a\"\nversion=1\ncurrency=\"EUR\"",
        "\u{0}",
        "[plan]\nid = \"\"\nversion = 99999999999999999999\ncurrency = 3",
    ] {
        assert!(!faults(text).is_empty(), "{text}");
    }
}

#[test]
fn dates_and_modes_of_a_row_must_mean_something() {
    for (row, told) in [
        (
            "service = \"sms\"\nprice = \"1\"\nvalid_from = 2026-12-01\nvalid_to = 2026-12-01",
            "13: `valid_to` is not after `valid_from`",
        ),
        (
            "service = \"sms\"\nprice = \"1\"\nvalid_to = 2026-12-01",
            "9: this rate and the one on line 6 both price sms to `any`: drop one or change its `dest`",
        ),
        (
            "service = \"im\"\nprice = \"1\"\nvolume_mode = \"all\"",
            "12: `volume_mode` belongs to a price by `volume`: add one or drop it",
        ),
    ] {
        assert_eq!(after_sound(&format!("[[rate]]\n{row}\n")), [told], "{row}");
    }
}
