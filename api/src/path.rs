//! What stands in the path: ids and addresses.

use crate::options::Api;
use crate::problem::Problem;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use switchback_core::model::{Address, MessageId};

/// A message's id. A text that can be no id is told like an id that is not there.
pub(crate) struct MessagePath(pub(crate) MessageId);

/// An address.
pub(crate) struct AddressPath(pub(crate) Address);

/// A name that the operator gives to an entry.
pub(crate) struct NamePath(pub(crate) String);

async fn text(parts: &mut Parts, api: &Api) -> Result<String, Problem> {
    // Fails only on percent-encoding that is no UTF-8: such a path names nothing.
    Path::<String>::from_request_parts(parts, api)
        .await
        .map(|Path(text)| text)
        .map_err(|_| Problem::not_found())
}

/// Reads a message's id out of a decoded path.
pub(crate) fn message(text: &str) -> Result<MessageId, Problem> {
    MessageId::parse(text).map_err(|_| Problem::not_found())
}

/// Reads an address out of a decoded path.
pub(crate) fn address(text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|error| Problem::field("address", error))
}

impl FromRequestParts<Api> for MessagePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        message(&text(parts, api).await?).map(Self)
    }
}

impl FromRequestParts<Api> for AddressPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        address(&text(parts, api).await?).map(Self)
    }
}

impl FromRequestParts<Api> for NamePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        text(parts, api).await.map(Self)
    }
}

/// What may name an entry of the directory or a device.
pub(crate) fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@+-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(letter)
}

/// What [`is_name`] wants, in words.
pub(crate) const NAME_RULE: &str = "1 to 64 letters, digits and . _ : @ + -";
