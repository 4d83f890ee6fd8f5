//! The stories of the method with SIP clients only, drawn from what was on the wire: `docs/stories/claim-N.md` is
//! written by this test with `UPDATE=1`, and without it a fresh run has to say the same, message by message.

mod claims;
mod page;
mod stage;

use page::Page;
use std::path::PathBuf;

fn path(claim: u8) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/stories/claim-{claim}.md"))
}

fn check(claim: u8, page: &Page) {
    let (path, fresh) = (path(claim), page.to_string());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(path, fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let (told, said) = (page::sequence(&committed), page::sequence(&fresh));
    assert!(!said.is_empty());
    for (who, what) in &said {
        assert_eq!(told.get(who), Some(what), "{who} in {}; UPDATE=1 writes it anew", path.display());
    }
    assert_eq!(told.len(), said.len(), "{}: {told:#?}", path.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_1_not_dearer_or_with_consent() {
    check(1, &claims::gate().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_3_status_and_prices_then_the_choice() {
    check(3, &claims::choice().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_4_back_to_chat() {
    check(4, &claims::back_to_chat().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_5_back_to_sms() {
    check(5, &claims::back_to_sms().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_6_the_senders_client() {
    check(6, &claims::client().await);
}

#[test]
fn a_page_that_says_something_else_is_found() {
    let page = "```text\n     s  A            B\n   0.1   |----------->|  MESSAGE sip:b;service=im\n         |            |    \"hi\"\n   0.2   |<-----------|  202 Accepted (MESSAGE)\n```\n1. Done.\n";
    let told = page::sequence(page);
    assert_eq!(page::sequence(&page.replace("0.2", "7.9")), told, "time does not matter");
    for (was, is) in [("im", "sms"), ("hi", "ho"), ("202", "404"), ("Done", "Failed"), ("->|", "-->")] {
        assert_ne!(page::sequence(&page.replace(was, is)), told, "{was} became {is}");
    }
}
