//! Against a stranger: freeDiameter with its strict dictionaries takes everything that we ask, and tshark reads what
//! was on the wire without a complaint. `tests/freediameter` says what this needs.
mod daemon;
mod relay;

use crate::program::is_skipped;
use crate::scene::{self, ask, client, euro, order, plain, until};
use relay::Relay;
use std::path::Path;
use std::process::Command;
use switchback_core::model::{Origin, Service};
use switchback_diameter::{Mode, Options};
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep};

/// Everything that we ask, of every service, and what comes of it.
pub(crate) fn converse(address: std::net::SocketAddr, mode: Mode) {
    let options = Options {
        peers: vec![plain(address)],
        destination_realm: "home.test".to_owned(),
        mode,
        service_identifier: Some(7),
        rating_group: Some(9),
        answer_timeout: scene::PATIENCE,
        ..scene::options()
    };
    let (charging, runtime) = client(options);
    until("the stranger is connected", || charging.is_reachable());
    for (service, from) in [(Service::Sms, "310012"), (Service::Mms, "home"), (Service::Im, "wifi@52001")] {
        let origin = Origin::parse(from).unwrap();
        let about = |step| ChargeOrder { service, origin, ..order(step, 1) };
        let ChargeOutcome::Done(quoted) = ask(&charging, about(ChargeStep::Quote)) else {
            panic!("{service:?}")
        };
        assert_eq!((quoted.price, quoted.is_list), (Some(euro("0.03")), true), "{service:?}");
        for step in [ChargeStep::Reserve, ChargeStep::Commit, ChargeStep::Reserve, ChargeStep::Release] {
            let outcome = ask(&charging, about(step));
            assert!(matches!(outcome, ChargeOutcome::Done(_)), "{service:?} {step:?}: {outcome:?}");
        }
        let refund = ask(&charging, about(ChargeStep::Refund));
        assert_eq!(refund, ChargeOutcome::Refused(ChargeRefusal::NotSupported));
    }
    // The goodbye is part of what is looked at; without it the stranger would not listen at once the next time.
    runtime.block_on(charging.stop());
}

#[test]
fn a_strict_stranger_takes_what_we_ask_and_another_reads_it() {
    if is_skipped(&daemon::missing()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon::start(folder.path());
    let capture = folder.path().join("wire.pcap");
    let relay = Relay::start(daemon.address, &capture);
    converse(relay.address, Mode::Session);
    converse(relay.address, Mode::Event);
    relay.flush();
    // Four to say hello, and for each service: 6 requests in the first round, 3 in the second, and their answers.
    let messages = dissected(&capture, "diameter").lines().count();
    assert!(messages >= 4 + 3 * 2 * (6 + 3), "{messages} messages");
    for complaint in
        ["_ws.malformed", "diameter && _ws.expert.severity >= 6291456", "diameter.avp.invalid-data"]
    {
        assert_eq!(dissected(&capture, complaint), "", "{complaint}");
    }
    let words = dissected_fully(&capture);
    for complaint in
        ["Unknown AVP", "Malformed", "Not enough data", "Expert Info (Error", "Expert Info (Warn"]
    {
        assert!(!words.contains(complaint), "{complaint}");
    }
    for name in [
        "SMS-Information",
        "MMS-Information",
        "IMS-Information",
        "Granted-Service-Unit",
        "Cost-Information",
        "3GPP-SGSN-MCC-MNC: 310012",
        "3GPP-SGSN-MCC-MNC: 52001",
        "3GPP-RAT-Type: 03",
        "Access-Network-Information: IEEE-802.11",
    ] {
        let said = words.lines().any(|line| name.split(": ").all(|part| line.contains(part)));
        assert!(said, "{name}");
    }
}

fn dissected(capture: &Path, filter: &str) -> String {
    tshark(capture, &["-Y", filter])
}

fn dissected_fully(capture: &Path) -> String {
    tshark(capture, &["-V", "-O", "diameter"])
}

fn tshark(capture: &Path, options: &[&str]) -> String {
    let ran = Command::new("tshark").arg("-r").arg(capture).args(options).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
