//! How a transaction is found (RFC 3261 17.1.3, 17.2.3): a keyed digest of what identifies it, so that a key is
//! sixteen octets whatever the peer wrote, and no peer can make two requests share one.

use core::fmt;
use core::hash::{BuildHasherDefault, Hash, Hasher};
use core::num::NonZeroU64;
use std::collections::hash_map::DefaultHasher;

use crate::header::{CSeq, Via};
use crate::message::Message;
use crate::method::Method;
use crate::uri::Host;

/// What a transaction is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key([u64; 2]);

impl Key {
    /// The tag of all answers to this request: half of its digest, which tells nothing of any other.
    pub(super) fn to_tag(self) -> ToTag {
        let [_, second] = self.0;
        ToTag(hexadecimal(second))
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, _] = self.0;
        state.write_u64(first);
    }
}

/// For keys that are digests already.
pub(super) type Pass = BuildHasherDefault<PassHasher>;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct PassHasher(u64);

impl Hasher for PassHasher {
    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Digests under one secret.
pub(super) struct Keys {
    /// Has taken the secret in.
    secret: DefaultHasher,
    branches: u64,
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Keys").field("branches", &self.branches).finish_non_exhaustive()
    }
}

impl Keys {
    pub(super) fn new(seed: u128) -> Self {
        let mut secret = DefaultHasher::new();
        secret.write_u128(seed);
        Self { secret, branches: 0 }
    }

    /// What all requests share that belong together: an INVITE with its ACK and its CANCEL.
    pub(super) fn family(&self, request: &Message) -> Family {
        let via = request.via();
        let mut digest = self.digest(b's');
        match via.branch() {
            Some(branch) if via.has_unique_branch() => {
                digest.part(branch);
                digest.sent_by(&via);
            }
            // RFC 2543. The tag of To is left out: the ACK has one that its INVITE has not, and two requests that
            // differ in nothing but it are unheard of.
            _ => {
                digest.part(request.request_uri().map_or(&[], |uri| uri.as_bytes()));
                digest.part(request.from_tag().unwrap_or_default());
                digest.part(request.call_id());
                digest.0.write_u32(request.cseq().number);
                digest.part(via.transport);
                digest.sent_by(&via);
                digest.part(via.params.as_bytes());
            }
        }
        Family(digest)
    }

    /// The transaction of a request of ours.
    pub(super) fn client(&self, branch: &[u8], method: Method<'_>) -> Key {
        let mut digest = self.digest(b'c');
        digest.part(branch);
        Family(digest).key(method)
    }

    /// What a request is known by that came by two ways (8.2.2.2); `None` inside dialogs, and for peers that write no
    /// tags.
    pub(super) fn merge(&self, request: &Message, cseq: CSeq<'_>) -> Option<NonZeroU64> {
        if request.to_tag().is_some() {
            return None;
        }
        let mut digest = self.digest(b'm');
        digest.part(request.from_tag()?);
        digest.part(request.call_id());
        digest.0.write_u32(cseq.number);
        digest.part(cseq.method.as_bytes());
        NonZeroU64::new(digest.0.finish())
    }

    pub(super) fn branch(&mut self) -> Branch {
        self.branches = self.branches.wrapping_add(1);
        let mut digest = self.digest(b'b');
        digest.0.write_u64(self.branches);
        let mut branch = [0; BRANCH];
        let own = hexadecimal(digest.0.finish());
        for (place, octet) in branch.iter_mut().zip(Via::COOKIE.iter().chain(&own)) {
            *place = *octet;
        }
        Branch(branch)
    }

    fn digest(&self, purpose: u8) -> Digest {
        let mut state = self.secret.clone();
        state.write_u8(purpose);
        Digest(state)
    }
}

struct Digest(DefaultHasher);

impl Digest {
    /// Takes in a part so that no two lists of parts look alike.
    fn part(&mut self, octets: &[u8]) {
        self.0.write_usize(octets.len());
        self.0.write(octets);
    }

    /// Host and port as they stand there: whatever belongs together was written by the same peer.
    fn sent_by(&mut self, via: &Via<'_>) {
        match via.host {
            Host::Name(name) => self.part(name),
            Host::V4(address) => self.part(&address.octets()),
            Host::V6(address) => self.part(&address.octets()),
        }
        self.0.write_u32(via.port.map_or(u32::MAX, u32::from));
    }
}

/// Everything but the method.
pub(super) struct Family(Digest);

impl Family {
    /// The member with this method; an ACK belongs to its INVITE.
    pub(super) fn key(&self, method: Method<'_>) -> Key {
        let mut state = self.0.0.clone();
        state.write(if method == Method::Ack { Method::Invite } else { method }.as_bytes());
        let first = state.finish();
        state.write_u8(0);
        Key([first, state.finish()])
    }
}

const HEX: usize = 16;
const BRANCH: usize = Via::COOKIE.len() + HEX;

/// A tag for the To of every answer to one request: always the same one, also in answers that no state is kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToTag([u8; HEX]);

impl AsRef<[u8]> for ToTag {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A branch of ours, with the cookie of RFC 3261.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch([u8; BRANCH]);

impl AsRef<[u8]> for Branch {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn hexadecimal(mut number: u64) -> [u8; HEX] {
    let mut digits = [b'0'; HEX];
    for digit in digits.iter_mut().rev() {
        let low = u8::try_from(number & 15).unwrap_or_default();
        *digit = if low < 10 { b'0' | low } else { low.saturating_sub(10).saturating_add(b'a') };
        number >>= 4;
    }
    digits
}
