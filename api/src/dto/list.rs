//! Lists: pages with an opaque cursor.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The lines.
    pub(crate) data: Vec<T>,
    /// Give it as `cursor` (events: `after`) to go on; null at the end of a list that ends.
    pub(crate) next_cursor: Option<String>,
    /// Whether there is more now.
    pub(crate) has_more: bool,
    /// Every event with a cursor up to this one is reflected here; null where lists do not follow behind.
    #[schema(value_type = Option<String>)]
    pub(crate) watermark: Option<String>,
}

impl<T> List<T> {
    /// A list that is whole.
    pub(crate) const fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None, has_more: false, watermark: None }
    }
}

/// How many lines, at most.
const LIMIT_MAX: usize = 200;
const LIMIT_DEFAULT: usize = 50;

/// `limit` as it counts: 1 to 200, 50 when not given.
pub(crate) fn limit(given: Option<usize>) -> usize {
    given.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
}

/// Where to begin and how much.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// How many lines, 1 to 200; 50 when not given.
    pub(crate) limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// For the operator: whose, a subscriber's id.
    pub(crate) subscriber: Option<String>,
    /// For the operator: whose, an account's id.
    pub(crate) account: Option<String>,
}
