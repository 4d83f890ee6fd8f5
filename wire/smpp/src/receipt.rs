//! Delivery receipts (SMPP 3.4 5.3.2.35 and appendix B): from TLVs where there are any, else from the text, which
//! every SMSC writes in its own way.
//!
//! *Whether* a `deliver_sm` is a receipt is decided by its `esm_class` ([`EsmClass::kind`](crate::EsmClass::kind)),
//! never here: a subscriber may write `id:1 stat:DELIVRD` too.

mod text;

use std::borrow::Cow;

use crate::time::{pairs, unix_seconds};
use crate::{MessageKind, MessageState, ShortMessage, Tag};
use text::Fields;

/// What a receipt says. Every field may be missing; a TLV wins over the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The id it is about, exactly as written. See [`id_candidates`](crate::id_candidates) for matching.
    pub message_id: Option<Cow<'a, str>>,
    /// What became of the message.
    pub state: ReceiptState<'a>,
    /// Whether `esm_class` says intermediate notification.
    pub intermediate: bool,
    /// The `network_error_code` TLV.
    pub network_error: Option<NetworkError>,
    /// The `err:` field verbatim: its meaning belongs to the vendor, and it may hold letters.
    pub err: Option<Cow<'a, str>>,
    /// The `delivery_failure_reason` TLV: 0 unavailable, 1 invalid address, 2 permanent, 3 temporary network error.
    pub failure_reason: Option<u8>,
    /// The `user_message_reference` TLV, when the SMSC gives ours back.
    pub user_message_reference: Option<u16>,
    /// The `sub:` field: parts submitted.
    pub submitted: Option<u16>,
    /// The `dlvrd:` field: parts delivered.
    pub delivered: Option<u16>,
    /// The `submit date:` field.
    pub submit_date: Option<LocalDate>,
    /// The `done date:` field.
    pub done_date: Option<LocalDate>,
}

/// The state that a receipt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptState<'a> {
    /// A state of the standard.
    Known(MessageState),
    /// A word (or a reserved number of the TLV) of a vendor, verbatim. It ends nothing.
    Other(Cow<'a, str>),
    /// Neither a TLV nor a `stat:` field.
    Missing,
}

/// The `network_error_code` TLV (5.3.2.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkError {
    /// 1 ANSI-136, 2 IS-95, 3 GSM, others by vendor.
    pub network_type: u8,
    /// The code of that network.
    pub code: u16,
}

/// A date of a receipt, by the wall clock of the SMSC: the text has no zone, so the route has to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDate {
    local_s: i64,
}

impl LocalDate {
    /// Seconds since 1970-01-01T00:00:00Z when the clock of the SMSC is `offset_s` seconds ahead of UTC.
    #[must_use]
    pub const fn unix_seconds(self, offset_s: i32) -> i64 {
        #[expect(clippy::as_conversions, reason = "lossless, and `From` is not const")]
        let offset = offset_s as i64;
        self.local_s.saturating_sub(offset)
    }

    /// `YYMMDDhhmm`, `YYMMDDhhmmss`, `YYYYMMDDhhmm` or `YYYYMMDDhhmmss`; `None` for what is no date.
    fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let short = |[year, month, day, hour, minute, second]: [i64; 6]| {
            unix_seconds(2000 + year, month, day, hour, minute, second)
        };
        let long = |[century, year, month, day, hour, minute, second]: [i64; 7]| {
            unix_seconds(century * 100 + year, month, day, hour, minute, second)
        };
        let local_s = match text.len() {
            10 => pairs(text).and_then(|[a, b, c, d, e]| short([a, b, c, d, e, 0])),
            12 => pairs(text)
                .and_then(short)
                .or_else(|| pairs(text).and_then(|[a, b, c, d, e, f]| long([a, b, c, d, e, f, 0]))),
            14 => pairs(text).and_then(long),
            _ => None,
        };
        local_s.map(|local_s| Self { local_s })
    }
}

impl ReceiptState<'_> {
    /// The standard's state, if it is one.
    #[must_use]
    pub const fn known(&self) -> Option<MessageState> {
        match self {
            Self::Known(state) => Some(*state),
            Self::Other(_) | Self::Missing => None,
        }
    }

    fn into_owned(self) -> ReceiptState<'static> {
        match self {
            Self::Known(state) => ReceiptState::Known(state),
            Self::Other(word) => ReceiptState::Other(Cow::Owned(word.into_owned())),
            Self::Missing => ReceiptState::Missing,
        }
    }
}

impl<'a> Receipt<'a> {
    /// Reads a `deliver_sm` or `data_sm` that [is a receipt](crate::MessageKind::is_receipt). Total: what can't be
    /// read is missing.
    #[must_use]
    pub fn read(message: &ShortMessage<'a>) -> Self {
        let mut receipt = match readable(message) {
            Cow::Borrowed(text) => Self::from_fields(Fields::scan(text)),
            Cow::Owned(text) => Receipt::from_fields(Fields::scan(&text)).into_owned(),
        };
        receipt.intermediate = message.kind() == MessageKind::Intermediate;
        receipt.overrule(message);
        receipt
    }

    /// Whether nothing more is to be expected. In an intermediate notification only `DELIVRD` is: the others tell
    /// of one try of several.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self.state.known() {
            Some(MessageState::Delivered) => true,
            Some(state) => state.is_final() && !self.intermediate,
            None => false,
        }
    }

    fn from_fields(fields: Fields<'a>) -> Self {
        let state = match fields.stat {
            Some(word) => MessageState::from_word(word)
                .map_or(ReceiptState::Other(Cow::Borrowed(word)), ReceiptState::Known),
            None => ReceiptState::Missing,
        };
        Self {
            message_id: fields.id.map(Cow::Borrowed),
            state,
            intermediate: false,
            network_error: None,
            err: fields.err.map(Cow::Borrowed),
            failure_reason: None,
            user_message_reference: None,
            submitted: fields.sub.and_then(|n| n.parse().ok()),
            delivered: fields.dlvrd.and_then(|n| n.parse().ok()),
            submit_date: fields.submit_date.and_then(LocalDate::parse),
            done_date: fields.done_date.and_then(LocalDate::parse),
        }
    }

    /// What the TLVs say replaces what the text says.
    fn overrule(&mut self, message: &ShortMessage<'a>) {
        let tlvs = message.tlvs;
        if let Some(id) = tlvs.get_text(Tag::RECEIPTED_MESSAGE_ID).filter(|id| !id.is_empty()) {
            self.message_id = Some(id);
        }
        if let Some(code) = tlvs.get_u8(Tag::MESSAGE_STATE) {
            let other = || ReceiptState::Other(Cow::Owned(code.to_string()));
            self.state = MessageState::from_code(code).map_or_else(other, ReceiptState::Known);
        }
        if let Some(&[network_type, high, low]) = tlvs.get(Tag::NETWORK_ERROR_CODE) {
            self.network_error = Some(NetworkError { network_type, code: u16::from_be_bytes([high, low]) });
        }
        self.failure_reason = tlvs.get_u8(Tag::DELIVERY_FAILURE_REASON);
        self.user_message_reference = tlvs.get_u16(Tag::USER_MESSAGE_REFERENCE);
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Receipt<'static> {
        Receipt {
            message_id: self.message_id.map(|id| Cow::Owned(id.into_owned())),
            state: self.state.into_owned(),
            err: self.err.map(|err| Cow::Owned(err.into_owned())),
            intermediate: self.intermediate,
            network_error: self.network_error,
            failure_reason: self.failure_reason,
            user_message_reference: self.user_message_reference,
            submitted: self.submitted,
            delivered: self.delivered,
            submit_date: self.submit_date,
            done_date: self.done_date,
        }
    }
}

/// The text of a receipt as a string: nearly always ASCII, now and then UCS-2.
fn readable<'a>(message: &ShortMessage<'a>) -> Cow<'a, str> {
    let mut octets = message.user_data();
    if message.esm_class.has_udh() {
        let skipped = octets.split_first().and_then(|(len, rest)| rest.get(usize::from(*len)..));
        octets = skipped.unwrap_or(octets);
    }
    if message.data_coding == 0x08 {
        let (units, _) = octets.as_chunks::<2>();
        let text = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)));
        return text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    String::from_utf8_lossy(octets)
}
