//! Plans from the command line and in a running server: checked, tested, explained, read anew.

use crate::server::{Server, binary, wait_for};
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(binary()).args(args).env_remove("SWITCHBACK_TOKEN").output().unwrap()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The plan that stands in the manual, as a file.
pub(crate) fn worked_plan(folder: &std::path::Path) -> String {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/manual/plans.md")).unwrap();
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (plan, _) = rest.split_once("```").unwrap();
    let file = folder.join("worked.toml");
    std::fs::write(&file, plan).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_worked_plan_of_the_manual_passes_its_own_examples() {
    let folder = tempfile::tempdir().unwrap();
    let file = worked_plan(folder.path());
    let tested = run(&["tariff", "test", &file]);
    assert_eq!(lossy(&tested.stdout), "7 examples, 0 failed\n");
    assert!(tested.status.success());
    let checked = run(&["tariff", "check", &file]);
    assert!(lossy(&checked.stdout).contains("good: worked version 1, 4 rows, 7 examples"));
    let dearer =
        std::fs::read_to_string(&file).unwrap().replacen("price = \"0.09\" ", "price = \"0.10\" ", 1);
    std::fs::write(&file, dearer).unwrap();
    let tested = run(&["tariff", "test", &file]);
    let said = lossy(&tested.stdout);
    assert_eq!(tested.status.code(), Some(1));
    assert!(said.contains("the hundred are gone: price: expected 0.09 EUR, came 0.10 EUR"), "{said}");
    assert!(said.contains("`sms100` is not used: nothing is left of it"), "{said}");
    assert!(said.contains("7 examples, 3 failed"), "{said}");
}

#[test]
fn the_faults_of_a_tariff_name_file_line_and_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let plan = "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\nrates = \"list.csv\"\n[[rate]]\nservice = \"sms\"\nprice = \"0.03\"\n";
    std::fs::write(path("p.toml"), plan).unwrap();
    std::fs::write(path("list.csv"), "service,dest,price\nmms,any,0.39\nsms,any,0.04\nsms,country:SE,free\n")
        .unwrap();
    let checked = run(&["tariff", "check", &path("p.toml"), &path("list.csv")]);
    assert_eq!(checked.status.code(), Some(2));
    let said = lossy(&checked.stderr);
    let both = "list.csv:3: this rate and the one on line 6 of the plan both price sms to `any`: drop one or change its `dest`";
    assert!(said.contains(both), "{said}");
    assert!(said.contains("list.csv:4: `price` is not a decimal amount"), "{said}");
}

#[test]
fn a_price_is_explained_for_a_new_payer_and_for_one_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = worked_plan(folder.path());
    let to = ["--to", "+491701234567", "--text", "See you at eight"];
    let offline = run(&[&["tariff", "explain", "--plan", "worked", &file][..], &to].concat());
    let said = lossy(&offline.stdout);
    for part in [
        "im   0.0024 EUR",
        "the row on line 14: im to any from any",
        "sms  0.00 EUR (1 segment)",
        "`sms100` gives 1 segment; 99 are left",
        "mms  0.39 EUR",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let wifi =
        run(&[&["tariff", "explain", "--json", "--origin", "wifi", "--plan", "worked", &file][..], &to]
            .concat());
    assert!(lossy(&wifi.stdout).contains("im to any from wifi"));
    let server = Server::start("");
    server.subscriber("anna", "+46701000001", "0.03", "0.05");
    let admin = std::fs::read_to_string(server.data().join("admin.token")).unwrap();
    let admin = admin.trim().to_owned();
    let url = server.url();
    let asked = ["tariff", "explain", "--url", &url, "--token", &admin, "--payer", "anna"];
    let live = run(&[&asked[..], &to].concat());
    let said = format!("{}{}", lossy(&live.stdout), lossy(&live.stderr));
    assert!(said.contains("im   0.03 EUR") && said.contains("sms  0.05 EUR"), "{said}");
}

#[test]
fn a_hangup_reads_the_tariff_anew_and_a_faulty_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("anna.toml");
    let write = |version: u32, rate: &str| {
        let head = format!("[plan]\nid = \"anna\"\nversion = {version}\ncurrency = \"EUR\"\n");
        std::fs::write(&plan, format!("{head}{rate}")).unwrap();
    };
    let chat = |price: &str| format!("[[rate]]\nservice = \"im\"\nprice = \"{price}\"\n");
    write(1, &chat("0.03"));
    let server = Server::start(&format!("[plans]\nfiles = [{:?}]\n", plan.to_str().unwrap()));
    let anna = server.subscriber("anna", "+46701000001", "0.07", "0.05");
    let url = server.url();
    let price = || lossy(&run(&["quote", "--url", &url, "--token", &anna, "+46701000001", "hi"]).stdout);
    assert!(price().contains("0.07 EUR"), "the API replaced the plan: {}", price());
    server.hang_up();
    wait_for("the price of the file", || price().contains("0.03 EUR").then_some(()));
    write(2, "[[rate]]\nservice = \"im\"\nprice = 0.04\n");
    server.hang_up();
    wait_for("the fault in the log", || server.log().contains("anna.toml:7: `price`").then_some(()));
    assert!(price().contains("0.03 EUR"));
    write(2, &chat("0.04"));
    server.hang_up();
    wait_for("the new price", || price().contains("0.04 EUR").then_some(()));
}
