//! What may be done to a message that was accepted: choose, cancel, and the recipient's receipts.

use super::respond::{nothing, ok};
use crate::auth::Who;
use crate::body::Posted;
use crate::dto::message::MessageOut;
use crate::dto::submit::{ChooseIn, ReceiptIn};
use crate::dto::words::CancelWord;
use crate::options::Api;
use crate::path::{MessagePath, NAME_RULE, is_name};
use crate::problem::{Problem, ProblemDoc};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use switchback_core::model::DeviceId;
use switchback_ports::DeviceReceipt;
use switchback_ports::directory::Bearer;
use utoipa::ToSchema;

/// Choose a service, or consent to a dearer one.
///
/// Of a message that is `offered`: its first service. Of one that waits for consent, or whose sender wants another
/// service: the next one, within `max_price`.
#[utoipa::path(
    post, path = "/v1/messages/{id}/choose", tag = "messages", operation_id = "chooseService",
    params(("id" = String, Path, description = "The message's id")),
    request_body = ChooseIn,
    responses(
        (status = 200, description = "The message after the choice", body = MessageOut<'_>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn choose(
    State(api): State<Api>,
    who: Who,
    MessagePath(id): MessagePath,
    posted: Posted<ChooseIn>,
) -> Result<Response, Problem> {
    let message = api.intake.choose(id, who.owner(), posted.value.read()?).await??;
    Ok(ok(&MessageOut::from(&message)))
}

/// What became of a cancel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cancel)]
pub(crate) struct CancelOut {
    /// Taken back, too late, or nobody can tell yet.
    outcome: CancelWord,
}

/// Take a message back.
///
/// `withdrawn` is certain; `already_delivered` is too late; `unknown` means that a peer has it and its answer is
/// awaited: look at the message again.
#[utoipa::path(
    post, path = "/v1/messages/{id}/cancel", tag = "messages", operation_id = "cancelMessage",
    params(("id" = String, Path, description = "The message's id")),
    responses(
        (status = 200, description = "What became of it", body = CancelOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    who: Who,
    MessagePath(id): MessagePath,
) -> Result<Response, Problem> {
    let outcome = api.intake.cancel(id, who.owner()).await??;
    Ok(ok(&CancelOut { outcome: outcome.into() }))
}

/// Say that a device has a message, or that it was read.
///
/// From the recipient's own device, with the recipient's token. An app message is delivered when this has been said.
#[utoipa::path(
    post, path = "/v1/messages/{id}/receipts", tag = "messages", operation_id = "createReceipt",
    params(("id" = String, Path, description = "The message's id")),
    request_body = ReceiptIn,
    responses(
        (status = 204, description = "On record"),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn receipt(
    State(api): State<Api>,
    who: Who,
    MessagePath(message): MessagePath,
    posted: Posted<ReceiptIn>,
) -> Result<Response, Problem> {
    let Bearer::Subscriber(subscriber) = who.0 else {
        return Err(Problem::forbidden(
            "receipts come from the recipient: use the recipient's subscriber token",
        ));
    };
    let ReceiptIn { disposition, device } = posted.value;
    if !is_name(&device) {
        return Err(Problem::field("device", NAME_RULE));
    }
    let device = DeviceId::new(device);
    api.intake
        .receipt(DeviceReceipt { message, subscriber, device, disposition: disposition.into() })
        .await??;
    Ok(nothing())
}
