//! The cases: a title, an input, and what a reader is told.

mod headers;
mod notifications;
mod shapes;
mod table;
