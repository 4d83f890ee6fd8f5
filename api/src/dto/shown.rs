//! Values that are shown as text, written straight into the answer without a string in between.

use serde::{Serialize, Serializer};
use std::fmt::Display;

/// Serialises as the text that `Display` gives: ids, times, addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
