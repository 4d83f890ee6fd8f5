//! `kind = "cgrates"`: a CGRateS.

use super::{ChargingKind, port, time, window};
use switchback_cgrates::Options;
use switchback_core::model::Currency;
use switchback_core::rows::{Faults, Row};

pub(super) const KEYS: [&str; 8] =
    ["kind", "address", "tenant", "origin_host", "currency", "records", "answer_timeout", "window"];

pub(super) fn cgrates(row: &Row<'_, '_>, faults: &mut Faults) -> ChargingKind {
    row.only(&KEYS, faults);
    row.require("address", "\"127.0.0.1:2012\"", faults);
    row.require("origin_host", "\"sb1.example.net\"", faults);
    // Its tariffs name none, and a guess would be somebody's money.
    row.require("currency", "\"EUR\"", faults);
    let mut options = Options::default();
    for (key, text) in [
        ("address", &mut options.address),
        ("tenant", &mut options.tenant),
        ("origin_host", &mut options.origin_host),
    ] {
        if let Some(name) = row.name(key, faults) {
            name.clone_into(text);
        }
    }
    if port(&options.address).is_none() {
        let line = row.line_of("address", faults);
        faults.add(line, format!("`{}`: give HOST:PORT, like \"127.0.0.1:2012\"", options.address));
    }
    if let Some(text) = row.text("currency", faults) {
        match Currency::parse(text) {
            Some(currency) => options.currency = currency,
            None => faults.add(
                row.line_of("currency", faults),
                "`currency` must be three letters of ISO 4217, like `currency = \"EUR\"`".into(),
            ),
        }
    }
    options.records = row.flag("records", faults).unwrap_or(options.records);
    time(row, "answer_timeout", &mut options.answer_timeout, faults);
    window(row, &mut options.window, faults);
    ChargingKind::Cgrates(options)
}
