//! A capture file of what a peer saw, so that a stranger's dissector can judge the bytes.
//!
//! Frames are IPv4 without a link layer (LINKTYPE_RAW, 101) with TCP or UDP headers made up from what was read and
//! written: ports, sequence numbers and checksums are consistent, packet boundaries and addresses are ours. The
//! server's port is always written as the protocol's well-known one, so that a dissector picks its protocol by itself.

use crate::clock;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The well-known port of SMPP.
pub const SMPP_PORT: u16 = 2775;

/// The well-known port of SIP.
pub const SIP_PORT: u16 = 5060;

/// The well-known port of Diameter.
pub const DIAMETER_PORT: u16 = 3868;

const CLIENT: [u8; 4] = [127, 0, 0, 2];
const SERVER: [u8; 4] = [127, 0, 0, 1];
const SEGMENT_MAX: usize = 1400;
const SYN: u8 = 0x02;
const FIN_ACK: u8 = 0x11;
const ACK: u8 = 0x10;
const SYN_ACK: u8 = 0x12;
const PUSH_ACK: u8 = 0x18;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// A capture file, shared by the connections that it shows.
#[derive(Clone, Debug)]
pub struct Capture(Arc<Mutex<BufWriter<File>>>);

/// One connection in a capture, or what two UDP ports say to each other.
#[derive(Debug)]
pub struct Conversation {
    capture: Capture,
    client_port: u16,
    server_port: u16,
    /// None of UDP.
    stream: Option<Sequence>,
}

/// The next sequence numbers of a stream.
#[derive(Debug)]
struct Sequence {
    client: u32,
    server: u32,
}

/// Who sent a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that opened the connection, or spoke first.
    Client,
    /// The side that listened.
    Server,
}

impl Capture {
    /// A new file with its header.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        // Magic (microseconds), version 2.4, zone, accuracy, snap length, LINKTYPE_RAW.
        for word in [0xA1B2_C3D4_u32, 0x0002_0004, 0, 0, 65_535, 101] {
            file.write_all(&word.to_be_bytes())?;
        }
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Shows a connection that was just opened, with its handshake. `server_port` is what the file says.
    #[must_use]
    pub fn open(&self, client_port: u16, server_port: u16) -> Conversation {
        let mut conversation = Conversation {
            capture: self.clone(),
            client_port,
            server_port,
            stream: Some(Sequence { client: 1000, server: 5000 }),
        };
        conversation.segment(Side::Client, SYN, &[]);
        conversation.segment(Side::Server, SYN_ACK, &[]);
        conversation.segment(Side::Client, ACK, &[]);
        conversation
    }

    /// Shows what two UDP ports say to each other. `server_port` is what the file says.
    #[must_use]
    pub fn datagrams(&self, client_port: u16, server_port: u16) -> Conversation {
        Conversation { capture: self.clone(), client_port, server_port, stream: None }
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn flush(&self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }

    fn record(&self, packet: &[u8]) -> io::Result<()> {
        let now = clock::now_us();
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        let [seconds, micros] =
            [now / 1_000_000, now % 1_000_000].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for word in [seconds, micros, length, length] {
            file.write_all(&word.to_be_bytes())?;
        }
        file.write_all(packet)
    }
}

impl Conversation {
    /// Octets that one side sent; of UDP one datagram.
    pub fn data(&mut self, from: Side, octets: &[u8]) {
        if self.stream.is_none() {
            return self.datagram(from, octets);
        }
        for segment in octets.chunks(SEGMENT_MAX) {
            self.segment(from, PUSH_ACK, segment);
        }
    }

    /// The end, as an orderly one; UDP has none.
    pub fn close(&mut self, from: Side) {
        self.segment(from, FIN_ACK, &[]);
    }

    fn segment(&mut self, from: Side, flags: u8, payload: &[u8]) {
        let Some(sequence) = &mut self.stream else { return };
        let (mine, theirs) = match from {
            Side::Client => (&mut sequence.client, &sequence.server),
            Side::Server => (&mut sequence.server, &sequence.client),
        };
        let acknowledged = if flags == SYN { 0 } else { *theirs };
        let mut tcp = Vec::with_capacity(16 + payload.len());
        tcp.extend_from_slice(&mine.to_be_bytes());
        tcp.extend_from_slice(&acknowledged.to_be_bytes());
        tcp.extend_from_slice(&[0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        tcp.extend_from_slice(payload);
        let length = u32::try_from(payload.len()).unwrap_or(0);
        *mine = mine.wrapping_add(if flags & SYN == SYN { 1 } else { length });
        self.packet(from, TCP, &tcp, 16);
    }

    fn datagram(&self, from: Side, payload: &[u8]) {
        let length = u16::try_from(8 + payload.len()).unwrap_or(u16::MAX);
        let udp = [&length.to_be_bytes()[..], &[0, 0], payload].concat();
        self.packet(from, UDP, &udp, 6);
    }

    /// Writes a packet: ports, `rest`, and the checksum of both at `sum_at`.
    fn packet(&self, from: Side, protocol: u8, rest: &[u8], sum_at: usize) {
        let (source, destination, ports) = match from {
            Side::Client => (CLIENT, SERVER, (self.client_port, self.server_port)),
            Side::Server => (SERVER, CLIENT, (self.server_port, self.client_port)),
        };
        let mut inner = [&ports.0.to_be_bytes(), &ports.1.to_be_bytes(), rest].concat();
        let length = u16::try_from(inner.len()).unwrap_or(u16::MAX);
        let pseudo = [&source[..], &destination, &[0, protocol], &length.to_be_bytes(), &inner].concat();
        patch(&mut inner, sum_at, checksum(&pseudo));
        let mut ip = Vec::with_capacity(20 + inner.len());
        ip.extend_from_slice(&[0x45, 0]);
        ip.extend_from_slice(&length.saturating_add(20).to_be_bytes());
        ip.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
        ip.extend_from_slice(&source);
        ip.extend_from_slice(&destination);
        let sum = checksum(&ip);
        patch(&mut ip, 10, sum);
        ip.extend_from_slice(&inner);
        // A capture that can't be written fails loudly at `flush`, which every user calls before reading it.
        let _ = self.capture.record(&ip);
    }
}

fn patch(octets: &mut [u8], at: usize, sum: u16) {
    if let Some(place) = octets.get_mut(at..at + 2) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
}

/// The checksum of the Internet protocols (RFC 1071).
fn checksum(octets: &[u8]) -> u16 {
    let (pairs, odd) = octets.as_chunks::<2>();
    let mut sum: u32 = pairs.iter().map(|pair| u32::from(u16::from_be_bytes(*pair))).sum();
    if let Some(last) = odd.first() {
        sum += u32::from(u16::from_be_bytes([*last, 0]));
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_rfc() {
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        assert_eq!(checksum(&[0xff]), 0x00ff);
    }
}
