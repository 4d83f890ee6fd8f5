//! What opening does first: the tables are brought up to the journal and the log, so that nothing is left to fold and
//! memory can be rebuilt from the tables alone. What a crash left of a round is written again with all that came after
//! it; a crash meanwhile changes nothing of that (I23).

use crate::batch::Position;
use crate::block::{COLUMNS, chapters, last};
use crate::error::Fault;
use crate::fold::{Fold, Mark};
use crate::journal::Replay;
use crate::lists::Lists;
use crate::look::{self, View};
use crate::record::{id_of, signed, unsigned};
use crate::statements::Statements;
use crate::story::{FINISHED, MADE, REOPENED};
use rusqlite::{Connection, Row};
use std::sync::{PoisonError, RwLock};
use switchback_core::model::{MessageId, SHARD_COUNT};

/// Rows of the round in one transaction.
const PIECE: usize = 16_384;

/// Brings the tables up; gives how far the writer and the fold have come.
pub(crate) fn replay(c: &Connection) -> Result<(Position, Fold), Fault> {
    let Replay { overlay, payers, last: journal } = Replay::unfolded(c)?;
    let (seq, cursor) = last(c)?;
    let mut overlay = RwLock::new(overlay);
    let written = written(c)?;
    let (lists, finished) = follow(View { c, overlay: &overlay }, written)?;
    let until = Mark { seq, cursor, finished, units: 0, journal };
    let at = Position { seq, cursor, journal, finished, leases: leases(c)?, ..Position::default() };

    let overlay = overlay.get_mut().unwrap_or_else(PoisonError::into_inner);
    let mut st = Statements::prepare(c)?;
    lists.cut(c, written.seq)?;
    let mut fold = Fold::at(until, lists, highest(c)?);
    if !overlay.is_empty() || fold.lists.waiting() > 0 || !payers.is_empty() {
        fold.begin(overlay, payers.into_values().collect(), until);
    }
    while fold.in_round() {
        st.begin.execute([])?;
        fold.step(PIECE, &mut st)?;
        st.commit.execute([])?;
        fold.settle(overlay);
    }
    st.journal_forget.execute([signed(journal)])?;
    Ok((at, fold))
}

/// How far the fold had followed.
fn written(c: &Connection) -> Result<Mark, Fault> {
    let row = |row: &Row<'_>| {
        let (seq, cursor, finished) = (unsigned(row.get(0)?), unsigned(row.get(1)?), unsigned(row.get(2)?));
        Ok(Mark { seq, cursor, finished, ..Mark::default() })
    };
    Ok(c.query_row("SELECT seq, cursor, finished FROM behind", [], row)?)
}

/// Derives from the log what the lists lack; gives how many messages are final, too.
fn follow(view: View<'_>, written: Mark) -> Result<(Lists, u64), Fault> {
    let (mut lists, mut finished) = (Lists::default(), written.finished);
    let sql = format!("SELECT {COLUMNS} FROM log WHERE first_seq > ?1 ORDER BY first_seq");
    let mut statement = view.c.prepare(&sql)?;
    let mut rows = statement.query([signed(written.seq)])?;
    while let Some(row) = rows.next()? {
        for chapter in chapters(row)? {
            let (_, events, _) = chapter.read()?;
            events.iter().for_each(|event| lists.event(event, chapter.seq));
            finished += u64::from(chapter.flags & FINISHED != 0);
            finished = finished.saturating_sub(u64::from(chapter.flags & REOPENED != 0));
            if chapter.flags & MADE != 0 {
                let message = look::message(view, chapter.message)?;
                lists.message(&message.ok_or_else(|| Fault::damaged("a message is missing"))?);
            }
        }
    }
    Ok((lists, finished))
}

/// The highest id that the tables have as final, or with its content.
fn highest(c: &Connection) -> Result<Option<MessageId>, Fault> {
    let sql = "SELECT max((SELECT coalesce(max(id), x'') FROM finished), (SELECT coalesce(max(id), x'') FROM content))";
    let highest: Vec<u8> = c.query_row(sql, [], |row| row.get(0))?;
    if highest.is_empty() { Ok(None) } else { id_of(&highest).map(Some) }
}

/// The highest lease epoch of each shard.
fn leases(c: &Connection) -> Result<Vec<u64>, Fault> {
    let mut leases = vec![0; usize::from(SHARD_COUNT)];
    let mut statement = c.prepare("SELECT shard, epoch FROM lease")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(epoch) = leases.get_mut(usize::from(row.get::<_, u16>(0)?)) {
            *epoch = unsigned(row.get(1)?);
        }
    }
    Ok(leases)
}
