//! A stranger's dissector reads what the pretend SMSC captured.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod esme;

use esme::Esme;
use std::process::Command;
use switchback_testkit::smsc::{Config, Smsc};

fn tshark(arguments: &[&str]) -> String {
    let output = Command::new("tshark").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tshark_finds_smpp_and_nothing_malformed() {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "tshark must be installed here");
        println!("SKIPPED: tshark is not installed, so nobody else judges the capture");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smsc.pcap");
    let smsc = Smsc::start(Config { pcap: Some(path.clone()), ..Config::default() }).unwrap();
    let mut esme = Esme::bind(&smsc);
    for n in 0..50 {
        esme.submit("4670111", &format!("message {n}")).unwrap();
    }
    let long = esme.submit_long("4670222", &"three parts and a half ".repeat(20)).len();
    for _ in 0..50 + long {
        esme.receipt();
    }
    drop(esme);
    drop(smsc);
    let path = path.to_str().unwrap();
    let submits =
        tshark(&["-r", path, "-Y", "smpp.command_id == 4", "-T", "fields", "-e", "smpp.command_id"]);
    // Several PDUs may share a frame: each is one field of it.
    assert_eq!(
        submits.split([',', '\n']).filter(|field| !field.is_empty() && field.ends_with('4')).count(),
        50 + long
    );
    for fault in
        ["_ws.malformed", "tcp.analysis.flags", "tcp.checksum.status == Bad || ip.checksum.status == Bad"]
    {
        let options = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
        let frames = tshark(&[&["-r", path, "-Y", fault][..], &options].concat());
        assert_eq!(frames, "", "{fault}");
    }
}
