//! A connection's machine against any peer and any clock: every request ends exactly once, what is under way and what
//! waits to be written is bounded, and everything it says is Diameter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use switchback_fuzz::script::Script;
use wire_diameter::avp::Group;
use wire_diameter::neighbour::Capabilities;
use wire_diameter::{
    Command, Flags, Framer, Header, Identity, Message, Outgoing, Peer, PeerConfig, PeerEvent, ResultCode,
};

const WINDOW: usize = 4;
const OUTPUT_MAX: usize = 8192;
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let identity = Identity {
        host: "us".to_owned(),
        realm: "r".to_owned(),
        product: "p".to_owned(),
        origin_state: None,
    };
    let config = PeerConfig { window: WINDOW, max_output: OUTPUT_MAX, ..PeerConfig::default() };
    let mut played = Played {
        peer: Peer::new(identity, config, Duration::ZERO),
        now: Duration::ZERO,
        asked: 0,
        ended: HashMap::new(),
        said: Vec::new(),
    };
    while !script.is_empty() {
        played.step(&mut script);
        played.look();
    }
    played.peer.disconnect(played.now);
    played.peer.handle_link_lost(played.now);
    played.peer.handle_timeout(played.now + Duration::from_secs(3600));
    played.look();
    assert!((0..played.asked).all(|token| played.ended.get(&token) == Some(&1)), "a request never ended");
});

struct Played {
    peer: Peer,
    now: Duration,
    asked: u64,
    ended: HashMap<u64, u32>,
    /// Its requests, for answers.
    said: Vec<Header>,
}

impl Played {
    fn step(&mut self, script: &mut Script<'_>) {
        match script.octet() % 8 {
            0 => self.peer.handle_connected(LOCAL, self.now),
            1 => self.answer(script, true),
            2 => self.ask(script),
            3 => self.answer(script, false),
            4 => self.peer.handle_bytes(script.octets(), self.now),
            5 => {
                self.now += Duration::from_millis(u64::from(script.word()));
                self.peer.handle_timeout(self.now);
                assert!(
                    self.peer.next_timeout().is_none_or(|due| due > self.now),
                    "it wants to be woken for ever"
                );
            }
            6 => self.peer.handle_link_lost(self.now),
            _ => self.peer.disconnect(self.now),
        }
    }

    fn ask(&mut self, script: &mut Script<'_>) {
        let request = Outgoing {
            command: Command::CREDIT_CONTROL,
            application: 4,
            end_to_end: u32::try_from(self.asked).unwrap(),
            retransmitted: script.flag(),
            avps: &[],
        };
        self.asked += u64::from(self.peer.request(self.asked, &request, self.now).is_ok());
    }

    /// Answers one of its requests: the first, or any.
    fn answer(&mut self, script: &mut Script<'_>, first: bool) {
        let place = if first { 0 } else { usize::from(script.octet()) };
        let Some(header) = self.said.get(place % self.said.len().max(1)) else { return };
        let result = if script.flag() { ResultCode::UNABLE_TO_COMPLY } else { ResultCode::SUCCESS };
        let answer = Capabilities {
            result: Some(result),
            origin_host: "ocs",
            origin_realm: "r",
            addresses: Vec::new(),
            vendor: 0,
            product: "",
            origin_state: None,
            supported_vendors: Vec::new(),
            applications: vec![4],
        };
        let mut octets = Vec::new();
        Message::write(&header.answer(Flags::default()), &mut octets, |to| answer.write(to)).unwrap();
        self.peer.handle_bytes(&octets, self.now);
    }

    /// Hears what it tells and reads what it says.
    fn look(&mut self) {
        let output = self.peer.output().to_vec();
        assert!(output.len() <= OUTPUT_MAX + 1024, "the output is not bounded");
        let (mut framer, mut input) = (Framer::default(), output.as_slice());
        while let Some(octets) = framer.next_message(&mut input).expect("what it says is Diameter") {
            let message = Message::parse(octets).expect("what it says can be read");
            if message.header.is_request() {
                self.said.push(message.header);
            }
        }
        self.peer.wrote(output.len());
        assert!(self.peer.outstanding() <= WINDOW);
        while let Some(event) = self.peer.poll_event() {
            if let PeerEvent::Answer { token, .. } | PeerEvent::Lost { token, .. } = event {
                *self.ended.entry(token).or_insert(0) += 1;
                assert_eq!(self.ended[&token], 1, "a request ended twice");
            }
        }
    }
}
