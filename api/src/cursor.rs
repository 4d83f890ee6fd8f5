//! Opaque cursors of lists: a client hands back what it was given and reads nothing from it.

use crate::problem::Problem;
use switchback_core::model::MessageId;

/// The cursor that continues a list of messages below this one.
pub(crate) fn of_message(id: MessageId) -> String {
    let text = id.to_string();
    format!("c_{}", text.strip_prefix("msg_").unwrap_or(&text))
}

/// Where a list of messages goes on, as it was asked for.
pub(crate) fn before(given: Option<&str>) -> Result<Option<MessageId>, Problem> {
    let Some(text) = given else { return Ok(None) };
    let id = message(text).ok_or_else(|| Problem::field("cursor", "give next_cursor of the page before"))?;
    Ok(Some(id))
}

/// Where the feed of events goes on, as it was asked for in `field`.
pub(crate) fn after(given: Option<&str>, field: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = given else { return Ok(None) };
    let cursor = event(text).ok_or_else(|| Problem::field(field, "give a cursor of an event"))?;
    Ok(Some(cursor))
}

/// Reads a cursor of [`of_message`]; nothing when it is not one of ours.
fn message(cursor: &str) -> Option<MessageId> {
    MessageId::parse(&format!("msg_{}", cursor.strip_prefix("c_")?)).ok()
}

/// Reads a cursor of the event feed.
fn event(cursor: &str) -> Option<u64> {
    let digits = (1..=20).contains(&cursor.len()) && cursor.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| cursor.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{event, message, of_message};
    use switchback_core::model::{MessageId, Shard, Time};

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        let id = MessageId::new(Time::from_millis(7), Shard::of("payer"), 99);
        assert_eq!(message(&of_message(id)), Some(id));
        for bad in ["", "c_", "msg_00000000000000000000000000", "c_u0000000000000000000000000"] {
            assert_eq!(message(bad), None, "{bad}");
        }
        assert_eq!(event("18446744073709551615"), Some(u64::MAX));
        for bad in ["", "-1", "+1", "18446744073709551616", "1e3"] {
            assert_eq!(event(bad), None, "{bad}");
        }
    }
}
