//! What a delivery receipt means for an attempt (the map of receipts is normative for us), in a file of its own.

use switchback_core::model::{FailureClass, PeerCode, PeerId, ReportKind};
use wire_smpp::{MessageState, Receipt, ReceiptState, id_candidates};

/// Longest id of a peer that is kept (T1); what is longer is no id of ours.
const ID_MAX: usize = 64;

/// A receipt in our own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// What the id may have been in the answer, the same first; empty when the receipt names none.
    pub(crate) ids: Vec<PeerId>,
    /// What is said.
    pub(crate) kind: ReportKind,
    /// The code behind it, raw.
    pub(crate) code: Option<PeerCode>,
}

/// Reads a receipt.
pub(crate) fn hear(receipt: &Receipt<'_>) -> Heard {
    let id = receipt.message_id.as_deref().filter(|id| !id.is_empty() && id.len() <= ID_MAX);
    let ids = id.map(id_candidates).unwrap_or_default();
    let ids = ids.into_iter().map(PeerId::new).collect();
    Heard { ids, kind: kind_of(receipt), code: code_of(receipt) }
}

/// A word that no standard knows, or none at all, ends nothing (T5); an intermediate notification ends nothing but
/// by `DELIVRD`.
fn kind_of(receipt: &Receipt<'_>) -> ReportKind {
    let state = match receipt.state {
        ReceiptState::Known(state) => state,
        ReceiptState::Other(_) | ReceiptState::Missing => return ReportKind::Intermediate,
    };
    if receipt.intermediate && state != MessageState::Delivered {
        return ReportKind::Intermediate;
    }
    match state {
        MessageState::Scheduled | MessageState::Enroute | MessageState::Accepted => ReportKind::Intermediate,
        MessageState::Delivered => ReportKind::Delivered,
        // The SMSC gave up; the number may be fine.
        MessageState::Expired => ReportKind::Failed(FailureClass::Temporary),
        // Whether it was our own cancel_sm, the core knows: it has the attempt.
        MessageState::Deleted => ReportKind::Withdrawn,
        MessageState::Undeliverable => ReportKind::Failed(class_of_undeliverable(receipt.failure_reason)),
        MessageState::Unknown => ReportKind::Unclear,
        MessageState::Rejected | MessageState::Skipped => ReportKind::Failed(FailureClass::Permanent),
    }
}

/// By `delivery_failure_reason`: 0 unavailable, 1 invalid address, 2 permanent, 3 temporary network error. The
/// number in `err` is the vendor's own, the same cause having three numbers at three vendors: it decides nothing.
const fn class_of_undeliverable(reason: Option<u8>) -> FailureClass {
    match reason {
        Some(0 | 3) => FailureClass::Temporary,
        Some(1 | 2 | 4..=u8::MAX) | None => FailureClass::Permanent,
    }
}

/// The `network_error_code` TLV, else the number in `err`; 0 and `000` say "no error".
fn code_of(receipt: &Receipt<'_>) -> Option<PeerCode> {
    let by_text = || receipt.err.as_deref().and_then(|err| err.trim().parse::<u32>().ok());
    let code = receipt.network_error.map(|error| u32::from(error.code)).or_else(by_text)?;
    (code != 0).then_some(PeerCode::SmppReceipt(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire_smpp::{EsmClass, ShortMessage, Tag, TlvBuf};

    fn heard(text: &str, esm_class: EsmClass, tlvs: &TlvBuf) -> Heard {
        let tlvs = tlvs.tlvs();
        let message =
            ShortMessage { short_message: text.as_bytes(), esm_class, tlvs, ..ShortMessage::default() };
        hear(&Receipt::read(&message))
    }

    #[test]
    fn every_word_of_the_map_has_its_meaning() {
        let failed = |class| ReportKind::Failed(class);
        for (word, kind) in [
            ("ENROUTE", ReportKind::Intermediate),
            ("DELIVRD", ReportKind::Delivered),
            ("EXPIRED", failed(FailureClass::Temporary)),
            ("DELETED", ReportKind::Withdrawn),
            ("UNDELIV", failed(FailureClass::Permanent)),
            ("ACCEPTD", ReportKind::Intermediate),
            ("UNKNOWN", ReportKind::Unclear),
            ("REJECTD", failed(FailureClass::Permanent)),
            ("BUFFERD", ReportKind::Intermediate),
        ] {
            let text = format!(
                "id:7 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:{word} err:000 text:"
            );
            assert_eq!(heard(&text, EsmClass::RECEIPT, &TlvBuf::new()).kind, kind, "{word}");
        }
        assert_eq!(heard("id:7", EsmClass::RECEIPT, &TlvBuf::new()).kind, ReportKind::Intermediate);
    }

    #[test]
    fn an_intermediate_notification_ends_nothing_but_by_delivrd() {
        let none = TlvBuf::new();
        assert_eq!(heard("id:7 stat:UNDELIV", EsmClass::INTERMEDIATE, &none).kind, ReportKind::Intermediate);
        assert_eq!(heard("id:7 stat:DELIVRD", EsmClass::INTERMEDIATE, &none).kind, ReportKind::Delivered);
    }

    #[test]
    fn the_reason_of_the_network_tells_temporary_from_permanent() {
        for (reason, class) in [
            (0, FailureClass::Temporary),
            (1, FailureClass::Permanent),
            (2, FailureClass::Permanent),
            (3, FailureClass::Temporary),
        ] {
            let mut tlvs = TlvBuf::new();
            tlvs.push_u8(Tag::DELIVERY_FAILURE_REASON, reason);
            let text = "id:7 stat:UNDELIV err:011";
            let heard = heard(text, EsmClass::RECEIPT, &tlvs);
            assert_eq!(
                (heard.kind, heard.code),
                (ReportKind::Failed(class), Some(PeerCode::SmppReceipt(11)))
            );
        }
    }

    #[test]
    fn ids_come_literal_first_and_no_absurd_one_comes_at_all() {
        let ids = heard("id:00A1 stat:DELIVRD", EsmClass::RECEIPT, &TlvBuf::new()).ids;
        assert_eq!(ids.first(), Some(&PeerId::new("00A1")));
        assert!(ids.contains(&PeerId::new("161")));
        let absurd = format!("id:{} stat:DELIVRD", "9".repeat(65));
        assert!(heard(&absurd, EsmClass::RECEIPT, &TlvBuf::new()).ids.is_empty());
    }
}
