//! What each PDU of the SMSC does to a client session.

use super::Event;
use crate::session::{Core, Side};
use crate::{
    BindMode, BindResp, CloseReason, CommandStatus, Frame, Inbound, Pdu, Request, State, SubmitResp, Tag,
};

impl Side for Event {
    const MESSAGE: Request = Request::Submit;

    fn may_send(mode: BindMode) -> bool {
        mode.may_submit()
    }

    fn receive(core: &mut Core<Self>, frame: &Frame<'_>) {
        core.receive(frame);
    }
}

impl Core<Event> {
    fn receive(&mut self, frame: &Frame<'_>) {
        self.heard();
        let pdu = match Pdu::decode(frame) {
            Ok(pdu) => pdu,
            Err(refusal) => return self.refuse(refusal, frame.header.sequence),
        };
        match pdu {
            Pdu::SubmitSmResp(resp) => self.submit_answered(frame, &resp),
            Pdu::DeliverSm(_) | Pdu::DataSm(_) => self.deliver(frame),
            Pdu::EnquireLink => {
                // A PDU without a body always encodes.
                let _ = self.send(&Pdu::EnquireLinkResp, CommandStatus::OK, frame.header.sequence);
            }
            Pdu::CancelSmResp => self.cancel_answered(frame),
            Pdu::BindResp(_, resp) => self.bind_answered(frame, &resp),
            Pdu::GenericNack => self.nack(frame),
            Pdu::Unbind => self.peer_unbind(frame.header.sequence),
            Pdu::UnbindResp => self.unbound(),
            Pdu::EnquireLinkResp | Pdu::AlertNotification | Pdu::Outbind => {}
            Pdu::DeliverSmResp | Pdu::DataSmResp(_) | Pdu::QuerySmResp(_) => self.unmatched(),
            // Requests that only an SMSC serves.
            Pdu::SubmitSm(_) | Pdu::QuerySm(_) | Pdu::CancelSm(_) | Pdu::Bind(..) => {
                self.refuse_with(frame, CommandStatus::INVBNDSTS);
            }
        }
    }

    fn submit_answered(&mut self, frame: &Frame<'_>, resp: &SubmitResp<'_>) {
        let Some(entry) = self.answered(frame, |request| request == Request::Submit) else { return };
        self.events.push_back(Event::SubmitAnswered {
            token: entry.token,
            sequence: frame.header.sequence,
            status: frame.header.command_status,
            message_id: resp.message_id.map(|id| String::from_utf8_lossy(id).into_owned()),
            congestion: resp.tlvs.get_u8(Tag::CONGESTION_STATE),
            late: entry.late,
        });
    }

    fn cancel_answered(&mut self, frame: &Frame<'_>) {
        let Some(entry) = self.answered(frame, |request| request == Request::Cancel) else { return };
        let (sequence, status) = (frame.header.sequence, frame.header.command_status);
        self.events.push_back(Event::CancelAnswered {
            token: entry.token,
            sequence,
            status,
            late: entry.late,
        });
    }

    fn bind_answered(&mut self, frame: &Frame<'_>, resp: &BindResp<'_>) {
        match self.state {
            State::Binding { mode, sequence, .. } if sequence == frame.header.sequence => {
                if !frame.header.command_status.is_ok() {
                    return self.close(CloseReason::BindRefused(frame.header.command_status));
                }
                self.state = State::Bound(mode);
                self.events.push_back(Event::Bound {
                    system_id: String::from_utf8_lossy(resp.system_id).into_owned(),
                    interface_version: resp.tlvs.get_u8(Tag::SC_INTERFACE_VERSION),
                });
            }
            _ => self.unmatched(),
        }
    }

    /// A nack fails the one request it names, and nothing else.
    fn nack(&mut self, frame: &Frame<'_>) {
        let (sequence, status) = (frame.header.sequence, frame.header.command_status);
        if let State::Binding { sequence: asked, .. } = self.state
            && asked == sequence
        {
            return self.close(CloseReason::BindRefused(status));
        }
        let Some(entry) = self.answered(frame, |_| true) else { return };
        // A nack with status 0 would read as a yes.
        let status = if status.is_ok() { CommandStatus::UNKNOWNERR } else { status };
        let (token, late) = (entry.token, entry.late);
        self.events.push_back(match entry.request {
            Request::Cancel => Event::CancelAnswered { token, sequence, status, late },
            Request::Submit | Request::Deliver | Request::Data => {
                Event::SubmitAnswered { token, sequence, status, message_id: None, congestion: None, late }
            }
        });
    }

    fn deliver(&mut self, frame: &Frame<'_>) {
        let bound = match self.state {
            State::Bound(mode) | State::Unbinding { mode, .. } => BindMode::may_deliver(mode),
            State::Open { .. } | State::Binding { .. } | State::Closed => false,
        };
        if !bound {
            self.refuse_with(frame, CommandStatus::INVBNDSTS);
        } else if self.owe(frame, CommandStatus::X_T_APPN) {
            self.events.push_back(Event::Deliver(Inbound::new(frame)));
        }
    }
}
