//! The messages that the table writes by itself: 100, 200 to a CANCEL, refusals, and ACKs of failures.

use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::key::ToTag;
use crate::message::Message;
use crate::name::HeaderName;
use crate::status::StatusCode;
use crate::write::Writer;

const SIZE: usize = 512;

/// An answer without a body. What was read can be written: there is no `None` in practice.
pub(super) fn answer(
    request: &Message,
    status: StatusCode,
    tag: &ToTag,
    retry_after: Option<Duration>,
) -> Option<Bytes> {
    let mut out = BytesMut::with_capacity(SIZE);
    let mut answer = Writer::response_to(&mut out, request, status, tag.as_ref());
    if let Some(wait) = retry_after {
        answer.number(HeaderName::RetryAfter, wait.as_secs().max(1));
    }
    answer.finish(&[]).ok()?;
    Some(out.freeze())
}

/// The 100 of a request that was kept.
pub(super) fn trying(request: &Bytes) -> Option<Bytes> {
    let request = Message::read(request.clone()).ok()?;
    let mut out = BytesMut::with_capacity(SIZE);
    Writer::response_to(&mut out, &request, StatusCode::TRYING, &[]).finish(&[]).ok()?;
    Some(out.freeze())
}

/// The ACK of a failure of an INVITE of ours that was kept (17.1.1.3).
pub(super) fn ack(invite: &Bytes, failure: &Message) -> Option<Bytes> {
    let invite = Message::read(invite.clone()).ok()?;
    let mut out = BytesMut::with_capacity(SIZE);
    Writer::ack_for(&mut out, &invite, failure).finish(&[]).ok()?;
    Some(out.freeze())
}
