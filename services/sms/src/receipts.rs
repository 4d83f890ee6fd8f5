//! What a delivery receipt means for an attempt (the map of receipts is normative for us), in a file of its own.

use smol_str::SmolStr;
use switchback_core::model::{FailureClass, PeerCode, PeerId, ReportKind};
use wire_smpp::{MessageState, NetworkError, Receipt, ReceiptState, id_candidates};

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

/// Reads a receipt. `temporary`: the codes by which this route's SMSC means a failure that may pass.
pub(crate) fn hear(receipt: &Receipt<'_>, temporary: &[SmolStr]) -> Heard {
    let id = receipt.message_id.as_deref().filter(|id| !id.is_empty() && id.len() <= ID_MAX);
    let ids = id.map(id_candidates).unwrap_or_default();
    let ids = ids.into_iter().map(PeerId::new).collect();
    Heard { ids, kind: kind_of(receipt, temporary), code: code_of(receipt) }
}

/// A word that no standard knows, or none at all, ends nothing (T5); an intermediate notification ends nothing but
/// by `DELIVRD`.
fn kind_of(receipt: &Receipt<'_>, temporary: &[SmolStr]) -> ReportKind {
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
        MessageState::Undeliverable => ReportKind::Failed(class_of_undeliverable(receipt, temporary)),
        MessageState::Unknown => ReportKind::Unclear,
        MessageState::Rejected | MessageState::Skipped => ReportKind::Failed(FailureClass::Permanent),
    }
}

/// The SMSC could not deliver; whether trying again may help is said, in this order, by:
/// * the `delivery_failure_reason` TLV: 0 unavailable, 1 invalid address, 2 permanent, 3 temporary network error;
/// * the route's own table of codes: `err` is the vendor's, the same cause having three numbers at three vendors;
/// * the `network_error_code` TLV where it is a GSM network's.
///
/// What none of them calls temporary is permanent.
fn class_of_undeliverable(receipt: &Receipt<'_>, temporary: &[SmolStr]) -> FailureClass {
    let may_pass = match (receipt.failure_reason, receipt.network_error) {
        (Some(reason @ 0..=3), _) => matches!(reason, 0 | 3),
        _ if is_listed(receipt, temporary) => true,
        (_, Some(NetworkError { network_type: GSM, code })) => passes_in_gsm(code),
        _ => false,
    };
    if may_pass { FailureClass::Temporary } else { FailureClass::Permanent }
}

/// `network_type` 3 of SMPP 3.4 5.3.2.31.
const GSM: u8 = 3;

/// MAP errors (3GPP TS 29.002, 17.6) that may pass: absent subscriber for short messages, absent subscriber,
/// subscriber busy for MT-SMS, SM delivery failure (memory full, protocol error of the equipment), system failure,
/// data missing. Unknown (1) or illegal (9) subscriber, illegal equipment (12), teleservice not provisioned (11), call
/// barred (13), facility not supported (21) and all others will not.
const fn passes_in_gsm(code: u16) -> bool {
    matches!(code, 6 | 27 | 31 | 32 | 34 | 35)
}

/// Whether the table has the code of the text, else that of the TLV; case and leading zeros do not matter.
fn is_listed(receipt: &Receipt<'_>, temporary: &[SmolStr]) -> bool {
    let by_tlv = || receipt.network_error.map(|error| error.code.to_string().into());
    let Some(code) = receipt.err.clone().or_else(by_tlv) else { return false };
    let bare = |code: &str| code.trim().trim_start_matches('0').to_ascii_lowercase();
    temporary.iter().any(|listed| bare(listed) == bare(&code))
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
        heard_with(text, esm_class, tlvs, &[])
    }

    fn heard_with(text: &str, esm_class: EsmClass, tlvs: &TlvBuf, temporary: &[SmolStr]) -> Heard {
        let tlvs = tlvs.tlvs();
        let message =
            ShortMessage { short_message: text.as_bytes(), esm_class, tlvs, ..ShortMessage::default() };
        hear(&Receipt::read(&message), temporary)
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
    fn what_tells_temporary_from_permanent_when_the_smsc_could_not_deliver() {
        const T: FailureClass = FailureClass::Temporary;
        const P: FailureClass = FailureClass::Permanent;
        let table = ["011", "abs", "42"].map(SmolStr::new);
        // The text's err, delivery_failure_reason, network_error_code (type, code), and what it comes to.
        type Row = (&'static str, Option<u8>, Option<(u8, u16)>, FailureClass);
        let rows: &[Row] = &[
            // Nothing known, or a number that means nothing to us.
            ("", None, None, P),
            ("err:000", None, None, P),
            ("err:005", None, None, P),
            // The reason goes before everything; one that is not defined says nothing.
            ("err:005", Some(0), None, T),
            ("err:005", Some(3), Some((3, 1)), T),
            ("err:011", Some(1), Some((3, 27)), P),
            ("err:011", Some(2), None, P),
            ("err:005", Some(4), None, P),
            ("err:011", Some(200), None, T),
            // The route's table, whatever the zeros and the case; it goes before the network's code.
            ("err:011", None, None, T),
            ("err:11", None, None, T),
            ("err:ABS", None, None, T),
            ("err:110", None, None, P),
            ("err:011", None, Some((3, 1)), T),
            ("", None, Some((0, 42)), T),
            // The codes of a GSM network: who is not there may come back, who is unknown will not.
            ("err:005", None, Some((3, 1)), P),
            ("err:005", None, Some((3, 9)), P),
            ("err:005", None, Some((3, 11)), P),
            ("err:005", None, Some((3, 12)), P),
            ("err:005", None, Some((3, 13)), P),
            ("err:005", None, Some((3, 21)), P),
            ("err:005", None, Some((3, 6)), T),
            ("err:005", None, Some((3, 27)), T),
            ("err:005", None, Some((3, 31)), T),
            ("err:005", None, Some((3, 32)), T),
            ("err:005", None, Some((3, 34)), T),
            ("err:005", None, Some((3, 35)), T),
            ("err:005", None, Some((3, 999)), P),
            // Another network's codes are its own.
            ("err:005", None, Some((1, 27)), P),
            ("err:005", None, Some((0, 27)), P),
        ];
        for (err, reason, network, class) in rows {
            let mut tlvs = TlvBuf::new();
            if let Some(reason) = reason {
                tlvs.push_u8(Tag::DELIVERY_FAILURE_REASON, *reason);
            }
            if let Some((kind, code)) = network {
                let [high, low] = code.to_be_bytes();
                tlvs.push(Tag::NETWORK_ERROR_CODE, &[*kind, high, low]);
            }
            let row = format!("{err} {reason:?} {network:?}");
            let text = format!("id:7 stat:UNDELIV {err} text:");
            let kind = heard_with(&text, EsmClass::RECEIPT, &tlvs, &table).kind;
            assert_eq!(kind, ReportKind::Failed(*class), "{row}");
            // Whatever the codes: these two words stand.
            for (word, class) in [("EXPIRED", T), ("REJECTD", P)] {
                let text = text.replace("UNDELIV", word);
                let kind = heard_with(&text, EsmClass::RECEIPT, &tlvs, &table).kind;
                assert_eq!(kind, ReportKind::Failed(class), "{word} {row}");
            }
        }
    }

    #[test]
    fn the_code_is_kept_the_tlv_first() {
        let mut tlvs = TlvBuf::new();
        let code = |tlvs: &TlvBuf| heard("id:7 stat:UNDELIV err:011", EsmClass::RECEIPT, tlvs).code;
        assert_eq!(code(&tlvs), Some(PeerCode::SmppReceipt(11)));
        tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 0, 27]);
        assert_eq!(code(&tlvs), Some(PeerCode::SmppReceipt(27)));
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
