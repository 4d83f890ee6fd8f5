//! The document inside a disposition notification (RFC 5438 7 and 11), with OMA's interworking extension.

mod read;
mod write;

pub use read::{IMDN_MAX, ImdnFault};

/// One notification about one message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imdn {
    /// The `imdn.Message-ID` of the message, to the letter. With the recipient it is what a notification is matched
    /// by.
    pub message_id: String,
    /// The `DateTime` of the message by the standard; senders write the present or 1970, so it proves nothing.
    /// Empty when it is missing.
    pub date_time: String,
    /// Who got the message.
    pub recipient_uri: Option<String>,
    /// To whom it was addressed, when that is another.
    pub original_recipient_uri: Option<String>,
    /// The message's `Subject`.
    pub subject: Option<String>,
    /// What is told.
    pub disposition: Disposition,
}

/// What a notification tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// `delivery-notification`.
    Delivery(DeliveryStatus),
    /// `processing-notification`.
    Processing(ProcessingStatus),
    /// `display-notification`.
    Display(DisplayStatus),
    /// `interworking-notification` of `urn:oma:xml:cpm:imdn-extensions:1.0`.
    Interworking(InterworkingStatus),
}

/// Whether it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// To the recipient's device.
    Delivered,
    /// It could not be.
    Failed,
    /// Nobody may know.
    Forbidden,
    /// Nobody can say.
    Error,
}

/// What somebody on the way did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessingStatus {
    /// Something.
    Processed,
    /// Kept it for later.
    Stored,
    /// Nobody may know.
    Forbidden,
    /// Nobody can say.
    Error,
}

/// Whether it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisplayStatus {
    /// To somebody; whether they read it is theirs.
    Displayed,
    /// The recipient does not tell.
    Forbidden,
    /// Nobody can say.
    Error,
}

/// Whether it left as another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InterworkingStatus {
    /// As a short message.
    LegacySms,
    /// As a multimedia message.
    LegacyMms,
    /// It could not.
    Error,
}

impl Disposition {
    const ALL: [Self; 14] = [
        Self::Delivery(DeliveryStatus::Delivered),
        Self::Delivery(DeliveryStatus::Failed),
        Self::Delivery(DeliveryStatus::Forbidden),
        Self::Delivery(DeliveryStatus::Error),
        Self::Processing(ProcessingStatus::Processed),
        Self::Processing(ProcessingStatus::Stored),
        Self::Processing(ProcessingStatus::Forbidden),
        Self::Processing(ProcessingStatus::Error),
        Self::Display(DisplayStatus::Displayed),
        Self::Display(DisplayStatus::Forbidden),
        Self::Display(DisplayStatus::Error),
        Self::Interworking(InterworkingStatus::LegacySms),
        Self::Interworking(InterworkingStatus::LegacyMms),
        Self::Interworking(InterworkingStatus::Error),
    ];

    fn from_elements(notification: &str, status: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disposition| disposition.elements() == (notification, status))
    }

    /// The elements that say it: the notification and the status.
    const fn elements(self) -> (&'static str, &'static str) {
        match self {
            Self::Delivery(status) => (
                DELIVERY,
                match status {
                    DeliveryStatus::Delivered => "delivered",
                    DeliveryStatus::Failed => "failed",
                    DeliveryStatus::Forbidden => "forbidden",
                    DeliveryStatus::Error => "error",
                },
            ),
            Self::Processing(status) => (
                PROCESSING,
                match status {
                    ProcessingStatus::Processed => "processed",
                    ProcessingStatus::Stored => "stored",
                    ProcessingStatus::Forbidden => "forbidden",
                    ProcessingStatus::Error => "error",
                },
            ),
            Self::Display(status) => (
                DISPLAY,
                match status {
                    DisplayStatus::Displayed => "displayed",
                    DisplayStatus::Forbidden => "forbidden",
                    DisplayStatus::Error => "error",
                },
            ),
            Self::Interworking(status) => (
                INTERWORKING,
                match status {
                    InterworkingStatus::LegacySms => "legacy-sms",
                    InterworkingStatus::LegacyMms => "legacy-mms",
                    InterworkingStatus::Error => "error",
                },
            ),
        }
    }
}

const DELIVERY: &str = "delivery-notification";
const PROCESSING: &str = "processing-notification";
const DISPLAY: &str = "display-notification";
const INTERWORKING: &str = "interworking-notification";
