//! What the longest matching prefix of a number stands for. A digit trie, so that sixty thousand prefixes cost no more
//! steps than the number has digits.

/// A set of digit prefixes, each with the class it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    nodes: Vec<Node>,
}

/// Where the prefixes go on that begin alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Node {
    next: [Next; 10],
    class: Option<u32>,
}

/// What comes of a digit. Most prefixes are no beginning of another, and so need no node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Nothing,
    /// A prefix ends here, and no other goes on.
    End(u32),
    /// Index of the node.
    Node(u32),
}

/// What came of adding a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Yes,
    /// It stood there already, for this class.
    Taken(u32),
    /// It is not a number of 1 to 15 digits.
    NotDigits,
}

impl Prefixes {
    /// Adds a prefix of 1 to 15 digits for `class`.
    pub(super) fn add(&mut self, prefix: &str, class: u32) -> Added {
        if !(1..=15).contains(&prefix.len()) || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Added::NotDigits;
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = 0_usize;
        let mut digits = prefix.bytes().filter_map(value_of).peekable();
        while let Some(digit) = digits.next() {
            let fresh = self.nodes.len();
            let Some(slot) = self.nodes.get_mut(at).and_then(|node| node.next.get_mut(digit)) else { break };
            let is_last = digits.peek().is_none();
            at = match *slot {
                Next::Nothing if is_last => {
                    *slot = Next::End(class);
                    return Added::Yes;
                }
                Next::End(taken) if is_last => return Added::Taken(taken),
                Next::Node(node) => index(node),
                Next::Nothing | Next::End(_) => {
                    let ended = if let Next::End(class) = *slot { Some(class) } else { None };
                    *slot = Next::Node(u32::try_from(fresh).unwrap_or(0));
                    self.nodes.push(Node { class: ended, ..Node::default() });
                    fresh
                }
            };
        }
        match self.nodes.get_mut(at).map(|node| &mut node.class) {
            Some(Some(taken)) => Added::Taken(*taken),
            Some(free) => {
                *free = Some(class);
                Added::Yes
            }
            None => Added::NotDigits,
        }
    }

    /// The class of the longest prefix of `digits`.
    pub(super) fn class_of(&self, digits: &str) -> Option<u32> {
        let mut node = self.nodes.first()?;
        let mut best = None;
        for digit in digits.bytes() {
            match value_of(digit).and_then(|digit| node.next.get(digit)) {
                Some(Next::Node(child)) => node = self.nodes.get(index(*child))?,
                Some(Next::End(class)) => return Some(*class),
                Some(Next::Nothing) | None => break,
            }
            best = node.class.or(best);
        }
        best
    }
}

fn value_of(digit: u8) -> Option<usize> {
    digit.checked_sub(b'0').filter(|value| *value < 10).map(usize::from)
}

fn index(node: u32) -> usize {
    usize::try_from(node).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Added, Prefixes};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_longest_prefix_wins(set in prop::collection::btree_map("[0-9]{1,5}", 0u32..9, 0..30), number in "[0-9]{1,15}") {
            let mut prefixes = Prefixes::default();
            for (prefix, class) in &set {
                prop_assert_eq!(prefixes.add(prefix, *class), Added::Yes);
                prop_assert_eq!(prefixes.add(prefix, 99), Added::Taken(*class));
            }
            let longest = set.iter().filter(|(prefix, _)| number.starts_with(*prefix)).max_by_key(|(prefix, _)| prefix.len());
            prop_assert_eq!(prefixes.class_of(&number), longest.map(|(_, class)| *class));
        }
    }

    #[test]
    fn only_digits_are_prefixes() {
        for bad in ["", "+46", "46 70", "1234567890123456", "４６"] {
            assert_eq!(Prefixes::default().add(bad, 0), Added::NotDigits, "{bad}");
        }
    }
}
