//! `[charging.NAME]`: charging systems of the operator's, over Diameter. Plans name them.

use super::read::duration;
use smol_str::SmolStr;
use std::path::Path;
use std::time::Duration;
use switchback_core::rows::{Faults, Row};
use switchback_diameter::{Mode, Options, PeerAddress, QuoteBy, TlsOptions, UnitsAt, UnitsOfIm};
use toml::de::DeValue;

/// A charging system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChargingSection {
    /// The name that plans have for it.
    pub(crate) name: SmolStr,
    /// How it is reached and asked.
    pub(crate) options: Options,
    /// Plans have a copy of its prices: it is not asked for them.
    pub(crate) mirror: bool,
}

const KEYS: [&str; 24] = [
    "peers",
    "origin_host",
    "origin_realm",
    "destination_realm",
    "sms_context",
    "mms_context",
    "im_context",
    "mode",
    "quote",
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

/// Reads all of them; paths are relative to `base`.
pub(super) fn charging(root: &Row<'_, '_>, base: &Path, faults: &mut Faults) -> Vec<ChargingSection> {
    let Some(all) = root.section("charging", "[charging.NAME]", faults) else { return Vec::new() };
    let mut systems = Vec::new();
    for (key, value) in all.table {
        let (name, line) = (key.get_ref().as_ref(), faults.line_of(&key.span()));
        let DeValue::Table(table) = value.get_ref() else {
            faults.add(line, format!("`{name}` is a table: write [charging.{name}] above its keys"));
            continue;
        };
        if name == "embedded" {
            faults.add(line, "`embedded` is our own ledger: give the charging system another name".into());
        }
        let row = Row { name: "[charging.NAME]", line, table };
        systems.extend(system(&row, name, base, faults));
    }
    systems
}

fn system(row: &Row<'_, '_>, name: &str, base: &Path, faults: &mut Faults) -> Option<ChargingSection> {
    row.only(&KEYS, faults);
    let mut options = Options::default();
    identities(row, &mut options, faults);
    words(row, &mut options, faults);
    let quotes = ["price_enquiry", "aoc", "reserve_probe", "mirror", "none"];
    let quote = |word: &str| match word {
        "price_enquiry" => Some((QuoteBy::PriceEnquiry, false)),
        "aoc" => Some((QuoteBy::Advice, false)),
        "reserve_probe" => Some((QuoteBy::ReserveProbe, false)),
        "mirror" => Some((QuoteBy::None, true)),
        "none" => Some((QuoteBy::None, false)),
        _ => None,
    };
    let (quote, mirror) = row.word("quote", &quotes, quote, faults).unwrap_or_default();
    options.quote = quote;
    for (key, flag) in
        [("bare_grants", &mut options.bare_grants), ("deduplicates", &mut options.deduplicates)]
    {
        *flag = row.flag(key, faults).unwrap_or(*flag);
    }
    for (key, time) in [("answer_timeout", &mut options.answer_timeout), ("watchdog", &mut options.watchdog)]
    {
        let mut ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        duration(row, key, &mut ms, faults);
        *time = Duration::from_millis(ms);
    }
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
    if let Some(n) = row.whole("window", 1..1025, faults) {
        options.window = usize::try_from(n).unwrap_or(256);
    }
    peers(row, &mut options, base, faults);
    Some(ChargingSection { name: SmolStr::new(row_name(name, row, faults)?), options, mirror })
}

fn row_name<'n>(name: &'n str, row: &Row<'_, '_>, faults: &mut Faults) -> Option<&'n str> {
    let ok = (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic());
    if !ok {
        faults.add(row.line, "a charging system's name is 1 to 64 characters without spaces".into());
    }
    ok.then_some(name)
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
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() || place >= 4 {
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

#[cfg(test)]
mod tests {
    use crate::config::read::parse;
    use std::path::Path;
    use switchback_diameter::{Mode, QuoteBy};

    fn read(text: &str) -> Result<crate::config::Config, Vec<switchback_core::rows::Fault>> {
        parse(text, Path::new("/etc/sb"), &|_| None)
    }

    #[test]
    fn a_charging_system_is_read_with_its_defaults() {
        assert!(read("").unwrap().charging.is_empty());
        let text = "[charging.ocs]\npeers = [\"10.0.0.1:3868\", \"10.0.0.2:3868\"]\norigin_host = \"sb1.example.net\"\n\
                    destination_realm = \"ocs.example.net\"\n";
        let config = read(text).unwrap();
        let [ocs] = &config.charging[..] else { panic!("one charging system") };
        assert_eq!((ocs.name.as_str(), ocs.options.peers.len(), ocs.mirror), ("ocs", 2, false));
        assert_eq!(ocs.options.origin_realm, "example.net");
        assert_eq!((ocs.options.mode, ocs.options.quote), (Mode::Session, QuoteBy::PriceEnquiry));
        let given = format!(
            "{text}mode = \"event\"\nquote = \"mirror\"\nanswer_timeout = \"500ms\"\nca_file = \"ca.pem\"\n\
             server_name = \"ocs\"\nim_context = \"8.32260@3gpp.org\"\n"
        );
        let config = read(&given).unwrap();
        let [ocs] = &config.charging[..] else { panic!("one charging system") };
        assert_eq!((ocs.options.mode, ocs.mirror), (Mode::Event, true));
        assert_eq!(ocs.options.contexts.im, "8.32260@3gpp.org");
        let tls = ocs.options.peers[0].tls.as_ref().unwrap();
        assert_eq!(tls.ca, Path::new("/etc/sb/ca.pem"));
    }

    #[test]
    fn faults_name_the_line_and_the_nearest_key() {
        let faults = read("[charging.ocs]\npeers = [\"nowhere\"]\norigin_hst = \"x\"\nwatchdog = \"1s\"\n")
            .unwrap_err();
        let told: Vec<String> =
            faults.iter().map(|fault| format!("{}: {}", fault.line, fault.message)).collect();
        assert!(
            told.iter().any(|fault| fault.contains("3: ") && fault.contains("did you mean `origin_host`?")),
            "{told:?}"
        );
        assert!(told.iter().any(|fault| fault.starts_with("2: ") && fault.contains("HOST:PORT")), "{told:?}");
        assert!(told.iter().any(|fault| fault.starts_with("4: ") && fault.contains("6s")), "{told:?}");
        assert!(
            told.iter().any(|fault| fault.starts_with("1: ") && fault.contains("destination_realm")),
            "{told:?}"
        );
    }
}
