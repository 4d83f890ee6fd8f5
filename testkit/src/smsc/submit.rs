//! What a client asks of the SMSC, and the answers, honest or not.

use super::handset::Part;
use super::letters::Letter;
use super::script::Misbehaviour;
use super::seen::Seen;
use super::world::{Answer, Held, Named, Then, World};
use crate::clock;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire_smpp::{
    Address, Bind, BindMode, BindResp, CancelSm, CommandStatus, Frame, MessageState, Pdu, QuerySm,
    QuerySmResp, Refusal, ShortMessage, SmppTime, SubmitResp, Tag, TlvBuf,
};

/// How long binds are refused after a lost link, where the script says so.
const ALREADY_BOUND: Duration = Duration::from_secs(2);

/// How long an answer waits to be overtaken.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(200);

/// How long after its receipt an answer comes that the receipt overtakes.
const AFTER_RECEIPT: Duration = Duration::from_millis(50);

impl World {
    /// A whole PDU came on a link.
    pub(super) fn handle(&mut self, link: u64, frame: &Frame<'_>) {
        let sequence = frame.header.sequence;
        let status = frame.header.command_status;
        let Some(state) = self.links.get(&link) else { return };
        if state.silent || state.closing {
            return;
        }
        let bound = state.bound.clone();
        let pdu = match Pdu::decode(frame) {
            Ok(pdu) => pdu,
            Err(refusal) => return self.refuse(link, sequence, refusal),
        };
        match (pdu, bound) {
            (Pdu::Bind(mode, bind), None) => self.bind(link, sequence, mode, &bind),
            (Pdu::Bind(mode, _), Some(_)) => {
                self.write(link, &Pdu::BindResp(mode, BindResp::default()), CommandStatus::ALYBND, sequence);
            }
            (Pdu::EnquireLink, _) => self.write(link, &Pdu::EnquireLinkResp, CommandStatus::OK, sequence),
            (Pdu::Unbind, _) => {
                self.write(link, &Pdu::UnbindResp, CommandStatus::OK, sequence);
                self.close(link);
            }
            (Pdu::SubmitSm(message), Some((name, mode))) if mode.may_submit() => {
                self.submit(link, sequence, &name, &message, false);
            }
            (Pdu::DataSm(message), Some((name, mode))) if mode.may_submit() => {
                self.submit(link, sequence, &name, &message, true);
            }
            (Pdu::CancelSm(cancel), Some(_)) => self.cancel(link, sequence, &cancel),
            (Pdu::QuerySm(query), Some(_)) => self.query(link, sequence, &query),
            (Pdu::DeliverSmResp | Pdu::DataSmResp(_) | Pdu::GenericNack, Some((name, _))) => {
                self.letter_answered(link, &name, sequence, status);
            }
            (pdu, _) if !pdu.command_id().is_response() => {
                let refusal =
                    Refusal { status: CommandStatus::INVBNDSTS, answer: Some(pdu.command_id().response()) };
                self.refuse(link, sequence, refusal);
            }
            _ => {}
        }
    }

    /// What came can't be cut into PDUs any more.
    pub(super) fn lost_rhythm(&mut self, link: u64) {
        self.counts.unreadable += 1;
        self.write(link, &Pdu::GenericNack, CommandStatus::INVCMDLEN, 0);
        self.close(link);
    }

    fn refuse(&mut self, link: u64, sequence: u32, refusal: Refusal) {
        self.counts.unreadable += 1;
        if let Some(link) = self.links.get_mut(&link) {
            refusal.encode(sequence, &mut link.out);
            link.wake();
        }
    }

    fn bind(&mut self, id: u64, sequence: u32, mode: BindMode, bind: &Bind<'_>) {
        let name: Arc<str> = String::from_utf8_lossy(bind.system_id).into();
        let wrong =
            self.config.password.as_ref().is_some_and(|password| password.as_bytes() != bind.password);
        let recently = self.lost_at.get(&name).is_some_and(|lost| lost.elapsed() < ALREADY_BOUND);
        let refused = wrong || self.script.of_link(Misbehaviour::BindRefused, &mut self.dice);
        let status = if refused {
            CommandStatus::INVPASWD
        } else if recently && self.script.of_link(Misbehaviour::AlreadyBound, &mut self.dice) {
            CommandStatus::ALYBND
        } else {
            CommandStatus::OK
        };
        let mut tlvs = TlvBuf::new();
        tlvs.push_u8(Tag::SC_INTERFACE_VERSION, 0x34);
        let system_id = self.config.system_id.clone();
        let resp = BindResp { system_id: system_id.as_bytes(), tlvs: tlvs.tlvs() };
        self.write(id, &Pdu::BindResp(mode, resp), status, sequence);
        if !status.is_ok() {
            return self.close(id);
        }
        self.counts.binds += 1;
        let slow = self.script.of_link(Misbehaviour::ReadsSlowly, &mut self.dice);
        if let Some(link) = self.links.get_mut(&id) {
            link.bound = Some((Arc::clone(&name), mode));
            link.slow = slow;
        }
        self.journal.write(&Seen::Bound { at: clock::now_us(), link: id, system_id: name.to_string() });
        self.bound.entry(Arc::clone(&name)).or_default().push(id);
        let parked = self.parked.remove(&name).unwrap_or_default();
        self.queues.entry(Arc::clone(&name)).or_default().extend(parked);
        self.pump(&name);
    }

    fn submit(
        &mut self,
        link: u64,
        sequence: u32,
        name: &Arc<str>,
        message: &ShortMessage<'_>,
        is_data: bool,
    ) {
        self.counts.submits += 1;
        let (from, to) = (Named::of(&message.source), Named::of(&message.destination));
        let play = self.script.play(&to.digits, &mut self.dice);
        let answer = play.answer;
        let refusal = answer.and_then(Misbehaviour::refusal);
        let taken = refusal.is_none() && answer != Some(Misbehaviour::Swallowed);
        let number = taken.then(|| self.number());
        let id = number.map(id_text);
        let part = Part::of(message);
        let umr = message.tlvs.get_u16(Tag::USER_MESSAGE_REFERENCE);
        if self.journal.is_kept() {
            self.journal.write(&Seen::Submit {
                at: clock::now_us(),
                link,
                seq: sequence,
                id: id.clone(),
                to: to.digits.clone(),
                from: from.digits.clone(),
                esm: message.esm_class.0,
                dcs: message.data_coding,
                hash: part.hash(),
                part: part.place_text(),
                umr,
            });
        }
        let before_answer = play.has(Misbehaviour::ReceiptBeforeAnswer);
        let spelling = play.answered_id();
        if let Some(number) = number {
            self.counts.taken += 1;
            let held = Held {
                system_id: Arc::clone(name),
                link,
                from,
                to,
                submitted_us: clock::now_us(),
                validity: validity(message.validity_period),
                registered: message.registered_delivery,
                umr,
                play,
                part,
                waiting: false,
            };
            self.held.insert(number, held);
            self.plan_outcome(number, before_answer);
        }
        let status = refusal.unwrap_or(CommandStatus::OK);
        self.counts.refused += u64::from(refusal.is_some());
        let id = number.map(|number| answered_id(number, spelling));
        self.give(link, answer, before_answer, Answer { sequence, is_data, status, id });
    }

    /// Answers a submit as its misbehaviour will have it.
    fn give(&mut self, link: u64, how: Option<Misbehaviour>, before_answer: bool, mut answer: Answer) {
        match how {
            Some(Misbehaviour::NoAnswer | Misbehaviour::Swallowed) => {}
            Some(Misbehaviour::AnswerLate) => self.after(self.config.late, Then::Answer(link, answer)),
            Some(Misbehaviour::AnswerAfterTimeout) => {
                self.after(self.config.after_timeout, Then::Answer(link, answer));
            }
            Some(Misbehaviour::AnswerDoubled) => {
                self.answer(link, &answer);
                self.answer(link, &answer);
            }
            Some(Misbehaviour::AnswerUnknownSequence) => {
                answer.sequence = answer.sequence.wrapping_add(0x1000_0000) & 0x7FFF_FFFF;
                self.answer(link, &answer);
            }
            Some(Misbehaviour::AnswersOutOfOrder) => {
                if let Some(state) = self.links.get_mut(&link) {
                    state.overtaken.push(answer);
                }
                self.after(OVERTAKEN_WITHIN, Then::GiveOvertaken(link));
            }
            Some(Misbehaviour::NoMessageId) => self.answer(link, &Answer { id: None, ..answer }),
            Some(Misbehaviour::CutBeforeAnswer) => self.close(link),
            Some(Misbehaviour::CutInsidePdu) => {
                let before = self.links.get(&link).map_or(0, |state| state.out.len());
                self.answer(link, &answer);
                if let Some(state) = self.links.get_mut(&link) {
                    let keep = before + (state.out.len() - before) / 2;
                    state.out.truncate(keep);
                }
                self.close(link);
            }
            Some(Misbehaviour::HalfOpen) => {
                if let Some(state) = self.links.get_mut(&link) {
                    state.silent = true;
                }
            }
            _ if before_answer => self.after(AFTER_RECEIPT, Then::Answer(link, answer)),
            _ => {
                self.answer(link, &answer);
                self.give_overtaken(link);
            }
        }
    }

    pub(super) fn give_overtaken(&mut self, link: u64) {
        let overtaken = self.links.get_mut(&link).map(|state| std::mem::take(&mut state.overtaken));
        for answer in overtaken.into_iter().flatten() {
            self.answer(link, &answer);
        }
    }

    pub(super) fn answer(&mut self, link: u64, answer: &Answer) {
        if self.links.get(&link).is_none_or(|state| state.silent || state.closing) {
            return;
        }
        let id = answer.id.as_deref().map(str::as_bytes);
        let resp = SubmitResp { message_id: id, ..SubmitResp::default() };
        let pdu = if answer.is_data { Pdu::DataSmResp(resp) } else { Pdu::SubmitSmResp(resp) };
        self.write(link, &pdu, answer.status, answer.sequence);
        if self.journal.is_kept() {
            self.journal.write(&Seen::Answer {
                at: clock::now_us(),
                link,
                seq: answer.sequence,
                id: answer.id.clone(),
                status: answer.status.0,
            });
        }
    }

    /// Exact: a message that no phone has shown is taken back for certain.
    fn cancel(&mut self, link: u64, sequence: u32, cancel: &CancelSm<'_>) {
        self.counts.cancels += 1;
        let id = String::from_utf8_lossy(cancel.message_id).into_owned();
        self.journal.write(&Seen::Cancel { at: clock::now_us(), link, seq: sequence, id: id.clone() });
        let ours = |held: &Held| held.from.digits.as_bytes() == cancel.source.digits;
        // Only the id as it was answered is ours to know.
        let known = |number: &u64| {
            let held = self.held.get(number).filter(|held| ours(held));
            held.is_some_and(|held| answered_id(*number, held.play.answered_id()) == id)
        };
        let number = number_of(&id).filter(known).or_else(|| id.parse().ok().filter(known));
        let status = if let Some(number) = number {
            self.counts.cancelled += 1;
            self.end(number, MessageState::Deleted);
            CommandStatus::OK
        } else {
            CommandStatus::CANCELFAIL
        };
        self.write(link, &Pdu::CancelSmResp, status, sequence);
        self.journal.write(&Seen::CancelAnswer {
            at: clock::now_us(),
            link,
            seq: sequence,
            id,
            status: status.0,
        });
    }

    fn query(&mut self, link: u64, sequence: u32, query: &QuerySm<'_>) {
        let state = number_of(&String::from_utf8_lossy(query.message_id)).and_then(|n| self.state_of(n));
        let (resp, status) = match state {
            Some(state) => {
                let resp = QuerySmResp {
                    message_id: query.message_id,
                    message_state: state.code(),
                    ..Default::default()
                };
                (resp, CommandStatus::OK)
            }
            None => (QuerySmResp::default(), CommandStatus::QUERYFAIL),
        };
        self.write(link, &Pdu::QuerySmResp(resp), status, sequence);
    }

    /// Appends a PDU to what a link writes.
    pub(super) fn write(&mut self, link: u64, pdu: &Pdu<'_>, status: CommandStatus, sequence: u32) {
        let Some(link) = self.links.get_mut(&link) else { return };
        // Only our own fields can be too long for the wire, and none is; a test would see the missing answer.
        let _ = pdu.encode(status, sequence, &mut link.out);
        link.wake();
    }

    /// Closes a link once its output is written.
    pub(super) fn close(&mut self, link: u64) {
        if let Some(link) = self.links.get_mut(&link) {
            link.closing = true;
            link.wake();
        }
    }

    /// Letters that were not answered for 30 s go out again.
    pub(super) fn sweep(&mut self, now: Instant) {
        let mut again: Vec<Letter> = Vec::new();
        for link in self.links.values_mut().filter(|link| !link.silent) {
            while let Some(first) = link.unanswered.first_entry() {
                if now.duration_since(first.get().0) < Duration::from_secs(30) {
                    break;
                }
                again.push(first.remove().1);
            }
        }
        for letter in again {
            self.post(letter);
        }
    }
}

impl Named {
    pub(super) fn of(address: &Address<'_>) -> Self {
        Self { ton: address.ton, npi: address.npi, digits: address.text().into_owned() }
    }

    pub(super) const fn as_address(&self) -> Address<'_> {
        Address { ton: self.ton, npi: self.npi, digits: self.digits.as_bytes() }
    }
}

fn validity(text: &[u8]) -> Option<Duration> {
    match SmppTime::parse(text)? {
        SmppTime::Relative(period) => Some(period),
        SmppTime::Absolute(moment) => {
            let now = i64::try_from(clock::now_us() / 1_000_000).unwrap_or(i64::MAX);
            Some(Duration::from_secs(u64::try_from(moment.saturating_sub(now)).unwrap_or(0)))
        }
    }
}

/// Message ids are twelve hexadecimal digits in lower case.
pub(super) fn id_text(number: u64) -> String {
    format!("{number:012x}")
}

/// The id in the answer, as its misbehaviour will have it.
fn answered_id(number: u64, spelling: Option<Misbehaviour>) -> String {
    match spelling {
        Some(Misbehaviour::AnswerDecimal) => number.to_string(),
        Some(Misbehaviour::AnswerUpperCase) => id_text(number).to_uppercase(),
        Some(Misbehaviour::AnswerPadded) => format!("{number:018x}"),
        _ => id_text(number),
    }
}

fn number_of(id: &str) -> Option<u64> {
    u64::from_str_radix(id, 16).ok()
}
