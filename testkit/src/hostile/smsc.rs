//! An SMSC from hell: it lets clients bind and then sends what no SMSC should, one act a connection.

use crate::chance::Dice;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use wire_smpp::{
    Address, BindResp, CommandId, CommandStatus, EsmClass, Frame, Framer, MAX_PDU_BOUND, Pdu, ShortMessage,
    SubmitResp,
};

/// How long an act waits for the client's word.
const PATIENCE: Duration = Duration::from_secs(3);

/// What it does on one connection, after the bind if not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Act {
    RandomBytesInsteadOfBind,
    BindRespWithoutEnd,
    LengthZero,
    LengthFifteen,
    LengthBeyondAllMemory,
    UnknownCommand,
    TruncatedDeliver,
    LyingShortMessageLength,
    TlvOverrun,
    AnswersToNothing,
    EnormousMessageId,
    RandomBodies,
    DeliverFloodUnread,
    EnquireLinkFlood,
    HalfPduThenSilence,
    ReceiptForNobody,
}

impl Act {
    /// All acts, in their order.
    pub const ALL: [Self; 16] = [
        Self::RandomBytesInsteadOfBind,
        Self::BindRespWithoutEnd,
        Self::LengthZero,
        Self::LengthFifteen,
        Self::LengthBeyondAllMemory,
        Self::UnknownCommand,
        Self::TruncatedDeliver,
        Self::LyingShortMessageLength,
        Self::TlvOverrun,
        Self::AnswersToNothing,
        Self::EnormousMessageId,
        Self::RandomBodies,
        Self::DeliverFloodUnread,
        Self::EnquireLinkFlood,
        Self::HalfPduThenSilence,
        Self::ReceiptForNobody,
    ];
}

/// A listening peer that misbehaves. After its last act it only lets clients bind.
#[derive(Debug)]
pub struct SmscOfHell {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    played: Mutex<Vec<Act>>,
    findings: Mutex<Vec<String>>,
}

impl SmscOfHell {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    /// There is no port or no thread.
    pub fn start(seed: u64) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let playing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("smsc-of-hell".to_owned()).spawn(move || {
            let mut acts = Act::ALL.iter();
            let mut dice = Dice::seeded(seed);
            while !playing.stop.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => play(&stream, acts.next().copied(), &mut dice, &playing),
                    Err(_) => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        })?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The acts played to their end.
    #[must_use]
    pub fn played(&self) -> Vec<Act> {
        locked(&self.shared.played).clone()
    }

    /// What the client did not do as it should, as sentences.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        locked(&self.shared.findings).clone()
    }
}

impl Drop for SmscOfHell {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is told by the thread.
            let _ = thread.join();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn play(stream: &TcpStream, act: Option<Act>, dice: &mut Dice, shared: &Shared) {
    let Ok(stream) = stream.try_clone() else { return };
    let mut stage = Stage { stream, framer: Framer::new(MAX_PDU_BOUND), heard: Vec::new() };
    // The listener does not block, and on some systems its connections inherit that.
    let _ = stage.stream.set_nonblocking(false);
    let _ = stage.stream.set_write_timeout(Some(PATIENCE));
    let Some(act) = act else {
        if stage.bind(false) {
            stage.behave(&shared.stop);
        }
        return;
    };
    if let Some(finding) = stage.act(act, dice) {
        locked(&shared.findings).push(format!("{act:?}: {finding}"));
    }
    locked(&shared.played).push(act);
}

/// A PDU of the client's: command, status, sequence.
type Heard = (CommandId, CommandStatus, u32);

struct Stage {
    stream: TcpStream,
    framer: Framer,
    heard: Vec<Heard>,
}

impl Stage {
    /// Plays an act; a finding when the client's word is not as it should be.
    fn act(&mut self, act: Act, dice: &mut Dice) -> Option<String> {
        if act == Act::RandomBytesInsteadOfBind {
            let bytes: Vec<u8> = (0..512).flat_map(|_| dice.roll().to_be_bytes()).collect();
            self.send(&bytes);
            return self.closes();
        }
        if !self.bind(act == Act::BindRespWithoutEnd) {
            return Some("the client did not bind".to_owned());
        }
        match act {
            Act::RandomBytesInsteadOfBind | Act::BindRespWithoutEnd => None,
            Act::LengthZero => self.nacked_and_closed(&header(0, 5, 0, 7)),
            Act::LengthFifteen => self.nacked_and_closed(&header(15, 5, 0, 7)),
            Act::LengthBeyondAllMemory => self.nacked_and_closed(&header(u32::MAX, 5, 0, 7)),
            Act::UnknownCommand => self.answered(&header(16, 0x7777, 0, 9), CommandId::GENERIC_NACK, 9),
            Act::TruncatedDeliver => {
                self.answered(&pdu(5, 9, b"\0\x01\x01461"), CommandId::DELIVER_SM.response(), 9)
            }
            Act::LyingShortMessageLength => {
                self.answered(&deliver(9, 200, b"short", &[]), CommandId::DELIVER_SM.response(), 9)
            }
            Act::TlvOverrun => {
                let octets = deliver(9, 0, b"", &[0x04, 0x24, 0xFF, 0xFF, b'x']);
                self.answered(&octets, CommandId::DELIVER_SM.response(), 9)
            }
            Act::AnswersToNothing => {
                for sequence in 1000..3000 {
                    self.send(&header(16, 0x8000_0004, 0, sequence));
                    self.send(&header(16, 0x8000_0008, 0x11, sequence));
                }
                self.lives()
            }
            Act::EnormousMessageId => {
                self.send(&pdu(0x8000_0004, 1, &[b'9'; 60_000]));
                self.lives()
            }
            Act::RandomBodies => {
                for sequence in 100..1100 {
                    let body: Vec<u8> = (0..dice.below(30)).flat_map(|_| dice.roll().to_be_bytes()).collect();
                    let command = match dice.below(4) {
                        0 => 5,
                        1 => 0x103,
                        2 => 0x8000_0004,
                        _ => 0x102,
                    };
                    self.send(&pdu(command, sequence, &body));
                }
                self.lives()
            }
            Act::DeliverFloodUnread => {
                // Ends when the client stops reading, which it should, or takes it all.
                (0..200_000).take_while(|n| self.send(&deliver(10 + n, 5, b"flood", &[]))).for_each(drop);
                None
            }
            Act::EnquireLinkFlood => {
                (0..20_000).take_while(|n| self.send(&header(16, 0x15, 0, 10 + n))).for_each(drop);
                None
            }
            Act::HalfPduThenSilence => {
                self.send(&header(200, 5, 0, 9));
                std::thread::sleep(Duration::from_millis(300));
                None
            }
            Act::ReceiptForNobody => self.receipt_for_nobody(),
        }
    }

    /// Waits for the bind and grants it.
    fn bind(&mut self, without_end: bool) -> bool {
        let is_bind = |heard: &Heard| matches!(heard.0.0, 1 | 2 | 9);
        let Some((command, _, sequence)) = self.wait_for(is_bind) else { return false };
        if without_end {
            return self.send(&pdu(command.response().0, sequence, &[b'x'; 300]));
        }
        let mode = match command {
            CommandId::BIND_RECEIVER => wire_smpp::BindMode::Receiver,
            CommandId::BIND_TRANSMITTER => wire_smpp::BindMode::Transmitter,
            _ => wire_smpp::BindMode::Transceiver,
        };
        let resp = BindResp { system_id: b"hell", ..BindResp::default() };
        self.send(&encoded(&Pdu::BindResp(mode, resp), sequence))
    }

    /// Grants everything, until the end.
    fn behave(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            if self.read(Duration::from_millis(50)) == Some(false) {
                return;
            }
            for (command, _, sequence) in std::mem::take(&mut self.heard) {
                let answer = match command {
                    CommandId::ENQUIRE_LINK => Pdu::EnquireLinkResp,
                    CommandId::UNBIND => Pdu::UnbindResp,
                    CommandId::SUBMIT_SM => {
                        Pdu::SubmitSmResp(SubmitResp { message_id: Some(b"1"), ..SubmitResp::default() })
                    }
                    _ => continue,
                };
                self.send(&encoded(&answer, sequence));
            }
        }
    }

    fn nacked_and_closed(&mut self, octets: &[u8]) -> Option<String> {
        self.send(octets);
        let nack = self.wait_for(|heard| heard.0 == CommandId::GENERIC_NACK);
        match nack {
            Some((_, CommandStatus::INVCMDLEN, _)) => self.closes(),
            other => Some(format!("expected generic_nack with ESME_RINVCMDLEN, got {other:?}")),
        }
    }

    /// The PDU is refused with an error by the right answer, and the session goes on.
    fn answered(&mut self, octets: &[u8], with: CommandId, sequence: u32) -> Option<String> {
        self.send(octets);
        match self.wait_for(|heard| heard.0 == with && heard.2 == sequence) {
            Some((_, status, _)) if !status.is_ok() => self.lives(),
            other => Some(format!("expected an error by 0x{:08X}, got {other:?}", with.0)),
        }
    }

    /// A receipt for a message that nobody sent is taken: the peer must not send it for ever.
    fn receipt_for_nobody(&mut self) -> Option<String> {
        let message = ShortMessage {
            source: Address::international("46701"),
            destination: Address::international("46900"),
            esm_class: EsmClass::RECEIPT,
            short_message: b"id:nobody sub:001 dlvrd:001 stat:DELIVRD err:000 text:",
            ..ShortMessage::default()
        };
        self.send(&encoded(&Pdu::DeliverSm(message), 77));
        match self.wait_for(|heard| heard.0 == CommandId::DELIVER_SM.response() && heard.2 == 77) {
            Some((_, CommandStatus::OK, _)) => None,
            other => Some(format!("expected deliver_sm_resp with success, got {other:?}")),
        }
    }

    /// The session still answers `enquire_link`.
    fn lives(&mut self) -> Option<String> {
        self.send(&header(16, 0x15, 0, 0x00AB_CDEF));
        let answer =
            self.wait_for(|heard| heard.0 == CommandId::ENQUIRE_LINK.response() && heard.2 == 0x00AB_CDEF);
        answer.is_none().then(|| "the session does not answer enquire_link any more".to_owned())
    }

    fn closes(&mut self) -> Option<String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.read(Duration::from_millis(100)) == Some(false) {
                return None;
            }
        }
        Some("the client did not close".to_owned())
    }

    fn send(&mut self, octets: &[u8]) -> bool {
        self.stream.write_all(octets).is_ok()
    }

    fn wait_for(&mut self, wanted: impl Fn(&Heard) -> bool) -> Option<Heard> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.heard.iter().position(&wanted) {
                return Some(self.heard.remove(at));
            }
            let left = end.checked_duration_since(Instant::now())?;
            if self.read(left.max(Duration::from_millis(1))) == Some(false) && !self.heard.iter().any(&wanted)
            {
                return None;
            }
        }
    }

    /// Reads once: true when something came, false at the end of the connection, nothing when time is over.
    fn read(&mut self, time: Duration) -> Option<bool> {
        let _ = self.stream.set_read_timeout(Some(time));
        let mut buffer = [0; 4096];
        let n = match self.stream.read(&mut buffer) {
            Ok(0) => return Some(false),
            Ok(n) => n,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
            Err(_) => return Some(false),
        };
        let mut input = buffer.get(..n).unwrap_or_default();
        while let Ok(Some(Frame { header, .. })) = self.framer.next_frame(&mut input) {
            self.heard.push((header.command_id, header.command_status, header.sequence));
        }
        Some(true)
    }
}

/// A header as it is told, true or not.
fn header(length: u32, command: u32, status: u32, sequence: u32) -> Vec<u8> {
    [length, command, status, sequence].iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A PDU with a body of any kind and a true length.
fn pdu(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 16).unwrap_or(u32::MAX);
    [&header(length, command, 0, sequence)[..], body].concat()
}

/// A `deliver_sm` whose `sm_length` is told.
fn deliver(sequence: u32, sm_length: u8, text: &[u8], after: &[u8]) -> Vec<u8> {
    let front = b"\0\x01\x0146701\0\x01\x0146900\0\0\0\0\0\0\0\0\0\0";
    pdu(5, sequence, &[&front[..], &[sm_length], text, after].concat())
}

fn encoded(pdu: &Pdu<'_>, sequence: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    // Only our own, good fields.
    let _ = pdu.encode(CommandStatus::OK, sequence, &mut octets);
    octets
}
