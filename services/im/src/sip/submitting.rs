//! MESSAGE from a client: accepted when durable (R1), and notifications that it sends.

use super::flow::{Flow, FlowKey};
use super::identity::{asserted, wanted_address};
use super::news::listed;
use super::offer;
use super::server::{Answered, Asked, Server};
use super::submit::{self, Carried, Letter, Unfit};
use super::words::{status_of, target_of, warning};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::{
    Address, Choice, Content, DeviceId, Message, MessageId, Originator, Owner, Price, Service, ServiceChoice,
    Status, SubscriberId,
};
use switchback_ports::directory::Bearer;
use switchback_ports::{
    Accepted, DeviceReceipt, Disposition, Gone, Intake, Quote, Refusal, RefusalKind, StoreFailure, encode,
};
use wire_cpim::{DeliveryStatus, DisplayStatus};
use wire_sip::{HeaderName, StatusCode};

impl Server {
    /// A MESSAGE of this subscriber.
    pub(super) fn message(&mut self, asked: Asked, flow: &Flow, who: SubscriberId) {
        match submit::read(&asked.request) {
            Ok(Carried::Message(letter)) => self.submit(asked, &who, *letter),
            Ok(Carried::Typing { to, document }) => self.typing(&asked, &who, &to, &document),
            Ok(Carried::Notification { imdn_id, sender, disposition }) => {
                self.notification(asked, flow, who, imdn_id, sender, disposition);
            }
            Err(Unfit(StatusCode(415), why)) => self.answer(&asked, StatusCode(415), |answer| {
                answer.header(HeaderName::AcceptEncoding, submit::ACCEPTED_ENCODING.as_bytes());
                answer.parts(HeaderName::Warning, &[b"399 switchback \"", why.as_bytes(), b"\""]);
            }),
            Err(Unfit(status, why)) => self.answer_because(&asked, status.0, why),
        }
    }

    fn submit(&mut self, asked: Asked, who: &SubscriberId, letter: Letter) {
        let Ok(wanted) = self.shown_as(&asked, who) else {
            return self.answer_because(&asked, 403, "that identity is not yours to send with");
        };
        let bearer = Bearer::Subscriber(who.clone());
        let originator = match self.intake.originator(&bearer, wanted.as_ref()) {
            Ok(originator) => Originator { origin: asked.origin(), ..originator },
            Err(refusal) => return self.refuse(&asked, &refusal),
        };
        if !self.is_known(&letter.to) {
            return self.answer_because(&asked, 404, "that device is not registered here");
        }
        let wanted = letter.service;
        let key = submit::key(originator.owner.clone(), &letter.to, &letter.once);
        // What makes it the same message is what it says: a client that repeats it may date it anew.
        let body: [u8; 32] = Sha256::digest(encode(&(&letter.content.text, &letter.content.media))).into();
        let quote = letter.quote.clone();
        let submission = Box::new(letter.submission(originator, self.time()));
        let answer = self.intake.submit(submission, quote, Some((key, body)));
        let asked = Box::new(asked);
        self.answers
            .spawn(async move { Answered::Submitted { asked, wanted, outcome: Box::new(answer.await) } });
    }

    /// The address that a sender is seen with: of those that are vouched for the first that is theirs, else what they
    /// want.
    pub(super) fn shown_as(&self, asked: &Asked, who: &SubscriberId) -> Result<Option<Address>, ()> {
        let own = |address: &Address| self.intake.subscriber_of(address).as_ref() == Some(who);
        match asserted(&asked.request).find(own).filter(|_| asked.vouched) {
            Some(vouched) => Ok(Some(vouched)),
            None => wanted_address(&asked.request),
        }
    }

    /// Whether the device that an address names, if it names one, was registered here.
    fn is_known(&self, to: &Address) -> bool {
        let Some(device) = to.device() else { return true };
        self.intake.subscriber_of(to).is_some_and(|of| {
            let mut devices = self.devices.of(&of);
            devices.any(|(_, known)| known.binding.instance.as_deref() == Some(device.as_bytes()))
        })
    }

    /// The engine's word on a submission. One that is repeated with a service named is the choice for the message that
    /// waits for it (R2, R6).
    pub(super) fn submitted(
        &mut self,
        asked: Box<Asked>,
        wanted: ServiceChoice,
        outcome: Result<Result<Accepted, Refusal>, Gone>,
    ) {
        let accepted = match outcome {
            Ok(Ok(accepted)) => accepted,
            Ok(Err(refusal)) => return self.refuse(&asked, &refusal),
            Err(Gone) => return self.busy(&asked),
        };
        let message = accepted.message;
        match (wanted, message.status) {
            (ServiceChoice::Named(service), Status::Offered | Status::Waiting) if accepted.replayed => {
                self.choose(asked, &message, service);
            }
            _ => self.accepted(&asked, &message),
        }
    }

    /// Chooses for a message that waits: what its sender was shown before it began is the most that it may cost. What one
    /// that has begun would cost in all they were told by its own word, and the engine knows it.
    fn choose(&self, asked: Box<Asked>, message: &Message, service: Service) {
        let shown = self.offered.get(&message.id).filter(|_| message.status == Status::Offered);
        let choice = Choice { service, max_price: shown.and_then(|offer| offer.price(service)) };
        let answer = self.intake.choose(message.id, Some(message.originator.owner.clone()), choice);
        self.answers.spawn(async move { Answered::Chosen { asked, outcome: Box::new(answer.await) } });
    }

    /// The engine's word on a choice.
    pub(super) fn chosen(&mut self, asked: &Asked, outcome: Result<Result<Message, Refusal>, Gone>) {
        match outcome {
            Ok(Ok(message)) => self.accepted(asked, &message),
            Ok(Err(refusal)) => self.refuse(asked, &refusal),
            Err(Gone) => self.busy(asked),
        }
    }

    /// 202 after the durable write, with the price that binds.
    fn accepted(&mut self, asked: &Asked, message: &Message) {
        let name = message.id.to_string();
        let price = message.p1.map(|pinned| pinned.price);
        self.answer(asked, StatusCode::ACCEPTED, |answer| {
            answer.header("X-Switchback-Message-ID", name.as_bytes());
            if let Some((price, amount)) = price.and_then(|price| Some((price, price.as_next()?))) {
                let sure = if let Price::Exact(_) = price {
                    String::new()
                } else {
                    format!(";kind={}", price.kind())
                };
                answer.header("X-Switchback-Price", format!("{amount}{sure}").as_bytes());
            }
        });
    }

    /// An OPTIONS asks what a message with its body, or a short one, would cost.
    pub(super) fn offer(&mut self, asked: Asked, who: &SubscriberId) {
        let request = &asked.request;
        let to = request.request_uri().and_then(|uri| target_of(&uri));
        let wanted = self.shown_as(&asked, who);
        let (Some(to), Ok(wanted)) = (to, wanted) else {
            return self.answer_because(&asked, 404, "nothing is sent to that address from here");
        };
        let originator = match self.intake.originator(&Bearer::Subscriber(who.clone()), wanted.as_ref()) {
            Ok(originator) => Originator { origin: asked.origin(), ..originator },
            Err(refusal) => return self.refuse(&asked, &refusal),
        };
        let text = String::from_utf8_lossy(request.body());
        let content = Content::text(if text.is_empty() { "." } else { &*text });
        let answer = self.intake.quote(offer::ask(originator, to.clone(), content));
        let asked = Box::new(asked);
        self.answers.spawn(async move { Answered::Quoted { asked, to, outcome: Box::new(answer.await) } });
    }

    /// The prices for an OPTIONS.
    pub(super) fn quoted(
        &mut self,
        asked: &Asked,
        to: &Address,
        outcome: Result<Result<Quote, Refusal>, Gone>,
    ) {
        match outcome {
            Ok(Ok(quote)) => self.capabilities(asked, offer::document(&quote, to, None).as_bytes()),
            Ok(Err(refusal)) => self.refuse(asked, &refusal),
            Err(Gone) => self.busy(asked),
        }
    }

    /// Says no in SIP's words, with our own beside them.
    pub(super) fn refuse(&mut self, asked: &Asked, refusal: &Refusal) {
        if matches!(refusal.kind, RefusalKind::Overload | RefusalKind::Unavailable) {
            return self.busy(asked);
        }
        let warning = warning(&self.options.domain, refusal);
        self.answer(asked, status_of(refusal), |answer| {
            answer.header(HeaderName::Warning, warning.as_bytes());
        });
    }

    /// The engine's word on a device's word: what it has confirmed is not told to it any more.
    pub(super) fn noted(&mut self, asked: &Asked, taken: bool, of: Option<(MessageId, FlowKey)>) {
        if !taken {
            return self.busy(asked);
        }
        if let Some((message, flow)) = of {
            self.devices.on(flow).iter().for_each(|key| self.forget(key, message));
        }
        self.answer(asked, StatusCode::OK, |_| ());
    }

    /// A device of the recipient says that it has, or showed, a message.
    fn notification(
        &mut self,
        asked: Asked,
        flow: &Flow,
        who: SubscriberId,
        imdn_id: SmolStr,
        sender: Option<Address>,
        told: wire_cpim::Disposition,
    ) {
        let disposition = match told {
            wire_cpim::Disposition::Delivery(DeliveryStatus::Delivered) => Disposition::Delivered,
            wire_cpim::Disposition::Display(DisplayStatus::Displayed) => Disposition::Displayed,
            // What a recipient does not want to tell, or could not, changes nothing for us.
            _ => return self.answer(&asked, StatusCode::OK, |_| ()),
        };
        let by = flow.key();
        let known = self.told_as.get(&(who.clone(), imdn_id.clone()));
        let (intake, asked) = (Arc::clone(&self.intake), Box::new(asked));
        self.answers.spawn(async move {
            let message = match known.or_else(|| MessageId::parse(&imdn_id).ok()) {
                Some(message) => Ok(Some(message)),
                None => named(&*intake, &who, &imdn_id, sender).await,
            };
            let Ok(Some(message)) = message else {
                // Nothing that we know of: telling it again would not help. Else it is to be told again.
                return Answered::Noted { asked, taken: message.is_ok(), of: None };
            };
            let device = DeviceId::new("sip");
            let receipt = DeviceReceipt { message, subscriber: who, device, disposition };
            let taken = match intake.receipt(receipt).await {
                Ok(Ok(())) => true,
                Ok(Err(refusal)) => !matches!(refusal.kind, RefusalKind::Overload | RefusalKind::Unavailable),
                Err(Gone) => false,
            };
            Answered::Noted { asked, taken, of: Some((message, by)) }
        });
    }
}

/// The message that its sender called so: found by the key that it was accepted under.
async fn named(
    intake: &dyn Intake,
    recipient: &SubscriberId,
    imdn_id: &str,
    sender: Option<Address>,
) -> Result<Option<MessageId>, StoreFailure> {
    let Some(owner) = sender.and_then(|sender| intake.subscriber_of(&sender)) else { return Ok(None) };
    for to in intake.addresses_of(recipient) {
        let key = submit::key(Owner::Subscriber(owner.clone()), &to, &submit::once_of(imdn_id));
        if let Some(message) = listed(intake.message_of(key)).await? {
            return Ok(Some(message));
        }
    }
    Ok(None)
}
