//! What a handset leaves behind: its journal, and a capture for a stranger's dissector.

use crate::desk::{Desk, relay};
use std::process::Command;
use std::sync::Arc;
use switchback_testkit::handset::{Config, Handset, Seen, SendOptions, Wire};
use switchback_testkit::journal::{self, Journal};
use switchback_testkit::pcap::Capture;
use wire_sip::Method;

#[tokio::test]
async fn a_journal_tells_both_sides_of_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("handsets.jsonl");
    let journal = Arc::new(Journal::create(&path).unwrap());
    let (server, join) = relay().await;
    let person = |number: &str| Config {
        journal: Arc::clone(&journal),
        ..Config::of(number, "secret", "example.net", server)
    };
    let anna = Handset::start(person("+46701")).await.unwrap();
    let beat = Handset::start(person("+46702")).await.unwrap();
    join(anna.address().unwrap(), beat.address().unwrap());
    let sent = anna.send("sip:+46702@example.net", "Hej", SendOptions::default()).await.unwrap();
    beat.wait_for(|inbox| inbox.told.len() == 1).await.unwrap();
    journal.flush().unwrap();
    let mut lines = Vec::new();
    journal::read(&path, |seen: Seen| {
        lines.push(match seen {
            Seen::Sending { handset, message, .. } => (handset, message, "sending".to_owned()),
            Seen::Sent { handset, message, status, .. } => (handset, message, format!("sent {status}")),
            Seen::Heard { handset, message, again, .. } => (handset, message, format!("heard {again}")),
            Seen::Telling { handset, message, disposition, .. } => {
                (handset, message, format!("telling {disposition}"))
            }
            Seen::Told { handset, message, status, .. } => (handset, message, format!("told {status}")),
            Seen::Ticked { handset, message, disposition, .. } => (handset, message, disposition),
            Seen::Registered { handset, .. } => (handset, String::new(), "registered".to_owned()),
        });
    })
    .unwrap();
    assert!(lines.iter().all(|(_, message, _)| *message == sent.imdn_id), "{lines:?}");
    let of = |name: &str| -> Vec<_> {
        lines.iter().filter(|(handset, ..)| handset == name).map(|(.., what)| what.as_str()).collect()
    };
    assert_eq!(of("sip:+46702@example.net#1"), ["heard false", "telling delivered", "told 200"]);
    let mut annas = of("sip:+46701@example.net#1");
    // The answer and the notification meet on the way.
    annas.sort_unstable();
    assert_eq!(annas, ["delivered", "sending", "sent 200"]);
}

#[tokio::test]
async fn tshark_finds_sip_over_both_and_nothing_malformed() {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "tshark must be installed here");
        println!("SKIPPED: tshark is not installed, so nobody else judges the capture");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("handset.pcap");
    let capture = Capture::create(&path).unwrap();
    for wire in [Wire::Udp, Wire::Tcp] {
        let mut desk = Desk::open(wire).await;
        let config = Config { capture: Some(capture.clone()), ..desk.config() };
        let handset = Handset::start(config).await.unwrap();
        desk.register(&handset).await;
        desk.send(&handset.contact().unwrap(), "m1", 1).await;
        assert_eq!(desk.answered().await, 200);
        let notification = desk.asked(Method::Message).await;
        desk.answer(&notification, 200).await;
        handset.wait_for(|inbox| inbox.told.len() == 1).await.unwrap();
    }
    capture.flush().unwrap();
    let path = path.to_str().unwrap();
    let tshark = |filter: &str, field: &str| {
        let options = [
            "-o",
            "tcp.check_checksum:TRUE",
            "-o",
            "udp.check_checksum:TRUE",
            "-o",
            "ip.check_checksum:TRUE",
        ];
        let output = Command::new("tshark")
            .args(["-r", path, "-Y", filter, "-T", "fields", "-e", field])
            .args(options)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for transport in ["udp", "tcp"] {
        let methods = tshark(&format!("{transport} && sip.Request-Line"), "sip.Method");
        assert_eq!(methods, ["REGISTER", "MESSAGE", "MESSAGE"], "{transport}");
        let statuses = tshark(&format!("{transport} && sip.Status-Line"), "sip.Status-Code");
        assert_eq!(statuses, ["200", "200", "200"], "{transport}");
    }
    let bad = "tcp.checksum.status == Bad || udp.checksum.status == Bad || ip.checksum.status == Bad";
    for fault in ["_ws.malformed", "tcp.analysis.flags", bad] {
        assert!(tshark(fault, "frame.number").is_empty(), "{fault}");
    }
}
