//! A ladder diagram of a capture: who said what to whom and when, with the headers that a story is about.
//!
//! What differs from run to run is counted instead of shown: ids become `msg-1`, `imdn-1`, `sms-1`; addresses and ports
//! become the names of their people; a datagram that went out again is shown once. Of SIP only datagrams are read, of
//! SMPP what is about messages.

mod draw;
mod frames;
mod sip;
mod smpp;

pub use draw::draw;

use std::collections::HashMap;
use std::io;
use std::path::Path;

/// One arrow of the diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// Who says it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// What is said, in one line.
    pub title: String,
    /// What it carries, a line each.
    pub notes: Vec<String>,
}

/// The names of the lifelines.
#[derive(Clone, Debug)]
pub struct Names {
    /// Of the server.
    pub server: String,
    /// Of the SMSC, whatever its port.
    pub smsc: String,
    /// Of everybody who speaks SIP, by the port that they speak from.
    pub by_port: HashMap<u16, String>,
}

/// Reads a capture of ours. Packets of unknown ports are left out.
///
/// # Errors
/// The file can't be read, or is no such capture.
pub fn read(path: &Path, names: &Names) -> io::Result<Vec<Step>> {
    let mut ids = Ids::default();
    let mut steps = Vec::new();
    let mut streams = smpp::Streams::default();
    let mut seen = std::collections::HashSet::new();
    for packet in frames::read(path)? {
        let (peer, said): (&str, Vec<Said>) = if packet.is_stream {
            let said = streams.take(&packet, &mut ids);
            (names.smsc.as_str(), said)
        } else {
            let Some(peer) = names.by_port.get(&packet.client_port) else { continue };
            if !seen.insert((packet.client_port, packet.from_peer, packet.payload.clone())) {
                continue;
            }
            (peer.as_str(), sip::read(&packet, &mut ids).into_iter().collect())
        };
        let (from, to) =
            if packet.from_peer { (peer, names.server.as_str()) } else { (names.server.as_str(), peer) };
        steps.extend(said.into_iter().map(|Said { title, notes }| Step {
            at: packet.at,
            from: from.to_owned(),
            to: to.to_owned(),
            title,
            notes,
        }));
    }
    Ok(steps)
}

/// What a message says.
struct Said {
    title: String,
    notes: Vec<String>,
}

/// Names for ids, counted in the order in which they are met.
#[derive(Default)]
struct Ids {
    names: HashMap<String, String>,
    counts: HashMap<&'static str, u32>,
}

impl Ids {
    fn name(&mut self, kind: &'static str, id: &str) -> String {
        let count = self.counts.entry(kind).or_default();
        let new = || {
            *count += 1;
            format!("{kind}-{count}")
        };
        self.names.entry(id.to_owned()).or_insert_with(new).clone()
    }
}
