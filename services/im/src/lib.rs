//! The IM service: chat to the devices of our subscribers.
//!
//! * [`ImService`] is IM as the engine sees it. An IM attempt to a subscriber has no wire of its own: it is an event
//!   committed to the subscriber's stream, the commit is the hand-over, and a device's word comes back through the
//!   intake. An app's device reads the stream through the API.
//! * [`sip`] reads the same stream for devices that are SIP clients, and turns what they say into words of the model:
//!   a registrar, pager-mode messages both ways, and notifications.
//!
//! So SIP and app devices mix freely, a message waits for both in one queue, and no crash can make an attempt unknown.

mod app;
pub mod sip;

pub use app::ImService;
