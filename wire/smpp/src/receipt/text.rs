//! The text of a receipt, scanned for `key:value`. Any case, any order, any field missing, fields of vendors
//! skipped.

/// The values of a receipt's text, as written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'t> {
    pub(super) id: Option<&'t str>,
    pub(super) sub: Option<&'t str>,
    pub(super) dlvrd: Option<&'t str>,
    pub(super) submit_date: Option<&'t str>,
    pub(super) done_date: Option<&'t str>,
    pub(super) stat: Option<&'t str>,
    pub(super) err: Option<&'t str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// Spellings met in the field, by their first letter.
const fn spellings(first: u8) -> &'static [(&'static str, Key)] {
    match first {
        b'i' => &[("id", Key::Id)],
        b's' => &[
            ("stat", Key::Stat),
            ("sub", Key::Sub),
            ("submit date", Key::SubmitDate),
            ("submit_date", Key::SubmitDate),
            ("submitdate", Key::SubmitDate),
            ("status", Key::Stat),
            ("state", Key::Stat),
        ],
        b'd' => &[
            ("dlvrd", Key::Dlvrd),
            ("done date", Key::DoneDate),
            ("done_date", Key::DoneDate),
            ("donedate", Key::DoneDate),
        ],
        b'e' => &[("err", Key::Err), ("error", Key::Err)],
        b't' => &[("text", Key::Text)],
        _ => &[],
    }
}

impl<'t> Fields<'t> {
    /// The first value of each key counts. `text:` ends the scan: after it comes what the sender wrote.
    pub(super) fn scan(text: &'t str) -> Self {
        let mut fields = Self::default();
        let mut rest = text;
        loop {
            rest = skip(rest, is_gap);
            if rest.is_empty() {
                return fields;
            }
            match key_at(rest) {
                Some((Key::Text, _)) => return fields,
                Some((key, after)) => {
                    let (value, after) = value_at(after);
                    fields.set(key, value);
                    rest = after;
                }
                None => rest = skip(rest, |octet| !is_gap(octet)),
            }
        }
    }

    fn set(&mut self, key: Key, value: &'t str) {
        let field = match key {
            Key::Id => &mut self.id,
            Key::Sub => &mut self.sub,
            Key::Dlvrd => &mut self.dlvrd,
            Key::SubmitDate => &mut self.submit_date,
            Key::DoneDate => &mut self.done_date,
            Key::Stat => &mut self.stat,
            Key::Err => &mut self.err,
            Key::Text => return,
        };
        if field.is_none() && !value.is_empty() {
            *field = Some(value);
        }
    }
}

/// What may stand between fields. All of it is ASCII, so cutting there never cuts a character.
const fn is_gap(octet: u8) -> bool {
    is_space(octet) || is_separator(octet)
}

const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

const fn is_separator(octet: u8) -> bool {
    matches!(octet, b',' | b';')
}

/// `text` from the first octet on that is not `over`.
fn skip(text: &str, over: impl Fn(u8) -> bool) -> &str {
    let at = text.bytes().position(|octet| !over(octet)).unwrap_or(text.len());
    text.get(at..).unwrap_or_default()
}

/// The key that stands here, and what follows its colon.
fn key_at(text: &str) -> Option<(Key, &str)> {
    let first = text.bytes().next()?.to_ascii_lowercase();
    spellings(first).iter().find_map(|(spelling, key)| {
        let (head, tail) = text.split_at_checked(spelling.len())?;
        if !head.eq_ignore_ascii_case(spelling) {
            return None;
        }
        tail.trim_start_matches(' ').strip_prefix(':').map(|after| (*key, after))
    })
}

/// The value here and what follows. An empty value is followed by the next key; a comma or semicolon ends a value
/// only before white space or another key, since ids may hold them.
fn value_at(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    if key_at(text).is_some() {
        return ("", text);
    }
    let mut end = text.len();
    for (at, octet) in text.bytes().enumerate() {
        let ends = is_space(octet)
            || is_separator(octet)
                && text.get(at.saturating_add(1)..).is_some_and(|rest| key_at(rest).is_some());
        if ends {
            end = at;
            break;
        }
    }
    let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (value.trim_end_matches([',', ';']), rest)
}
