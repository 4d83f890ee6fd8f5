//! Tokens, for the operator: the secret is shown once, at its making; only its hash is kept.

use super::shown::Shown;
use super::submit::Faults;
use crate::path::{NAME_RULE, is_name};
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::fmt::Write as _;
use switchback_core::model::{AccountId, SubscriberId, Time};
use switchback_ports::directory::{Bearer, Token};
use utoipa::ToSchema;

/// A token to make: for a subscriber, for an account, or for the operator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenIn)]
pub(crate) struct TokenIn {
    /// A name for people.
    #[schema(value_type = String)]
    name: SmolStr,
    /// Stands for this subscriber.
    #[schema(value_type = Option<String>)]
    subscriber: Option<SmolStr>,
    /// Stands for this account.
    #[schema(value_type = Option<String>)]
    account: Option<SmolStr>,
    /// True: stands for the operator.
    #[serde(default)]
    admin: bool,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenOut {
    /// Its id: `tok_` and the head of its hash.
    id: String,
    /// A name for people.
    #[schema(value_type = String)]
    name: SmolStr,
    /// What it may do.
    kind: BearerKind,
    /// Whom it stands for; null for the operator.
    owner: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Time>,
    /// True once withdrawn.
    revoked: bool,
}

/// A new token, with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewToken)]
pub(crate) struct NewTokenOut {
    /// The secret, shown now and never again.
    pub(crate) secret: String,
    /// The token.
    #[serde(flatten)]
    pub(crate) token: TokenOut,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BearerKind {
    /// Sends and receives as a person.
    Subscriber,
    /// Sends as a business customer.
    Account,
    /// Sets up and sees everything.
    Admin,
}

impl TokenIn {
    /// The token of that secret.
    pub(crate) fn entry(self, secret: &str, created_at: Time) -> Result<Token, Problem> {
        let mut faults = Faults::default();
        faults.check("name", (1..=64).contains(&self.name.chars().count()), "1 to 64 characters");
        faults.check("subscriber", self.subscriber.as_deref().is_none_or(is_name), NAME_RULE);
        faults.check("account", self.account.as_deref().is_none_or(is_name), NAME_RULE);
        let bearer = match (self.subscriber, self.account, self.admin) {
            (Some(id), None, false) => Some(Bearer::Subscriber(SubscriberId::new(id))),
            (None, Some(id), false) => Some(Bearer::Account(AccountId::new(id))),
            (None, None, true) => Some(Bearer::Admin),
            _ => faults.take("subscriber", Err("exactly one of subscriber, account and admin: true")),
        };
        let hash = Sha256::digest(secret.as_bytes()).into();
        faults.end(bearer.map(|bearer| Token { hash, name: self.name, bearer, created_at, revoked: false }))
    }
}

impl From<&Token> for TokenOut {
    fn from(token: &Token) -> Self {
        let (kind, owner) = match &token.bearer {
            Bearer::Subscriber(id) => (BearerKind::Subscriber, Some(id.to_string())),
            Bearer::Account(id) => (BearerKind::Account, Some(id.to_string())),
            Bearer::Admin => (BearerKind::Admin, None),
        };
        Self {
            id: token_id(token),
            name: token.name.clone(),
            kind,
            owner,
            created_at: Shown(token.created_at),
            revoked: token.revoked,
        }
    }
}

/// `tok_` and the first eight bytes of the hash.
pub(crate) fn token_id(token: &Token) -> String {
    token.hash.iter().take(8).fold(String::from("tok_"), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
