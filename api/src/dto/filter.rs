//! The filters of the list of messages.

use super::words::{ServiceWord, StatusWord};
use crate::cursor;
use crate::problem::Problem;
use crate::rfc3339;
use serde::Deserialize;
use switchback_core::model::{Address, ClientRef, MessageId};
use switchback_ports::MessageFilter;
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

impl MessageParams {
    /// The filter, but for whose messages: that is asked of the token. And where the list goes on.
    pub(crate) fn read(&self) -> Result<(MessageFilter, Option<MessageId>), Problem> {
        let before = cursor::before(self.cursor.as_deref())?;
        let to = self.to.as_deref().map(Address::parse).transpose();
        let accepted_after = self.accepted_after.as_deref().map(rfc3339::parse).transpose();
        let filter = MessageFilter {
            owner: None,
            to: to.map_err(|error| Problem::field("to", error))?,
            status: self.status.map(Into::into),
            service: self.service.map(Into::into),
            client_ref: self.client_ref.as_deref().map(ClientRef::new),
            accepted_after: accepted_after.map_err(|error| Problem::field("accepted_after", error))?,
        };
        Ok((filter, before))
    }
}
