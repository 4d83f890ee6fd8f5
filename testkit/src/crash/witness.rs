//! What the witnesses wrote, brought together by content hash.

mod handsets;

use super::Fault;
use crate::load::Said;
use crate::{device, journal, smsc};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// One order as the client knows it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) intent: u64,
    pub(super) to: String,
    pub(super) hash: String,
    pub(super) class: String,
    pub(super) unclear: Vec<u64>,
    pub(super) answer: Option<Answered>,
    /// When it was accepted, by the store's own record; only where an answer can't say that it is a repeated one.
    pub(super) committed: Option<u64>,
}

/// The clear answer to an order.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) at: u64,
    pub(super) status: u16,
    pub(super) id: Option<String>,
    pub(super) replayed: bool,
}

impl Asked {
    pub(super) fn accepted(&self) -> Option<&Answered> {
        self.answer.as_ref().filter(|answer| (200..300).contains(&answer.status))
    }
}

/// One submit as the SMSC knows it.
#[derive(Debug, Default)]
pub(super) struct Submit {
    pub(super) at: u64,
    /// It was one of several parts.
    pub(super) is_part: bool,
    pub(super) answered: Option<u64>,
    /// The SMSC told, or would have told, that it will not be shown.
    pub(super) ended: Option<u64>,
    pub(super) cancelled: Option<u64>,
    pub(super) receipts: Vec<Sent>,
}

/// One sending of a receipt.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) at: u64,
    pub(super) acked: Option<u64>,
}

/// What peers did with one text.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// Submits, by the SMSC's id. Parts of long messages are found by the whole that a phone showed.
    pub(super) submits: BTreeMap<String, Submit>,
    /// When phones showed it.
    pub(super) shown: Vec<u64>,
    /// Whose phones, in the order of `shown`.
    pub(super) phones: Vec<String>,
    /// When devices showed it.
    pub(super) heard: Vec<u64>,
    /// When the server answered a device's receipt with success.
    pub(super) confirmed: Vec<u64>,
    /// Notifications that handsets sent.
    pub(super) notices: Vec<Sent>,
    /// What each handset heard and confirmed.
    pub(super) hearings: BTreeMap<String, Hearing>,
    /// Its sender was told that it was delivered.
    pub(super) ticked: bool,
}

/// One text at one handset.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// When it was told; each time by a request of its own.
    pub(super) at: Vec<u64>,
    /// When the server answered its notification with success.
    pub(super) confirmed: Option<u64>,
    /// It sends none: its 200 is its word.
    pub(super) own_word: bool,
}

impl Peers {
    pub(super) fn times_seen(&self) -> usize {
        self.shown.len() + self.heard.len()
    }

    /// When the server was first told that it was delivered, and said that it knows.
    pub(super) fn settled(&self) -> Option<u64> {
        let delivered = |submit: &&Submit| submit.ended.is_none();
        let receipts = self.submits.values().filter(delivered).flat_map(|submit| &submit.receipts);
        receipts.filter_map(|receipt| receipt.acked).chain(self.confirmed.iter().copied()).min()
    }
}

/// One message as the stopped store has it.
#[derive(Debug, Deserialize)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) client_ref: Option<String>,
    pub(super) status: String,
    /// When it was accepted, in milliseconds since 1970.
    pub(super) accepted_ms: u64,
    /// When it was delivered, as far as was told.
    pub(super) delivered_ms: Option<u64>,
    pub(super) attempts: Vec<StoredAttempt>,
    pub(super) charged: Option<Money>,
    /// The attempt that was charged.
    pub(super) charged_attempt: Option<u16>,
}

/// One attempt of it.
#[derive(Debug, Deserialize)]
pub(super) struct StoredAttempt {
    pub(super) may_duplicate: bool,
    pub(super) service: String,
}

/// Money as the server prints it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Money {
    pub(super) amount: String,
    pub(super) currency: String,
}

/// All witnesses of a run.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    pub(super) asked: BTreeMap<u64, Asked>,
    pub(super) peers: HashMap<String, Peers>,
    pub(super) stored: Vec<Stored>,
}

/// Where a submit was filed: by its own hash, until a phone shows what it was a part of.
#[derive(Default)]
struct Places {
    of_id: HashMap<String, String>,
    of_request: HashMap<(u64, u32), String>,
    of_receipt: HashMap<(u64, u32), (String, usize)>,
}

impl Witnesses {
    pub(super) fn read(folder: &Path) -> Result<Self, Fault> {
        let mut all = Self::default();
        let path = |name: &str| folder.join(name);
        journal::read(&path("client.jsonl"), |line| all.client(line))
            .map_err(Fault::io("read client.jsonl"))?;
        let mut wholes = HashMap::new();
        journal::read(&path("smsc.jsonl"), |line: smsc::Seen| {
            if let smsc::Seen::Shown { ids, hash, .. } = line {
                wholes.extend(ids.into_iter().map(|id| (id, hash.clone())));
            }
        })
        .map_err(Fault::io("read smsc.jsonl"))?;
        let mut places = Places::default();
        journal::read(&path("smsc.jsonl"), |line| all.smsc(line, &wholes, &mut places))
            .map_err(Fault::io("read smsc.jsonl"))?;
        journal::read(&path("messages.jsonl"), |line| all.stored.push(line))
            .map_err(Fault::io("read messages.jsonl"))?;
        if path("handset.jsonl").exists() {
            let mut open = handsets::Open::default();
            journal::read(&path("handset.jsonl"), |line| all.handset(line, &mut open))
                .map_err(Fault::io("read handset.jsonl"))?;
            all.date_acceptances();
        } else {
            let (mut texts, mut known) = (HashMap::new(), HashSet::new());
            journal::read(&path("device.jsonl"), |line| all.device(line, &mut texts, &mut known))
                .map_err(Fault::io("read device.jsonl"))?;
        }
        Ok(all)
    }

    /// What peers did with a text.
    pub(super) fn of(&self, hash: &str) -> Option<&Peers> {
        self.peers.get(hash)
    }

    fn client(&mut self, line: Said) {
        match line {
            Said::Intent { at, n, to, hash, class } => {
                self.asked.insert(n, Asked { intent: at, to, hash, class, ..Asked::default() });
            }
            Said::Unclear { at, n } => self.asked.entry(n).or_default().unclear.push(at),
            Said::Answer { at, n, status, id, replayed } => {
                self.asked.entry(n).or_default().answer = Some(Answered { at, status, id, replayed });
            }
        }
    }

    fn smsc(&mut self, line: smsc::Seen, wholes: &HashMap<String, String>, places: &mut Places) {
        match line {
            smsc::Seen::Submit { at, link, seq, id: Some(id), hash, part, .. } => {
                let hash = wholes.get(&id).cloned().unwrap_or(hash);
                places.of_id.insert(id.clone(), hash.clone());
                places.of_request.insert((link, seq), id.clone());
                let submit = Submit { at, is_part: part.is_some(), ..Submit::default() };
                self.peers.entry(hash).or_default().submits.insert(id, submit);
            }
            smsc::Seen::Answer { at, link, seq, .. } => {
                if let Some(id) = places.of_request.get(&(link, seq)).cloned() {
                    self.submit(&id, places, |submit| submit.answered = Some(at));
                }
            }
            smsc::Seen::Shown { at, hash, to, .. } => {
                let peers = self.peers.entry(hash).or_default();
                peers.shown.push(at);
                peers.phones.push(to);
            }
            smsc::Seen::Ended { at, id, .. } => self.submit(&id, places, |submit| submit.ended = Some(at)),
            smsc::Seen::Cancel { at, id, .. } => {
                self.submit(&id, places, |submit| submit.cancelled = Some(at))
            }
            smsc::Seen::Receipt { at, link, seq, id, .. } => {
                let mut place = 0;
                self.submit(&id, places, |submit| {
                    place = submit.receipts.len();
                    submit.receipts.push(Sent { at, acked: None });
                });
                places.of_receipt.insert((link, seq), (id, place));
            }
            smsc::Seen::ReceiptAcked { at, link, seq, status: 0, .. } => {
                if let Some((id, place)) = places.of_receipt.get(&(link, seq)).cloned() {
                    self.submit(&id, places, |submit| {
                        if let Some(sent) = submit.receipts.get_mut(place) {
                            sent.acked = Some(at);
                        }
                    });
                }
            }
            _ => {}
        }
    }

    fn submit(&mut self, id: &str, places: &Places, change: impl FnOnce(&mut Submit)) {
        let peers = places.of_id.get(id).and_then(|hash| self.peers.get_mut(hash));
        if let Some(submit) = peers.and_then(|peers| peers.submits.get_mut(id)) {
            change(submit);
        }
    }

    /// A device that is told again shows nothing new: it knows the message's id.
    fn device(
        &mut self,
        line: device::Seen,
        texts: &mut HashMap<String, String>,
        known: &mut HashSet<(String, String)>,
    ) {
        match line {
            device::Seen::Heard { at, device, message, hash, .. } => {
                texts.insert(message.clone(), hash.clone());
                if known.insert((device, message)) {
                    self.peers.entry(hash).or_default().heard.push(at);
                }
            }
            device::Seen::Posted { at, message, status: 200..300, .. } => {
                if let Some(hash) = texts.get(&message) {
                    self.peers.entry(hash.clone()).or_default().confirmed.push(at);
                }
            }
            _ => {}
        }
    }
}
