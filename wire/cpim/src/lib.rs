//! CPIM, the envelope round every chat message (RFC 3862), and IMDN, the ticks (RFC 5438), without I/O.
//!
//! * [`Cpim`] is one message: who, when, what the sender wants to hear, and the [`Content`]. It is read tolerantly
//!   (the rules stand on [`Cpim::parse`]) and written exactly; what is written is read back equal.
//! * [`Imdn`] is the document inside a notification, with OMA's interworking extension.
//!
//! Nothing in an envelope is proof of anything: who sent a message is known from the credential of the connection
//! that brought it, never from [`Cpim::from`].
//!
//! Absent on purpose: signatures over CPIM (nobody sends them), several notifications in one multipart
//! (RFC 5438 8.3), and the meaning of a notification for a message.

mod content;
mod cpim;
mod escape;
mod fault;
mod header;
mod imdn;
mod lines;
mod party;
mod wants;

pub use content::{Content, MimeHeader};
pub use cpim::{Cpim, HeaderName, ImdnHeaders, OtherHeader, Subject, namespace};
pub use fault::{EncodeError, Fault};
pub use header::Param;
pub use imdn::{
    DeliveryStatus, DisplayStatus, Disposition, IMDN_MAX, Imdn, ImdnFault, InterworkingStatus,
    ProcessingStatus,
};
pub use lines::{BLOCK_MAX, HEADERS_MAX};
pub use party::Party;
pub use wants::Wants;
