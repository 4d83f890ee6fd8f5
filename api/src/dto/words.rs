//! The words of the API: one small enum for each set of names, converted by hand from and to the model's own.

use serde::{Deserialize, Serialize};
use switchback_core::model::{
    AttemptKind, AttemptState, ContentKind, FailReason, FallbackRule, Outcome, Service, ServiceChoice,
    Status, Unit, WaitFor, Withdrawal,
};
use switchback_ports::{CancelOutcome, Disposition, QuotedCharge};
use utoipa::ToSchema;

/// One set of words; `#core$` is the model's enum that it stands for, variant by variant.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident as $shown:ident = $core:ident { $($(#[$vdoc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $shown)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)* }

        impl From<$core> for $name {
            fn from(word: $core) -> Self {
                match word { $($core::$variant => Self::$variant,)* }
            }
        }

        impl From<$name> for $core {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant,)* }
            }
        }
    )*};
}

words! {
    /// A way to get a message through.
    ServiceWord as Service = Service {
        /// Chat.
        Im,
        /// Short message.
        Sms,
        /// Multimedia message.
        Mms,
    }
    /// Whether the server may change the service by itself.
    FallbackWord as FallbackRule = FallbackRule {
        /// Yes, where that costs no more than the price shown or consented to.
        Auto,
        /// No: neither fallback nor revert.
        Never,
    }
    /// Where a message stands.
    StatusWord as Status = Status {
        /// On disk; nothing started yet.
        Accepted,
        /// Parked for the sender's choice.
        Offered,
        /// An attempt is under way.
        Sending,
        /// Held for the recipient, a backoff, consent, or a report that may never come.
        Waiting,
        /// Delivered. Final, but for `read`.
        Delivered,
        /// Read. Final.
        Read,
        /// The recipient said no. Final.
        Refused,
        /// It could not be delivered. Final.
        Failed,
        /// Its life ended undelivered. Final.
        Expired,
        /// Its life ended, and nobody can say whether it was delivered. Final.
        Unknown,
        /// The sender took it back. Final.
        Canceled,
    }
    /// Why an attempt was made.
    AttemptKindWord as AttemptKind = AttemptKind {
        /// The first service.
        First,
        /// The second service.
        Fallback,
        /// Back to the first service.
        Revert,
        /// The same service again after a failure.
        Retry,
        /// The same service again after an unknown outcome.
        Repeat,
    }
    /// The outcome of an attempt that has ended.
    OutcomeWord as Outcome = Outcome {
        /// Delivered to a device.
        Delivered,
        /// Read there.
        Displayed,
        /// Not delivered; trying again may help.
        TemporaryFailure,
        /// Not delivered, and this service will not.
        PermanentFailure,
        /// The person said no.
        Refused,
        /// Taken back before it was delivered.
        Withdrawn,
        /// The server's own fault.
        LocalFault,
    }
    /// Why a message failed.
    FailWord as FailReason = FailReason {
        /// The price rose above the quote.
        PriceRose,
        /// Every service that could carry it failed for good.
        Undeliverable,
        /// Consent to the dearer service did not come in time.
        ConsentNotGiven,
        /// No service can take it.
        NoService,
        /// The charging system of the sender's operator turned it away.
        NotPayable,
    }
    /// What a message waits for.
    WaitWord as WaitFor = WaitFor {
        /// The recipient to come online.
        Registration,
        /// The recipient to have been offline long enough.
        OfflineThreshold,
        /// A backoff.
        Backoff,
        /// The sender's consent to a dearer service.
        Consent,
        /// A report that may never come.
        Report,
        /// The guard after an outage of the server's own.
        OurOutage,
    }
    /// When a price is paid.
    QuotedChargeWord as QuotedCharge = QuotedCharge {
        /// On delivery, and else never.
        Delivered,
        /// At hand-over; given back when it is not delivered.
        Submitted,
        /// At hand-over, and kept when it is not delivered.
        KeptIfUndelivered,
        /// To whom bills the data that it takes, not to the server.
        Bearer,
    }
    /// Text alone, or with media.
    ContentWord as ContentKind = ContentKind {
        /// Text only.
        Text,
        /// At least one media part.
        Media,
    }
    /// What a unit of a service is.
    UnitWord as Unit = Unit {
        /// One SMS segment.
        Segment,
        /// One whole message.
        Message,
        /// One byte.
        Byte,
        /// 160 bytes of text, or what is left of it at the end.
        #[serde(rename = "utf8_160")]
        Utf8x160,
        /// A billionth of the currency: what a spending cap counts.
        Nano,
        /// All messages to one recipient within 24 hours of the first.
        Conversation,
    }
    /// What became of a cancel.
    CancelWord as CancelOutcome = CancelOutcome {
        /// Taken back for certain.
        Withdrawn,
        /// Too late.
        AlreadyDelivered,
        /// Nobody can tell yet.
        Unknown,
    }
    /// What a recipient's device says.
    DispositionWord as Disposition = Disposition {
        /// It has the message.
        Delivered,
        /// The person has read it.
        Displayed,
    }
}

/// Which service first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ServiceChoice)]
pub(crate) enum ChoiceWord {
    /// The policy chooses.
    #[default]
    Auto,
    /// The sender will choose from the offer.
    Ask,
    /// Chat, or a refusal.
    Im,
    /// Short message, or a refusal.
    Sms,
    /// Multimedia message, or a refusal.
    Mms,
}

impl From<ChoiceWord> for ServiceChoice {
    fn from(word: ChoiceWord) -> Self {
        match word {
            ChoiceWord::Auto => Self::Auto,
            ChoiceWord::Ask => Self::Ask,
            ChoiceWord::Im => Self::Named(Service::Im),
            ChoiceWord::Sms => Self::Named(Service::Sms),
            ChoiceWord::Mms => Self::Named(Service::Mms),
        }
    }
}

impl From<ServiceChoice> for ChoiceWord {
    fn from(choice: ServiceChoice) -> Self {
        match choice {
            ServiceChoice::Auto => Self::Auto,
            ServiceChoice::Ask => Self::Ask,
            ServiceChoice::Named(Service::Im) => Self::Im,
            ServiceChoice::Named(Service::Sms) => Self::Sms,
            ServiceChoice::Named(Service::Mms) => Self::Mms,
        }
    }
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttemptState)]
pub(crate) enum AttemptStateWord {
    /// Held in the server's own queue until a device comes online.
    Deferred,
    /// Its intent is on disk; bytes may leave.
    Started,
    /// The next hop has it; a report is awaited.
    HandedOver,
    /// May or may not have been delivered.
    Unknown,
    /// It has an outcome.
    Ended,
}

impl From<AttemptState> for AttemptStateWord {
    fn from(state: AttemptState) -> Self {
        match state {
            AttemptState::Deferred => Self::Deferred,
            AttemptState::Started => Self::Started,
            AttemptState::HandedOver => Self::HandedOver,
            AttemptState::Unknown => Self::Unknown,
            AttemptState::Ended(_) => Self::Ended,
        }
    }
}

/// Whether an attempt was asked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Withdrawal)]
pub(crate) enum WithdrawalWord {
    /// Asked; the answer is awaited.
    Asked,
    /// Too late: it was delivered.
    AlreadyDelivered,
    /// Refused, unknown, or no answer: the attempt stays.
    Unclear,
}

impl WithdrawalWord {
    /// Nothing when it was not asked.
    pub(crate) const fn of(withdrawal: Withdrawal) -> Option<Self> {
        match withdrawal {
            Withdrawal::None => None,
            Withdrawal::Asked { .. } => Some(Self::Asked),
            Withdrawal::AlreadyDelivered => Some(Self::AlreadyDelivered),
            Withdrawal::Unclear => Some(Self::Unclear),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ChoiceWord, ServiceWord, StatusWord};
    use switchback_core::model::{Service, ServiceChoice, Status};

    #[test]
    fn the_words_are_those_of_the_model() {
        for service in Service::ALL {
            assert_eq!(serde_json::to_value(ServiceWord::from(service)).unwrap(), service.as_str());
            let choice: ChoiceWord = serde_json::from_value(service.as_str().into()).unwrap();
            assert_eq!(ServiceChoice::from(choice), ServiceChoice::Named(service));
        }
        for status in [Status::Accepted, Status::Waiting, Status::Canceled, Status::Unknown] {
            assert_eq!(serde_json::to_value(StatusWord::from(status)).unwrap(), status.as_str());
        }
    }
}
