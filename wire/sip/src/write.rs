//! Writing messages. What is written is always one message: a value with a line end in it is refused, the length is
//! counted and never told.

mod ack;
mod response;
mod route;
mod stamp;

use bytes::{BufMut, BytesMut};

use crate::message::Message;
use crate::method::Method;
use crate::name::{FieldName, HeaderName};
use crate::status::StatusCode;

pub use route::Target;

/// What can't be written: nothing of the message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A CR or an LF in a value, or an empty or spaced part of the start line: it would be read as something else.
    #[error("octets that would change the message")]
    Octets,
    /// A header name that is no token.
    #[error("header name is no token")]
    Name,
    /// What the message is made from is not what it must be: a response for a request, or the other way round.
    #[error("made from the wrong kind of message")]
    Kind,
}

/// A message that is being written behind what `out` holds already. Nothing is there before [`finish`](Self::finish)
/// says so: dropped or refused, it leaves `out` as it was.
///
/// ```
/// # use bytes::BytesMut;
/// # use wire_sip::{HeaderName, Method, Unwritable, Writer};
/// let mut out = BytesMut::new();
/// let mut message = Writer::request(&mut out, Method::Message, b"sip:bob@example.net");
/// message.parts(HeaderName::Via, &[b"SIP/2.0/UDP 192.0.2.1;branch=", b"z9hG4bK1"]);
/// message.number(HeaderName::MaxForwards, 70);
/// message.header(HeaderName::ContentType, b"text/plain");
/// message.finish(b"hello")?;
/// # Ok::<(), Unwritable>(())
/// ```
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut BytesMut,
    start: usize,
    result: Result<(), Unwritable>,
    finished: bool,
}

impl<'o> Writer<'o> {
    /// Begins a request.
    #[must_use]
    pub fn request(out: &'o mut BytesMut, method: Method<'_>, uri: &[u8]) -> Self {
        let mut writer = Self::begin(out);
        let word = |octets: &[u8]| !octets.is_empty() && !octets.contains(&b' ');
        if !word(method.as_bytes()) || !word(uri) {
            writer.refuse(Unwritable::Octets);
        }
        writer.line(&[method.as_bytes(), b" ", uri, b" SIP/2.0"]);
        writer
    }

    /// Begins a response with the phrase that the standard recommends for its code.
    #[must_use]
    pub fn response(out: &'o mut BytesMut, status: StatusCode) -> Self {
        Self::response_because(out, status, status.reason().as_bytes())
    }

    /// Begins a response with a phrase of ours.
    #[must_use]
    pub fn response_because(out: &'o mut BytesMut, status: StatusCode, reason: &[u8]) -> Self {
        let mut writer = Self::begin(out);
        if !(100..700).contains(&status.0) {
            writer.refuse(Unwritable::Octets);
        }
        writer.line(&[b"SIP/2.0 ", Digits::of(u64::from(status.0)).as_bytes(), b" ", reason]);
        writer
    }

    fn begin(out: &'o mut BytesMut) -> Self {
        let start = out.len();
        Self { out, start, result: Ok(()), finished: false }
    }

    /// One that will never be written.
    fn refused(out: &'o mut BytesMut, why: Unwritable) -> Self {
        let mut writer = Self::begin(out);
        writer.refuse(why);
        writer
    }

    /// Adds a header field.
    pub fn header<'n>(&mut self, name: impl Into<FieldName<'n>>, value: &[u8]) {
        self.parts(name, &[value]);
    }

    /// Adds a header field whose value is made of parts.
    pub fn parts<'n>(&mut self, name: impl Into<FieldName<'n>>, parts: &[&[u8]]) {
        let name = name.into();
        if !name.is_writable() {
            self.refuse(Unwritable::Name);
        }
        if name.known == HeaderName::ContentLength {
            return; // Counted by `finish`: two of them are the oldest way to smuggle a request.
        }
        self.out.put_slice(name.text);
        self.out.put_slice(b": ");
        self.line(parts);
    }

    /// Adds a header field that is a number.
    pub fn number<'n>(&mut self, name: impl Into<FieldName<'n>>, value: u64) {
        self.parts(name, &[Digits::of(value).as_bytes()]);
    }

    /// Adds all fields of a name as they are in another message, in their order.
    pub fn copy<'n>(&mut self, from: &Message, name: impl Into<FieldName<'n>>) {
        let name = name.into();
        for value in from.values(FieldName { known: name.known, text: name.text }) {
            self.header(FieldName { known: name.known, text: name.text }, value);
        }
    }

    /// Adds the Via fields of a response but the topmost element: it was ours (RFC 3261 16.7 step 3).
    pub fn vias_below_top(&mut self, response: &Message) {
        for via in response.elements(HeaderName::Via).skip(1) {
            self.header(HeaderName::Via, via);
        }
    }

    /// Adds all fields of another message but those of the names given, in their order.
    pub fn copy_all_but(&mut self, from: &Message, but: &[HeaderName]) {
        for field in from.fields().filter(|field| !but.contains(&field.name)) {
            match field.name {
                HeaderName::Other => self.header(field.raw_name, field.value),
                name => self.header(name, field.value),
            }
        }
    }

    /// Adds Content-Length and the body: the message is written.
    ///
    /// # Errors
    /// [`Unwritable`]: something of it was refused; `out` is as it was before.
    pub fn finish(mut self, body: &[u8]) -> Result<(), Unwritable> {
        self.result?;
        self.out.put_slice(b"Content-Length: ");
        self.out.put_slice(Digits::of(u64::try_from(body.len()).unwrap_or(u64::MAX)).as_bytes());
        self.out.put_slice(b"\r\n\r\n");
        self.out.put_slice(body);
        self.finished = true;
        Ok(())
    }

    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            if memchr::memchr2(b'\r', b'\n', part).is_some() {
                self.refuse(Unwritable::Octets);
            }
            self.out.put_slice(part);
        }
        self.out.put_slice(b"\r\n");
    }

    const fn refuse(&mut self, why: Unwritable) {
        if self.result.is_ok() {
            self.result = Err(why);
        }
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.out.truncate(self.start);
        }
    }
}

/// A number in decimal, without an allocation.
struct Digits {
    digits: [u8; 20],
    from: usize,
}

impl Digits {
    fn of(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut from = digits.len();
        for (at, place) in digits.iter_mut().enumerate().rev() {
            *place = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or_default());
            number /= 10;
            from = at;
            if number == 0 {
                break;
            }
        }
        Self { digits, from }
    }

    fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.from..).unwrap_or_default()
    }
}
