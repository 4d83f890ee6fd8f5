//! The filters of the list of messages.

use super::words::{ServiceWord, StatusWord};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which messages. All that is given must match.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageParams {
    /// To this recipient.
    pub(crate) to: Option<String>,
    /// In this status.
    pub(crate) status: Option<StatusWord>,
    /// Whose first service is this.
    pub(crate) service: Option<ServiceWord>,
    /// With this reference of the sender's.
    pub(crate) client_ref: Option<String>,
    /// Accepted at or after (RFC 3339).
    pub(crate) accepted_after: Option<String>,
    /// For the operator: of this subscriber.
    pub(crate) subscriber: Option<String>,
    /// For the operator: of this account.
    pub(crate) account: Option<String>,
    /// How many lines, 1 to 200; 50 when not given.
    pub(crate) limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}
