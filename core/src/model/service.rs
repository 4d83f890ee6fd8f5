//! The three message services.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A way to get a message through. Order is the order of preference among equal prices (R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Service {
    /// Chat: SIP/RCS/CPM clients and apps.
    Im,
    /// Short messages over SMPP.
    Sms,
    /// Multimedia messages over MM7.
    Mms,
}

impl Service {
    /// All services, in order of preference.
    pub const ALL: [Self; 3] = [Self::Im, Self::Sms, Self::Mms];

    /// The lower-case name used in the API and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Im => "im",
            Self::Sms => "sms",
            Self::Mms => "mms",
        }
    }

    /// What people call it, in a sentence.
    #[must_use]
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::Im => "chat",
            Self::Sms => "SMS",
            Self::Mms => "MMS",
        }
    }

    /// The service of that lower-case name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == text)
    }

    /// True for SMS and MMS: the services of the mobile network, which the method treats alike.
    #[must_use]
    pub const fn is_cellular(self) -> bool {
        matches!(self, Self::Sms | Self::Mms)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value for each service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ByService<T> {
    /// The value for IM.
    pub im: T,
    /// The value for SMS.
    pub sms: T,
    /// The value for MMS.
    pub mms: T,
}

impl<T> ByService<T> {
    /// Makes the value for each service by `make`.
    pub fn from_fn(mut make: impl FnMut(Service) -> T) -> Self {
        Self { im: make(Service::Im), sms: make(Service::Sms), mms: make(Service::Mms) }
    }

    /// The value for `service`.
    pub const fn get(&self, service: Service) -> &T {
        match service {
            Service::Im => &self.im,
            Service::Sms => &self.sms,
            Service::Mms => &self.mms,
        }
    }

    /// The value for `service`, to change.
    pub const fn get_mut(&mut self, service: Service) -> &mut T {
        match service {
            Service::Im => &mut self.im,
            Service::Sms => &mut self.sms,
            Service::Mms => &mut self.mms,
        }
    }
}
