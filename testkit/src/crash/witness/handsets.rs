//! What the journal of SIP handsets says, sorted under the texts.

use super::{Sent, Witnesses};
use crate::handset::Seen;
use std::collections::{HashMap, HashSet};

/// What is still to be found of a handset's journal.
#[derive(Default)]
pub(super) struct Open {
    /// Hashes by `imdn.Message-ID`.
    texts: HashMap<String, String>,
    /// Handsets that send.
    senders: HashSet<String>,
    /// Who showed what.
    shown: HashSet<(String, String)>,
    /// The latest notification of a handset about a message.
    notices: HashMap<(String, String), usize>,
}

/// The digits in a handset's name: `sip:+46701@example.net#1` is 46701.
fn number_of(handset: &str) -> &str {
    let rest = handset.split_once('+').map_or(handset, |(_, rest)| rest);
    rest.split('@').next().unwrap_or_default()
}

impl Witnesses {
    /// What handsets saw, senders and recipients. A text counts as shown once for all devices of a person.
    pub(super) fn handset(&mut self, line: Seen, open: &mut Open) {
        match line {
            Seen::Sending { handset, message, hash, .. } => {
                open.texts.insert(message, hash);
                open.senders.insert(handset);
            }
            // Nobody sends to those who send: what they hear are offers.
            Seen::Heard { handset, .. } if open.senders.contains(&handset) => {}
            Seen::Heard { at, handset, message, hash, .. } => {
                let peers = self.peers.entry(hash.clone()).or_default();
                let number = number_of(&handset).to_owned();
                if open.shown.insert((number.clone(), hash)) {
                    peers.heard.push(at);
                    peers.phones.push(number);
                }
                let hearing = peers.hearings.entry(handset).or_default();
                hearing.at.push(at);
                hearing.own_word = message.is_empty();
                if hearing.own_word {
                    peers.confirmed.push(at);
                }
            }
            Seen::Telling { at, handset, message, .. } => {
                let Some(hash) = open.texts.get(&message) else { return };
                let peers = self.peers.entry(hash.clone()).or_default();
                open.notices.insert((handset, message), peers.notices.len());
                peers.notices.push(Sent { at, acked: None });
            }
            Seen::Told { at, handset, message, status: 200..300, .. } => {
                let peers = open.texts.get(&message).and_then(|hash| self.peers.get_mut(hash));
                let Some(peers) = peers else { return };
                peers.confirmed.push(at);
                if let Some(hearing) = peers.hearings.get_mut(&handset) {
                    hearing.confirmed.get_or_insert(at);
                }
                let place = open.notices.get(&(handset, message)).copied();
                if let Some(sent) = place.and_then(|place| peers.notices.get_mut(place)) {
                    sent.acked = Some(at);
                }
            }
            Seen::Ticked { message, disposition, .. } if disposition == "delivered" => {
                if let Some(hash) = open.texts.get(&message) {
                    self.peers.entry(hash.clone()).or_default().ticked = true;
                }
            }
            _ => {}
        }
    }

    /// An answer over SIP does not say whether it is a repeated one: the store says when it accepted.
    pub(super) fn date_acceptances(&mut self) {
        let accepted: HashMap<&str, u64> =
            self.stored.iter().map(|stored| (stored.id.as_str(), stored.accepted_ms * 1_000)).collect();
        for asked in self.asked.values_mut() {
            let id = asked.answer.as_ref().and_then(|answer| answer.id.as_deref());
            asked.committed = id.and_then(|id| accepted.get(id).copied());
        }
    }
}
