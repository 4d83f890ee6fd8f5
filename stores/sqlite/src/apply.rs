//! Writing one unit inside the running transaction. Its preconditions hold already, so nothing here can refuse:
//! an error is the disk's, and stops the store.

use crate::batch::{Batch, Delta, Known, Past, key_bytes, spoken_of};
use crate::error::Fault;
use crate::look::kind_number;
use crate::overlay::Stands;
use crate::record::{seal, signed};
use crate::shared::{Account, read};
use crate::story::{Chapter, FINISHED, MADE, REOPENED, Story};
use rusqlite::params;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use switchback_core::charge::LedgerKind;
use switchback_core::model::{Message, MessageId, PeerId, Report, RouteId, Time};
use switchback_core::tariff::Payer;
use switchback_ports::{Unit, Write};

/// How many refusals the operator's list keeps.
pub(crate) const REFUSALS: i64 = 10_000;
/// How many parked receipts are kept at most.
pub(crate) const PARKED: i64 = 100_000;

/// Writes one unit; gives the cursor of its first event.
pub(crate) fn apply(batch: &mut Batch, mut unit: Unit, past: &mut Past<'_, '_>) -> Result<u64, Fault> {
    let first = past.at.cursor + 1;
    past.at.latest = past.at.latest.max(spoken_of(&unit));
    lease(&unit, past)?;
    let mut story = Story::of(&mut unit.writes);
    let touched = mark(batch, &unit.writes, &mut story, past)?;
    for write in &unit.writes {
        if let Write::Payer(payer) = write {
            account(batch, payer, &story, past)?;
        }
    }
    let mut logged = Vec::new();
    for chapter in story.into_chapters() {
        logged.push(chapter.message);
        tell(batch, &chapter, past)?;
    }
    for id in logged.into_iter().filter(|id| !touched.contains(id)) {
        follow(batch, id, past)?;
    }
    for write in unit.writes {
        put(batch, write, past)?;
    }
    batch.units += 1;
    Ok(first)
}

/// A shard's newer owner fences off the older one.
fn lease(unit: &Unit, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    let shard = unit.shard.number();
    if let Some(epoch) = past.at.leases.get_mut(usize::from(shard)).filter(|epoch| unit.epoch > **epoch) {
        *epoch = unit.epoch;
        past.st.lease.execute(params![shard, signed(unit.epoch)])?;
    }
    Ok(())
}

/// Notes every message that the unit writes, and marks in the story what becomes of it.
fn mark(
    batch: &mut Batch,
    writes: &[Write],
    story: &mut Story,
    past: &mut Past<'_, '_>,
) -> Result<Vec<MessageId>, Fault> {
    let mut touched = Vec::with_capacity(1);
    for write in writes {
        let Write::Message(message) = write else { continue };
        let before = batch.known(message.id, past)?;
        let open = !message.is_settled();
        match before {
            None => {
                story.mark(message.id, MADE);
                batch.lists.message(message);
            }
            Some(before) if !before.open && open => {
                story.mark(message.id, REOPENED);
                past.at.finished = past.at.finished.saturating_sub(1);
            }
            Some(_) => {}
        }
        if !open && before.is_none_or(|before| before.open) {
            story.mark(message.id, FINISHED);
            past.at.finished += 1;
        }
        let (last_log, stands) = before.map_or((0, Stands::Nowhere), |known| (known.last_log, known.stands));
        batch.messages.insert(message.id, Known { version: message.version, last_log, open, stands });
        touched.push(message.id);
    }
    Ok(touched)
}

/// Writes one chapter and numbers its events.
fn tell(batch: &mut Batch, chapter: &Chapter, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    past.at.seq += 1;
    let seq = past.at.seq;
    let known = batch.known(chapter.message, past)?;
    let prev = known.map_or(0, |known| known.last_log);
    batch.block.add((seq, past.at.cursor + 1), prev, chapter, &mut past.st.log)?;
    for event in &chapter.events {
        past.at.cursor += 1;
        batch.lists.event(event, seq);
    }
    if let Some(known) = known {
        batch.messages.insert(chapter.message, Known { last_log: seq, ..known });
    } else {
        past.st.loose.execute(params![chapter.message.to_bytes(), signed(seq)])?;
    }
    Ok(())
}

/// The unit tells something of a message that it does not write: the message learns where its story ends now.
fn follow(batch: &mut Batch, id: MessageId, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    let Some(last_log) = batch.messages.get(&id).map(|known| known.last_log) else { return Ok(()) };
    if !batch.heads.contains_key(&id) {
        let unfolded = read(&past.shared.overlay).get(id).map(|head| Arc::clone(&head.body));
        let body = match unfolded {
            Some(body) => body,
            None => Arc::new(past.st.head_get.query_row([id.to_bytes()], |row| row.get(0))?),
        };
        batch.head(id, body);
    }
    batch.deltas.push(Delta::Log { id, last_log });
    Ok(())
}

/// Notes a payer as it is after the unit. What its balance moved beyond the unit's ledger entries was paid in, but
/// only where there are none: with entries, a difference is a fault, and the audit finds it.
fn account(batch: &mut Batch, payer: &Payer, story: &Story, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    let charges = |kind| match kind {
        LedgerKind::Commit => 1,
        LedgerKind::Refund => -1,
        LedgerKind::Reserve | LedgerKind::Release | LedgerKind::Keep => 0,
    };
    let own = || story.ledger().filter(|entry| entry.payer == payer.id);
    let charged: i128 = own().map(|entry| charges(entry.kind) * entry.hold.amount.nanos).sum();
    let opening = match batch.account(&payer.id, past)? {
        None => payer.balance.nanos.saturating_add(charged),
        Some(before) if own().next().is_some() => before.opening,
        Some(before) => {
            before.opening.saturating_add(payer.balance.nanos).saturating_sub(before.payer.balance.nanos)
        }
    };
    batch.payers.insert(payer.id.clone(), Arc::new(Account { opening, payer: payer.clone(), journal: 0 }));
    Ok(())
}

/// Writes one of the nouns.
fn put(batch: &mut Batch, write: Write, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    let st = &mut *past.st;
    match write {
        Write::Message(message) => head(batch, &message),
        Write::Content(id, content) => {
            return batch.content(id, || seal(&*content), past);
        }
        Write::Key(key, record) => {
            batch.keys.insert(key_bytes(&key), record);
        }
        Write::Park { route, ids, report, until } => return park(batch, &route, &ids, &report, until, past),
        Write::Unpark { route, id, report } => {
            let name = params![route.as_str(), id.as_str(), seal(&*report)];
            let found = st.park_find.query_map(name, |row| row.get(0))?;
            let found: Vec<i64> = found.collect::<Result<_, _>>()?;
            for seq in found {
                forget_parked(batch, seq, past)?;
            }
        }
        Write::Device { subscriber, device, online, at, why } => {
            let row =
                params![subscriber.as_str(), device.as_str(), online, signed(at.as_millis()), why.as_str()];
            st.device.execute(row)?;
        }
        Write::DeviceKept { subscriber, device, kept } => {
            st.device_keep.execute(params![subscriber.as_str(), device.as_str(), kept])?;
        }
        Write::Directory(entry) => {
            let kind = kind_number(entry.kind());
            st.directory.execute(params![kind, entry.key().as_str(), seal(&*entry)])?;
        }
        Write::Refusal(refusal) => {
            let seq = st.refusal.insert([seal(&*refusal)])?;
            st.refusal_forget.execute([seq - REFUSALS])?;
        }
        Write::Payer(_) | Write::Decisions(..) | Write::Events(_) | Write::Ledger(_) => {}
    }
    Ok(())
}

/// Notes a message as it is now; its place was made by [`mark`].
fn head(batch: &mut Batch, message: &Message) {
    let last_log = batch.messages.get(&message.id).map_or(0, |known| known.last_log);
    batch.head(message.id, Arc::new(seal(message)));
    let delta = Delta::of(message, last_log);
    if let Delta::Open { peers, .. } | Delta::Final { peers, .. } = &delta {
        batch.peers.extend(peers.iter().map(|(key, part)| (key.clone(), part.message)));
    }
    batch.deltas.push(delta);
}

/// Keeps a receipt that matches nothing yet, under every spelling of its id.
fn park(
    batch: &mut Batch,
    route: &RouteId,
    ids: &[PeerId],
    report: &Report,
    until: Time,
    past: &mut Past<'_, '_>,
) -> Result<(), Fault> {
    let old = past.st.park_old.query_map((signed(past.at.latest.as_millis()), PARKED), |row| row.get(0))?;
    let old: Vec<i64> = old.collect::<Result<_, _>>()?;
    for seq in old {
        forget_parked(batch, seq, past)?;
    }
    let seq = past.st.park.insert(params![signed(until.as_millis()), seal(report)])?;
    for id in ids {
        past.st.park_id.execute(params![route.as_str(), id.as_str(), seq])?;
    }
    // Readers may skip the table while the count is 0: it must be above 0 before the receipt can be seen.
    past.shared.counts.parked.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// Forgets a parked receipt.
fn forget_parked(batch: &mut Batch, seq: i64, past: &mut Past<'_, '_>) -> Result<(), Fault> {
    past.st.unpark_ids.execute([seq])?;
    batch.unparked += u64::from(past.st.unpark.execute([seq])? > 0);
    Ok(())
}
