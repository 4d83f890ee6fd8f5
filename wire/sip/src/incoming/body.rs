//! How long a body is, and the way from octets to a message.

use bytes::{Buf, Bytes};

use crate::fault::Fault;
use crate::head::{self, Head, Index};
use crate::incoming::{Incoming, Refusal};
use crate::limits::Limits;
use crate::message::Message;
use crate::name::HeaderName;
use crate::octets::{decimal, trim};

/// What Content-Length says: `Ok(None)` when there is none. Fields that say the same are one; all others are a fault,
/// as two readers might take different ones.
pub(super) fn content_length(octets: &[u8], index: &Index) -> Result<Option<usize>, Fault> {
    let mut length = None;
    for entry in index.fields.iter().filter(|entry| entry.name == HeaderName::ContentLength) {
        // Asked before folded lines are joined: they are trimmed like other white space.
        let says = decimal(trim(entry.value.of(octets))).and_then(|length| usize::try_from(length).ok());
        let says = says.ok_or(Fault::Length)?;
        if length.replace(says).is_some_and(|before| before != says) {
            return Err(Fault::Length);
        }
    }
    Ok(length)
}

/// Something that came as one piece, and so has an end of its own. `fits` judges where the message ends by its
/// Content-Length against where the piece ends; what is behind it is cut off.
pub(super) fn piece(mut octets: Bytes, limits: &Limits, fits: fn(usize, usize) -> bool) -> Incoming {
    let blank = octets.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
    if blank == octets.len() {
        return Incoming::Ping;
    }
    octets.advance(blank);
    let (index, result) = head::read(&octets, limits);
    let length = if octets.len() > limits.message {
        Err(Fault::TooLarge)
    } else {
        result.and_then(|()| content_length(&octets, &index))
    };
    let end = length.map(|length| length.map_or(octets.len(), |says| index.end.saturating_add(says)));
    match end {
        Ok(end) if fits(end, octets.len()) => {
            octets.truncate(end);
            message(octets, index)
        }
        Ok(_) => Refusal::of(Head::new(octets, index), Fault::OtherLength, false),
        Err(fault) => Refusal::of(Head::new(octets, index), fault, false),
    }
}

/// A message whose end is known, or why it is none.
pub(super) fn message(octets: Bytes, index: Index) -> Incoming {
    match Message::check(Head::new(octets, index)) {
        Ok(message) => Incoming::Message(message),
        Err((head, fault)) => Refusal::of(head, fault, false),
    }
}
