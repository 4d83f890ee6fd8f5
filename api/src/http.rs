//! The endpoints, one file a resource. A handler reads, asks the engine, and answers; it decides nothing.

pub(crate) mod accounts;
pub(crate) mod actions;
pub(crate) mod conversations;
mod directory;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod messages;
pub(crate) mod payers;
pub(crate) mod plans;
pub(crate) mod presence;
pub(crate) mod quotes;
pub(crate) mod records;
mod respond;
pub(crate) mod routes;
pub(crate) mod sims;
pub(crate) mod sip_users;
pub(crate) mod stream;
pub(crate) mod subscribers;
pub(crate) mod tokens;
