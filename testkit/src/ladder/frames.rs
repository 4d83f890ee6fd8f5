//! Packets of a capture file of ours (`pcap`): raw IPv4 with TCP or UDP, the server's port the well-known one.

use crate::pcap::{SIP_PORT, SMPP_PORT};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Octets that one side said.
pub(super) struct Packet {
    pub(super) at: u64,
    /// Whether it is a piece of a stream.
    pub(super) is_stream: bool,
    pub(super) from_peer: bool,
    pub(super) client_port: u16,
    pub(super) payload: Vec<u8>,
}

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const IP_HEADER: usize = 20;
const UDP: u8 = 17;

/// All packets that carry something.
pub(super) fn read(path: &Path) -> Result<Vec<Packet>> {
    let file = std::fs::read(path)?;
    let mut rest = file.get(FILE_HEADER..).ok_or_else(cut_short)?;
    let mut packets = Vec::new();
    while let Some((header, more)) = rest.split_first_chunk::<RECORD_HEADER>() {
        let (words, _) = header.as_chunks::<4>();
        let [seconds, micros, length, _] = words else { return Err(cut_short()) };
        let at = u64::from(u32::from_be_bytes(*seconds)) * 1_000_000 + u64::from(u32::from_be_bytes(*micros));
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (octets, after) = more.split_at_checked(length).ok_or_else(cut_short)?;
        rest = after;
        let packet = packet(at, octets).ok_or_else(cut_short)?;
        if !packet.payload.is_empty() {
            packets.push(packet);
        }
    }
    Ok(packets)
}

fn packet(at: u64, octets: &[u8]) -> Option<Packet> {
    let is_stream = *octets.get(9)? != UDP;
    let inner = octets.get(IP_HEADER..)?;
    let port = |place: usize| Some(u16::from_be_bytes([*inner.get(place)?, *inner.get(place + 1)?]));
    let (source, destination) = (port(0)?, port(2)?);
    // Who listens has the protocol's port. An SMSC listens, so that the server is its client.
    let listens = |port: u16| port == SIP_PORT || port == SMPP_PORT;
    let from_peer = listens(destination) != (source == SMPP_PORT || destination == SMPP_PORT);
    let client_port = if listens(source) { destination } else { source };
    let payload = inner.get(if is_stream { 20 } else { 8 }..)?.to_vec();
    Some(Packet { at, is_stream, from_peer, client_port, payload })
}

fn cut_short() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the capture ends within a packet")
}
