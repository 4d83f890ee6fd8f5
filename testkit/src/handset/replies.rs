//! What was answered, so that a request that comes again gets the same (RFC 3261 17.2.2).

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Most requests that are remembered.
const REPLIES_MAX: usize = 4096;

/// By branch and method.
#[derive(Debug)]
pub(super) struct Replies {
    kept_for: Duration,
    /// Nothing was answered yet, or the octets.
    by_key: HashMap<String, Option<Vec<u8>>>,
    oldest: VecDeque<(Instant, String)>,
}

impl Replies {
    pub(super) fn new(kept_for: Duration) -> Self {
        Self { kept_for, by_key: HashMap::new(), oldest: VecDeque::new() }
    }

    /// Takes a request. `Some`: it came before, with what was answered so far.
    pub(super) fn came(&mut self, key: &str, now: Instant) -> Option<Option<Vec<u8>>> {
        if let Some(reply) = self.by_key.get(key) {
            return Some(reply.clone());
        }
        while self.oldest.len() >= REPLIES_MAX
            || self.oldest.front().is_some_and(|(at, _)| *at + self.kept_for <= now)
        {
            let Some((_, key)) = self.oldest.pop_front() else { break };
            self.by_key.remove(&key);
        }
        self.by_key.insert(key.to_owned(), None);
        self.oldest.push_back((now, key.to_owned()));
        None
    }

    pub(super) fn keep(&mut self, key: &str, reply: &[u8]) {
        if let Some(kept) = self.by_key.get_mut(key) {
            *kept = Some(reply.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_kept_as_long_as_the_request_may_come_again() {
        let mut replies = Replies::new(Duration::from_secs(32));
        let now = Instant::now();
        assert_eq!(replies.came("a", now), None);
        assert_eq!(replies.came("a", now), Some(None));
        replies.keep("a", b"200");
        assert_eq!(replies.came("a", now), Some(Some(b"200".to_vec())));
        let later = now + Duration::from_secs(33);
        assert_eq!(replies.came("b", later), None);
        assert_eq!(replies.came("a", later), None, "forgotten");
    }
}
