//! What header values mean, one grammar a file. A value is read when somebody asks, from the octets in the message.
//!
//! A grammar and the name of a header are told apart: From, Route, Path and P-Asserted-Identity are all [`NameAddr`],
//! Call-ID and Conversation-ID both a [`Word`]. Each file names the headers that it is for.

mod accept_contact;
mod access_network;
mod auth;
mod contact;
mod cseq;
mod date;
mod media_type;
mod name_addr;
mod number;
mod params;
mod reason;
mod retry_after;
mod token;
mod via;
mod warning;
mod word;

pub use accept_contact::AcceptContact;
pub use access_network::AccessNetwork;
pub use auth::{Auth, AuthParams};
pub use contact::Contact;
pub use cseq::CSeq;
pub use date::Date;
pub use media_type::MediaType;
pub use name_addr::NameAddr;
pub use number::{MaxForwards, Seconds};
pub use params::{Param, Params};
pub use reason::Reason;
pub use retry_after::RetryAfter;
pub use token::Token;
pub use via::Via;
pub use warning::Warning;
pub use word::Word;

/// A grammar that a header value, or one element of its comma list, may follow.
pub trait Value<'a>: Sized {
    /// Reads a value without white space around it. `None`: it does not follow the grammar.
    fn read(value: &'a [u8]) -> Option<Self>;
}
