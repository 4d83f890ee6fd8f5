//! The log's records a page at a time: what the API answers, and what the export and the audit read.

use super::following::{Brought, Follower, Moved};
use super::form::write_json;
use super::making::Maker;
use super::record::Record;
use crate::cli::Failure;
use crate::http::Client;
use serde::Deserialize;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use switchback_api::{MoneyMove, RecordsPage};
use switchback_core::model::{Currency, MessageId, Money};
use switchback_ports::{Store, StoreFailure};

/// Chapters in one page at most.
pub(crate) const PAGE_MAX: usize = 1000;
/// Bytes of records that end a page of the API.
const BYTES: usize = 4 << 20;

/// Pages of a store's records. Asked in order it goes on where it was; any other page costs a few look-ups more.
pub(crate) struct Pages {
    store: Arc<dyn Store>,
    /// With the chapter it has read up to.
    follower: Mutex<(Follower, u64)>,
}

impl Pages {
    /// Pages of this store.
    pub(crate) fn new(store: Arc<dyn Store>, maker: Maker) -> Self {
        Self { store, follower: Mutex::new((Follower::new(maker), 0)) }
    }

    /// What the chapters after one brought, `n` of them at most.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub(crate) fn after(&self, after: u64, n: usize) -> Result<Vec<Brought>, StoreFailure> {
        let mut held = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        let (follower, at) = &mut *held;
        if *at != after {
            follower.forget();
        }
        let page = follower.page(&*self.store, after, n.clamp(1, PAGE_MAX))?;
        *at = page.last().map_or(after, |last| last.chapter);
        Ok(page)
    }

    /// The same as the API shows it.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub(crate) fn shown(&self, after: u64, n: usize) -> Result<RecordsPage, StoreFailure> {
        let mut page = RecordsPage { chapter: after, ..RecordsPage::default() };
        let mut bytes = 0;
        for brought in self.after(after, n)? {
            if bytes > BYTES {
                break;
            }
            for record in &brought.records {
                let mut text = String::new();
                write_json(record, &mut text);
                bytes += text.len();
                page.records.push(text);
            }
            let moved = |Moved { message, attempt, amount }| MoneyMove {
                chapter: brought.chapter,
                cursor: brought.cursor,
                message,
                attempt,
                amount,
            };
            page.moves.extend(brought.moves.into_iter().map(moved));
            (page.chapter, page.cursor) = (brought.chapter, brought.cursor);
        }
        Ok(page)
    }
}

/// Where the export and the audit read the log's records from.
pub(crate) enum Source {
    /// A running server.
    Server(Client),
    /// The store of a stopped one.
    Store(Pages),
}

/// The records of a log in its order, fetched a bounded page at a time.
pub(crate) struct Walk<'s> {
    source: &'s Source,
    page: VecDeque<Brought>,
    chapter: u64,
}

impl<'s> Walk<'s> {
    /// From the beginning.
    pub(crate) const fn of(source: &'s Source) -> Self {
        Self { source, page: VecDeque::new(), chapter: 0 }
    }

    /// What the next chapters brought that brought anything; nothing at the end of what there is now.
    ///
    /// # Errors
    /// [`Failure`], when the source does not answer.
    pub(crate) fn next(&mut self) -> Result<Option<Brought>, Failure> {
        if self.page.is_empty() {
            self.page = match self.source {
                Source::Server(client) => asked(client, &mut self.chapter)?,
                Source::Store(pages) => {
                    let page = pages.after(self.chapter, PAGE_MAX);
                    let page = page.map_err(|error| Failure::Failed(error.to_string()))?;
                    self.chapter = page.last().map_or(self.chapter, |last| last.chapter);
                    page.into()
                }
            };
        }
        Ok(self.page.pop_front())
    }
}

/// A page of a running server, as of one chapter for each that brought something.
fn asked(client: &Client, chapter: &mut u64) -> Result<VecDeque<Brought>, Failure> {
    let path = format!("/v1/admin/records?after={chapter}&limit={PAGE_MAX}");
    let body = client.get(&path)?.good()?;
    let odd = || Failure::Failed("the server's page of records is not as it should be".into());
    let list = |key: &str| body.get(key).and_then(Value::as_array).ok_or_else(odd);
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_str)?.parse::<u64>().ok();
    let mut page: BTreeMap<u64, Brought> = BTreeMap::new();
    for value in list("data")? {
        let record = Record::deserialize(value).map_err(|_| odd())?;
        of(&mut page, record.chapter()).records.push(record);
    }
    for value in list("moves")? {
        let (chapter, cursor) = number(value, "chapter").zip(number(value, "cursor")).ok_or_else(odd)?;
        let moved = moved(value).ok_or_else(odd)?;
        let brought = of(&mut page, chapter);
        brought.cursor = cursor;
        brought.moves.push(moved);
    }
    let last = number(&body, "next_cursor").ok_or_else(odd)?;
    if last > *chapter {
        // Where the page ends is told also when its last chapters brought nothing.
        of(&mut page, last).cursor = number(&body, "watermark").ok_or_else(odd)?;
    }
    *chapter = last;
    Ok(page.into_values().collect())
}

/// What that chapter brought, as far as it has been read.
fn of(page: &mut BTreeMap<u64, Brought>, chapter: u64) -> &mut Brought {
    page.entry(chapter).or_insert_with(|| Brought::nothing(chapter))
}

fn moved(value: &Value) -> Option<Moved> {
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(SmolStr::new);
    let message = MessageId::parse(&text(value, "message")?).ok()?;
    let attempt = u16::try_from(value.get("attempt")?.as_u64()?).ok()?;
    let money = value.get("amount")?;
    let (amount, currency) = (text(money, "amount")?, Currency::parse(&text(money, "currency")?)?);
    Some(Moved { message, attempt, amount: signed(&amount, currency)? })
}

/// An amount that may be below zero, as records and moves have it.
pub(crate) fn signed(amount: &str, currency: Currency) -> Option<Money> {
    match amount.strip_prefix('-') {
        Some(below) => {
            let money = Money::parse(below, currency).ok()?;
            Some(Money::from_nanos(currency, money.nanos.checked_neg()?))
        }
        None => Money::parse(amount, currency).ok(),
    }
}
