//! A page of charging records.

use super::money::MoneyOut;
use crate::options::RecordsPage;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Where to begin and how much.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordsParams {
    /// `next_cursor` of the page before; from the beginning of the log when not given.
    pub(crate) after: Option<String>,
    /// How many chapters of the log are read, 1 to 1000; 200 when not given.
    pub(crate) limit: Option<usize>,
}

/// `limit` as it counts.
pub(crate) fn limit(given: Option<usize>) -> usize {
    given.unwrap_or(200).clamp(1, 1000)
}

/// A page of charging records, and the money that the same chapters of the log moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Records)]
pub(crate) struct RecordsOut {
    /// Records as they stand in the files, without `seq`.
    #[schema(value_type = Vec<Object>)]
    data: Vec<Box<RawValue>>,
    /// What the ledger charged and gave back, in order.
    moves: Vec<MoveOut>,
    /// Give it as `after` to go on.
    next_cursor: String,
    /// False: that was all there is now.
    has_more: bool,
    /// The last cursor of an event that this page had read.
    watermark: String,
}

/// Money that the ledger moved for good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoneyMove)]
pub(crate) struct MoveOut {
    /// The chapter of the log.
    chapter: String,
    /// The last cursor of an event by its end.
    cursor: String,
    /// The message.
    message: String,
    /// The attempt.
    attempt: u16,
    /// How much; below zero when it was given back.
    amount: MoneyOut,
}

impl RecordsOut {
    /// Of what the node gave for the chapters after one.
    pub(crate) fn of(page: RecordsPage, after: u64) -> Self {
        let RecordsPage { records, moves, chapter, cursor } = page;
        let moves = moves.into_iter().map(|moved| MoveOut {
            chapter: moved.chapter.to_string(),
            cursor: moved.cursor.to_string(),
            message: moved.message.to_string(),
            attempt: moved.attempt,
            amount: moved.amount.into(),
        });
        Self {
            // A record is an object of JSON; what is not would be a fault of ours, and is left out.
            data: records.into_iter().filter_map(|record| RawValue::from_string(record).ok()).collect(),
            moves: moves.collect(),
            next_cursor: chapter.to_string(),
            has_more: chapter > after,
            watermark: cursor.to_string(),
        }
    }
}
