//! The SMSC from hell against the client session that the server drives: each act ends as it should.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use switchback_testkit::hostile::{Act, SmscOfHell};
use wire_smpp::{Bind, BindMode, Client, CommandStatus, Event, SessionConfig};

/// Drives one session until it ends, answering every `deliver_sm`.
fn one_session(hell: &SmscOfHell) {
    let Ok(mut stream) = TcpStream::connect(hell.address()) else { return };
    let origin = Instant::now();
    let mut client = Client::new(SessionConfig::default(), origin.elapsed());
    let bind = Bind { system_id: b"esme", interface_version: 0x34, ..Bind::default() };
    client.bind(BindMode::Transceiver, &bind, origin.elapsed()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut buffer = vec![0; 16 * 1024];
    let end = Instant::now() + Duration::from_secs(4);
    while Instant::now() < end {
        while let Some(event) = client.poll_event() {
            if let Event::Deliver(inbound) = event {
                client.answer_deliver(inbound.sequence, CommandStatus::OK).unwrap();
            }
        }
        let mut out = Vec::new();
        client.take_output(&mut out);
        if stream.write_all(&out).is_err() || client.is_closed() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => client.handle_bytes(&buffer[..n], origin.elapsed()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                client.handle_timeout(origin.elapsed());
            }
            Err(_) => return,
        }
    }
}

#[test]
fn every_act_is_played_and_none_is_a_finding() {
    let hell = SmscOfHell::start(1).unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    while hell.played().len() < Act::ALL.len() {
        assert!(Instant::now() < end, "played only {:?}", hell.played());
        one_session(&hell);
    }
    assert_eq!(hell.findings(), [""; 0]);
    assert_eq!(hell.played(), Act::ALL);
}
