//! `kind = "diameter"`: a charging system over Diameter.

use super::{ChargingKind, port, time, window};
use std::path::Path;
use std::time::Duration;
use switchback_core::model::Address;
use switchback_core::rows::{Faults, Row};
use switchback_diameter::{Mode, Options, PeerAddress, QuoteBy, TlsOptions, UnitsAt, UnitsOfIm};
use switchback_engine::Prices;

pub(super) const KEYS: [&str; 27] = [
    "kind",
    "peers",
    "origin_host",
    "origin_realm",
    "destination_realm",
    "sms_context",
    "mms_context",
    "im_context",
    "mode",
    "quote",
    "quote_otherwise",
    "probe_subject",
    "units_at",
    "im_units",
    "service_identifier",
    "rating_group",
    "sms_node",
    "bare_grants",
    "deduplicates",
    "answer_timeout",
    "watchdog",
    "window",
    "ca_file",
    "server_name",
    "certificate_file",
    "key_file",
    "peer_hosts",
];

pub(super) fn diameter(row: &Row<'_, '_>, base: &Path, faults: &mut Faults) -> ChargingKind {
    row.only(&KEYS, faults);
    let mut options = Options::default();
    identities(row, &mut options, faults);
    words(row, &mut options, faults);
    let prices = prices(row, &mut options, faults);
    for (key, flag) in
        [("bare_grants", &mut options.bare_grants), ("deduplicates", &mut options.deduplicates)]
    {
        *flag = row.flag(key, faults).unwrap_or(*flag);
    }
    time(row, "answer_timeout", &mut options.answer_timeout, faults);
    time(row, "watchdog", &mut options.watchdog, faults);
    if options.watchdog < Duration::from_secs(6) {
        faults.add(row.line_of("watchdog", faults), "`watchdog` is at least 6s (RFC 3539)".into());
    }
    let small =
        |key, range, faults: &mut Faults| row.whole(key, range, faults).and_then(|n| u32::try_from(n).ok());
    options.service_identifier = small("service_identifier", 0..1 << 32, faults);
    options.rating_group = small("rating_group", 0..1 << 32, faults);
    if let Some(n) = row.whole("sms_node", 0..4, faults) {
        options.sms_node = i32::try_from(n).unwrap_or(1);
    }
    window(row, &mut options.window, faults);
    peers(row, &mut options, base, faults);
    ChargingKind::Diameter { options, prices }
}

/// How prices are found out.
fn prices(row: &Row<'_, '_>, options: &mut Options, faults: &mut Faults) -> Prices {
    let words = ["price_enquiry", "aoc", "reserve_probe", "mirror", "none"];
    let quote = |word: &str| match word {
        "price_enquiry" => Some((QuoteBy::PriceEnquiry, Prices::Asked)),
        "aoc" => Some((QuoteBy::Advice, Prices::Asked)),
        "reserve_probe" => Some((QuoteBy::ReserveProbe, Prices::Asked)),
        "mirror" => Some((QuoteBy::None, Prices::Mirror)),
        "none" => Some((QuoteBy::None, Prices::None)),
        _ => None,
    };
    let quote = row.word("quote", &words, quote, faults);
    let (quote, prices) = quote.unwrap_or((QuoteBy::PriceEnquiry, Prices::Asked));
    options.quote = quote;
    for key in ["quote_otherwise", "probe_subject"].into_iter().filter(|_| !prices.are_asked()) {
        if let Some((_, line)) = row.value(key, faults) {
            faults
                .add(line, format!("`{key}` is for a charging system that is asked for prices: set `quote`"));
        }
    }
    if let Some(number) = row.text("probe_subject", faults) {
        match Address::parse(number) {
            Ok(Address::E164(digits)) => options.probe_subject = Some(digits),
            _ => faults.add(
                row.line_of("probe_subject", faults),
                format!("`{number}` is no number: write it like \"+46701000001\""),
            ),
        }
    }
    let otherwise = |word: &str| match word {
        "none" => Some(Prices::Asked),
        "mirror" => Some(Prices::AskedOrMirror),
        _ => None,
    };
    row.word("quote_otherwise", &["none", "mirror"], otherwise, faults).unwrap_or(prices)
}

fn identities(row: &Row<'_, '_>, options: &mut Options, faults: &mut Faults) {
    row.require("peers", "[\"127.0.0.1:3868\"]", faults);
    row.require("origin_host", "\"sb1.example.net\"", faults);
    row.require("destination_realm", "\"charging.example.net\"", faults);
    for (key, text) in [
        ("origin_host", &mut options.origin_host),
        ("origin_realm", &mut options.origin_realm),
        ("destination_realm", &mut options.destination_realm),
        ("sms_context", &mut options.contexts.sms),
        ("mms_context", &mut options.contexts.mms),
        ("im_context", &mut options.contexts.im),
    ] {
        if let Some(name) = row.name(key, faults) {
            name.clone_into(text);
        }
    }
    if row.table.get("origin_realm").is_none()
        && let Some((_, realm)) = options.origin_host.split_once('.')
    {
        options.origin_realm = realm.to_owned();
    }
}

fn words(row: &Row<'_, '_>, options: &mut Options, faults: &mut Faults) {
    let mode = |word: &str| match word {
        "session" => Some(Mode::Session),
        "event" => Some(Mode::Event),
        _ => None,
    };
    options.mode = row.word("mode", &["session", "event"], mode, faults).unwrap_or_default();
    let units_at = |word: &str| match word {
        "services" => Some(UnitsAt::Services),
        "request" => Some(UnitsAt::Request),
        _ => None,
    };
    options.units_at = row.word("units_at", &["services", "request"], units_at, faults).unwrap_or_default();
    let im_units = |word: &str| match word {
        "octets" => Some(UnitsOfIm::Octets),
        "messages" => Some(UnitsOfIm::Messages),
        _ => None,
    };
    options.units_of_im = row.word("im_units", &["octets", "messages"], im_units, faults).unwrap_or_default();
}

/// Its peers, in the order of preference, all of them with TLS or none.
fn peers(row: &Row<'_, '_>, options: &mut Options, base: &Path, faults: &mut Faults) {
    let file = |key, faults: &mut Faults| row.text(key, faults).map(|path| base.join(path));
    let own = file("certificate_file", faults).zip(file("key_file", faults));
    let tls = match (file("ca_file", faults), row.name("server_name", faults)) {
        (Some(ca), Some(name)) => Some(TlsOptions { ca, name: name.to_owned(), own }),
        (None, None) if own.is_none() => None,
        _ => {
            faults.add(row.line, "TLS needs `ca_file` and `server_name`".into());
            None
        }
    };
    let hosts: Vec<&str> = row.texts("peer_hosts", faults).into_iter().map(|(host, _)| host).collect();
    for (place, (address, line)) in row.texts("peers", faults).into_iter().enumerate() {
        if port(address).is_none() || place >= 4 {
            faults.add(
                line,
                format!("`{address}`: give one to four peers as HOST:PORT, like \"127.0.0.1:3868\""),
            );
        }
        let host = hosts.get(place).map(|host| (*host).to_owned());
        options.peers.push(PeerAddress { address: address.to_owned(), host, tls: tls.clone() });
    }
    if options.peers.is_empty() && row.table.get("peers").is_some() {
        faults.add(row.line_of("peers", faults), "a charging system has at least one peer".into());
    }
}
