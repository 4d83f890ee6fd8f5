//! What becomes of a message that was taken: a phone shows it, or it ends otherwise.

use super::handset::Phone;
use super::letters::Letter;
use super::script::Misbehaviour;
use super::seen::{Seen, Shown};
use super::submit::id_text;
use super::world::{Held, Then, World};
use crate::{clock, content};
use std::time::Duration;
use wire_smpp::MessageState;

/// Validity where the client gives none.
const VALIDITY: Duration = Duration::from_secs(24 * 3_600);

impl World {
    /// Sets the moment at which the fate of a message that was just taken is known.
    pub(super) fn plan_outcome(&mut self, number: u64, at_once: bool) {
        let spread = u64::try_from(self.config.spread.as_micros()).unwrap_or(u64::MAX);
        let delay = self.config.delay + Duration::from_micros(self.dice.below(spread));
        if at_once {
            self.decide(number);
        } else {
            // Even without a delay: the answer goes first, unless the script says otherwise.
            self.after(delay, Then::Decide(number));
        }
    }

    pub(super) fn decide(&mut self, number: u64) {
        let Some(held) = self.held.get_mut(&number) else { return };
        let play = &held.play;
        if play.has(Misbehaviour::Undelivered) || play.has(Misbehaviour::UnknownSubscriber) {
            return self.end(number, MessageState::Undeliverable);
        }
        if play.has(Misbehaviour::Expired) {
            return self.end(number, MessageState::Expired);
        }
        if play.has(Misbehaviour::Rejected) {
            return self.end(number, MessageState::Rejected);
        }
        let pending = play.has(Misbehaviour::Pending);
        match self.phones.of(&held.to.digits) {
            Phone::Undelivered => self.end(number, MessageState::Undeliverable),
            Phone::Reachable if !pending => self.show(number),
            Phone::Off if !pending => {
                held.waiting = true;
                let validity = held.validity.unwrap_or(VALIDITY);
                self.after(validity, Then::Expire(number));
            }
            Phone::Reachable | Phone::Off | Phone::Pending => held.waiting = true,
        }
    }

    pub(super) fn expire(&mut self, number: u64) {
        if self.held.get(&number).is_some_and(|held| held.waiting) {
            self.end(number, MessageState::Expired);
        }
    }

    /// A part reaches its phone.
    pub(super) fn show(&mut self, number: u64) {
        let Some(held) = self.held.remove(&number) else { return };
        self.finish(number, MessageState::Delivered);
        if held.part.place.is_none() && !self.journal.is_kept() && self.config.inbox == 0 {
            // Nobody will ask what it said.
            self.counts.shown += 1;
            return self.tell(number, &held, MessageState::Delivered);
        }
        let whole = self.assembly.add(&held.from.digits, &held.to.digits, id_text(number), held.part.clone());
        if let Some(whole) = whole {
            self.counts.shown += 1;
            let (at, to, from) = (clock::now_us(), held.to.digits.clone(), held.from.digits.clone());
            if self.journal.is_kept() {
                let hash = content::hash(&whole.text);
                self.journal.write(&Seen::Shown {
                    at,
                    ids: whole.ids,
                    to: to.clone(),
                    from: from.clone(),
                    hash,
                });
            }
            if self.config.inbox > 0 {
                self.inbox.push_back(Shown { at, to, from, text: whole.text });
                while self.inbox.len() > self.config.inbox {
                    self.inbox.pop_front();
                }
            }
        }
        self.tell(number, &held, MessageState::Delivered);
    }

    /// A part ends without being shown.
    pub(super) fn end(&mut self, number: u64, state: MessageState) {
        let Some(held) = self.held.remove(&number) else { return };
        self.finish(number, state);
        self.counts.ended += 1;
        self.journal.write(&Seen::Ended {
            at: clock::now_us(),
            id: id_text(number),
            state: state.as_str().to_owned(),
        });
        self.tell(number, &held, state);
    }

    /// Sends the receipts of a final state, as many as the script will have.
    fn tell(&mut self, number: u64, held: &Held, state: MessageState) {
        let wanted = match held.registered & 0x03 {
            1 => true,
            2 => state != MessageState::Delivered,
            _ => false,
        };
        let play = &held.play;
        let silent = state == MessageState::Deleted && !self.config.deleted_receipts;
        if !wanted || silent || play.has(Misbehaviour::NoReceipt) {
            return;
        }
        let times = if play.has(Misbehaviour::ReceiptThreeTimes) { 3 } else { 1 };
        for _ in 0..times {
            self.tell_once(Letter::receipt(number, held, state));
        }
        if state == MessageState::Delivered && play.has(Misbehaviour::DeliveredThenUndelivered) {
            self.tell_once(Letter::receipt(number, held, MessageState::Undeliverable));
        }
    }

    fn tell_once(&mut self, letter: Letter) {
        if letter.waits_for_rebind {
            self.parked.entry(letter.system_id.clone()).or_default().push(letter);
        } else {
            self.post(letter);
        }
    }
}
