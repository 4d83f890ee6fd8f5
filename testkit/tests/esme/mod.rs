//! The smallest client that can meet the pretend SMSC: blocking, one PDU at a time, on the codec only.

#![allow(clippy::allow_attributes, dead_code, reason = "each test file uses its part of it")]

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use switchback_testkit::smsc::Smsc;
use wire_smpp::{
    Address, Bind, BindMode, CancelSm, CommandStatus, EsmClass, Frame, Framer, MAX_PDU_BOUND, Pdu, Receipt,
    ShortMessage,
};

const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Esme {
    stream: TcpStream,
    framer: Framer,
    arrived: VecDeque<Vec<u8>>,
    sequence: u32,
}

impl Esme {
    pub(crate) fn connect(smsc: &Smsc) -> Self {
        let stream = TcpStream::connect(smsc.address()).unwrap();
        Self { stream, framer: Framer::new(MAX_PDU_BOUND), arrived: VecDeque::new(), sequence: 0 }
    }

    pub(crate) fn bind(smsc: &Smsc) -> Self {
        let mut esme = Self::connect(smsc);
        assert_eq!(esme.try_bind("esme"), CommandStatus::OK);
        esme
    }

    pub(crate) fn try_bind(&mut self, name: &str) -> CommandStatus {
        let bind = Bind { system_id: name.as_bytes(), interface_version: 0x34, ..Bind::default() };
        let sequence = self.send(&Pdu::Bind(BindMode::Transceiver, bind));
        self.answer_to(sequence, PATIENCE).unwrap().0
    }

    fn send(&mut self, pdu: &Pdu<'_>) -> u32 {
        self.sequence += 1;
        self.send_as(pdu, CommandStatus::OK, self.sequence);
        self.sequence
    }

    fn send_as(&mut self, pdu: &Pdu<'_>, status: CommandStatus, sequence: u32) {
        let mut octets = Vec::new();
        pdu.encode(status, sequence, &mut octets).unwrap();
        self.stream.write_all(&octets).unwrap();
    }

    pub(crate) fn send_submit(&mut self, to: &str, text: &str) -> u32 {
        self.send(&Pdu::SubmitSm(message(to, text.as_bytes())))
    }

    pub(crate) fn submit(&mut self, to: &str, text: &str) -> Result<String, CommandStatus> {
        let sequence = self.send_submit(to, text);
        self.submitted(sequence)
    }

    fn submitted(&mut self, sequence: u32) -> Result<String, CommandStatus> {
        let (status, pdu) = self.answer_to(sequence, PATIENCE).expect("an answer to the submit");
        let Pdu::SubmitSmResp(resp) = Pdu::decode(&Frame::parse(&pdu).unwrap()).unwrap() else {
            panic!("{pdu:?}")
        };
        let id = resp.message_id.map(|id| String::from_utf8(id.to_vec()).unwrap());
        if status.is_ok() { Ok(id.unwrap_or_default()) } else { Err(status) }
    }

    pub(crate) fn submit_long(&mut self, to: &str, text: &str) -> Vec<String> {
        let segments = wire_gsm::segments(text, wire_gsm::Reference::Bits8(7)).unwrap();
        let each = segments.iter().map(|segment| {
            let message = ShortMessage { esm_class: EsmClass::WITH_UDH, ..message(to, segment.user_data()) };
            let sequence = self.send(&Pdu::SubmitSm(message));
            self.submitted(sequence).unwrap()
        });
        each.collect()
    }

    pub(crate) fn cancel(&mut self, id: &str, to: &str) -> CommandStatus {
        let cancel = CancelSm {
            message_id: id.as_bytes(),
            source: Address::alphanumeric("Bank"),
            destination: Address::international(to),
            ..CancelSm::default()
        };
        let sequence = self.send(&Pdu::CancelSm(cancel));
        self.answer_to(sequence, PATIENCE).unwrap().0
    }

    /// The next receipt, answered with success.
    pub(crate) fn receipt(&mut self) -> Receipt<'static> {
        let deliver = self.deliver(PATIENCE).expect("a receipt");
        self.answer_deliver(&deliver, CommandStatus::OK);
        receipt_of(&deliver)
    }

    pub(crate) fn receipts_within(&mut self, time: Duration) -> Vec<Receipt<'static>> {
        let mut receipts = Vec::new();
        while let Some(deliver) = self.deliver(time) {
            self.answer_deliver(&deliver, CommandStatus::OK);
            receipts.push(receipt_of(&deliver));
        }
        receipts
    }

    pub(crate) fn mo(&mut self) -> (String, String) {
        let deliver = self.deliver(PATIENCE).expect("a message of a phone");
        self.answer_deliver(&deliver, CommandStatus::OK);
        let message = message_of(&deliver);
        let text =
            wire_gsm::decode_data_coding(message.data_coding, message.user_data(), wire_gsm::Charset::Gsm7);
        (message.source.text().into_owned(), text.unwrap())
    }

    pub(crate) fn deliver_unanswered(&mut self) {
        self.deliver(PATIENCE).expect("a receipt");
    }

    pub(crate) fn answer_next_deliver(&mut self, status: CommandStatus) {
        let deliver = self.deliver(PATIENCE).expect("a receipt");
        self.answer_deliver(&deliver, status);
    }

    fn answer_deliver(&mut self, deliver: &[u8], status: CommandStatus) {
        let frame = Frame::parse(deliver).unwrap();
        let resp = match Pdu::decode(&frame).unwrap() {
            Pdu::DataSm(_) => Pdu::DataSmResp(wire_smpp::SubmitResp::default()),
            _ => Pdu::DeliverSmResp,
        };
        self.send_as(&resp, status, frame.header.sequence);
    }

    pub(crate) fn is_answered_within(&mut self, sequence: u32, time: Duration) -> bool {
        self.answer_to(sequence, time).is_some()
    }

    /// Whether the SMSC closes the link, whatever comes before.
    pub(crate) fn is_cut(&mut self) -> bool {
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::ConnectionReset,
            }
        }
    }

    fn answer_to(&mut self, sequence: u32, time: Duration) -> Option<(CommandStatus, Vec<u8>)> {
        let wanted = |pdu: &[u8]| {
            let header = Frame::parse(pdu).unwrap().header;
            header.command_id.is_response() && header.sequence == sequence
        };
        let pdu = self.next(wanted, time)?;
        Some((Frame::parse(&pdu).unwrap().header.command_status, pdu))
    }

    fn deliver(&mut self, time: Duration) -> Option<Vec<u8>> {
        self.next(|pdu| !Frame::parse(pdu).unwrap().header.command_id.is_response(), time)
    }

    fn next(&mut self, wanted: impl Fn(&[u8]) -> bool, time: Duration) -> Option<Vec<u8>> {
        let end = Instant::now() + time;
        loop {
            if let Some(at) = self.arrived.iter().position(|pdu| wanted(pdu)) {
                return self.arrived.remove(at);
            }
            let left = end.checked_duration_since(Instant::now())?;
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).unwrap();
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(n) => self.take(&buffer[..n]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn take(&mut self, mut input: &[u8]) {
        while let Some(frame) = self.framer.next_frame(&mut input).unwrap() {
            let header = frame.header;
            let length = u32::try_from(frame.body.len() + 16).unwrap();
            let words = [length, header.command_id.0, header.command_status.0, header.sequence];
            let mut pdu: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            pdu.extend_from_slice(frame.body);
            self.arrived.push_back(pdu);
        }
    }
}

fn message<'a>(to: &'a str, octets: &'a [u8]) -> ShortMessage<'a> {
    ShortMessage {
        source: Address::alphanumeric("Bank"),
        destination: Address::international(to),
        registered_delivery: 1,
        short_message: octets,
        ..ShortMessage::default()
    }
}

fn message_of(pdu: &[u8]) -> ShortMessage<'_> {
    match Pdu::decode(&Frame::parse(pdu).unwrap()).unwrap() {
        Pdu::DeliverSm(message) | Pdu::DataSm(message) => message,
        other => panic!("{other:?}"),
    }
}

fn receipt_of(pdu: &[u8]) -> Receipt<'static> {
    let message = message_of(pdu);
    assert!(message.kind().is_receipt());
    Receipt::read(&message).into_owned()
}
