//! The other end of a session under test: writes PDUs into it and reads what it says, without any machine of its
//! own.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(dead_code, unreachable_pub, reason = "every test file takes what it needs")]

use std::time::Duration;

use wire_smpp::{
    Address, Bind, BindMode, BindResp, Client, CommandId, CommandStatus, Framer, MAX_PDU_BOUND, Pdu, Server,
    ShortMessage, Tlvs,
};

pub const MESSAGE: ShortMessage<'static> = ShortMessage {
    service_type: b"",
    source: Address { ton: 3, npi: 0, digits: b"12345" },
    destination: Address { ton: 1, npi: 1, digits: b"4915112345678" },
    esm_class: wire_smpp::EsmClass(0),
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: b"",
    validity_period: b"",
    registered_delivery: 1,
    replace_if_present_flag: 0,
    data_coding: 0,
    sm_default_msg_id: 0,
    short_message: b"Hello",
    tlvs: Tlvs::new(&[]),
};

pub const BIND: Bind<'static> = Bind {
    system_id: b"esme",
    password: b"secret",
    system_type: b"",
    interface_version: 0x34,
    addr_ton: 0,
    addr_npi: 0,
    address_range: b"",
};

pub fn bind_resp() -> Pdu<'static> {
    let tlvs = Tlvs::new(&[0x02, 0x10, 0, 1, 0x34]);
    Pdu::BindResp(BindMode::Transceiver, BindResp { system_id: b"smsc", tlvs })
}

pub const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What both machines have in common for a peer.
pub trait Session {
    fn handle_bytes(&mut self, bytes: &[u8], now: Duration);
    fn take_output(&mut self, into: &mut Vec<u8>);
}

impl Session for Client {
    fn handle_bytes(&mut self, bytes: &[u8], now: Duration) {
        Self::handle_bytes(self, bytes, now);
    }

    fn take_output(&mut self, into: &mut Vec<u8>) {
        Self::take_output(self, into);
    }
}

impl Session for Server {
    fn handle_bytes(&mut self, bytes: &[u8], now: Duration) {
        Self::handle_bytes(self, bytes, now);
    }

    fn take_output(&mut self, into: &mut Vec<u8>) {
        Self::take_output(self, into);
    }
}

pub struct Peer {
    framer: Framer,
}

impl Default for Peer {
    fn default() -> Self {
        Self { framer: Framer::new(MAX_PDU_BOUND) }
    }
}

impl Peer {
    pub fn sends(
        &self,
        session: &mut impl Session,
        pdu: &Pdu<'_>,
        status: CommandStatus,
        sequence: u32,
        now: Duration,
    ) {
        let mut out = Vec::new();
        pdu.encode(status, sequence, &mut out).unwrap();
        session.handle_bytes(&out, now);
    }

    pub fn sends_raw(
        &self,
        session: &mut impl Session,
        command: u32,
        sequence: u32,
        body: &[u8],
        now: Duration,
    ) {
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut out: Vec<u8> =
            [length, command, 0, sequence].iter().flat_map(|word| word.to_be_bytes()).collect();
        out.extend_from_slice(body);
        session.handle_bytes(&out, now);
    }

    /// Everything that the session says, as command, status and sequence.
    pub fn reads(&mut self, session: &mut impl Session) -> Vec<(CommandId, CommandStatus, u32)> {
        let mut out = Vec::new();
        session.take_output(&mut out);
        let mut input = out.as_slice();
        let mut said = Vec::new();
        while let Some(frame) = self.framer.next_frame(&mut input).unwrap() {
            Pdu::decode(&frame).unwrap();
            said.push((frame.header.command_id, frame.header.command_status, frame.header.sequence));
        }
        said
    }
}
