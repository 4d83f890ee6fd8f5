//! A power cut of the process: the server on a disk that loses what was not synced.

use crate::server::{Server, ask_as, text_of};
use std::path::PathBuf;
use std::process::Command;

/// The server that brings the losing disk along, built beside this test.
fn power_server() -> String {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "switchback-node", "--example", "power_server"])
        .status()
        .unwrap();
    assert!(built.success());
    let target: PathBuf = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().into();
    target.join("examples/power_server").to_str().unwrap().to_owned()
}

/// Accepts messages, kills the server, starts it again: how many of the accepted ones it still knows.
fn kept_after_a_kill(command: &[&str]) -> (usize, usize) {
    let mut server = Server::start_with(command, "[store]\nvfs = \"power\"\n");
    let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
    server.subscriber("ben", "+46701000002", "0.03", "0.05");
    let accepted: Vec<String> = (0..40)
        .filter_map(|n| {
            let body = format!("{{\"to\": \"+46701000002\", \"text\": \"number {n}\", \"service\": \"im\"}}");
            let (status, message) = ask_as(server.address, &anna, "POST", "/v1/messages", &body)?;
            (status == 202).then(|| text_of(&message, "id"))
        })
        .collect();
    server.kill();
    server.start_again();
    let known = |id: &&String| server.ask("GET", &format!("/v1/messages/{id}"), "").0 == 200;
    (accepted.len(), accepted.iter().filter(known).count())
}

#[test]
fn a_kill_over_a_disk_that_drops_unsynced_writes_loses_nothing() {
    assert_eq!(kept_after_a_kill(&[&power_server()]), (40, 40));
}

#[test]
fn without_its_syncs_the_same_run_loses_messages() {
    // The proof that the run above can fail. The whole store may be gone, and with it the token: then nothing is known.
    let (accepted, kept) = kept_after_a_kill(&[&power_server(), "--syncs-ignored"]);
    assert_eq!(accepted, 40);
    assert!(kept < accepted, "nothing was lost without syncs: this run proves nothing");
}
