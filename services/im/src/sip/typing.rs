//! Somebody is typing (RFC 3994): passed to the SIP devices of the recipient that are there, once, and forgotten. It is
//! no message: nothing is stored, nothing charged, nothing sent another way, and nobody learns who was there to see it.

use super::binding::Device;
use super::compose::{self, DATAGRAM_GOOD, Ends, Names, Said};
use super::server::{Asked, Server};
use switchback_core::model::{Address, SubscriberId};
use switchback_ports::directory::Bearer;
use wire_sip::StatusCode;

/// Its media type.
pub(super) const TYPE: &str = "application/im-iscomposing+xml";

impl Server {
    /// A subscriber is typing to somebody, or no longer.
    pub(super) fn typing(&mut self, asked: &Asked, who: &SubscriberId, to: &Address, document: &[u8]) {
        let Ok(wanted) = self.shown_as(asked, who) else {
            return self.answer_because(asked, 403, "that identity is not yours to send with");
        };
        let from = match self.intake.originator(&Bearer::Subscriber(who.clone()), wanted.as_ref()) {
            Ok(originator) => originator.address,
            Err(refusal) => return self.refuse(asked, &refusal),
        };
        if let Some(recipient) = self.intake.subscriber_of(to) {
            self.pass_on(&recipient, &from, to, document);
        }
        self.answer(asked, StatusCode::ACCEPTED, |_| ());
    }

    fn pass_on(&mut self, recipient: &SubscriberId, from: &Address, to: &Address, document: &[u8]) {
        let there = self.devices.of(recipient).filter(|(_, device)| device.is_reachable());
        let there = there.map(|(key, _)| key).collect::<Vec<_>>();
        let domain = self.options.domain.clone();
        for key in there {
            let names = Names { branch: self.branch(), call_id: self.word(), tag: self.word() };
            let Some(Device { binding, flow: Some(flow), .. }) = self.devices.get(&key) else { continue };
            let ends = Ends { from, to, domain: &domain };
            let said = Said::Typing(document);
            let written = compose::request(&mut self.scratch, binding, flow, &ends, &names, &said);
            let (octets, flow) = (self.scratch.split().freeze(), flow.clone());
            if written.is_ok() && octets.len() <= DATAGRAM_GOOD {
                // Whatever becomes of it, nobody waits for it.
                self.send(flow, names.branch.as_ref(), octets);
            }
        }
    }
}
