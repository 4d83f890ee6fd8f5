//! What several targets need: the input of a run taken apart, so that a fuzzer's mutation of one octet changes one
//! thing.

pub mod script;
pub mod session;
pub mod sip;
pub mod world;

/// The text of an input: what is no UTF-8 is replaced, as a careful reader of a socket would do.
#[must_use]
pub fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}
