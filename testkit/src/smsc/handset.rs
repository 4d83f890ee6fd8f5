//! The phones behind the SMSC: which of them can be reached, and how they put long messages together.

use crate::content;
use crate::script::digits;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::str::FromStr;
use wire_gsm::{Charset, Concatenation, Reference, UserData, decode_data_coding};
use wire_smpp::{EsmClass, ShortMessage, Tag};

/// How a phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    /// It takes messages.
    Reachable,
    /// Off: messages wait for it until their validity ends, then EXPIRED.
    Off,
    /// Messages wait for ever, unless cancelled or it becomes reachable.
    Pending,
    /// UNDELIV with the temporary error "absent subscriber".
    Undelivered,
}

impl FromStr for Phone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "reachable" => Ok(Self::Reachable),
            "off" => Ok(Self::Off),
            "pending" => Ok(Self::Pending),
            "undelivered" => Ok(Self::Undelivered),
            other => Err(format!("a phone is reachable, off, pending or undelivered, not `{other}`")),
        }
    }
}

/// All phones: reachable, but for the prefixes said otherwise. The longest prefix counts.
#[derive(Debug, Default)]
pub(super) struct Phones(Vec<(String, Phone)>);

impl Phones {
    pub(super) fn set(&mut self, prefix: &str, phone: Phone) {
        let prefix = digits(prefix);
        self.0.retain(|(known, _)| known != prefix);
        self.0.push((prefix.to_owned(), phone));
        self.0.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    }

    pub(super) fn of(&self, number: &str) -> Phone {
        let found = self.0.iter().find(|(prefix, _)| digits(number).starts_with(prefix.as_str()));
        found.map_or(Phone::Reachable, |(_, phone)| *phone)
    }
}

/// One part as submitted, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) place: Option<Concatenation>,
    pub(super) data_coding: u8,
    pub(super) octets: Vec<u8>,
}

impl Part {
    pub(super) fn of(message: &ShortMessage<'_>) -> Self {
        let data = message.user_data();
        let (place, octets) = if EsmClass::has_udh(message.esm_class) {
            let data = UserData::parse(data);
            (data.concatenation(), data.payload())
        } else {
            (of_tlvs(message), data)
        };
        Self { place, data_coding: message.data_coding, octets: octets.to_vec() }
    }

    /// `reference/total/part`.
    pub(super) fn place_text(&self) -> Option<String> {
        let place = self.place?;
        Some(format!("{}/{}/{}", number_of(place.reference()), place.total(), place.part()))
    }

    pub(super) fn text(&self) -> String {
        text(self.data_coding, &self.octets)
    }

    pub(super) fn hash(&self) -> String {
        content::hash(&self.text())
    }
}

fn of_tlvs(message: &ShortMessage<'_>) -> Option<Concatenation> {
    let reference = message.tlvs.get_u16(Tag::SAR_MSG_REF_NUM)?;
    let total = message.tlvs.get_u8(Tag::SAR_TOTAL_SEGMENTS)?;
    let part = message.tlvs.get_u8(Tag::SAR_SEGMENT_SEQNUM)?;
    Concatenation::new(Reference::Bits16(reference), total, part)
}

const fn number_of(reference: Reference) -> u16 {
    match reference {
        Reference::Bits8(number) => u16::from_be_bytes([0, number]),
        Reference::Bits16(number) => number,
    }
}

/// Binary content has no text; its octets then stand for themselves, one character each.
fn text(data_coding: u8, octets: &[u8]) -> String {
    decode_data_coding(data_coding, octets, Charset::Gsm7)
        .unwrap_or_else(|| octets.iter().map(|octet| char::from(*octet)).collect())
}

/// A whole message, as a phone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) ids: Vec<String>,
    pub(super) text: String,
}

/// Sets that wait for parts, oldest first; a phone forgets the oldest of too many.
const SETS_MAX: usize = 100_000;

type SetKey = (String, String, Reference, u8);

/// Long messages in the making, of all phones together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    sets: HashMap<SetKey, BTreeMap<u8, (String, Part)>>,
    order: VecDeque<SetKey>,
}

impl Assembly {
    /// A part reached the phone `to`; the whole message when it was the last one missing.
    pub(super) fn add(&mut self, from: &str, to: &str, id: String, part: Part) -> Option<Whole> {
        let Some(place) = part.place else {
            return Some(Whole { ids: vec![id], text: part.text() });
        };
        let key = (from.to_owned(), to.to_owned(), place.reference(), place.total());
        let set = self.sets.entry(key.clone()).or_default();
        if set.is_empty() {
            self.order.push_back(key.clone());
        }
        set.insert(place.part(), (id, part));
        if set.len() < usize::from(place.total()) {
            self.forget_oldest();
            return None;
        }
        let set = self.sets.remove(&key)?;
        let data_coding = set.values().next().map_or(0, |(_, part)| part.data_coding);
        let octets: Vec<u8> = set.values().flat_map(|(_, part)| part.octets.iter().copied()).collect();
        Some(Whole { ids: set.into_values().map(|(id, _)| id).collect(), text: text(data_coding, &octets) })
    }

    fn forget_oldest(&mut self) {
        while self.order.len() > SETS_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            self.sets.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_says_how_a_phone_is() {
        let mut phones = Phones::default();
        phones.set("+46", Phone::Off);
        phones.set("+4670", Phone::Pending);
        assert_eq!(phones.of("46701"), Phone::Pending);
        assert_eq!(phones.of("+46801"), Phone::Off);
        assert_eq!(phones.of("+4711"), Phone::Reachable);
        phones.set("4670", Phone::Reachable);
        assert_eq!(phones.of("46701"), Phone::Reachable);
    }

    #[test]
    fn a_long_message_is_shown_once_whole_whatever_the_order() {
        let text = "🙂 and 鐵路 ".repeat(40);
        let segments = wire_gsm::segments(&text, Reference::Bits8(9)).unwrap();
        assert!(segments.len() > 3);
        let mut assembly = Assembly::default();
        let mut whole = None;
        for (n, segment) in segments.iter().enumerate().rev() {
            assert_eq!(whole, None);
            let octets = segment.user_data().to_vec();
            let message = ShortMessage {
                esm_class: EsmClass::WITH_UDH,
                data_coding: 8,
                short_message: &octets,
                ..ShortMessage::default()
            };
            whole = assembly.add("Bank", "4670", n.to_string(), Part::of(&message));
        }
        let whole = whole.unwrap();
        assert_eq!(whole.text, text);
        assert_eq!(whole.ids, (0..segments.len()).map(|n| n.to_string()).collect::<Vec<_>>());
    }
}
