//! What each PDU of a client does to a server session.

use super::event::{BindRequest, CancelRequest, QueryRequest, ServerEvent};
use crate::session::{Core, Side};
use crate::{Bind, BindMode, CommandStatus, Frame, Inbound, Pdu, Request, State};

/// First version with TLVs.
const FIRST_WITH_TLVS: u8 = 0x34;

impl Side for ServerEvent {
    const MESSAGE: Request = Request::Deliver;

    fn may_send(mode: BindMode) -> bool {
        mode.may_deliver()
    }

    fn receive(core: &mut Core<Self>, frame: &Frame<'_>) {
        core.receive(frame);
    }
}

impl Core<ServerEvent> {
    fn receive(&mut self, frame: &Frame<'_>) {
        self.heard();
        let sequence = frame.header.sequence;
        let pdu = match Pdu::decode(frame) {
            Ok(pdu) => pdu,
            Err(refusal) => return self.refuse(refusal, sequence),
        };
        match pdu {
            Pdu::SubmitSm(_) | Pdu::DataSm(_) => {
                self.take_up(frame, || ServerEvent::Submit(Inbound::new(frame)))
            }
            Pdu::DeliverSmResp => self.deliver_answered(frame, |request| request == Request::Deliver),
            Pdu::DataSmResp(_) => self.deliver_answered(frame, |request| request == Request::Data),
            Pdu::GenericNack => self.deliver_answered(frame, |_| true),
            Pdu::EnquireLink => {
                // A PDU without a body always encodes.
                let _ = self.send(&Pdu::EnquireLinkResp, CommandStatus::OK, sequence);
            }
            Pdu::Bind(mode, bind) => self.bind_asked(frame, mode, &bind),
            Pdu::CancelSm(cancel) => {
                self.take_up(frame, || ServerEvent::Cancel(CancelRequest::new(sequence, &cancel)));
            }
            Pdu::QuerySm(query) => {
                self.take_up(frame, || ServerEvent::Query(QueryRequest::new(sequence, &query)))
            }
            Pdu::Unbind => self.peer_unbind(sequence),
            Pdu::UnbindResp => self.unbound(),
            Pdu::EnquireLinkResp | Pdu::AlertNotification | Pdu::Outbind => {}
            Pdu::SubmitSmResp(_) | Pdu::CancelSmResp | Pdu::QuerySmResp(_) | Pdu::BindResp(..) => {
                self.unmatched()
            }
            // Only an SMSC delivers.
            Pdu::DeliverSm(_) => self.refuse_with(frame, CommandStatus::INVBNDSTS),
        }
    }

    fn bind_asked(&mut self, frame: &Frame<'_>, mode: BindMode, bind: &Bind<'_>) {
        let State::Open { until } = self.state else {
            return self.refuse_with(frame, CommandStatus::ALYBND);
        };
        let sequence = frame.header.sequence;
        let until = until.unwrap_or_else(|| self.now.saturating_add(self.limits.response_timeout));
        self.state = State::Binding { mode, sequence, until };
        self.events.push_back(ServerEvent::Bind(BindRequest::new(sequence, mode, bind)));
        self.peer_reads_tlvs = bind.interface_version >= FIRST_WITH_TLVS;
    }

    /// A request that the caller answers, if this session may make it and not too many wait.
    fn take_up(&mut self, frame: &Frame<'_>, event: impl FnOnce() -> ServerEvent) {
        let may = match self.state {
            State::Bound(mode) | State::Unbinding { mode, .. } => mode.may_submit(),
            State::Open { .. } | State::Binding { .. } | State::Closed => false,
        };
        if !may {
            self.refuse_with(frame, CommandStatus::INVBNDSTS);
        } else if self.owe(frame, CommandStatus::THROTTLED) {
            self.events.push_back(event());
        }
    }

    fn deliver_answered(&mut self, frame: &Frame<'_>, fits: impl Fn(Request) -> bool) {
        let Some(entry) = self.answered(frame, fits) else { return };
        self.events.push_back(ServerEvent::DeliverAnswered {
            token: entry.token,
            sequence: frame.header.sequence,
            status: frame.header.command_status,
            late: entry.late,
        });
    }
}
