//! A quote as JSON (R2).

use super::money::{MoneyOut, PlanOut, PriceOut, no_price};
use super::presence::RecipientOut;
use super::shown::Shown;
use super::words::{QuotedChargeWord, ServiceWord, UnitWord};
use serde::Serialize;
use smol_str::SmolStr;
use switchback_core::model::{Notice, Origin, Time};
use switchback_core::tariff::AllowanceLeft;
use switchback_ports::{Quote, QuoteLine, QuotedFallback};
use utoipa::ToSchema;

/// What sending would cost now, and what would happen. Binds upwards until `valid_until`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteOut {
    /// Name it in `quote` when submitting, to be bound to it.
    #[schema(value_type = String, example = "qt_7h2k9d3m")]
    id: SmolStr,
    /// Until when the sender never pays more than this.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Shown<Time>,
    /// The plan that prices; null when nobody pays, or the payer's plan is not set up.
    plan: Option<PlanOut>,
    /// Where the sender counts as being: `home`, `wifi`, a visited network's code, or `wifi@` and that.
    #[schema(value_type = String, example = "home")]
    origin: Shown<Origin>,
    /// The recipient's status.
    recipient: RecipientOut,
    /// One line a service.
    services: Vec<QuoteLineOut>,
    /// The first service that would be used.
    suggested: Option<ServiceWord>,
    /// What would follow when that does not deliver; null when no other service can take it.
    fallback: Option<QuotedFallbackOut>,
    /// The most that the sender can pay: the price of the first service, or the consent when that is more. Null when
    /// neither is known. What somebody else bills (`bearer`) is not in it.
    you_pay_at_most: Option<MoneyOut>,
    /// How the money behind it stands, where the plan has that told.
    notices: Vec<NoticeOut>,
}

/// One service of a quote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotedService)]
pub(crate) struct QuoteLineOut {
    /// The service.
    service: ServiceWord,
    /// Whether it can be used for this message.
    available: bool,
    /// Its price; null when not known or not offered.
    price: Option<PriceOut>,
    /// When that is paid; null when there is no price.
    charge_on: Option<QuotedChargeWord>,
    /// How many units the message is.
    units: u64,
    /// What a unit is.
    unit: UnitWord,
    /// The allowance it would use.
    allowance: Option<AllowanceOut>,
    /// What the payer has left, as the operator's charging system says; null when it does not.
    balance: Option<BalanceOut>,
    /// Why it can't be used, or why there is no price: a stable code.
    #[schema(value_type = Option<String>, example = "not_reachable")]
    reason: Option<SmolStr>,
}

/// Something about the money behind a message that its sender should know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub(crate) struct NoticeOut {
    /// What: `payer.cap_reached` or `payer.balance_low`, as in the event that told it first.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: &'static str,
    /// The cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    cap: Option<SmolStr>,
    /// How much of it is charged at least, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
}

/// An allowance that a message would use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowanceLeft)]
pub(crate) struct AllowanceOut {
    /// Its id in the plan.
    #[schema(value_type = String)]
    id: SmolStr,
    /// Units left afterwards.
    left_after: u64,
    /// What a unit is.
    unit: UnitWord,
}

/// What a charging system says that a payer has left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceLeft)]
pub(crate) struct BalanceOut {
    /// How much; null when it only says whether it is little.
    left: Option<MoneyOut>,
    /// It is little.
    low: bool,
}

/// What would follow when the first service does not deliver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotedFallback)]
pub(crate) struct QuotedFallbackOut {
    /// To which service.
    to: ServiceWord,
    /// Whether the server would do it by itself.
    automatic: bool,
    /// Why, or why not: `within_limit`; `price_above_limit` and `price_unknown`, where consent would open the way;
    /// `insufficient_funds`; `fallback_never`, as the sender said.
    #[schema(value_type = String)]
    why: SmolStr,
    /// What the message would then cost in all, where consent to that (`max_price`, or `choose` later) opens the way.
    consent: Option<MoneyOut>,
}

impl From<&Quote> for QuoteOut {
    fn from(quote: &Quote) -> Self {
        Self {
            id: quote.id.clone(),
            valid_until: Shown(quote.valid_until),
            plan: quote.plan.as_ref().map(Into::into),
            origin: Shown(quote.origin),
            recipient: quote.presence.into(),
            services: quote.lines.iter().map(Into::into).collect(),
            suggested: quote.suggested.map(Into::into),
            fallback: quote.fallback.as_ref().map(Into::into),
            you_pay_at_most: quote.you_pay_at_most.map(Into::into),
            notices: quote.notices.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Notice> for NoticeOut {
    fn from(notice: &Notice) -> Self {
        let (cap, percent) = match notice {
            Notice::CapReached { cap, percent } => (Some(cap.clone()), Some(*percent)),
            Notice::BalanceLow => (None, None),
        };
        Self { kind: notice.name(), cap, percent }
    }
}

impl From<&QuoteLine> for QuoteLineOut {
    fn from(line: &QuoteLine) -> Self {
        Self {
            service: line.service.into(),
            available: line.available,
            price: PriceOut::of(line.price),
            charge_on: line.charge_on.map(Into::into),
            units: line.units,
            unit: line.unit.into(),
            allowance: line.allowance.as_ref().map(Into::into),
            balance: line
                .balance
                .map(|balance| BalanceOut { left: balance.amount.map(Into::into), low: balance.is_low }),
            reason: line.reason.clone().or_else(|| no_price(line.price).map(SmolStr::new_static)),
        }
    }
}

impl From<&AllowanceLeft> for AllowanceOut {
    fn from(left: &AllowanceLeft) -> Self {
        Self { id: left.id.clone(), left_after: left.left_after, unit: left.unit.into() }
    }
}

impl From<&QuotedFallback> for QuotedFallbackOut {
    fn from(fallback: &QuotedFallback) -> Self {
        Self {
            to: fallback.to.into(),
            automatic: fallback.automatic,
            why: fallback.why.clone(),
            consent: fallback.consent.map(Into::into),
        }
    }
}
