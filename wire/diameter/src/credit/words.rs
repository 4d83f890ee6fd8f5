//! The lists of choices (RFC 8506 8, TS 32.299 7.2), under their own names.

use crate::avp::Choice;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $number:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl Choice for $name {
            fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }
        }
    )*};
}

choices! {
    /// CC-Request-Type (RFC 8506 8.3).
    RequestType {
        /// Opens a session with a reservation.
        Initial = 1,
        /// Between the two.
        Update = 2,
        /// Ends it and says what was used.
        Termination = 3,
        /// One request that is all there is.
        Event = 4,
    }
    /// Requested-Action of an event (RFC 8506 8.41).
    RequestedAction {
        /// Take the money.
        DirectDebiting = 0,
        /// Give it back.
        RefundAccount = 1,
        /// Is there enough?
        CheckBalance = 2,
        /// What would it cost?
        PriceEnquiry = 3,
    }
    /// Subscription-Id-Type (RFC 8506 8.47).
    SubscriptionType {
        /// A number, digits only.
        E164 = 0,
        /// The SIM.
        Imsi = 1,
        /// A SIP URI.
        SipUri = 2,
        /// A network access identifier.
        Nai = 3,
        /// Something private.
        Private = 4,
    }
    /// Credit-Control-Failure-Handling (RFC 8506 8.14): what to do when the charging system can't be asked.
    FailureHandling {
        /// No service.
        Terminate = 0,
        /// Service as if granted.
        Continue = 1,
        /// Ask the other peer, then no service.
        RetryAndTerminate = 2,
    }
    /// Direct-Debiting-Failure-Handling (RFC 8506 8.15).
    DebitFailureHandling {
        /// No service, or service with the request kept until it can be sent.
        TerminateOrBuffer = 0,
        /// Service.
        Continue = 1,
    }
    /// Final-Unit-Action (RFC 8506 8.35).
    FinalUnitAction {
        /// No more service after these units.
        Terminate = 0,
        /// Redirect the user.
        Redirect = 1,
        /// Restrict what the user may reach.
        RestrictAccess = 2,
    }
    /// AoC-Request-Type (TS 32.299 7.2.11): whether the answer shall tell the cost.
    AocRequest {
        /// No.
        NotRequested = 0,
        /// Cost and tariff.
        Full = 1,
        /// Cost.
        CostOnly = 2,
        /// Tariff.
        TariffOnly = 3,
    }
    /// Address-Type (TS 32.299 7.2.5).
    AddressType {
        /// An e-mail address.
        Email = 0,
        /// A number.
        Msisdn = 1,
        /// An IPv4 address.
        Ipv4 = 2,
        /// An IPv6 address.
        Ipv6 = 3,
        /// A short code, or digits that are none of the above.
        NumericShortCode = 4,
        /// Letters.
        AlphanumericShortCode = 5,
        /// Anything else.
        Other = 6,
        /// The SIM.
        Imsi = 7,
    }
}
