//! Names of header fields: a known one is one octet in the index of a message, whatever form, case or spacing the peer
//! chose.

use crate::octets::{TOKEN, all};

macro_rules! names {
    ($($variant:ident $name:literal;)*) => {
        /// The name of a header field. The compact forms of RFC 3261 7.3.3 are the same name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum HeaderName {
            $(
                #[doc = concat!("`", $name, "`.")]
                $variant,
            )*
            /// None of the others: see [`FieldName`].
            Other,
        }

        impl HeaderName {
            /// As it is written; empty for [`Other`](Self::Other).
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other => "",
                }
            }
        }

        /// Every known name.
        const KNOWN: &[(&[u8], HeaderName)] = &[$(($name.as_bytes(), HeaderName::$variant),)*];
    };
}

names! {
    To "To";
    Via "Via";
    CSeq "CSeq";
    Date "Date";
    From "From";
    Join "Join";
    Path "Path";
    RAck "RAck";
    RSeq "RSeq";
    Allow "Allow";
    Event "Event";
    Route "Route";
    Accept "Accept";
    MinSe "Min-SE";
    Reason "Reason";
    Server "Server";
    CallId "Call-ID";
    Contact "Contact";
    Expires "Expires";
    Privacy "Privacy";
    Require "Require";
    Subject "Subject";
    Warning "Warning";
    Identity "Identity";
    Priority "Priority";
    ReferTo "Refer-To";
    Replaces "Replaces";
    ReplyTo "Reply-To";
    SipETag "SIP-ETag";
    CallInfo "Call-Info";
    Supported "Supported";
    Timestamp "Timestamp";
    AlertInfo "Alert-Info";
    ErrorInfo "Error-Info";
    FlowTimer "Flow-Timer";
    UserAgent "User-Agent";
    InReplyTo "In-Reply-To";
    MinExpires "Min-Expires";
    ReferredBy "Referred-By";
    RetryAfter "Retry-After";
    Unsupported "Unsupported";
    AllowEvents "Allow-Events";
    ContentType "Content-Type";
    MimeVersion "MIME-Version";
    MaxForwards "Max-Forwards";
    Organization "Organization";
    RecordRoute "Record-Route";
    SipIfMatch "SIP-If-Match";
    Authorization "Authorization";
    IdentityInfo "Identity-Info";
    ProxyRequire "Proxy-Require";
    ServiceRoute "Service-Route";
    AcceptContact "Accept-Contact";
    ContentLength "Content-Length";
    RejectContact "Reject-Contact";
    AcceptEncoding "Accept-Encoding";
    AcceptLanguage "Accept-Language";
    ContributionId "Contribution-ID";
    ConversationId "Conversation-ID";
    MessageExpires "Message-Expires";
    SecurityClient "Security-Client";
    SecurityServer "Security-Server";
    SecurityVerify "Security-Verify";
    SessionExpires "Session-Expires";
    ContentEncoding "Content-Encoding";
    ContentLanguage "Content-Language";
    PAssociatedUri "P-Associated-URI";
    WwwAuthenticate "WWW-Authenticate";
    PCalledPartyId "P-Called-Party-ID";
    PChargingVector "P-Charging-Vector";
    PAssertedService "P-Asserted-Service";
    ProxyAuthenticate "Proxy-Authenticate";
    SubscriptionState "Subscription-State";
    AuthenticationInfo "Authentication-Info";
    ContentDisposition "Content-Disposition";
    PAssertedIdentity "P-Asserted-Identity";
    PPreferredService "P-Preferred-Service";
    ProxyAuthorization "Proxy-Authorization";
    RequestDisposition "Request-Disposition";
    PPreferredIdentity "P-Preferred-Identity";
    PVisitedNetworkId "P-Visited-Network-ID";
    PAccessNetworkInfo "P-Access-Network-Info";
    CellularNetworkInfo "Cellular-Network-Info";
    ContentTransferEncoding "Content-Transfer-Encoding";
    InReplyToContributionId "InReplyTo-Contribution-ID";
    ProxyAuthenticationInfo "Proxy-Authentication-Info";
}

/// Longest known name, and one more.
const LENGTHS: usize = 27;

/// Where the names of each length begin in [`KNOWN`], which is sorted by length.
const FIRST: [usize; LENGTHS] = first_of_each_length();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler alone")]
const fn first_of_each_length() -> [usize; LENGTHS] {
    let mut first = [0; LENGTHS];
    let (mut length, mut at) = (0, 0);
    while length < LENGTHS {
        while at < KNOWN.len() && KNOWN[at].0.len() < length {
            at += 1;
        }
        first[length] = at;
        length += 1;
    }
    first
}

impl HeaderName {
    /// Finds a name in its long or compact form, in any case; [`Other`](Self::Other) when it is none of ours.
    #[must_use]
    pub fn find(name: &[u8]) -> Self {
        if let [letter] = name {
            return Self::of_compact(*letter);
        }
        let range = FIRST.get(name.len()).copied().zip(FIRST.get(name.len().saturating_add(1)).copied());
        let candidates = range.and_then(|(from, to)| KNOWN.get(from..to)).unwrap_or_default();
        // Most peers write names as the standard does, and most names differ in their first letter.
        let first = name.first().map(u8::to_ascii_uppercase);
        let found = candidates.iter().find(|(known, _)| {
            known.first() == first.as_ref() && (*known == name || known.eq_ignore_ascii_case(name))
        });
        found.map_or(Self::Other, |(_, name)| *name)
    }

    const fn of_compact(letter: u8) -> Self {
        match letter.to_ascii_lowercase() {
            b'a' => Self::AcceptContact,
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'd' => Self::RequestDisposition,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'j' => Self::RejectContact,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'n' => Self::IdentityInfo,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'u' => Self::AllowEvents,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            b'y' => Self::Identity,
            _ => Self::Other,
        }
    }
}

/// A name to look for or to write: a known one, or any other by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName<'a> {
    pub(crate) known: HeaderName,
    pub(crate) text: &'a [u8],
}

impl FieldName<'_> {
    /// Whether it may stand on the wire.
    pub(crate) fn is_writable(self) -> bool {
        all(self.text, TOKEN)
    }
}

impl From<HeaderName> for FieldName<'_> {
    fn from(known: HeaderName) -> Self {
        Self { known, text: known.as_str().as_bytes() }
    }
}

impl<'a> From<&'a str> for FieldName<'a> {
    fn from(text: &'a str) -> Self {
        Self { known: HeaderName::find(text.as_bytes()), text: text.as_bytes() }
    }
}

impl<'a> From<&'a [u8]> for FieldName<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self { known: HeaderName::find(text), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_however_it_is_written() {
        for (text, name) in KNOWN {
            assert_eq!(HeaderName::find(text), *name);
            assert_eq!(HeaderName::find(&text.to_ascii_uppercase()), *name);
            assert_eq!(name.as_str().as_bytes(), *text);
        }
        assert!(KNOWN.is_sorted_by_key(|(text, _)| text.len()));
        assert!(KNOWN.iter().all(|(text, _)| text.len() + 1 < LENGTHS));
    }

    #[test]
    fn compact_forms_are_the_same_names() {
        assert_eq!(HeaderName::find(b"v"), HeaderName::Via);
        assert_eq!(HeaderName::find(b"L"), HeaderName::ContentLength);
        for other in [&b""[..], b"z", b"Vi", b"Via ", b"X-Unknown", &[b'x'; 300]] {
            assert_eq!(HeaderName::find(other), HeaderName::Other);
        }
    }
}
