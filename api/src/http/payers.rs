//! `/v1/admin/payers`, `/v1/admin/ledger` and `/v1/admin/refusals`: the money side, for the operator.

use super::respond::{listed, ok};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::list::{List, limit};
use crate::dto::payer::{LedgerTotalsOut, LimitParams, PayerIn, PayerOut, RefusalOut};
use crate::dto::submit::Faults;
use crate::options::Api;
use crate::path::{NAME_RULE, NamePath, is_name};
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_core::model::{PayerId, PlanId};
use switchback_ports::PayerChange;

/// Look at a payer.
#[utoipa::path(
    get, path = "/v1/admin/payers/{id}", tag = "admin", operation_id = "getPayer",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The payer", body = PayerOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    let payer = listed(api.intake.payer(&PayerId::new(id))).await?.ok_or_else(Problem::not_found)?;
    Ok(ok(&PayerOut::from(&payer)))
}

/// Open a payer, change its plan or credit limit, pay money in, or raise a cap.
///
/// `top_up` and `raise` are added each time: don't send them again without looking at the balance.
#[utoipa::path(
    put, path = "/v1/admin/payers/{id}", tag = "admin", operation_id = "putPayer",
    params(("id" = String, Path, description = "Its id")),
    request_body = PayerIn,
    responses(
        (status = 200, description = "The payer as it is now", body = PayerOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<PayerIn>,
) -> Result<Response, Problem> {
    let given = posted.value;
    let mut faults = Faults::default();
    faults.check("id", is_name(&id), NAME_RULE);
    faults.check("plan", is_name(&given.plan), NAME_RULE);
    let top_up = faults.money("top_up", given.top_up.as_ref());
    let credit_limit = faults.money("credit_limit", given.credit_limit.as_ref());
    let by = faults.money("raise.by", given.raise.as_ref().map(|raise| &raise.by));
    faults.end(Some(()))?;
    let change = PayerChange {
        plan: PlanId::new(given.plan),
        top_up,
        top_up_to: given.top_up_to,
        credit_limit,
        raise: given.raise.map(|raise| raise.cap).zip(by),
    };
    let payer = api.intake.put_payer(PayerId::new(id), change).await??;
    Ok(ok(&PayerOut::from(&payer)))
}

/// Prove the ledger.
///
/// Sums over the entries: no orphan reservation, no double charge, every balance adds up. An answer takes a moment
/// however much is stored: it says how far it has read, and the next one goes on there.
#[utoipa::path(
    get, path = "/v1/admin/ledger", tag = "admin", operation_id = "getLedgerTotals",
    responses(
        (status = 200, description = "The sums", body = LedgerTotalsOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ledger(_: Operator, State(api): State<Api>) -> Result<Response, Problem> {
    let totals = listed(api.intake.ledger_totals()).await?;
    Ok(ok(&LedgerTotalsOut::from(totals)))
}

/// See what was refused.
///
/// The latest first; the list is bounded.
#[utoipa::path(
    get, path = "/v1/admin/refusals", tag = "admin", operation_id = "listRefusals",
    params(LimitParams),
    responses(
        (status = 200, description = "Refused submissions", body = List<RefusalOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn refusals(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<LimitParams>,
) -> Result<Response, Problem> {
    let records = listed(api.intake.refusals(limit(params.limit))).await?;
    Ok(ok(&List::whole(records.into_iter().map(RefusalOut::from).collect())))
}
