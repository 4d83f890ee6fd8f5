//! What the SMSC sends to its clients: receipts and phones' own messages. Each goes out on a link with room, and
//! again when the link is lost, the answer is no success, or none comes.

use super::script::Misbehaviour;
use super::seen::Seen;
use super::submit::id_text;
use super::world::{Held, Link, Named, Then, World};
use crate::{clock, content};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire_gsm::Encoding;
use wire_smpp::{BindMode, CommandStatus, EsmClass, MessageState, Pdu, ShortMessage, Tag, TlvBuf};

/// How long a letter waits that the client refused.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How often a letter is sent at most.
const TRIES_MAX: u16 = 1_000;

/// A `deliver_sm` (or `data_sm`) to a client.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) system_id: Arc<str>,
    pub(super) waits_for_rebind: bool,
    from: Named,
    to: Named,
    body: Body,
    /// The link that it prefers, or avoids.
    link: u64,
    avoids_link: bool,
    carrier: Carrier,
    tries: u16,
}

#[derive(Clone, Debug)]
enum Body {
    Receipt {
        id: String,
        told_id: String,
        state: MessageState,
        network_error: u16,
        submitted_us: u64,
        umr: Option<u16>,
    },
    Mo {
        text: String,
    },
}

/// How a receipt is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    ShortMessage,
    Payload,
    TlvOnly,
    DataSm,
}

impl Letter {
    pub(super) fn receipt(number: u64, held: &Held, state: MessageState) -> Self {
        let play = &held.play;
        let id = id_text(number);
        let told_id = if play.has(Misbehaviour::IdDecimal) {
            number.to_string()
        } else if play.has(Misbehaviour::IdUpperCase) {
            id.to_uppercase()
        } else if play.has(Misbehaviour::IdPadded) {
            format!("{number:018x}")
        } else {
            id.clone()
        };
        let carrier = if play.has(Misbehaviour::ReceiptByDataSm) {
            Carrier::DataSm
        } else if play.has(Misbehaviour::ReceiptInPayload) {
            Carrier::Payload
        } else if play.has(Misbehaviour::ReceiptTlvOnly) {
            Carrier::TlvOnly
        } else {
            Carrier::ShortMessage
        };
        // GSM causes (24.011 E): 1 unassigned number, 27 destination out of order, here "absent".
        let network_error = if play.has(Misbehaviour::UnknownSubscriber) { 1 } else { 27 };
        Self {
            system_id: Arc::clone(&held.system_id),
            waits_for_rebind: play.has(Misbehaviour::ReceiptAfterRebind),
            from: held.to.clone(),
            to: held.from.clone(),
            body: Body::Receipt {
                id,
                told_id,
                state,
                network_error,
                submitted_us: held.submitted_us,
                umr: held.umr,
            },
            link: held.link,
            avoids_link: play.has(Misbehaviour::ReceiptOnOtherBind),
            carrier,
            tries: 0,
        }
    }

    /// A message that a phone sends to a number of the client's.
    pub(super) fn mo(system_id: Arc<str>, from: &str, to: &str, text: &str) -> Self {
        let named = |number: &str| {
            let international = number.starts_with('+');
            let digits = crate::script::digits(number).to_owned();
            Named { ton: u8::from(international), npi: 1, digits }
        };
        Self {
            system_id,
            waits_for_rebind: false,
            from: named(from),
            to: named(to),
            body: Body::Mo { text: text.to_owned() },
            link: 0,
            avoids_link: false,
            carrier: Carrier::ShortMessage,
            tries: 0,
        }
    }

    fn encode(&self, sequence: u32, out: &mut Vec<u8>) {
        let mut tlvs = TlvBuf::new();
        let mut message = ShortMessage {
            source: self.from.as_address(),
            destination: self.to.as_address(),
            ..ShortMessage::default()
        };
        let octets;
        match &self.body {
            Body::Receipt { told_id, state, network_error, umr, .. } => {
                message.esm_class = EsmClass::RECEIPT;
                octets = self.receipt_text().into_bytes();
                tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, told_id);
                tlvs.push_u8(Tag::MESSAGE_STATE, state.code());
                if *state == MessageState::Undeliverable {
                    let [high, low] = network_error.to_be_bytes();
                    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, high, low]);
                }
                if let Some(umr) = umr {
                    tlvs.push_u16(Tag::USER_MESSAGE_REFERENCE, *umr);
                }
            }
            Body::Mo { text } => {
                let encoding = Encoding::choose(text);
                message.data_coding = encoding.data_coding();
                octets = encoding.encode(text).unwrap_or_default();
            }
        }
        match self.carrier {
            Carrier::TlvOnly => {}
            Carrier::ShortMessage if octets.len() <= 254 => message.short_message = &octets,
            Carrier::ShortMessage | Carrier::Payload | Carrier::DataSm => {
                tlvs.push(Tag::MESSAGE_PAYLOAD, &octets);
            }
        }
        message.tlvs = tlvs.tlvs();
        let pdu =
            if self.carrier == Carrier::DataSm { Pdu::DataSm(message) } else { Pdu::DeliverSm(message) };
        // All fields came over this wire, or from an operator who sees the message missing.
        let _ = pdu.encode(CommandStatus::OK, sequence, out);
    }

    /// SMPP 3.4 appendix B.
    fn receipt_text(&self) -> String {
        let Body::Receipt { told_id, state, network_error, submitted_us, .. } = &self.body else {
            return String::new();
        };
        let (delivered, error) = match state {
            MessageState::Delivered => ("001", 0),
            MessageState::Undeliverable => ("000", *network_error),
            _ => ("000", 0),
        };
        let (submitted, done) = (clock::receipt_date(*submitted_us), clock::receipt_date(clock::now_us()));
        format!(
            "id:{told_id} sub:001 dlvrd:{delivered} submit date:{submitted} done date:{done} stat:{} err:{error:03} text:",
            state.as_str()
        )
    }

    fn sent(&self, link: u64, seq: u32) -> Seen {
        let at = clock::now_us();
        match &self.body {
            Body::Receipt { id, state, .. } => {
                Seen::Receipt { at, link, seq, id: id.clone(), state: state.as_str().to_owned() }
            }
            Body::Mo { text } => {
                let hash = content::hash(text);
                Seen::Mo { at, link, seq, from: self.from.digits.clone(), to: self.to.digits.clone(), hash }
            }
        }
    }

    fn answered(&self, link: u64, seq: u32, status: u32) -> Seen {
        let at = clock::now_us();
        match &self.body {
            Body::Receipt { id, .. } => Seen::ReceiptAcked { at, link, seq, id: id.clone(), status },
            Body::Mo { .. } => Seen::MoAcked { at, link, seq, status },
        }
    }
}

impl World {
    /// Sends a letter, or lets it wait for a link with room.
    pub(super) fn post(&mut self, letter: Letter) {
        let name = Arc::clone(&letter.system_id);
        self.queues.entry(Arc::clone(&name)).or_default().push_back(letter);
        self.pump(&name);
    }

    /// Moves letters of a name from the queue to links, while there is room.
    pub(super) fn pump(&mut self, name: &Arc<str>) {
        let Some(mut queue) = self.queues.remove(name) else { return };
        while let Some(mut letter) = queue.pop_front() {
            let Some(id) = self.link_for(&letter) else {
                queue.push_front(letter);
                break;
            };
            let Some(link) = self.links.get_mut(&id) else { break };
            let sequence = link.take_sequence();
            letter.tries = letter.tries.saturating_add(1);
            letter.encode(sequence, &mut link.out);
            link.wake();
            if matches!(letter.body, Body::Receipt { .. }) {
                self.counts.receipts += 1;
            }
            if self.journal.is_kept() {
                self.journal.write(&letter.sent(id, sequence));
            }
            link.unanswered.insert(sequence, (Instant::now(), letter));
        }
        self.put_back(name, queue);
    }

    fn put_back(&mut self, name: &Arc<str>, queue: VecDeque<Letter>) {
        self.queues.insert(Arc::clone(name), queue);
    }

    /// The link it prefers if that has room, else the least loaded.
    fn link_for(&self, letter: &Letter) -> Option<u64> {
        let ids = self.bound.get(&letter.system_id)?;
        let usable = |id: &&u64| {
            self.links
                .get(id)
                .is_some_and(|link| link.takes_letters() && link.unanswered.len() < self.config.window)
        };
        if letter.avoids_link {
            let other = ids.iter().filter(|id| **id != letter.link).find(usable);
            return other.or_else(|| ids.iter().find(usable)).copied();
        }
        let preferred = ids.iter().filter(|id| **id == letter.link).find(usable);
        let load = |id: &&u64| self.links.get(id).map_or(usize::MAX, |link| link.unanswered.len());
        preferred.or_else(|| ids.iter().filter(usable).min_by_key(load)).copied()
    }

    pub(super) fn letter_answered(&mut self, id: u64, name: &Arc<str>, sequence: u32, status: CommandStatus) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some((_, letter)) = link.unanswered.remove(&sequence) else { return };
        if self.journal.is_kept() {
            self.journal.write(&letter.answered(id, sequence, status.0));
        }
        if !status.is_ok() && letter.tries < TRIES_MAX {
            self.after(AGAIN_AFTER, Then::SendAgain(letter));
        } else if status.is_ok() && matches!(letter.body, Body::Receipt { .. }) {
            self.counts.receipts_acked += 1;
        }
        if self.queues.get(name).is_some_and(|queue| !queue.is_empty()) {
            self.pump(name);
        }
    }
}

impl Link {
    fn takes_letters(&self) -> bool {
        let may = self.bound.as_ref().is_some_and(|(_, mode)| BindMode::may_deliver(*mode));
        may && !self.silent && !self.closing
    }

    const fn take_sequence(&mut self) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = if sequence >= 0x7FFF_FFFF { 1 } else { sequence + 1 };
        sequence
    }
}
