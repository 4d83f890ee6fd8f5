//! The public form of everything: what comes in and goes out as JSON, converted by hand, so that the model can change
//! without the API changing, and the API never by accident. Absent values are `null`, never left out.

pub(crate) mod conversation;
pub(crate) mod directory;
pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod message;
pub(crate) mod money;
pub(crate) mod payer;
pub(crate) mod presence;
pub(crate) mod quote;
pub(crate) mod record;
pub(crate) mod shown;
pub(crate) mod submit;
pub(crate) mod token;
pub(crate) mod trace;
pub(crate) mod words;
