//! I11: charging records = ledger = message log. One walk over the log's records, with the money that the ledger moved
//! beside them and the record files, if there are any, in step.

use super::compare::{Compared, Found};
use super::suspects::Suspects;
use crate::cli::Failure;
use crate::progress::Progress;
use crate::records::{
    Brought, CHARGE_CLEARED, CHARGE_IN_DOUBT, CHARGE_UNCOLLECTED, Form, Record, Source, Walk, signed,
};
use serde_json::{Value, json};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;
use switchback_core::model::{Currency, MessageId, Money};

/// What a day's records of a service in a currency come to.
#[derive(Debug, Default)]
struct Day {
    attempts: u64,
    delivered: u64,
    adjusted: u64,
    charged: i128,
}

/// The walk's findings.
#[derive(Debug, Default)]
pub(super) struct Agreement {
    /// By day of the end, service and currency.
    days: BTreeMap<(SmolStr, SmolStr, SmolStr), Day>,
    messages: u64,
    /// Charged less given back, as the ledger moved it up to the proof's watermark.
    ledger: BTreeMap<Currency, i128>,
    /// The same of messages whose records have not come yet. Only those that were charged before their end are here.
    open: HashMap<MessageId, i128>,
    /// Records that do not say what the ledger says.
    disagreeing: Found,
    files: Vec<Compared>,
    chapter: u64,
    seq: u64,
}

impl Agreement {
    /// Walks over the log up to the event with this cursor, and tells of every suspect.
    ///
    /// # Errors
    /// [`Failure`], when the source or the folder cannot be read, or the list of suspects not be written.
    pub(super) fn walk(
        source: &Source,
        folder: Option<&Path>,
        until: u64,
        suspects: &mut Suspects<'_>,
    ) -> Result<Self, Failure> {
        let mut all = Self::default();
        if let Some(folder) = folder {
            for form in [Form::Jsonl, Form::Csv] {
                all.files.extend(Compared::of(folder, form)?);
            }
            if all.files.is_empty() {
                return Err(Failure::Usage(format!("{} has no record files", folder.display())));
            }
        }
        let (mut walk, mut progress) = (Walk::of(source), Progress::new());
        while let Some(brought) = walk.next()? {
            if brought.cursor > until {
                break;
            }
            progress.at("comparing records", brought.cursor, until);
            all.take(brought, suspects)?;
        }
        let chapter = all.chapter;
        all.files.iter_mut().try_for_each(|files| files.end(chapter))?;
        Ok(all)
    }

    fn take(&mut self, brought: Brought, suspects: &mut Suspects<'_>) -> Result<(), Failure> {
        self.chapter = self.chapter.max(brought.chapter);
        for moved in brought.moves {
            let Money { currency, nanos } = moved.amount;
            *self.ledger.entry(currency).or_default() += nanos;
            *self.open.entry(moved.message).or_default() += nanos;
        }
        let mut tried = 0;
        for mut record in brought.records {
            self.seq += 1;
            record.seq = self.seq.to_smolstr();
            self.files.iter_mut().try_for_each(|files| files.expect(&record))?;
            let charge = charge(&record).unwrap_or(0);
            match &*record.record {
                "message" => self.message(&record, charge, std::mem::take(&mut tried)),
                "attempt" => tried += charge,
                _ => self.adjusted(&record, charge),
            }
            suspect(&record, suspects)?;
            self.sum(&record, charge);
        }
        Ok(())
    }

    /// A message has ended: what the ledger moved for it up to now is what its records must say.
    fn message(&mut self, record: &Record, charge: i128, tried: i128) {
        self.messages += 1;
        let id = MessageId::parse(&record.message);
        let moved = id.ok().and_then(|id| self.open.remove(&id)).unwrap_or(0);
        if moved != charge || tried != charge || record.state == "disputed" {
            self.disagreeing.add(|| {
                format!(
                    "{}: the ledger moved {moved}, its attempts {tried}, the message {charge} (nano-units)",
                    record.id
                )
            });
        }
    }

    fn adjusted(&mut self, record: &Record, charge: i128) {
        let open = MessageId::parse(&record.message).ok().and_then(|id| self.open.get_mut(&id));
        match open {
            Some(open) => *open -= charge,
            None if charge != 0 => {
                self.disagreeing.add(|| format!("{}: the ledger moved nothing", record.id))
            }
            None => {}
        }
    }

    fn sum(&mut self, record: &Record, charge: i128) {
        if record.record == "message" {
            return;
        }
        let day = record.ended_at.get(..10).or_else(|| record.started_at.get(..10)).unwrap_or_default();
        let key = (SmolStr::new(day), record.service.clone(), record.currency.clone());
        let day = self.days.entry(key).or_default();
        let adjusts = record.record == "adjust";
        day.attempts += u64::from(!adjusts);
        day.adjusted += u64::from(adjusts);
        day.delivered += u64::from(!adjusts && record.result == "delivered");
        day.charged += charge;
    }

    /// Whether all three agree, given what the ledger's proof says was charged.
    pub(super) fn holds(&self, proved: &Value) -> bool {
        self.disagreeing.count() == 0
            && self.files.iter().all(|files| files.faults() == 0)
            && self.unequal(proved).is_empty()
    }

    /// Currencies in which the proof has another sum than the walk.
    fn unequal(&self, proved: &Value) -> Vec<String> {
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for money in proved.as_array().into_iter().flatten() {
            let text = |key: &str| money.get(key).and_then(Value::as_str).unwrap_or_default();
            if let Some(currency) = Currency::parse(text("currency"))
                && let Some(amount) = signed(text("amount"), currency)
            {
                sums.insert(currency, amount.nanos);
            }
        }
        let all: BTreeSet<_> = sums.keys().chain(self.ledger.keys()).copied().collect();
        let of = |sums: &BTreeMap<Currency, i128>, currency| sums.get(currency).copied().unwrap_or(0);
        let unequal = all.iter().filter(|currency| of(&sums, currency) != of(&self.ledger, currency));
        unequal.map(|currency| currency.as_str().to_owned()).collect()
    }

    /// As the report has it.
    pub(super) fn json(&self, proved: &Value) -> Value {
        let days: Vec<Value> = self
            .days
            .iter()
            .map(|((day, service, currency), sums)| {
                let amount =
                    Currency::parse(currency).map(|currency| Money::from_nanos(currency, sums.charged));
                json!({
                    "day": day, "service": service, "attempts": sums.attempts, "delivered": sums.delivered,
                    "adjusted": sums.adjusted, "charged": amount.map(Money::amount), "currency": currency,
                })
            })
            .collect();
        let charged_open = self.open.values().filter(|nanos| **nanos != 0).count();
        json!({
            "records": self.seq, "messages": self.messages, "charged_and_open": charged_open,
            "unequal": self.unequal(proved), "disagreeing": self.disagreeing.json(),
            "days": days, "files": self.files.iter().map(Compared::json).collect::<Vec<_>>(),
        })
    }
}

/// Tells of the record if nobody knows what became of its attempt, or of the attempt's charge, or if that was refused.
fn suspect(record: &Record, suspects: &mut Suspects<'_>) -> io::Result<()> {
    let attempt = MessageId::parse(&record.message).ok().zip(record.attempt.parse().ok());
    match (&*record.result, attempt) {
        (CHARGE_CLEARED, Some((message, n))) => suspects.clear(message, n),
        (CHARGE_IN_DOUBT, Some((message, n))) => suspects.doubt(message, n),
        (CHARGE_UNCOLLECTED, Some((message, n))) => {
            suspects.add(&format!("{message}.{n}"), CHARGE_UNCOLLECTED)?
        }
        _ if record.state == "in_doubt" => {
            suspects.add(&record.id, &format!("{} by {}", record.result, record.service))?;
        }
        _ => {}
    }
    Ok(())
}

fn charge(record: &Record) -> Option<i128> {
    Some(signed(&record.charge, Currency::parse(&record.currency)?)?.nanos)
}
