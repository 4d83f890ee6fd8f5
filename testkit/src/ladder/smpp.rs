//! SMPP in a ladder: what is about messages, cut out of the streams.

use super::frames::Packet;
use super::{Ids, Said};
use std::collections::HashMap;
use wire_smpp::{Frame, Pdu, Receipt, ReceiptState, ShortMessage};

/// What has not made a whole PDU yet, by connection and side.
#[derive(Default)]
pub(super) struct Streams(HashMap<(u16, bool), Vec<u8>>);

impl Streams {
    /// Takes a piece; what its end completes.
    pub(super) fn take(&mut self, packet: &Packet, ids: &mut Ids) -> Vec<Said> {
        let open = self.0.entry((packet.client_port, packet.from_peer)).or_default();
        open.extend_from_slice(&packet.payload);
        let mut said = Vec::new();
        while let Some(length) = open.first_chunk::<4>().map(|length| u32::from_be_bytes(*length)) {
            let length = usize::try_from(length).unwrap_or(usize::MAX).max(4);
            if open.len() < length {
                break;
            }
            let pdu: Vec<u8> = open.drain(..length).collect();
            said.extend(Frame::parse(&pdu).and_then(|frame| read(&frame, ids)));
        }
        said
    }
}

fn read(frame: &Frame<'_>, ids: &mut Ids) -> Option<Said> {
    let mut sms = |id: &[u8]| ids.name("sms", &String::from_utf8_lossy(id));
    let status = frame.header.command_status;
    let (title, note) = match Pdu::decode(frame).ok()? {
        Pdu::SubmitSm(short) => (format!("submit_sm to {}", short.destination.text()), Some(text(&short))),
        Pdu::SubmitSmResp(answer) => {
            ("submit_sm_resp".to_owned(), answer.message_id.map(|id| format!("message_id: {}", sms(id))))
        }
        Pdu::DeliverSm(short) if short.kind().is_receipt() => {
            let receipt = Receipt::read(&short);
            let state = match &receipt.state {
                ReceiptState::Known(state) => state.as_str().to_owned(),
                ReceiptState::Other(word) => word.to_string(),
                ReceiptState::Missing => "no state".to_owned(),
            };
            let id = receipt.message_id.as_deref().map(|id| sms(id.as_bytes())).unwrap_or_default();
            ("deliver_sm".to_owned(), Some(format!("receipt of {id}: {state}")))
        }
        Pdu::DeliverSm(short) => ("deliver_sm".to_owned(), Some(text(&short))),
        Pdu::DeliverSmResp => ("deliver_sm_resp".to_owned(), None),
        Pdu::CancelSm(cancel) => {
            ("cancel_sm".to_owned(), Some(format!("message_id: {}", sms(cancel.message_id))))
        }
        Pdu::CancelSmResp => ("cancel_sm_resp".to_owned(), None),
        _ => return None,
    };
    let failed = (status.0 != 0).then(|| status.to_string());
    Some(Said { title, notes: note.into_iter().chain(failed).collect() })
}

/// The text of one part, as far as it is one without unpacking.
fn text(short: &ShortMessage<'_>) -> String {
    format!("\"{}\"", String::from_utf8_lossy(short.user_data()))
}
