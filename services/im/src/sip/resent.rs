//! A request that answers a challenge is the request that was challenged, with the next CSeq (RFC 3261 8.1.3.5, 22.2).
//!
//! A client that gives its messages no id repeats one so when the answer was lost in a crash: the restarted server knows
//! nothing of its login, asks again, and gets it under another CSeq. Nothing has to be remembered to know it again: the
//! mark in the nonce of a challenge says to which request that was given, and how many challenges ago it was sent first.
//!
//! A second message with the same text is none of that: the request before it was not challenged, or its credentials
//! answer another challenge.

use super::identity::asker;
use sha2::{Digest, Sha256};
use wire_sip::Message;
use wire_sip::digest::Credentials;
use wire_sip::header::Auth;

/// What marks the challenge to a request: how many requests before it the first one was, and which it is.
pub(super) fn mark(request: &Message) -> [u8; 8] {
    let mut mark = [0; 8];
    let whole = [&[steps(request)], &name(request, request.cseq().number)[..]].concat();
    mark.iter_mut().zip(whole).for_each(|(octet, value)| *octet = value);
    mark
}

/// The CSeq that the request had when it was sent first.
pub(super) fn first_cseq(request: &Message) -> u32 {
    request.cseq().number.saturating_sub(u32::from(steps(request)))
}

/// How often the request was challenged before.
fn steps(request: &Message) -> u8 {
    let Some(before) = request.cseq().number.checked_sub(1) else { return 0 };
    let given = request.whole::<Auth<'_>>(asker(request.method()).credentials());
    let mut marks = given.filter_map(|given| Credentials::read(&given.ok()?)?.mark());
    let is_before = |[_, name_of @ ..]: &[u8; 8]| *name_of == name(request, before);
    marks.find(is_before).and_then(|[steps, ..]| steps.checked_add(1)).unwrap_or(0)
}

/// A request of this call with this body, by its CSeq.
fn name(request: &Message, cseq: u32) -> [u8; 7] {
    let whole = Sha256::new().chain_update(request.call_id()).chain_update(cseq.to_be_bytes());
    let digest: [u8; 32] = whole.chain_update(request.body()).finalize().into();
    let [a, b, c, d, e, f, g, ..] = digest;
    [a, b, c, d, e, f, g]
}
