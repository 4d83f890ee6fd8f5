//! What a request does to an account, by the book and by the script.

use super::reply::{self, Reply};
use super::script::Misbehaviour as M;
use super::seen::{Movement, Seen};
use super::world::{Answered, Session, World};
use crate::clock;
use wire_diameter::avp::Group;
use wire_diameter::credit::{
    CostInformation, CreditControlAnswer, CreditControlRequest, Decimal, Money, MultipleServices,
    RequestType, RequestedAction, SubscriptionType, Units,
};
use wire_diameter::neighbour::Capabilities;
use wire_diameter::{AvpWriter, Command, Flags, Header, Message, ResultCode, dictionary};

/// What is said of a request.
#[derive(Clone, Copy, Debug)]
struct Said {
    code: ResultCode,
    granted: Option<Units>,
    cost: Option<i128>,
    enough: Option<bool>,
    charged: i128,
}

impl Said {
    const fn only(code: ResultCode) -> Self {
        Self { code, granted: None, cost: None, enough: None, charged: 0 }
    }

    const fn costs(nanos: i128) -> Self {
        Self { cost: Some(nanos), ..Self::only(ResultCode::SUCCESS) }
    }
}

impl World {
    /// A whole message came on a link.
    pub(super) fn handle(&mut self, link: u64, octets: &[u8]) -> Reply {
        let message = match Message::parse(octets) {
            Ok(message) => message,
            Err(fault) => {
                self.counts.unreadable += 1;
                let header = Message::header_of(octets).filter(Header::is_request);
                return header.map_or_else(Reply::default, |header| {
                    reply::notice(&self.config, header, None, fault.result_code())
                });
            }
        };
        let header = message.header;
        if !header.is_request() {
            return Reply::default();
        }
        match header.command {
            Command::CAPABILITIES_EXCHANGE => {
                self.counts.links += 1;
                let host = Capabilities::read(message.avps).map(|it| it.origin_host.to_owned());
                self.note(&Seen::Opened { at: clock::now_us(), link, host: host.unwrap_or_default() });
                reply::capabilities(&self.config, header)
            }
            Command::DEVICE_WATCHDOG => {
                self.counts.watchdogs += 1;
                reply::notice(&self.config, header, None, ResultCode::SUCCESS)
            }
            Command::DISCONNECT_PEER => reply::notice(&self.config, header, None, ResultCode::SUCCESS),
            Command::CREDIT_CONTROL => match CreditControlRequest::read(message.avps) {
                Ok(request) => self.credit(link, header, &request),
                Err(fault) => {
                    self.counts.unreadable += 1;
                    let session = message.avps.get(dictionary::SESSION_ID).ok().flatten();
                    reply::notice(&self.config, header, session, fault.result_code())
                }
            },
            _ => reply::notice(&self.config, header, None, ResultCode::COMMAND_UNSUPPORTED),
        }
    }

    fn credit(&mut self, link: u64, header: Header, request: &CreditControlRequest<'_>) -> Reply {
        let number = payer(request);
        let play = self.script.roll(&number, &mut self.dice);
        let flagged = header.flags.has(Flags::RETRANSMITTED);
        let before = self.answered(request.session_id, request.request_number).cloned();
        self.count(link, request, before.is_some(), flagged);
        if play.contains(&M::WatchdogOnly) {
            return Reply::default();
        }
        let deduplicates = !play.contains(&M::NoDeduplication);
        let mut reply = match before {
            Some(before) if deduplicates => {
                reply::answer(header, ResultCode::SUCCESS, |to| to.put_written(&before.avps))
            }
            before => {
                let said = match before {
                    Some(before) => self.again(request, &number, before.charged),
                    None => None,
                };
                let said = said.unwrap_or_else(|| self.done(link, request, &number, &play));
                self.answer(header, request, said, &play)
            }
        };
        if play.contains(&M::AnswerLost) {
            return Reply::default();
        }
        if play.contains(&M::AnswersTwice) {
            reply.octets = reply.octets.repeat(2);
        }
        reply.late = play.contains(&M::Late).then_some(self.config.late);
        reply.cut = play.contains(&M::DropsMidSession) && request.request_type == RequestType::Initial;
        reply
    }

    fn count(&mut self, link: u64, request: &CreditControlRequest<'_>, again: bool, flagged: bool) {
        let counts = &mut self.counts;
        let counter = match (request.request_type, request.action) {
            (RequestType::Event, Some(RequestedAction::PriceEnquiry)) => &mut counts.price_enquiries,
            (RequestType::Event, Some(RequestedAction::CheckBalance)) => &mut counts.balance_checks,
            (RequestType::Event, Some(RequestedAction::RefundAccount)) => &mut counts.refunds,
            (RequestType::Event, _) => &mut counts.debits,
            (RequestType::Initial | RequestType::Update, _) => &mut counts.reserves,
            (RequestType::Termination, _) if used(request) == 0 => &mut counts.releases,
            (RequestType::Termination, _) => &mut counts.commits,
        };
        *counter += 1;
        counts.repeated += u64::from(again);
        counts.repeated_unflagged += u64::from(again && !flagged);
        self.note(&Seen::Request {
            at: clock::now_us(),
            link,
            session: request.session_id.to_owned(),
            number: request.request_number,
            request: format!("{:?}", request.request_type).to_lowercase(),
            again,
            flagged,
        });
    }

    /// A request that was done is done again, where money moved; a repeated reservation holds nothing twice.
    fn again(&mut self, request: &CreditControlRequest<'_>, number: &str, charged: i128) -> Option<Said> {
        if charged == 0 || !self.accounts.charge(number, charged) {
            return None;
        }
        self.counts.done_twice += 1;
        self.moved(request.session_id, Movement::Charge, charged);
        Some(Said { charged, ..Said::costs(charged) })
    }

    fn done(&mut self, link: u64, request: &CreditControlRequest<'_>, number: &str, play: &[M]) -> Said {
        if request.request_type == RequestType::Termination {
            return self.terminated(link, request, play);
        }
        if let Some(code) = play.iter().find_map(|it| it.refusal()) {
            return Said::only(code);
        }
        let asked = asked(request);
        let cost = self.price(request, &asked);
        match (request.request_type, request.action) {
            (RequestType::Event, Some(RequestedAction::PriceEnquiry)) => {
                let none = play.contains(&M::NoPriceEnquiry);
                if none { Said::only(ResultCode::UNABLE_TO_COMPLY) } else { Said::costs(cost) }
            }
            (RequestType::Event, Some(RequestedAction::CheckBalance)) => {
                let enough = cost <= self.accounts.free(number);
                Said { enough: Some(enough), ..Said::only(ResultCode::SUCCESS) }
            }
            (RequestType::Event, Some(RequestedAction::RefundAccount)) if play.contains(&M::NoRefund) => {
                Said::only(ResultCode::UNABLE_TO_COMPLY)
            }
            (RequestType::Event, Some(RequestedAction::RefundAccount)) => {
                self.accounts.refund(number, cost);
                self.moved(request.session_id, Movement::Refund, cost);
                Said::costs(cost)
            }
            (RequestType::Update, _) => Said::only(ResultCode::UNABLE_TO_COMPLY),
            _ if play.contains(&M::CreditLimit) => Said::only(ResultCode::CREDIT_LIMIT_REACHED),
            (RequestType::Initial, _) => self.reserved(link, request, number, play),
            (RequestType::Event | RequestType::Termination, _) => {
                let (granted, cost) = self.grant(request, play);
                if !self.accounts.charge(number, cost) {
                    return Said::only(ResultCode::CREDIT_LIMIT_REACHED);
                }
                self.moved(request.session_id, Movement::Charge, cost);
                Said { granted, charged: cost, ..Said::costs(cost) }
            }
        }
    }

    fn reserved(&mut self, link: u64, request: &CreditControlRequest<'_>, number: &str, play: &[M]) -> Said {
        let (granted, cost) = self.grant(request, play);
        if let Some(open) = self.sessions.remove(request.session_id) {
            self.accounts.release(&open.number, open.held);
            self.moved(request.session_id, Movement::Release, open.held);
        }
        // Who grants more than was asked holds what there is.
        let held = if play.contains(&M::GrantsMore) { cost.min(self.accounts.free(number)) } else { cost };
        if !self.accounts.hold(number, held) {
            return Said::only(ResultCode::CREDIT_LIMIT_REACHED);
        }
        self.moved(request.session_id, Movement::Hold, held);
        let session = Session { number: number.to_owned(), held, link };
        self.sessions.insert(request.session_id.to_owned(), session);
        Said { granted, ..Said::costs(cost) }
    }

    fn terminated(&mut self, link: u64, request: &CreditControlRequest<'_>, play: &[M]) -> Said {
        let Some(session) = self.sessions.get(request.session_id).cloned() else {
            return Said::only(ResultCode::UNKNOWN_SESSION_ID);
        };
        if play.contains(&M::FailsOver) && session.link == link {
            return Said::only(ResultCode::TOO_BUSY);
        }
        self.sessions.remove(request.session_id);
        self.accounts.release(&session.number, session.held);
        let cost = self.price(request, &used_units(request)).min(session.held);
        if cost == 0 || !self.accounts.charge(&session.number, cost) {
            self.moved(request.session_id, Movement::Release, session.held);
            return Said::costs(0);
        }
        self.moved(request.session_id, Movement::Charge, cost);
        Said { charged: cost, ..Said::costs(cost) }
    }

    /// What is granted, and what that costs.
    fn grant(&self, request: &CreditControlRequest<'_>, play: &[M]) -> (Option<Units>, i128) {
        let other = |units: Option<u64>| {
            units.map(|units| match play {
                _ if play.contains(&M::GrantsMore) => units.saturating_mul(2).saturating_add(1),
                _ if play.contains(&M::GrantsLess) => units.saturating_sub(1),
                _ => units,
            })
        };
        let asked = asked(request);
        let granted =
            Units { specific: other(asked.specific), total_octets: other(asked.total_octets), ..asked };
        let cost = self.price(request, &granted);
        ((!play.contains(&M::GrantsNothing)).then_some(granted), cost)
    }

    fn price(&self, request: &CreditControlRequest<'_>, units: &Units) -> i128 {
        let (prices, context) = (&self.config.prices, request.service_context);
        let place = request.information.as_ref().and_then(|information| information.ps);
        let is_abroad = place.is_some_and(|place| place.network.is_some());
        let each = if context.contains("32274") {
            if is_abroad { prices.sms_abroad } else { prices.sms }
        } else if context.contains("32270") {
            prices.mms
        } else {
            prices.im
        };
        let specific = i128::from(units.specific.unwrap_or_default()).saturating_mul(each);
        let octets = i128::from(units.total_octets.unwrap_or_default()).saturating_mul(prices.octet);
        specific.saturating_add(octets)
    }

    fn answer(
        &mut self,
        header: Header,
        request: &CreditControlRequest<'_>,
        said: Said,
        play: &[M],
    ) -> Reply {
        let (session, number) = (request.session_id, request.request_number);
        self.counts.refused += u64::from(said.code != ResultCode::SUCCESS);
        self.note(&Seen::Answer {
            at: clock::now_us(),
            session: session.to_owned(),
            number,
            code: said.code.0,
        });
        let off = i32::from(play.contains(&M::ExponentOff));
        let cost = said.cost.and_then(Decimal::from_nanos).map(|value| CostInformation {
            cost: Money {
                value: Decimal { exponent: value.exponent.saturating_add(off), ..value },
                currency: Some(self.config.currency),
            },
            per: None,
        });
        let mut answer = CreditControlAnswer {
            request_type: Some(request.request_type),
            request_number: Some(number),
            cost,
            enough: said.enough,
            ..CreditControlAnswer::bare(session, said.code, &self.config.host, &self.config.realm)
        };
        if let Some(granted) = said.granted {
            let validity = Some(self.config.validity);
            if request.services.is_empty() {
                (answer.granted, answer.validity) = (Some(granted), validity);
            } else {
                let granted = Some(granted);
                answer.services.push(MultipleServices { granted, validity, ..MultipleServices::default() });
            }
        }
        let mut avps = Vec::new();
        answer.write(&mut AvpWriter::new(&mut avps));
        let reply = reply::answer(header, said.code, |to| to.put_written(&avps));
        // What was only put off is asked again.
        if said.code != ResultCode::TOO_BUSY {
            self.remember(session, number, Answered { avps, charged: said.charged });
        }
        reply
    }
}

/// Who pays: the number, else any other name.
fn payer(request: &CreditControlRequest<'_>) -> String {
    let numbers = || request.subscriptions.iter();
    let number = numbers().find(|it| it.kind == SubscriptionType::E164).or_else(|| numbers().next());
    number.map(|it| it.data.to_owned()).unwrap_or_default()
}

fn asked(request: &CreditControlRequest<'_>) -> Units {
    let inside = request.services.iter().find_map(|service| service.requested);
    inside.or(request.requested).unwrap_or_default()
}

fn used_units(request: &CreditControlRequest<'_>) -> Units {
    let inside = request.services.iter().find_map(|service| service.used.first().copied());
    inside.or(request.used).unwrap_or_default()
}

fn used(request: &CreditControlRequest<'_>) -> u64 {
    let units = used_units(request);
    units.specific.or(units.total_octets).unwrap_or_default()
}
