//! The command line: faults in words, exit codes that mean something, a graceful end.

use crate::server::{Server, binary, text_of};
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(binary()).args(args).env_remove("SWITCHBACK_TOKEN").output().unwrap()
}

fn repository(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_configuration_is_good_and_is_the_defaults() {
    let checked = run(&["check", "--config", &repository("docs/switchback.example.toml")]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
    assert!(!said.contains("warning"), "the defaults are usual: {said}");
}

#[test]
fn a_fault_names_file_line_and_the_nearest_key_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "[http]\nlissen = \"127.0.0.1:1\"\n").unwrap();
    let checked = run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(said.contains("bad.toml:2: [http] has no key `lissen`; did you mean `listen`?"), "{said}");
}

#[test]
fn a_faulty_plan_stops_the_start_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("plan.toml"),
        "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n[[rate]]\nservise = \"im\"\n",
    )
    .unwrap();
    let file = folder.path().join("switchback.toml");
    std::fs::write(&file, "[plans]\nfiles = [\"plan.toml\"]\n").unwrap();
    let checked = run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("plan.toml:6:"));
}

#[test]
fn no_server_exits_with_3_and_says_what_to_do() {
    let sent = run(&["send", "--url", "http://127.0.0.1:1", "--token", "x", "+46701000002", "hi"]);
    assert_eq!(sent.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&sent.stderr).contains("is `switchback serve` running?"));
}

#[test]
fn completions_know_every_command() {
    let script = String::from_utf8(run(&["completions", "bash"]).stdout).unwrap();
    for command in [
        "serve", "demo", "chat", "check", "send", "quote", "trace", "messages", "tail", "who", "sandbox",
        "bench", "tariff", "ledger",
    ] {
        assert!(script.contains(command), "{command}");
    }
}

#[test]
fn send_quote_trace_messages_and_who_speak_for_people_and_for_programs() {
    let server = Server::start("");
    let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
    server.subscriber("ben", "+46701000002", "0.03", "0.05");
    let url = server.url();
    let as_anna = |args: &[&str]| {
        let (first, rest) = args.split_first().unwrap();
        let done = run(&[&[*first, "--url", &url, "--token", &anna], rest].concat());
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let quote = as_anna(&["quote", "+46701000002", "hello"]);
    assert!(quote.contains("recipient  offline since") && quote.contains("im         0.03 EUR"), "{quote}");
    let sent = as_anna(&["send", "--json", "--service", "im", "+46701000002", "hello"]);
    let id = text_of(&sent, "id");
    let trace = as_anna(&["trace", &id]);
    assert!(trace.contains("You chose chat"), "{trace}");
    // Lists follow milliseconds behind: of a few messages one at least is listed when it is looked for at once.
    let listed_at_once = |n: usize| {
        let sent = as_anna(&["send", "--json", "--service", "im", "+46701000002", &format!("hello {n}")]);
        as_anna(&["messages"]).contains(&text_of(&sent, "id"))
    };
    assert!((0..5).any(listed_at_once));
    assert!(as_anna(&["who", "+46701000002"]).contains("offline"));
    let foreign = run(&["trace", "--url", &url, "--token", &anna, "msg_00000000000000000000000000"]);
    assert_eq!(foreign.status.code(), Some(1));
}

#[test]
fn a_running_server_proves_its_ledger() {
    let server = Server::start("");
    server.subscriber("anna", "+46701000001", "0.03", "0.05");
    let token = std::fs::read_to_string(server.data().join("admin.token")).unwrap();
    let audit = run(&["ledger", "audit", "--json", "--url", &server.url(), "--token", token.trim()]);
    let said = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(audit.status.success(), "{said}{}", String::from_utf8_lossy(&audit.stderr));
    assert!(said.contains("\"complete\":true"), "{said}");
}

#[test]
fn a_graceful_stop_exits_0_and_keeps_what_was_accepted() {
    let mut server = Server::start("");
    let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
    server.subscriber("ben", "+46701000002", "0.03", "0.05");
    let body = "{\"to\": \"+46701000002\", \"text\": \"kept\", \"service\": \"im\"}";
    let (status, message) =
        crate::server::ask_as(server.address, &anna, "POST", "/v1/messages", body).unwrap();
    assert_eq!(status, 202, "{message}");
    assert!(server.terminate().success(), "{}", server.log());
    let audit = run(&["ledger", "audit", "--json", "--store", server.data().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(audit.status.success(), "{said}{}", String::from_utf8_lossy(&audit.stderr));
    assert!(said.contains("\"open\":1"), "{said}");
    server.start_again();
    let (status, again) = server.ask("GET", &format!("/v1/messages/{}", text_of(&message, "id")), "");
    assert_eq!((status, text_of(&again, "text").as_str()), (200, "kept"));
}
