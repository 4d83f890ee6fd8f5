//! Parts of incoming long messages (T35, T36), held in memory *unanswered* until the whole is handed in and
//! durable: nothing that was answered can be lost by a crash, and what was not answered the SMSC sends again.
//!
//! The price: an SMSC that sends the next part only after the answer to the last one never completes a message
//! here. After a short wait it is delivered in pieces, each showing where text is missing, which loses nothing.

use super::mailbox::Sequences;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;
use switchback_core::model::Address;
use wire_gsm::{Charset, Concatenation, Reference, decode_data_coding};

/// Which message a part belongs to. The route is that of the session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) reference: Reference,
    pub(super) total: u8,
}

/// The text of one part, as octets: a surrogate pair may be cut between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) octets: Vec<u8>,
    pub(super) data_coding: u8,
}

/// A message as far as its parts came.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) key: Key,
    /// Every request that brought a part, repeats included: all are answered together.
    pub(super) sequences: Sequences,
    pieces: BTreeMap<u8, Piece>,
}

/// What became of a part.
#[derive(Debug)]
pub(super) enum Offered {
    /// It waits for the others.
    Held,
    /// It was the last.
    Whole(Gathered),
    /// The table is full: the SMSC shall keep it.
    Full,
}

/// Messages that wait for their parts.
#[derive(Debug)]
pub(super) struct Reassembly {
    patience: Duration,
    /// Most requests held unanswered.
    max: usize,
    held: usize,
    table: HashMap<Key, Gathered>,
    due: VecDeque<(Duration, Key)>,
}

impl Reassembly {
    pub(super) fn new(patience: Duration, max: usize) -> Self {
        Self { patience, max, held: 0, table: HashMap::new(), due: VecDeque::new() }
    }

    /// Takes a part.
    pub(super) fn offer(
        &mut self,
        key: Key,
        place: Concatenation,
        piece: Piece,
        sequence: u32,
        now: Duration,
    ) -> Offered {
        let total = usize::from(place.total());
        // The last part is taken always: it makes room.
        let is_last = self.table.get(&key).is_some_and(|gathered| {
            gathered.pieces.len() + 1 == total && !gathered.pieces.contains_key(&place.part())
        });
        if self.held >= self.max && !is_last {
            return Offered::Full;
        }
        self.held += 1;
        if let Some(gathered) = self.table.get_mut(&key) {
            gathered.sequences.rest.push(sequence);
            gathered.pieces.entry(place.part()).or_insert(piece);
            if gathered.pieces.len() < total {
                return Offered::Held;
            }
            return self.take(&key).map_or(Offered::Held, Offered::Whole);
        }
        self.due.push_back((now + self.patience, key.clone()));
        let pieces = BTreeMap::from([(place.part(), piece)]);
        self.table.insert(key.clone(), Gathered { key, sequences: Sequences::one(sequence), pieces });
        Offered::Held
    }

    /// The next message whose time is over.
    pub(super) fn overdue(&mut self, now: Duration) -> Option<Gathered> {
        while let Some((due, _)) = self.due.front() {
            if *due > now {
                return None;
            }
            let (_, key) = self.due.pop_front()?;
            if let Some(gathered) = self.take(&key) {
                return Some(gathered);
            }
        }
        None
    }

    /// When [`overdue`](Self::overdue) may have something.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.due.front().map(|(due, _)| *due)
    }

    /// Gives up all of them.
    pub(super) fn take_all(&mut self) -> Vec<Gathered> {
        self.held = 0;
        self.due.clear();
        self.table.drain().map(|(_, gathered)| gathered).collect()
    }

    fn take(&mut self, key: &Key) -> Option<Gathered> {
        let gathered = self.table.remove(key)?;
        self.held = self.held.saturating_sub(gathered.sequences.iter().count());
        // A later message with the same key must not inherit this one's time.
        self.due.retain(|(_, known)| known != key);
        Some(gathered)
    }
}

impl Gathered {
    /// The text; `[...]` stands where a part is missing. `None` when it is not text.
    pub(super) fn text(&self) -> Option<String> {
        let whole = self.pieces.len() == usize::from(self.key.total);
        let mut codings = self.pieces.values().map(|piece| piece.data_coding);
        let first = codings.next()?;
        if whole && codings.all(|coding| coding == first) {
            let octets: Vec<u8> =
                self.pieces.values().flat_map(|piece| piece.octets.iter().copied()).collect();
            return decode_data_coding(first, &octets, Charset::Gsm7);
        }
        let mut text = String::new();
        for part in 1..=self.key.total {
            match self.pieces.get(&part) {
                Some(piece) => text += &decode_data_coding(piece.data_coding, &piece.octets, Charset::Gsm7)?,
                None if !text.ends_with(MISSING) => text += MISSING,
                None => {}
            }
        }
        Some(text)
    }

    /// Whether all parts are there.
    pub(super) fn is_whole(&self) -> bool {
        self.pieces.len() == usize::from(self.key.total)
    }
}

/// Stands for parts that never came.
const MISSING: &str = "[...]";

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn table() -> Reassembly {
        Reassembly::new(Duration::from_secs(5), 100)
    }

    fn key(total: u8) -> Key {
        let address = |text| Address::parse(text).unwrap();
        Key {
            from: address("+46701234567"),
            to: address("+46707654321"),
            reference: Reference::Bits8(9),
            total,
        }
    }

    fn offer(table: &mut Reassembly, part: u8, total: u8, text: &str, sequence: u32) -> Offered {
        let piece = Piece { octets: text.as_bytes().to_vec(), data_coding: 0 };
        let place = Concatenation::new(Reference::Bits8(9), total, part).unwrap();
        table.offer(key(total), place, piece, sequence, NOW)
    }

    #[test]
    fn parts_come_in_any_order_and_repeats_count_once_but_are_answered_too() {
        let mut table = table();
        for (part, text, sequence) in [(3, "three", 1), (1, "one ", 2), (3, "other", 3)] {
            assert!(matches!(offer(&mut table, part, 3, text, sequence), Offered::Held));
        }
        let Offered::Whole(gathered) = offer(&mut table, 2, 3, "two ", 4) else { panic!("not whole") };
        assert_eq!(gathered.text().as_deref(), Some("one two three"));
        assert_eq!(gathered.sequences.iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(table.overdue(NOW * 100).is_none());
    }

    #[test]
    fn a_surrogate_pair_cut_between_two_parts_is_one_character() {
        let mut table = table();
        let place = |part| Concatenation::new(Reference::Bits8(9), 2, part).unwrap();
        let piece = |octets: &[u8]| Piece { octets: octets.to_vec(), data_coding: 8 };
        table.offer(key(2), place(1), piece(&[0xD8, 0x3D]), 1, NOW);
        let Offered::Whole(gathered) = table.offer(key(2), place(2), piece(&[0xDE, 0x00]), 2, NOW) else {
            panic!("not whole")
        };
        assert_eq!(gathered.text().as_deref(), Some("\u{1F600}"));
    }

    #[test]
    fn what_is_incomplete_in_time_comes_with_a_mark_for_the_gap() {
        let mut table = table();
        offer(&mut table, 4, 4, "end", 1);
        offer(&mut table, 1, 4, "begin ", 2);
        assert!(table.overdue(NOW + Duration::from_millis(4_999)).is_none());
        let partial = table.overdue(NOW + Duration::from_secs(5)).unwrap();
        assert_eq!(partial.text().as_deref(), Some("begin [...]end"));
        assert!(!partial.is_whole());
    }

    #[test]
    fn a_full_table_takes_only_a_last_part_and_has_room_again_when_a_message_is_whole() {
        let mut table = Reassembly::new(Duration::from_secs(5), 2);
        offer(&mut table, 1, 3, "a", 1);
        offer(&mut table, 2, 3, "b", 2);
        assert!(matches!(offer(&mut table, 1, 2, "x", 3), Offered::Full));
        assert!(matches!(offer(&mut table, 2, 3, "b again", 4), Offered::Full));
        let Offered::Whole(gathered) = offer(&mut table, 3, 3, "c", 5) else { panic!("not whole") };
        assert_eq!(gathered.text().as_deref(), Some("abc"));
        assert_eq!(table.held, 0);
        assert!(matches!(offer(&mut table, 1, 2, "x", 6), Offered::Held));
        assert_eq!(table.take_all().len(), 1);
    }
}
