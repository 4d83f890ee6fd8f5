//! The lines of the SMSC's journal, and what it counts.

use serde::{Deserialize, Serialize};

/// One thing that the SMSC saw or did. Every `at` is in microseconds since 1970; ids are the SMSC's own, in the form
/// of the answer; hashes are [`crate::content::hash`] of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the PDUs; what is not is documented at its variant")]
pub enum Seen {
    /// A client bound.
    Bound { at: u64, link: u64, system_id: String },
    /// A link ended, whoever ended it.
    Gone { at: u64, link: u64 },
    /// A `submit_sm` came; `id` when it was taken. `hash` is that of this part's text, `part` its
    /// `reference/total/part`.
    Submit {
        at: u64,
        link: u64,
        seq: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        to: String,
        from: String,
        esm: u8,
        dcs: u8,
        hash: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        umr: Option<u16>,
    },
    /// It was answered.
    Answer {
        at: u64,
        link: u64,
        seq: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        status: u32,
    },
    /// A phone showed a whole message; `ids` are those of its parts.
    Shown { at: u64, ids: Vec<String>, to: String, from: String, hash: String },
    /// A part will never be shown: its final state in the words of receipts.
    Ended { at: u64, id: String, state: String },
    /// A receipt was sent, `seq` on that link.
    Receipt { at: u64, link: u64, seq: u32, id: String, state: String },
    /// The client answered it.
    ReceiptAcked { at: u64, link: u64, seq: u32, id: String, status: u32 },
    /// A `cancel_sm` came.
    Cancel { at: u64, link: u64, seq: u32, id: String },
    /// It was answered.
    CancelAnswer { at: u64, link: u64, seq: u32, id: String, status: u32 },
    /// A phone's own message was sent to the client.
    Mo { at: u64, link: u64, seq: u32, from: String, to: String, hash: String },
    /// The client answered it.
    MoAcked { at: u64, link: u64, seq: u32, status: u32 },
}

/// What an SMSC counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Links that bound.
    pub binds: u64,
    /// `submit_sm` (and `data_sm`) that came.
    pub submits: u64,
    /// Of these, taken.
    pub taken: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Whole messages that phones showed.
    pub shown: u64,
    /// Parts that ended without being shown, cancelled ones included.
    pub ended: u64,
    /// Receipts sent, repeats included.
    pub receipts: u64,
    /// Receipts answered with success.
    pub receipts_acked: u64,
    /// `cancel_sm` that came.
    pub cancels: u64,
    /// Of these, those that took a message back.
    pub cancelled: u64,
    /// PDUs that could not be read.
    pub unreadable: u64,
    /// Messages that wait: for their delay, their phone, or their end.
    pub waiting: u64,
    /// Receipts that wait for a link with room, or for their answer.
    pub receipts_waiting: u64,
}

/// A message on a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// Whose phone.
    pub to: String,
    /// The sender that it shows.
    pub from: String,
    /// The whole text.
    pub text: String,
}
