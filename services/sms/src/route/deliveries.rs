//! What the SMSC delivers to us: receipts and messages from phones. Nothing is answered with OK before the engine
//! says that it is durable (I13); what can't be taken is answered so that the SMSC keeps and repeats it.

use super::link::Link;
use super::mailbox::{Sequences, Settle, Settled};
use super::reassembly::{Gathered, Key, Offered, Piece, Reassembly};
use crate::address::{recipient, sender};
use crate::options::SmsOptions;
use crate::receipts;
use crate::references::hash;
use smol_str::{SmolStr, format_smolstr};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{Address, Content, Report, Target};
use switchback_ports::Arrival;
use wire_gsm::{Charset, Concatenation, Reference, UserData, decode_data_coding};
use wire_smpp::{CommandStatus, Inbound, MessageKind, Receipt, ShortMessage, Tag};

/// What a session holds of incoming messages.
#[derive(Debug)]
pub(super) struct Incoming {
    reassembly: Reassembly,
}

impl Incoming {
    pub(super) fn new(options: &SmsOptions) -> Self {
        // Parts may hold a quarter of the allowance: receipts must flow while long messages wait.
        Self { reassembly: Reassembly::new(options.reassembly(), (options.unanswered_max / 4).max(1)) }
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.reassembly.next_due()
    }
}

impl Link<'_> {
    /// A `deliver_sm` or `data_sm` came. Its `esm_class` decides what it is, never its text (T6).
    pub(super) fn deliver(&mut self, inbound: &Inbound) {
        let message = inbound.message();
        match message.kind() {
            MessageKind::Receipt | MessageKind::Intermediate => self.receipt(&message, inbound.sequence),
            MessageKind::Ordinary | MessageKind::Reserved(_) => {
                self.phone_message(&message, inbound.sequence)
            }
            // Acknowledgements by devices of networks that we do not serve: heard, and they change nothing.
            MessageKind::DeliveryAck | MessageKind::UserAck | MessageKind::ConversationAbort => {
                self.answer(inbound.sequence, CommandStatus::OK);
            }
        }
    }

    fn receipt(&mut self, message: &ShortMessage<'_>, sequence: u32) {
        let heard = receipts::hear(&Receipt::read(message), &self.settings.temporary_errors);
        if heard.ids.is_empty() {
            // Said again it would name nothing either: taken, and told to the operator.
            tracing::warn!(route = %self.worker.route.id, "a receipt that names no message");
            return self.answer(sequence, CommandStatus::OK);
        }
        let target = Target::Peer { route: self.worker.route.id.clone(), ids: heard.ids };
        let report = Report { target, kind: heard.kind, code: heard.code, at: self.worker.now() };
        let done = self.settle(Sequences::one(sequence)).into_done();
        // Not taken: `done` is dropped, which answers "later".
        let _ = self.worker.shared.intake.report(report, done);
    }

    fn phone_message(&mut self, message: &ShortMessage<'_>, sequence: u32) {
        let Some(to) = recipient(&message.destination) else {
            tracing::warn!(route = %self.worker.route.id, ton = message.destination.ton, "a message to no address of ours");
            return self.answer(sequence, CommandStatus::INVDSTADR);
        };
        let from = sender(&message.source);
        let (octets, place) = parts_of(message);
        let data_coding = message.data_coding;
        let Some(place) = place else {
            let text = decode_data_coding(data_coding, octets, Charset::Gsm7);
            let id = message.tlvs.get_text(Tag::RECEIPTED_MESSAGE_ID);
            return self.arrive(from, to, text, id.as_deref(), Sequences::one(sequence));
        };
        let key = Key { from, to, reference: place.reference(), total: place.total() };
        let piece = Piece { octets: octets.to_vec(), data_coding };
        match self.incoming.reassembly.offer(key, place, piece, sequence, self.now) {
            Offered::Held => {}
            Offered::Whole(gathered) => self.arrive_gathered(gathered),
            Offered::Full => self.answer(sequence, CommandStatus::X_T_APPN),
        }
    }

    fn arrive_gathered(&mut self, gathered: Gathered) {
        if !gathered.is_whole() {
            tracing::warn!(route = %self.worker.route.id, from = %gathered.key.from.masked(), "parts of a long message did not come in time: delivered with gaps");
        }
        let text = gathered.text();
        self.arrive(gathered.key.from, gathered.key.to, text, None, gathered.sequences);
    }

    fn arrive(
        &mut self,
        from: Address,
        to: Address,
        text: Option<String>,
        id: Option<&str>,
        sequences: Sequences,
    ) {
        let Some(text) = text else {
            tracing::warn!(route = %self.worker.route.id, from = %from.masked(), "a message that is no text: refused");
            for sequence in sequences.iter() {
                self.answer(sequence, CommandStatus::X_P_APPN);
            }
            return;
        };
        let route = self.worker.route.id.clone();
        let once = match id.filter(|id| !id.is_empty()) {
            Some(id) => format_smolstr!("{route}:{id}"),
            None => {
                let fingerprint = hash(&format!("{from}\n{to}\n{text}"));
                let at = self.worker.now().as_millis();
                let once = self.worker.repeats.name(fingerprint, at, self.now);
                format_smolstr!("{route}:{once}")
            }
        };
        let done = self.settle(sequences).into_done();
        let arrival = Arrival { route, from, to, content: Content::text(text), once };
        // Not taken: `done` is dropped, which answers "later".
        let _ = self.worker.shared.intake.arrive(arrival, done);
    }

    fn settle(&self, sequences: Sequences) -> Settle {
        Settle::new(Arc::clone(&self.worker.route), self.worker.session, sequences)
    }

    /// The engine has it, or has not.
    pub(super) fn settled(&mut self, settled: &Settled) {
        if settled.session != self.worker.session {
            return;
        }
        let status = if settled.durable { CommandStatus::OK } else { CommandStatus::X_T_APPN };
        for sequence in settled.sequences.iter() {
            self.answer(sequence, status);
        }
    }

    fn answer(&mut self, sequence: u32, status: CommandStatus) {
        // An unknown sequence is one that the session's end has overtaken: the SMSC will repeat it.
        let _ = self.client.answer_deliver(sequence, status);
    }

    pub(super) fn reassembly_timers(&mut self) {
        while let Some(gathered) = self.incoming.reassembly.overdue(self.now) {
            self.arrive_gathered(gathered);
        }
    }

    /// We are leaving: what is incomplete stays with the SMSC.
    pub(super) fn turn_away_incomplete(&mut self) {
        for gathered in self.incoming.reassembly.take_all() {
            for sequence in gathered.sequences.iter() {
                self.answer(sequence, CommandStatus::X_T_APPN);
            }
        }
    }
}

/// The text's octets, and which part of a long message they are: by the user data header, else by the `sar_*`
/// parameters.
fn parts_of<'m>(message: &ShortMessage<'m>) -> (&'m [u8], Option<Concatenation>) {
    let octets = message.user_data();
    let by_parameters = || {
        let reference = message.tlvs.get_u16(Tag::SAR_MSG_REF_NUM)?;
        let total = message.tlvs.get_u8(Tag::SAR_TOTAL_SEGMENTS)?;
        let part = message.tlvs.get_u8(Tag::SAR_SEGMENT_SEQNUM)?;
        Concatenation::new(Reference::Bits16(reference), total, part)
    };
    if message.esm_class.has_udh() {
        let user_data = UserData::parse(octets);
        (user_data.payload(), user_data.concatenation().or_else(by_parameters))
    } else {
        (octets, by_parameters())
    }
}

/// Names for arrivals, so that one that the SMSC repeats after a lost link is the same message again.
///
/// SMPP gives an incoming message no id. Its content can't be one (people do send "ok" twice), so each arrival gets
/// a fresh name, and only what was young when a link broke is recognised by its content, once, for a while. After a
/// crash of ours a repeat is a second message: shown twice rather than lost.
#[derive(Debug)]
pub(super) struct Repeats {
    salt: u64,
    count: u64,
    max: usize,
    recent: VecDeque<Seen>,
    expected: HashMap<u64, Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    fingerprint: u64,
    name: SmolStr,
    at: Duration,
}

/// How old an arrival may be at the end of its session for its answer to be in doubt.
const IN_DOUBT: Duration = Duration::from_secs(60);

/// How long a repeat is expected.
const EXPECTED_FOR: Duration = Duration::from_secs(3_600);

impl Repeats {
    pub(super) fn new(salt: u64, max: usize) -> Self {
        Self { salt, count: 0, max, recent: VecDeque::new(), expected: HashMap::new() }
    }

    /// The name of an arrival.
    fn name(&mut self, fingerprint: u64, at_ms: u64, now: Duration) -> SmolStr {
        let known = self.expected.remove(&fingerprint).filter(|seen| seen.at + EXPECTED_FOR > now);
        let name = known.map_or_else(
            || {
                self.count += 1;
                format_smolstr!("{at_ms:x}-{:x}-{:x}", self.count, self.salt)
            },
            |seen| seen.name,
        );
        self.recent.push_back(Seen { fingerprint, name: name.clone(), at: now });
        if self.recent.len() > self.max {
            self.recent.pop_front();
        }
        name
    }

    /// The answers of the last moments may not have arrived.
    pub(super) fn session_ended(&mut self, now: Duration) {
        self.expected.retain(|_, seen| seen.at + EXPECTED_FOR > now);
        for seen in self.recent.drain(..).filter(|seen| seen.at + IN_DOUBT > now) {
            if self.expected.len() < self.max {
                self.expected.insert(seen.fingerprint, seen);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_twice_is_two_messages_but_one_when_the_link_broke_between() {
        let mut repeats = Repeats::new(1, 16);
        let at = |s| Duration::from_secs(s);
        let first = repeats.name(7, 1_000, at(1));
        let second = repeats.name(7, 1_000, at(1));
        assert_ne!(first, second);
        repeats.session_ended(at(2));
        assert_eq!(repeats.name(7, 2_000, at(3)), second);
        assert_ne!(repeats.name(7, 2_000, at(3)), second);
    }

    #[test]
    fn what_was_answered_long_before_the_link_broke_is_not_expected_again() {
        let mut repeats = Repeats::new(1, 16);
        let first = repeats.name(7, 1_000, Duration::from_secs(1));
        repeats.session_ended(Duration::from_secs(100));
        assert_ne!(repeats.name(7, 2_000, Duration::from_secs(101)), first);
    }
}
