//! Octets to be written, and how many ever were: what never left can't have had an effect.
//!
//! A session machine writes its requests in here and notes [`Outbox::position`] with each. When the link breaks,
//! [`Outbox::has_left`] tells a request whose outcome is unknown from one that nobody can have seen.

/// The output of one link.
#[derive(Debug)]
pub struct Outbox {
    octets: Vec<u8>,
    head: usize,
    written: u64,
    max: usize,
}

impl Outbox {
    /// An empty one. [`is_over`](Self::is_over) tells when more than `max` octets wait.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { octets: Vec::new(), head: 0, written: 0, max }
    }

    /// What is to be written next.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        self.octets.get(self.head..).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.octets.len().saturating_sub(self.head)
    }

    /// `n` octets of [`pending`](Self::pending) are written; more than there are counts as all.
    pub fn wrote(&mut self, n: usize) {
        let n = n.min(self.len());
        self.head = self.head.saturating_add(n);
        self.written = self.written.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        if self.head >= self.octets.len() {
            self.octets.clear();
            self.head = 0;
        } else if self.head >= self.max {
            self.octets.drain(..self.head);
            self.head = 0;
        }
    }

    /// Moves everything over to `into`, by exchanging the buffers when that one is empty. All of it counts as written.
    pub fn take(&mut self, into: &mut Vec<u8>) {
        let n = self.len();
        if into.is_empty() && self.head == 0 {
            std::mem::swap(&mut self.octets, into);
        } else {
            into.extend_from_slice(self.pending());
        }
        self.octets.clear();
        self.head = 0;
        self.written = self.written.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
    }

    /// Where the next octet will stand in the whole output of the session.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.written.saturating_add(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }

    /// Whether the octet at this position has been handed to the network.
    #[must_use]
    pub const fn has_left(&self, position: u64) -> bool {
        self.written > position
    }

    /// Requests of ours stop at half, so that answers have room.
    #[must_use]
    pub fn has_room_for_requests(&self) -> bool {
        self.len() < self.max / 2
    }

    /// More waits than may: the peer does not read, and the link is to be given up.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.len() > self.max
    }

    /// Nothing can be written any more.
    pub fn discard(&mut self) {
        self.octets = Vec::new();
        self.head = 0;
    }

    /// Where what is to be written is appended; nothing else may be done to it.
    pub const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }
}
