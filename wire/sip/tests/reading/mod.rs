//! Reads every header of a message that has a grammar here.

use wire_sip::header::{
    AcceptContact, Auth, CSeq, Contact, Date, MaxForwards, MediaType, NameAddr, Reason, RetryAfter, Seconds,
    Token, Value, Via, Warning, Word,
};
use wire_sip::{HeaderName, Message, Method};

/// The headers whose values do not follow their grammar.
pub(crate) fn unreadable(message: &Message) -> Vec<HeaderName> {
    use HeaderName as H;
    let mut bad = Vec::new();
    let mut note = |name: HeaderName, well: bool| {
        if !well {
            bad.push(name);
        }
    };
    note(H::Via, each::<Via<'_>>(message, H::Via));
    note(H::CSeq, one::<CSeq<'_>>(message, H::CSeq));
    note(H::Contact, each::<Contact<'_>>(message, H::Contact));
    note(H::MaxForwards, one::<MaxForwards>(message, H::MaxForwards));
    note(H::ContentType, one::<MediaType<'_>>(message, H::ContentType));
    note(H::Accept, each::<MediaType<'_>>(message, H::Accept));
    note(H::Date, one::<Date>(message, H::Date));
    note(H::RetryAfter, one::<RetryAfter<'_>>(message, H::RetryAfter));
    note(H::Warning, each::<Warning<'_>>(message, H::Warning));
    note(H::Reason, each::<Reason<'_>>(message, H::Reason));
    note(H::AcceptContact, each::<AcceptContact<'_>>(message, H::AcceptContact));
    note(H::Allow, each::<Method<'_>>(message, H::Allow));
    for name in [H::Expires, H::MinExpires] {
        note(name, one::<Seconds>(message, name));
    }
    for name in
        [H::Route, H::RecordRoute, H::Path, H::ServiceRoute, H::PAssertedIdentity, H::PPreferredIdentity]
    {
        note(name, each::<NameAddr<'_>>(message, name));
    }
    for name in [H::Authorization, H::ProxyAuthorization, H::WwwAuthenticate, H::ProxyAuthenticate] {
        note(name, message.whole::<Auth<'_>>(name).all(|read| read.is_ok()));
    }
    for name in [H::Require, H::ProxyRequire, H::Supported, H::Unsupported] {
        note(name, each::<Token<'_>>(message, name));
    }
    for name in
        [H::InReplyTo, H::ConversationId, H::ContributionId, H::PAssertedService, H::PPreferredService]
    {
        note(name, each::<Word<'_>>(message, name));
    }
    bad
}

fn each<'a, T: Value<'a>>(message: &'a Message, name: HeaderName) -> bool {
    message.each::<T>(name).all(|read| read.is_ok())
}

fn one<'a, T: Value<'a>>(message: &'a Message, name: HeaderName) -> bool {
    message.one::<T>(name).is_ok()
}
