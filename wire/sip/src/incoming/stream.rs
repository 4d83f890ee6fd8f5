//! Messages on a stream (RFC 3261 18.3), cut wherever the network cuts them.

use bytes::Bytes;

use crate::fault::Fault;
use crate::head::{self, Head, Index};
use crate::incoming::{Incoming, Refusal, body};
use crate::limits::Limits;

/// What ends a head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Cuts a stream into messages.
///
/// Each message gets octets of its own, and only one that arrives in pieces is held, so the memory of a quiet
/// connection is nothing and that of any connection at most one message. Drive it so, for every read:
///
/// ```
/// # use wire_sip::{Incoming, Limits, StreamFramer};
/// # let mut framer = StreamFramer::new(Limits::default());
/// let mut input: &[u8] = b"\r\n\r\n";
/// while let Some(incoming) = framer.next_incoming(&mut input) {
///     match incoming {
///         Incoming::Message(_) => { /* act on it */ }
///         Incoming::Refused(refusal) if refusal.close => break, // after the answer
///         Incoming::Refused(_) => { /* answer, and go on */ }
///         Incoming::Ping => { /* write PONG */ }
///         Incoming::Pong => {}
///     }
/// }
/// ```
///
/// How the stream is cut into reads makes no difference to what comes out.
#[derive(Debug)]
pub struct StreamFramer {
    limits: Limits,
    held: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between messages, after a line end or not, and perhaps after the first half of one.
    Between { after_end: bool, half: bool },
    /// In a head whose end is not among the first `seen` octets.
    Head { seen: usize },
    /// In a body: the whole message has this many octets.
    Body { total: usize },
    /// Nothing after a fault can be read.
    Lost,
}

const BETWEEN: State = State::Between { after_end: false, half: false };

impl StreamFramer {
    /// A framer for one connection.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, held: Vec::new(), state: BETWEEN }
    }

    /// Whether a message has begun to arrive and is not all there: the peer owes the rest of it in time.
    #[must_use]
    pub const fn is_inside_message(&self) -> bool {
        !self.held.is_empty()
    }

    /// The next thing out of what was held and `input`, which is advanced past what was used. `None`: all of `input`
    /// is used and more is needed. After a refusal with `close` all input is thrown away.
    pub fn next_incoming(&mut self, input: &mut &[u8]) -> Option<Incoming> {
        while let State::Between { after_end, half } = self.state {
            let (first, rest) = input.split_first()?;
            self.state = match (first, half) {
                (b'\r', false) => State::Between { after_end, half: true },
                (b'\n', true) => {
                    *input = rest;
                    // Two in a row are a ping; the third begins anew.
                    self.state = State::Between { after_end: !after_end, half: false };
                    return Some(if after_end { Incoming::Ping } else { Incoming::Pong });
                }
                (_, false) => State::Head { seen: 0 },
                (_, true) => return Some(self.lost(Bytes::new(), Index::default(), Fault::StartLine)),
            };
            if *first == b'\r' {
                *input = rest;
            }
        }
        if self.state == State::Lost {
            *input = &[];
            return None;
        }
        if self.held.is_empty() { self.cut_input(input) } else { self.cut_held(input) }
    }

    /// Most reads hold whole messages: these are cut out where they lie.
    fn cut_input(&mut self, input: &mut &[u8]) -> Option<Incoming> {
        if let Some((used, incoming)) = self.cut(input) {
            *input = input.get(used..).unwrap_or_default();
            return Some(incoming);
        }
        self.held.extend_from_slice(input);
        *input = &[];
        None
    }

    fn cut_held(&mut self, input: &mut &[u8]) -> Option<Incoming> {
        let mut held = core::mem::take(&mut self.held);
        let before = held.len();
        let room = self.limits.message.saturating_add(1).saturating_sub(before);
        let (taken, rest) = input.split_at_checked(room).unwrap_or((*input, &[]));
        held.extend_from_slice(taken);
        if let Some((used, incoming)) = self.cut(&held) {
            // The message was not whole before, so it ends in what was just taken.
            *input = input.get(used.saturating_sub(before)..).unwrap_or_default();
            return Some(incoming);
        }
        *input = rest;
        self.held = held;
        None
    }

    /// The message that begins here, and its length; `None` while it is not all there.
    fn cut(&mut self, octets: &[u8]) -> Option<(usize, Incoming)> {
        let (total, index) = match self.state {
            State::Body { total } if total > octets.len() => return None,
            State::Body { total } => (total, head::read(octets, &self.limits).0),
            State::Head { seen } => {
                let within = octets.get(..self.limits.message).unwrap_or(octets);
                let from = seen.saturating_sub(HEAD_END.len());
                let Some(found) = memchr::memmem::find(within.get(from..)?, HEAD_END) else {
                    if octets.len() <= self.limits.message {
                        self.state = State::Head { seen: octets.len() };
                        return None;
                    }
                    let (index, _) = head::read(within, &self.limits);
                    return Some((
                        octets.len(),
                        self.lost(Bytes::copy_from_slice(within), index, Fault::TooLarge),
                    ));
                };
                let end = from.saturating_add(found).saturating_add(HEAD_END.len());
                let head = within.get(..end)?;
                match self.length(head) {
                    Ok(found) => found,
                    Err((index, fault)) => {
                        return Some((end, self.lost(Bytes::copy_from_slice(head), index, fault)));
                    }
                }
            }
            State::Between { .. } | State::Lost => return None,
        };
        let Some(message) = octets.get(..total) else {
            self.state = State::Body { total };
            return None;
        };
        self.state = BETWEEN;
        Some((total, body::message(Bytes::copy_from_slice(message), index)))
    }

    /// How long the message of this head is. Where that can't be known, the stream is lost.
    fn length(&self, head: &[u8]) -> Result<(usize, Index), (Index, Fault)> {
        let (index, result) = head::read(head, &self.limits);
        let says = result.and_then(|()| body::content_length(head, &index));
        let total = match says {
            Ok(Some(says)) => index.end.saturating_add(says),
            Ok(None) => return Err((index, Fault::NoLength)),
            Err(fault) => return Err((index, fault)),
        };
        if total > self.limits.message { Err((index, Fault::TooLarge)) } else { Ok((total, index)) }
    }

    fn lost(&mut self, octets: Bytes, index: Index, fault: Fault) -> Incoming {
        self.state = State::Lost;
        Refusal::of(Head::new(octets, index), fault, true)
    }
}
