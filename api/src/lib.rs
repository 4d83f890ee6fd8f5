//! Switchback's HTTP: what the outside sees of the server, and nothing that decides.
//!
//! * [`Api::router`] turns an [`Intake`](switchback_ports::Intake) into the endpoints of DESIGN section 7. Every
//!   conversion between JSON and the model is written by hand in `dto`, so that the public form changes only when
//!   somebody changes it.
//! * [`serve`] is the accept loop: it bounds connections, header size and time, idle time and slow readers, which
//!   `axum::serve` leaves open.
//! * Whatever goes wrong is a problem document (RFC 9457) with a stable `code`, and each code has a page.

mod auth;
mod body;
mod codes;
mod cursor;
mod devices;
mod dto;
mod explain;
mod http;
mod openapi;
mod options;
mod path;
mod problem;
mod query;
mod reading;
mod rfc3339;
mod router;
mod server;

pub use openapi::document as openapi_document;
pub use options::{ApiOptions, Behind, Metrics, MoneyMove, Page, Records, RecordsPage};
pub use reading::{BodyOf, PartOf, refusal_of, refusal_of_part};
pub use router::Api;
pub use server::{Limits, Served, serve};
