//! Charging by an operator's own system, over Diameter: RFC 8506 as TS 32.299 uses it (Ro, Gy).
//!
//! [`DiameterCharging`] is the [`Charging`](switchback_ports::Charging) port. An order becomes a
//! [`Dialogue`](wire_diameter::credit::Dialogue), whose requests go to the first of the configured peers that is
//! well; each peer is a task with one connection, kept up by [`Peer`](wire_diameter::Peer). There is no task an order:
//! what comes back from a link carries its order on.
//!
//! ```text
//!   order ---> Flow --request--> first link that is well --TCP/TLS--> charging system
//!                ^                        |
//!                +---- answer, or lost ---+
//! ```

mod charging;
mod currency;
mod flow;
mod link;
mod options;
mod probe;
mod tls;
mod translate;

pub use charging::DiameterCharging;
pub use currency::{alphabetic, numeric};
pub use options::{Mode, Options, PeerAddress, QuoteBy, UnitsOfIm};
pub use tls::{TlsError, TlsOptions};
pub use wire_diameter::credit::{Contexts, UnitsAt};
