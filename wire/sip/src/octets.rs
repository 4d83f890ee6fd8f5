//! Which octets may stand where (RFC 3261 25.1), and the one cursor with which every grammar here is read.
//!
//! Values are octets: what is above 0x7F is somebody's UTF-8 or Latin-1, and is kept as it came.

/// `token`: names, methods, most parameter values.
pub(crate) const TOKEN: u8 = 1;
/// The user part of a SIP URI, escapes apart; with `#`, which dialled strings bring along.
pub(crate) const USER: u8 = 2;
/// The password of a SIP URI, escapes apart.
pub(crate) const PASSWORD: u8 = 4;
/// Names and values of URI parameters, escapes apart.
pub(crate) const URI_PARAM: u8 = 8;
/// Names and values of URI headers, escapes apart.
pub(crate) const URI_HEADER: u8 = 16;
/// A parameter's value that is not quoted: a token or a host, and what peers write there besides.
pub(crate) const PARAM_VALUE: u8 = 32;

const CLASSES: [u8; 256] = classes();

/// A host that is a name, or four numbers. An underscore is in no standard and in many networks.
pub(crate) const HOST: u8 = 64;

/// Whether an octet is of one of the classes in `class`.
pub(crate) const fn is(octet: u8, class: u8) -> bool {
    // An octet is always below 256.
    #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "an octet indexes a table of 256")]
    let classes = CLASSES[octet as usize];
    classes & class != 0
}

/// Whether every octet is of the class, and there is one.
pub(crate) fn all(octets: &[u8], class: u8) -> bool {
    !octets.is_empty() && octets.iter().all(|octet| is(*octet, class))
}

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "evaluated by the compiler alone")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let letter = octet as u8;
        let mut class = 0;
        if letter.is_ascii_alphanumeric() {
            class = TOKEN | USER | PASSWORD | URI_PARAM | URI_HEADER | HOST;
        }
        if letter.is_ascii_graphic() && !among(letter, b"\";,<>?") || letter >= 0x80 {
            class |= PARAM_VALUE;
        }
        if among(letter, b"-.!%*_+`'~") {
            class |= TOKEN;
        }
        if among(letter, b"-._") {
            class |= HOST;
        }
        if among(letter, b"-_.!~*'()") {
            class |= USER | PASSWORD | URI_PARAM | URI_HEADER;
        }
        if among(letter, b"&=+$,;?/#") {
            class |= USER;
        }
        if among(letter, b"&=+$,") {
            class |= PASSWORD;
        }
        if among(letter, b"[]/:&+$") {
            class |= URI_PARAM;
        }
        if among(letter, b"[]/?:+$") {
            class |= URI_HEADER;
        }
        table[octet] = class;
        octet += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler alone")]
const fn among(letter: u8, letters: &[u8]) -> bool {
    let mut at = 0;
    while at < letters.len() {
        if letters[at] == letter {
            return true;
        }
        at += 1;
    }
    false
}

/// Linear white space inside a value; folds are spaces by the time a value is read, but a length is looked for before.
pub(crate) const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without white space at both ends.
pub(crate) fn trim(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_space(*first)
    {
        octets = rest;
    }
    while let [rest @ .., last] = octets
        && is_space(*last)
    {
        octets = rest;
    }
    octets
}

/// A number in decimal digits alone. `None`: no digits, other octets, or more than `u64` holds.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// How many parameters one value or URI may have. None may be there twice (RFC 3261 7.3.1, 19.1.1), so that nobody has
/// to choose which one counts; with more of them, asking that would cost too much.
pub(crate) const PARAMS_MAX: usize = 64;

/// What is left of a value while it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(value: &'a [u8]) -> Self {
        Self { rest: value }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn peek(&self) -> Option<u8> {
        match self.rest {
            [first, ..] => Some(*first),
            [] => None,
        }
    }

    /// Steps over this many octets, or to the end.
    pub(crate) fn skip(&mut self, octets: usize) {
        self.rest = self.rest.get(octets..).unwrap_or_default();
    }

    pub(crate) const fn skip_space(&mut self) {
        while let [first, rest @ ..] = self.rest
            && is_space(*first)
        {
            self.rest = rest;
        }
    }

    /// Steps over `octet` when it is next.
    pub(crate) const fn eat(&mut self, octet: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == octet => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Steps over `octet` and the white space on both sides of it; where it is not next, nothing is stepped over.
    pub(crate) fn eat_spaced(&mut self, octet: u8) -> bool {
        let mut ahead = *self;
        if ahead.peek() != Some(octet) {
            ahead.skip_space();
        }
        let next = ahead.eat(octet);
        if next {
            ahead.skip_space();
            *self = ahead;
        }
        next
    }

    /// Everything up to a place in what is left, or to the end.
    pub(crate) fn before(&mut self, place: Option<usize>) -> &'a [u8] {
        let place = place.unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(place).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Everything up to the first octet that `stop` wants, or to the end.
    pub(crate) fn until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        self.before(self.rest.iter().position(|octet| stop(*octet)))
    }

    /// One octet or more of a class.
    pub(crate) fn some(&mut self, class: u8) -> Option<&'a [u8]> {
        let taken = self.until(|octet| !is(octet, class));
        (!taken.is_empty()).then_some(taken)
    }

    /// Octets of a class, and whole `%HH` among them (RFC 3261 19.1.2); maybe none.
    pub(crate) fn escaped(&mut self, class: u8) -> &'a [u8] {
        let all = self.rest;
        loop {
            self.until(|octet| !is(octet, class));
            match self.rest {
                [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    self.rest = rest;
                }
                _ => break,
            }
        }
        let taken = all.len().saturating_sub(self.rest.len());
        all.get(..taken).unwrap_or_default()
    }

    /// A token (RFC 3261 25.1).
    pub(crate) fn token(&mut self) -> Option<&'a [u8]> {
        self.some(TOKEN)
    }

    /// A quoted string, what stands between the quotes; escapes are left in. `None`: none begins here, or it has no
    /// end.
    pub(crate) fn quoted(&mut self) -> Option<&'a [u8]> {
        let inside = self.rest.strip_prefix(b"\"")?;
        let mut from = 0;
        loop {
            let found = memchr::memchr2(b'"', b'\\', inside.get(from..)?)?;
            let at = from.checked_add(found)?;
            if inside.get(at) == Some(&b'"') {
                self.rest = inside.get(at.checked_add(1)?..)?;
                return inside.get(..at);
            }
            from = at.checked_add(2)?;
        }
    }
}

/// The elements of a list: cut at commas, but at none inside quotes or angle brackets. An empty value has none.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Elements<'a> {
    pub(crate) fn of(value: &'a [u8]) -> Self {
        let value = trim(value);
        Self { rest: (!value.is_empty()).then_some(value) }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let value = self.rest?;
        let Some(end) = comma(value) else {
            self.rest = None;
            return Some(trim(value));
        };
        self.rest = value.get(end.saturating_add(1)..);
        value.get(..end).map(trim)
    }
}

/// Where the first comma stands that ends an element.
fn comma(value: &[u8]) -> Option<usize> {
    let mut scan = Scan::new(value);
    loop {
        let at = memchr::memchr3(b',', b'"', b'<', scan.rest())?;
        scan.skip(at);
        match scan.peek()? {
            b'"' => {
                scan.quoted()?;
            }
            b'<' => scan.skip(memchr::memchr(b'>', scan.rest())?),
            _ => return value.len().checked_sub(scan.rest().len()),
        }
    }
}
