//! What header values mean, one grammar a file. A value is read when somebody asks, from the octets in the message.

mod call_id;
mod cseq;
mod name_addr;
mod params;
mod via;

pub use call_id::CallId;
pub use cseq::CSeq;
pub use name_addr::NameAddr;
pub use params::{Param, Params};
pub use via::Via;

/// A grammar that a header value, or one element of its comma list, may follow.
pub trait Value<'a>: Sized {
    /// Reads a value without white space around it. `None`: it does not follow the grammar.
    fn read(value: &'a [u8]) -> Option<Self>;
}
