//! An order made ready for the wire: its segments, cut once, with one reference.

use crate::references::References;
use std::sync::Arc;
use switchback_core::model::{Address, MessageId, Time};
use switchback_ports::AttemptOrder;
use wire_gsm::{Reference, Segment, segments};

/// What the parts of one attempt share.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) message: MessageId,
    pub(super) attempt: u16,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) expires_at: Time,
    /// After this, nothing of it leaves.
    pub(super) leave_by: Time,
    /// `user_message_reference`: made of message and attempt, for a human who compares two logs.
    pub(super) reference: u16,
    pub(super) segments: Vec<Segment>,
}

/// One part: a segment and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) body: Arc<Body>,
    /// From 0.
    pub(super) index: u16,
}

impl Part {
    pub(super) fn segment(&self) -> Option<&Segment> {
        self.body.segments.get(usize::from(self.index))
    }

    pub(super) fn is_of(&self, message: MessageId, attempt: u16) -> bool {
        self.body.message == message && self.body.attempt == attempt
    }
}

/// The content makes another number of segments than it was priced for: never sent (the price was for the other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAsPriced;

/// Cuts the order's text. The parts number `order.parts`, as measured by the same code.
pub(super) fn prepare(order: AttemptOrder, references: &References) -> Result<Arc<Body>, NotAsPriced> {
    let several = order.parts > 1;
    let reference = if several { references.next(&order.to.to_string()) } else { 0 };
    let cut = segments(&order.content.text, Reference::Bits8(reference)).map_err(|_| NotAsPriced)?;
    if cut.len() != usize::from(order.parts) || !order.content.media.is_empty() {
        return Err(NotAsPriced);
    }
    Ok(Arc::new(Body {
        reference: user_reference(order.message, order.attempt),
        message: order.message,
        attempt: order.attempt,
        from: order.from,
        to: order.to,
        leave_by: order.deadline.min(order.expires_at),
        expires_at: order.expires_at,
        segments: cut,
    }))
}

/// Sixteen bits of both: enough to tell apart what lies between the same two addresses at the same time.
fn user_reference(message: MessageId, attempt: u16) -> u16 {
    let [a, b, c, d, e, f, .., y, z] = message.to_bytes();
    let time = u16::from_be_bytes([a, b]) ^ u16::from_be_bytes([c, d]) ^ u16::from_be_bytes([e, f]);
    time.wrapping_mul(31).wrapping_add(u16::from_be_bytes([y, z])).wrapping_add(attempt)
}
