//! Octets to be written, and how many ever were: what never left can't have had an effect.

#[derive(Debug)]
pub(super) struct Outbox {
    octets: Vec<u8>,
    head: usize,
    written: u64,
    max: usize,
}

impl Outbox {
    pub(super) const fn new(max: usize) -> Self {
        Self { octets: Vec::new(), head: 0, written: 0, max }
    }

    /// What is to be written next.
    pub(super) fn pending(&self) -> &[u8] {
        self.octets.get(self.head..).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.octets.len().saturating_sub(self.head)
    }

    /// `n` octets of [`pending`](Self::pending) are written; more than there are counts as all.
    pub(super) fn wrote(&mut self, n: usize) {
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

    /// Where the next octet will stand in the whole output of the session.
    pub(super) fn position(&self) -> u64 {
        self.written.saturating_add(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }

    /// Whether the octet at this position has been handed to the network.
    pub(super) const fn has_left(&self, position: u64) -> bool {
        self.written > position
    }

    /// Requests of ours stop at half, so that answers have room.
    pub(super) fn has_room_for_requests(&self) -> bool {
        self.len() < self.max / 2
    }

    pub(super) fn is_over(&self) -> bool {
        self.len() > self.max
    }

    /// Nothing can be written any more.
    pub(super) fn discard(&mut self) {
        self.octets = Vec::new();
        self.head = 0;
    }

    pub(super) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }
}
