//! A message: a header and AVPs, read in place.

use crate::avp::{AvpWriter, Avps, TooLong};
use crate::fault::{Fault, What};
use crate::frame::MESSAGE_MAX;
use crate::header::{HEADER_LEN, Header};

/// A message whose AVPs are known to follow each other without a gap; what is in them is read when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its header.
    pub header: Header,
    /// Its AVPs.
    pub avps: Avps<'a>,
}

impl<'a> Message<'a> {
    /// Reads a whole message, as [`Framer`](crate::Framer) cuts them.
    ///
    /// # Errors
    /// [`Fault`] when it is not whole, or an AVP runs over its end.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Fault> {
        let short = Fault::of_message(What::MessageLength);
        if !Self::is_whole(octets) {
            return Err(short);
        }
        let (header, avps) = octets.split_first_chunk::<HEADER_LEN>().ok_or(short)?;
        Ok(Self { header: Header::read(header), avps: Avps::parse(avps)? })
    }

    /// The header alone, for the answer to a message whose AVPs can't be read.
    #[must_use]
    pub fn header_of(octets: &[u8]) -> Option<Header> {
        octets.first_chunk::<HEADER_LEN>().map(Header::read)
    }

    /// Appends a message to `out`: `header`, then what `write` puts.
    ///
    /// # Errors
    /// [`TooLong`]: longer than [`MESSAGE_MAX`]; `out` is as before.
    pub fn write(
        header: &Header,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut AvpWriter<'_>),
    ) -> Result<(), TooLong> {
        let start = out.len();
        header.write(0, out);
        let mut avps = AvpWriter::new(out);
        write(&mut avps);
        let whole = avps.finish();
        let length = out.len().saturating_sub(start);
        if whole.is_err() || length > MESSAGE_MAX {
            out.truncate(start);
            return Err(TooLong);
        }
        let [_, bytes @ ..] = u32::try_from(length).unwrap_or_default().to_be_bytes();
        if let Some(field) = out.get_mut(start.saturating_add(1)..).and_then(|rest| rest.first_chunk_mut()) {
            *field = bytes;
        }
        Ok(())
    }
}
