//! What a handset saw and did, as its journal tells it.

use serde::{Deserialize, Serialize};
use wire_cpim::{DeliveryStatus, DisplayStatus, Disposition, InterworkingStatus, ProcessingStatus};

/// A line of the journal. Instants are in microseconds since 1970; a handset's name is [`Config::name`](super::Config::name).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "seen", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say what they are; hashes are `content::hash` of the text")]
pub enum Seen {
    /// A REGISTER was answered.
    Registered { at: u64, handset: String, status: u16, expires: u32 },
    /// A message was taken; `again` when it had this id before (and shows nothing new).
    Heard { at: u64, handset: String, message: String, from: String, hash: String, again: bool },
    /// It is about to send a message.
    Sending { at: u64, handset: String, message: String, to: String, hash: String },
    /// The server answered with a final status; 0: it did not.
    Sent { at: u64, handset: String, message: String, status: u16 },
    /// It is about to notify a sender.
    Telling { at: u64, handset: String, message: String, disposition: String },
    /// The server answered with a final status; 0: it did not.
    Told { at: u64, handset: String, message: String, disposition: String, status: u16 },
    /// It was notified about a message of its own.
    Ticked { at: u64, handset: String, message: String, disposition: String },
}

/// The word for a disposition: the element that says it (RFC 5438 11), with its notification where that alone could
/// mean several.
#[must_use]
pub const fn word_of(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Delivery(DeliveryStatus::Delivered) => "delivered",
        Disposition::Delivery(DeliveryStatus::Failed) => "failed",
        Disposition::Delivery(DeliveryStatus::Forbidden) => "delivery-forbidden",
        Disposition::Delivery(DeliveryStatus::Error) => "delivery-error",
        Disposition::Processing(ProcessingStatus::Processed) => "processed",
        Disposition::Processing(ProcessingStatus::Stored) => "stored",
        Disposition::Processing(ProcessingStatus::Forbidden) => "processing-forbidden",
        Disposition::Processing(ProcessingStatus::Error) => "processing-error",
        Disposition::Display(DisplayStatus::Displayed) => "displayed",
        Disposition::Display(DisplayStatus::Forbidden) => "display-forbidden",
        Disposition::Display(DisplayStatus::Error) => "display-error",
        Disposition::Interworking(InterworkingStatus::LegacySms) => "legacy-sms",
        Disposition::Interworking(InterworkingStatus::LegacyMms) => "legacy-mms",
        Disposition::Interworking(InterworkingStatus::Error) => "interworking-error",
    }
}
