//! `message_state` (SMPP 3.4 5.2.28, two more in 5.0): the words of receipts and of `query_sm_resp`.

/// What became of a message, as an SMSC says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// 0 (5.0): not yet due.
    Scheduled,
    /// 1: under way.
    Enroute,
    /// 2: delivered.
    Delivered,
    /// 3: the validity period ended.
    Expired,
    /// 4: deleted, among others by `cancel_sm`.
    Deleted,
    /// 5: can't be delivered.
    Undeliverable,
    /// 6: accepted, mostly by hand on the recipient's behalf.
    Accepted,
    /// 7: the SMSC does not know.
    Unknown,
    /// 8: rejected.
    Rejected,
    /// 9 (5.0): skipped.
    Skipped,
}

impl MessageState {
    /// From the number of the `message_state` TLV; `None` for reserved ones.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Scheduled,
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            7 => Self::Unknown,
            8 => Self::Rejected,
            9 => Self::Skipped,
            _ => return None,
        })
    }

    /// The number of the `message_state` TLV.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Enroute => 1,
            Self::Delivered => 2,
            Self::Expired => 3,
            Self::Deleted => 4,
            Self::Undeliverable => 5,
            Self::Accepted => 6,
            Self::Unknown => 7,
            Self::Rejected => 8,
            Self::Skipped => 9,
        }
    }

    /// The seven letters of the receipt text (appendix B).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Skipped => "SKIPPED",
        }
    }

    /// From the word of a receipt, in any case, abbreviated or in full. `None` for words of vendors (`FAILED`, ...):
    /// what they mean is the route's to say.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, MessageState); 16] = [
            ("DELIVRD", MessageState::Delivered),
            ("UNDELIV", MessageState::Undeliverable),
            ("EXPIRED", MessageState::Expired),
            ("ENROUTE", MessageState::Enroute),
            ("ACCEPTD", MessageState::Accepted),
            ("REJECTD", MessageState::Rejected),
            ("DELETED", MessageState::Deleted),
            ("UNKNOWN", MessageState::Unknown),
            ("DELIVERED", MessageState::Delivered),
            ("UNDELIVERABLE", MessageState::Undeliverable),
            ("UNDELIVERED", MessageState::Undeliverable),
            ("UNDELIVRD", MessageState::Undeliverable),
            ("ACCEPTED", MessageState::Accepted),
            ("REJECTED", MessageState::Rejected),
            ("SCHEDULED", MessageState::Scheduled),
            ("SKIPPED", MessageState::Skipped),
        ];
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
    }

    /// Whether no other receipt should follow (5.2.28). `Accepted` is final by the standard, but SMSCs use it for
    /// "taken by the next hop": here it is not. Neither is `Unknown`, which says nothing.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Delivered
            | Self::Expired
            | Self::Deleted
            | Self::Undeliverable
            | Self::Rejected
            | Self::Skipped => true,
            Self::Scheduled | Self::Enroute | Self::Accepted | Self::Unknown => false,
        }
    }
}
