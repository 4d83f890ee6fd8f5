//! Charging records of the real server: killed at any moment it goes on with neither a gap nor a repeat, and the audit
//! finds record files that were touched.

use crate::server::{PATIENCE, Server, ask_as, binary, text_of, wait_for};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

const RECORDS: &str =
    "[records]\npath = \"cdr\"\nformat = \"both\"\nrotate_size = 2048\nrotate_every = \"100ms\"\n";

fn run(server: &Server, args: &[&str]) -> Output {
    let token = std::fs::read_to_string(server.data().join("admin.token")).unwrap();
    Command::new(binary())
        .args(args)
        .args(["--url", &server.url(), "--token", token.trim()])
        .output()
        .unwrap()
}

fn audit(server: &Server) -> Output {
    let folder = server.folder.path().join("cdr");
    run(server, &["ledger", "audit", "--json", "--records", folder.to_str().unwrap()])
}

/// All whole files of an ending, one after the other.
pub(crate) fn whole(folder: &Path, ending: &str) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|have| have == ending)).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn numbers(jsonl: &str) -> Vec<u64> {
    let seq = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
    jsonl.lines().map(seq).collect()
}

/// Ben's phone: an open stream, once its head has come.
pub(crate) fn phone(address: SocketAddr, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let ask = format!(
        "GET /v1/events/stream?device=phone HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(ask.as_bytes()).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    stream
}

/// Anna writes to Ben, whose device says that it has it.
fn deliver(server: &Server, anna: &str, ben: &str, n: usize) {
    let body = format!("{{\"to\": \"+46701000002\", \"text\": \"secret {n}\", \"service\": \"im\"}}");
    let (status, message) = ask_as(server.address, anna, "POST", "/v1/messages", &body).unwrap();
    assert_eq!(status, 202, "{message}");
    let path = format!("/v1/messages/{}/receipts", text_of(&message, "id"));
    let body = "{\"disposition\": \"delivered\", \"device\": \"phone\"}";
    let (status, answer) = ask_as(server.address, ben, "POST", &path, body).unwrap();
    assert!((200..300).contains(&status), "{status}: {answer}");
}

#[test]
fn killed_at_any_moment_the_records_go_on_without_a_gap_or_a_repeat() {
    let mut server = Server::start(RECORDS);
    let anna = server.subscriber("anna", "+46701000001", "0.0024", "0.05");
    let ben = server.subscriber("ben", "+46701000002", "0.0024", "0.05");
    // Ben is online: a stream of his phone stays open while messages come.
    let folder = server.folder.path().join("cdr");
    for round in 0..4 {
        let _phone = phone(server.address, &ben);
        (0..12).for_each(|n| deliver(&server, &anna, &ben, round * 12 + n));
        if round % 2 == 0 {
            wait_for("a whole file", || (!whole(&folder, "jsonl").is_empty()).then_some(()));
        }
        server.kill();
        server.start_again();
    }
    // 48 messages, one attempt each.
    let all = wait_for("every record", || {
        Some(whole(&folder, "jsonl")).filter(|all| numbers(all).last().is_some_and(|last| *last >= 96))
    });
    assert_eq!(numbers(&all), (1..=96).collect::<Vec<_>>());
    assert!(all.contains("\"charge\":\"0.0024\"") && !all.contains("secret"), "{all}");
    let said = audit(&server);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["records"]["files"][0]["alike"], 96, "{said}");
    assert_eq!(said["records"]["days"][0]["charged"], "0.1152", "{said}");
    assert!(server.ask("GET", "/readyz", "").1.contains("\"records_behind\":0"));

    let again = run(&server, &["records", "export", "--from", "11", "--to", "90"]);
    let lines: String = all.lines().skip(10).take(80).map(|line| format!("{line}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&again.stdout), lines);
    found_out(&server, &folder);
}

#[test]
fn a_graceful_stop_ends_the_file_with_the_last_record() {
    let mut server = Server::start("[records]\npath = \"cdr\"\nformat = \"jsonl\"\n");
    let anna = server.subscriber("anna", "+46701000001", "0.0024", "0.05");
    let ben = server.subscriber("ben", "+46701000002", "0.0024", "0.05");
    {
        let _phone = phone(server.address, &ben);
        (0..3).for_each(|n| deliver(&server, &anna, &ben, n));
    }
    assert!(server.terminate().success());
    assert_eq!(numbers(&whole(&server.folder.path().join("cdr"), "jsonl")), [1, 2, 3, 4, 5, 6]);
}

/// A changed amount, a removed line and a line too many are found.
fn found_out(server: &Server, folder: &Path) {
    let path = folder.join("switchback-00000002.jsonl");
    let right = std::fs::read_to_string(&path).unwrap();
    let first = right.lines().next().unwrap().to_owned() + "\n";
    for (kind, wrong) in [
        ("different", right.replacen("\"charge\":\"0.0024\"", "\"charge\":\"0.0023\"", 1)),
        ("missing", right.replacen(&first, "", 1)),
        ("extra", right.replacen(&first, &format!("{first}{first}"), 1)),
        ("unreadable", right.replacen('{', "", 1)),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let said = audit(server);
        assert_eq!(said.status.code(), Some(1), "{kind}");
        let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(said["records"]["files"][0][kind]["count"], 1, "{kind}: {said}");
    }
    std::fs::write(&path, right).unwrap();
    assert!(audit(server).status.success());
}
