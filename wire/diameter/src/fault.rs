//! What is wrong with a message, so that its answer can say it (RFC 6733 7.5).

use crate::avp::AvpWriter;
use crate::dictionary;
use crate::result_code::ResultCode;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The message's own length is not that of its octets.
    MessageLength,
    /// An AVP is longer than what is around it, shorter than its header, or not as long as its type.
    AvpLength,
    /// An AVP's value is outside what it may be.
    Value,
    /// An AVP that must be there is not.
    Missing,
    /// An AVP stands more often than it may.
    TooOften,
}

/// A message that can't be read, and which AVP is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what:?}: AVP {code} of vendor {vendor}")]
pub struct Fault {
    /// What is wrong.
    pub what: What,
    /// The AVP's code; 0 when it is the message itself.
    pub code: u32,
    /// Its vendor; 0 for those of the IETF.
    pub vendor: u32,
}

impl Fault {
    pub(crate) const fn of_message(what: What) -> Self {
        Self { what, code: 0, vendor: 0 }
    }

    /// What the answer says.
    #[must_use]
    pub const fn result_code(&self) -> ResultCode {
        match self.what {
            What::MessageLength => ResultCode::INVALID_MESSAGE_LENGTH,
            What::AvpLength => ResultCode::INVALID_AVP_LENGTH,
            What::Value => ResultCode::INVALID_AVP_VALUE,
            What::Missing => ResultCode::MISSING_AVP,
            What::TooOften => ResultCode::AVP_OCCURS_TOO_MANY_TIMES,
        }
    }

    /// Puts the Failed-AVP (RFC 6733 7.5) that names the AVP to blame, without its data; nothing for a fault of the
    /// message itself.
    pub fn write_failed_avp(&self, to: &mut AvpWriter<'_>) {
        if self.code != 0 {
            to.group(dictionary::FAILED_AVP, |inside| inside.put_empty(self.code, self.vendor));
        }
    }
}
