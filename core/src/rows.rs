//! Reads tables of a TOML file and collects every fault with its line, so that an author sees them all at once.
//!
//! Plans and the configuration are read by it: one way to say what is wrong, where, and what was probably meant.

use crate::model::{Currency, Money};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// More faults than this help nobody.
const FAULTS_MAX: usize = 50;

/// The largest amount that a file may name, in nano-units: one million of its currency.
pub const AMOUNT_MAX: i128 = 1_000_000_000_000_000;

/// One fault of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line it stands on, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// The faults found so far, and where the lines of the text begin.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Offsets of the line ends, so that a large price list costs no more a row than a small one.
    ends: Vec<usize>,
    /// The faults, in the order they were found; at most 50.
    pub list: Vec<Fault>,
}

impl Faults {
    /// No faults yet.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        Self { ends: ends.collect(), list: Vec::new() }
    }

    /// The line, from 1, of a place in the text.
    pub fn line_of(&self, span: &Range<usize>) -> usize {
        self.ends.partition_point(|end| *end < span.start).saturating_add(1)
    }

    /// Notes a fault; more than 50 are dropped.
    pub fn add(&mut self, line: usize, message: String) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(Fault { line, message });
        }
    }
}

/// One table of the file.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, 'i> {
    /// Its heading, for messages: `[plan]` or `[[rate]]`.
    pub name: &'static str,
    /// The line of its heading.
    pub line: usize,
    /// Its keys.
    pub table: &'a DeTable<'i>,
}

impl<'a, 'i> Row<'a, 'i> {
    /// The table `[key]` in this one, if it is there; `name` is how messages call it.
    pub fn section(&self, key: &str, name: &'static str, faults: &mut Faults) -> Option<Self> {
        let (value, line) = self.value(key, faults)?;
        let DeValue::Table(table) = value else {
            faults.add(line, format!("`{key}` is a table: write {name} above its keys"));
            return None;
        };
        Some(Row { name, line, table })
    }

    /// The tables of `[[key]]` in this one; `name` is how messages call them.
    pub fn sections(&self, key: &str, name: &'static str, faults: &mut Faults) -> Vec<Self> {
        let Some((value, line)) = self.value(key, faults) else { return Vec::new() };
        let mut rows = Vec::new();
        for item in value.as_array().into_iter().flat_map(|array| array.iter()) {
            let line = faults.line_of(&item.span());
            match item.get_ref() {
                DeValue::Table(table) => rows.push(Row { name, line, table }),
                _ => faults.add(line, format!("`{key}` holds tables: write {name} above the keys of each")),
            }
        }
        if value.as_array().is_none() {
            faults.add(line, format!("`{key}` may stand several times: write {name}, with double brackets"));
        }
        rows
    }

    /// Faults every key that is not one of `keys`, with the nearest that is.
    pub fn only(&self, keys: &[&str], faults: &mut Faults) {
        for (key, _) in self.table {
            let name: &str = key.get_ref().as_ref();
            if !keys.contains(&name) {
                let line = faults.line_of(&key.span());
                let hint = match nearest(name, keys) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it may have: {}", keys.join(", ")),
                };
                faults.add(line, format!("{} has no key `{name}`; {hint}", self.name));
            }
        }
    }

    /// The value of `key` and its line.
    pub fn value(&self, key: &str, faults: &Faults) -> Option<(&'a DeValue<'i>, usize)> {
        let value = self.table.get(key)?;
        Some((value.get_ref(), faults.line_of(&value.span())))
    }

    /// The line of `key`, else of the heading.
    pub fn line_of(&self, key: &str, faults: &Faults) -> usize {
        self.value(key, faults).map_or(self.line, |(_, line)| line)
    }

    /// Faults the absence of `key`.
    pub fn require(&self, key: &str, example: &str, faults: &mut Faults) {
        if self.table.get(key).is_none() {
            faults.add(self.line, format!("{} needs `{key}`, for example `{key} = {example}`", self.name));
        }
    }

    /// A text.
    pub fn text(&self, key: &str, faults: &mut Faults) -> Option<&'a str> {
        let (value, line) = self.value(key, faults)?;
        if value.as_str().is_none() {
            faults.add(line, format!("`{key}` must be a text in quotes, not {}", article(value.type_str())));
        }
        value.as_str()
    }

    /// A text that is a name: 1 to 64 printable characters.
    pub fn name(&self, key: &str, faults: &mut Faults) -> Option<&'a str> {
        let text = self.text(key, faults)?;
        let ok = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
        if !ok {
            let line = self.line_of(key, faults);
            faults.add(line, format!("`{key}` must be 1 to 64 characters without spaces"));
        }
        ok.then_some(text)
    }

    /// One of the words that `pick` knows.
    pub fn word<T>(
        &self,
        key: &str,
        words: &[&str],
        pick: impl Fn(&str) -> Option<T>,
        faults: &mut Faults,
    ) -> Option<T> {
        let text = self.text(key, faults)?;
        let picked = pick(text);
        if picked.is_none() {
            let line = self.line_of(key, faults);
            let hint =
                nearest(text, words).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            faults.add(line, format!("`{key}` is one of {}, not `{text}`{hint}", words.join(", ")));
        }
        picked
    }

    /// A whole number in `range`.
    pub fn whole(&self, key: &str, range: Range<u64>, faults: &mut Faults) -> Option<u64> {
        let (value, line) = self.value(key, faults)?;
        let number = value.as_integer().and_then(|int| u64::from_str_radix(int.as_str(), int.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let last = range.end.saturating_sub(1);
            faults.add(line, format!("`{key}` must be a whole number from {} to {last}", range.start));
        }
        number
    }

    /// True or false.
    pub fn flag(&self, key: &str, faults: &mut Faults) -> Option<bool> {
        let (value, line) = self.value(key, faults)?;
        if value.as_bool().is_none() {
            faults.add(line, format!("`{key}` must be true or false, without quotes"));
        }
        value.as_bool()
    }

    /// An amount of the plan's currency, in nano-units; a text, as a number could not be exact.
    pub fn amount(&self, key: &str, faults: &mut Faults) -> Option<i128> {
        let (value, line) = self.value(key, faults)?;
        let money = value.as_str().map(|text| Money::parse(text, Currency::EUR));
        let why = match money {
            Some(Ok(money)) if money.nanos <= AMOUNT_MAX => return Some(money.nanos),
            Some(Ok(_)) => "is above 1000000".to_owned(),
            Some(Err(error)) => format!("is {error}"),
            None => "must be a decimal in quotes, so that it is exact".to_owned(),
        };
        faults.add(line, format!("`{key}` {why}; write it like `{key} = \"0.03\"`"));
        None
    }

    /// Texts with their lines; a single text counts as a list of one.
    pub fn texts(&self, key: &str, faults: &mut Faults) -> Vec<(&'a str, usize)> {
        let Some((value, line)) = self.value(key, faults) else { return Vec::new() };
        if let Some(text) = value.as_str() {
            return vec![(text, line)];
        }
        let mut texts = Vec::new();
        for item in value.as_array().into_iter().flat_map(|array| array.iter()) {
            let line = faults.line_of(&item.span());
            match item.get_ref().as_str() {
                Some(text) => texts.push((text, line)),
                None => faults.add(line, format!("`{key}` must hold texts in quotes")),
            }
        }
        if value.as_array().is_none_or(|array| array.is_empty()) {
            faults.add(
                line,
                format!("`{key}` must be a list of texts with at least one, like `{key} = [\"...\"]`"),
            );
        }
        texts
    }
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

/// The candidate that `text` most likely meant: at most a third of it, but always up to two letters, away.
pub fn nearest<'c>(text: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let far = (text.len() / 3).max(2);
    let (distance, best) =
        candidates.iter().map(|candidate| (distance(text, candidate), *candidate)).min()?;
    (distance <= far && distance < best.len()).then_some(best)
}

/// Levenshtein's distance in bytes, of texts cut to 64.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<u8> = b.bytes().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for byte in a.bytes().take(64) {
        let mut diagonal = row.first().copied().unwrap_or(0);
        let mut left = diagonal.saturating_add(1);
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal.saturating_add(usize::from(byte != *other));
            left = changed.min(left.saturating_add(1)).min(above.saturating_add(1));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn finds_the_word_that_was_meant() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("prise", &["price", "step"]), Some("price"));
        assert_eq!(nearest("setlement", &["settlement", "setup"]), Some("settlement"));
        assert_eq!(nearest("colour", &["price", "step"]), None);
    }
}
