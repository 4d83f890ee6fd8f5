//! Writing AVPs: headers, padding and the lengths of groups are nobody else's business.

use super::{Choice, Definition, FLAG_MANDATORY, FLAG_VENDOR, Group, Grouped, I32, Kind};
use crate::frame::MESSAGE_MAX;

/// It would be longer than a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("longer than {MESSAGE_MAX} octets")]
pub struct TooLong;

/// Appends AVPs to a buffer.
#[derive(Debug)]
pub struct AvpWriter<'o> {
    out: &'o mut Vec<u8>,
    too_long: bool,
}

impl<'o> AvpWriter<'o> {
    /// A writer that appends to `out`.
    pub const fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, too_long: false }
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// [`TooLong`]: an AVP was longer than [`MESSAGE_MAX`], and what is in the buffer is of no use.
    pub const fn finish(self) -> Result<(), TooLong> {
        if self.too_long { Err(TooLong) } else { Ok(()) }
    }

    /// Puts an AVP.
    pub fn put<K: Kind>(&mut self, definition: Definition<K>, value: K::Value<'_>) {
        self.enclose(definition.code, definition.vendor, definition.mandatory, |to| K::write(value, to.out));
    }

    /// Puts an AVP if there is a value.
    pub fn maybe<'v, K: Kind>(&mut self, definition: Definition<K>, value: Option<K::Value<'v>>) {
        if let Some(value) = value {
            self.put(definition, value);
        }
    }

    /// Puts a group, with what `inside` puts.
    pub fn group(&mut self, definition: Definition<Grouped>, inside: impl FnOnce(&mut AvpWriter<'_>)) {
        self.enclose(definition.code, definition.vendor, definition.mandatory, |to| inside(to));
    }

    /// Puts groups, one for each.
    pub fn groups<'a, 't, T: Group<'a> + 't>(
        &mut self,
        definition: Definition<Grouped>,
        each: impl IntoIterator<Item = &'t T>,
    ) {
        for group in each {
            self.group(definition, |inside| group.write(inside));
        }
    }

    /// Puts a choice out of a list, if there is one.
    pub fn choice<T: Choice>(&mut self, definition: Definition<I32>, value: Option<T>) {
        self.maybe(definition, value.map(T::number));
    }

    /// Puts AVPs that were written before.
    pub fn put_written(&mut self, avps: &[u8]) {
        self.out.extend_from_slice(avps);
    }

    /// Puts a mandatory AVP without data.
    pub(crate) fn put_empty(&mut self, code: u32, vendor: u32) {
        self.enclose(code, vendor, true, |_| {});
    }

    fn enclose(&mut self, code: u32, vendor: u32, mandatory: bool, data: impl FnOnce(&mut AvpWriter<'_>)) {
        let start = self.out.len();
        let flag = if mandatory { FLAG_MANDATORY } else { 0 };
        self.out.extend_from_slice(&code.to_be_bytes());
        if vendor == 0 {
            self.out.extend_from_slice(&[flag, 0, 0, 0]);
        } else {
            self.out.extend_from_slice(&[flag | FLAG_VENDOR, 0, 0, 0]);
            self.out.extend_from_slice(&vendor.to_be_bytes());
        }
        let mut inside = AvpWriter { out: &mut *self.out, too_long: false };
        data(&mut inside);
        let too_long = inside.too_long;
        let length = self.out.len().saturating_sub(start);
        self.too_long |= too_long || length > MESSAGE_MAX;
        let [_, bytes @ ..] = u32::try_from(length).unwrap_or_default().to_be_bytes();
        let field = self.out.get_mut(start.saturating_add(5)..).and_then(|rest| rest.first_chunk_mut());
        if let Some(field) = field {
            *field = bytes;
        }
        // Counted from the AVP's own start: the buffer may begin anywhere.
        let padded = length.next_multiple_of(4).saturating_sub(length);
        self.out.resize(self.out.len().saturating_add(padded), 0);
    }
}
