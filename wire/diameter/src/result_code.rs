//! Result codes (RFC 6733 7.1, RFC 8506 9): what each means for a charge, and who must act.

use std::fmt;

/// A Result-Code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(pub u32);

/// What an answer means for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Done as asked.
    Granted,
    /// Nothing is to be charged: the service is free, or billed elsewhere (4011).
    NotApplicable,
    /// The payer can't afford it (4012).
    OutOfFunds,
    /// The payer may not use this service (4010, 5003).
    Denied,
    /// The charging system does not know the payer (5030).
    UnknownUser,
    /// It can't say what this costs (5031).
    RatingFailed,
    /// It has no such session: it has ended, or never was (5002).
    UnknownSession,
    /// This peer can't serve now and another might (3002, 3004, 4002).
    TryElsewhere,
    /// It is never going to do what was asked, whoever asks (5012, 3001, 3007, 5001 and their like).
    NotSupported,
    /// It did not understand what we sent, or says that we may not ask.
    OurFault,
    /// A code without a meaning here. Nothing may be concluded from it.
    Unclear,
}

/// Who must act when an answer is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Nobody.
    Nobody,
    /// The payer: top up, or ask for the service.
    Payer,
    /// The operator: provisioning, plans, or our configuration.
    Operator,
    /// The charging system, or the way to it.
    Peer,
    /// Us: what we sent is wrong.
    Us,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $text:literal, $verdict:ident, $actor:ident;)*) => {
        impl ResultCode {
            $(#[doc = concat!("DIAMETER_", $text)] pub const $name: Self = Self($number);)*

            /// Every code that is known here.
            pub const KNOWN: &'static [Self] = &[$(Self::$name),*];

            /// Its name without `DIAMETER_`, if it is known.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => None,
                }
            }

            const fn row(self) -> Option<(Verdict, Actor)> {
                match self.0 {
                    $($number => Some((Verdict::$verdict, Actor::$actor)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    MULTI_ROUND_AUTH = 1001, "MULTI_ROUND_AUTH", Unclear, Peer;
    SUCCESS = 2001, "SUCCESS", Granted, Nobody;
    // More is to be done elsewhere before the service may be given: not a grant that we can rely on.
    LIMITED_SUCCESS = 2002, "LIMITED_SUCCESS", Unclear, Peer;
    COMMAND_UNSUPPORTED = 3001, "COMMAND_UNSUPPORTED", NotSupported, Operator;
    UNABLE_TO_DELIVER = 3002, "UNABLE_TO_DELIVER", TryElsewhere, Peer;
    REALM_NOT_SERVED = 3003, "REALM_NOT_SERVED", TryElsewhere, Operator;
    TOO_BUSY = 3004, "TOO_BUSY", TryElsewhere, Peer;
    LOOP_DETECTED = 3005, "LOOP_DETECTED", TryElsewhere, Operator;
    REDIRECT_INDICATION = 3006, "REDIRECT_INDICATION", NotSupported, Operator;
    APPLICATION_UNSUPPORTED = 3007, "APPLICATION_UNSUPPORTED", NotSupported, Operator;
    INVALID_HDR_BITS = 3008, "INVALID_HDR_BITS", OurFault, Us;
    INVALID_AVP_BITS = 3009, "INVALID_AVP_BITS", OurFault, Us;
    UNKNOWN_PEER = 3010, "UNKNOWN_PEER", TryElsewhere, Operator;
    AUTHENTICATION_REJECTED = 4001, "AUTHENTICATION_REJECTED", Denied, Operator;
    OUT_OF_SPACE = 4002, "OUT_OF_SPACE", TryElsewhere, Peer;
    ELECTION_LOST = 4003, "ELECTION_LOST", TryElsewhere, Peer;
    END_USER_SERVICE_DENIED = 4010, "END_USER_SERVICE_DENIED", Denied, Payer;
    CREDIT_CONTROL_NOT_APPLICABLE = 4011, "CREDIT_CONTROL_NOT_APPLICABLE", NotApplicable, Nobody;
    CREDIT_LIMIT_REACHED = 4012, "CREDIT_LIMIT_REACHED", OutOfFunds, Payer;
    AVP_UNSUPPORTED = 5001, "AVP_UNSUPPORTED", NotSupported, Operator;
    UNKNOWN_SESSION_ID = 5002, "UNKNOWN_SESSION_ID", UnknownSession, Nobody;
    AUTHORIZATION_REJECTED = 5003, "AUTHORIZATION_REJECTED", Denied, Payer;
    INVALID_AVP_VALUE = 5004, "INVALID_AVP_VALUE", OurFault, Us;
    MISSING_AVP = 5005, "MISSING_AVP", OurFault, Us;
    RESOURCES_EXCEEDED = 5006, "RESOURCES_EXCEEDED", TryElsewhere, Peer;
    CONTRADICTING_AVPS = 5007, "CONTRADICTING_AVPS", OurFault, Us;
    AVP_NOT_ALLOWED = 5008, "AVP_NOT_ALLOWED", OurFault, Us;
    AVP_OCCURS_TOO_MANY_TIMES = 5009, "AVP_OCCURS_TOO_MANY_TIMES", OurFault, Us;
    NO_COMMON_APPLICATION = 5010, "NO_COMMON_APPLICATION", NotSupported, Operator;
    UNSUPPORTED_VERSION = 5011, "UNSUPPORTED_VERSION", OurFault, Us;
    UNABLE_TO_COMPLY = 5012, "UNABLE_TO_COMPLY", NotSupported, Operator;
    INVALID_BIT_IN_HEADER = 5013, "INVALID_BIT_IN_HEADER", OurFault, Us;
    INVALID_AVP_LENGTH = 5014, "INVALID_AVP_LENGTH", OurFault, Us;
    INVALID_MESSAGE_LENGTH = 5015, "INVALID_MESSAGE_LENGTH", OurFault, Us;
    INVALID_AVP_BIT_COMBO = 5016, "INVALID_AVP_BIT_COMBO", OurFault, Us;
    NO_COMMON_SECURITY = 5017, "NO_COMMON_SECURITY", NotSupported, Operator;
    USER_UNKNOWN = 5030, "USER_UNKNOWN", UnknownUser, Operator;
    RATING_FAILED = 5031, "RATING_FAILED", RatingFailed, Operator;
}

impl ResultCode {
    /// What it means. A code that is not listed means nothing that could be relied on: a class says who may try
    /// again, not whether money moved.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        self.row().map_or(Verdict::Unclear, |(verdict, _)| verdict)
    }

    /// Who must act.
    #[must_use]
    pub fn actor(self) -> Actor {
        self.row().map_or(Actor::Peer, |(_, actor)| actor)
    }

    /// Whether an answer with it has the error bit set (RFC 6733 7.1.3).
    #[must_use]
    pub const fn is_protocol_error(self) -> bool {
        matches!(self.0, 3000..=3999)
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
