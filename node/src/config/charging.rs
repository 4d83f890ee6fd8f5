//! `[charging.NAME]`: charging systems of the operator's. Plans name them; `kind` says what they speak.

mod cgrates;
mod diameter;

use super::read::duration;
use smol_str::SmolStr;
use std::path::Path;
use std::time::Duration;
use switchback_core::rows::{Faults, Row};
use switchback_engine::Prices;
use toml::de::DeValue;

/// A charging system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChargingSection {
    /// The name that plans have for it.
    pub(crate) name: SmolStr,
    /// How it is reached and asked.
    pub(crate) kind: ChargingKind,
}

/// What a charging system speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChargingKind {
    /// Diameter credit control.
    Diameter {
        /// How it is reached and asked.
        options: switchback_diameter::Options,
        /// Who knows what it charges.
        prices: Prices,
    },
    /// The JSON-RPC of CGRateS.
    Cgrates(switchback_cgrates::Options),
}

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
        if !(1..=64).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_graphic()) {
            faults.add(line, "a charging system's name is 1 to 64 characters without spaces".into());
        }
        let row = Row { name: "[charging.NAME]", line, table };
        systems
            .extend(kind(row, base, faults).map(|kind| ChargingSection { name: SmolStr::new(name), kind }));
    }
    systems
}

/// Reads the keys of the kind that the section names.
fn kind(row: Row<'_, '_>, base: &Path, faults: &mut Faults) -> Option<ChargingKind> {
    let is_cgrates = |word: &str| match word {
        "diameter" => Some(false),
        "cgrates" => Some(true),
        _ => None,
    };
    let is_cgrates =
        row.table.contains_key("kind") && row.word("kind", &["diameter", "cgrates"], is_cgrates, faults)?;
    Some(if is_cgrates {
        cgrates::cgrates(&Row { name: "[charging.NAME] of kind \"cgrates\"", ..row }, faults)
    } else {
        diameter::diameter(&row, base, faults)
    })
}

/// The port of an address as it should be, `HOST:PORT`.
fn port(address: &str) -> Option<u16> {
    let (host, port) = address.rsplit_once(':')?;
    port.parse().ok().filter(|_| !host.is_empty())
}

/// Reads how long an answer may take.
fn time(row: &Row<'_, '_>, key: &str, time: &mut Duration, faults: &mut Faults) {
    let mut ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    duration(row, key, &mut ms, faults);
    *time = Duration::from_millis(ms);
}

/// Reads how many requests may be under way.
fn window(row: &Row<'_, '_>, window: &mut usize, faults: &mut Faults) {
    if let Some(n) = row.whole("window", 1..1025, faults) {
        *window = usize::try_from(n).unwrap_or(*window);
    }
}

#[cfg(test)]
mod tests {
    use super::{ChargingKind, cgrates, diameter};
    use crate::config::read::parse;
    use std::path::Path;
    use switchback_diameter::{Mode, QuoteBy};
    use switchback_engine::Prices;

    fn read(text: &str) -> Result<Vec<ChargingKind>, Vec<String>> {
        let config = parse(text, Path::new("/etc/sb"), &|_| None);
        let told = |fault: switchback_core::rows::Fault| format!("{}: {}", fault.line, fault.message);
        let kinds = |config: crate::config::Config| config.charging.into_iter().map(|it| it.kind).collect();
        config.map(kinds).map_err(|faults| faults.into_iter().map(told).collect())
    }

    #[test]
    fn a_charging_system_speaks_diameter_unless_told_otherwise() {
        assert!(read("").unwrap().is_empty());
        let text = "[charging.ocs]\npeers = [\"10.0.0.1:3868\", \"10.0.0.2:3868\"]\norigin_host = \"sb1.example.net\"\n\
                    destination_realm = \"ocs.example.net\"\n";
        let kinds = read(text).unwrap();
        assert_eq!(kinds, read(&format!("{text}kind = \"diameter\"\n")).unwrap());
        let [ChargingKind::Diameter { options, prices }] = &kinds[..] else { panic!("one by Diameter") };
        assert_eq!((options.peers.len(), *prices), (2, Prices::Asked));
        assert_eq!(options.origin_realm, "example.net");
        assert_eq!((options.mode, options.quote), (Mode::Session, QuoteBy::PriceEnquiry));
        let given = format!(
            "{text}mode = \"event\"\nquote = \"mirror\"\nanswer_timeout = \"500ms\"\nca_file = \"ca.pem\"\n\
             server_name = \"ocs\"\nim_context = \"8.32260@3gpp.org\"\n"
        );
        let kinds = read(&given).unwrap();
        let [ChargingKind::Diameter { options, prices }] = &kinds[..] else { panic!("one by Diameter") };
        assert_eq!((options.mode, *prices), (Mode::Event, Prices::Mirror));
        assert_eq!(options.contexts.im, "8.32260@3gpp.org");
        let tls = options.peers[0].tls.as_ref().unwrap();
        assert_eq!(tls.ca, Path::new("/etc/sb/ca.pem"));
    }

    #[test]
    fn who_tells_no_prices_may_be_mirrored_and_is_found_out_by_a_probe() {
        let text = "[charging.ocs]\npeers = [\"10.0.0.1:3868\"]\norigin_host = \"sb1.example.net\"\n\
                    destination_realm = \"ocs.example.net\"\nquote_otherwise = \"mirror\"\n\
                    probe_subject = \"+46 701 000 001\"\n";
        let kinds = read(text).unwrap();
        let [ChargingKind::Diameter { options, prices }] = &kinds[..] else { panic!("one by Diameter") };
        assert_eq!(*prices, Prices::AskedOrMirror);
        assert_eq!(options.probe_subject.as_deref(), Some("46701000001"));
        let faults = read(&format!("{text}quote = \"mirror\"\n")).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(has(&faults, 5, "asked for prices") && has(&faults, 6, "asked for prices"), "{faults:?}");
        let faults = read(&text.replace("+46 701 000 001", "anna")).unwrap_err();
        assert!(has(&faults, 6, "`anna` is no number"), "{faults:?}");
    }

    #[test]
    fn a_cgrates_is_read_with_its_defaults() {
        let text = "[charging.cg]\nkind = \"cgrates\"\naddress = \"10.0.0.1:2012\"\norigin_host = \"sb1.example.net\"\n\
                    currency = \"USD\"\n";
        let kinds = read(text).unwrap();
        let [ChargingKind::Cgrates(options)] = &kinds[..] else { panic!("one CGRateS") };
        assert_eq!((options.address.as_str(), options.tenant.as_str()), ("10.0.0.1:2012", "cgrates.org"));
        assert_eq!((options.currency.as_str(), options.records, options.window), ("USD", true, 256));
        let given =
            format!("{text}tenant = \"acme\"\nrecords = false\nanswer_timeout = \"500ms\"\nwindow = 9\n");
        let kinds = read(&given).unwrap();
        let [ChargingKind::Cgrates(options)] = &kinds[..] else { panic!("one CGRateS") };
        assert_eq!((options.tenant.as_str(), options.records, options.window), ("acme", false, 9));
        assert_eq!(options.answer_timeout.as_millis(), 500);
    }

    #[test]
    fn faults_name_the_line_and_the_nearest_key() {
        let text = "[charging.ocs]\npeers = [\"nowhere\"]\norigin_hst = \"x\"\nwatchdog = \"1s\"\n";
        let faults = read(text).unwrap_err();
        for (line, part) in
            [(3, "did you mean `origin_host`?"), (2, "HOST:PORT"), (4, "6s"), (1, "destination_realm")]
        {
            assert!(has(&faults, line, part), "{part}: {faults:?}");
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let text = "[charging.cg]\nkind = \"cgrates\"\naddress = \"nowhere\"\norigin_host = \"sb1\"\ncurrency = \"euro\"\n\
                    peers = [\"127.0.0.1:1\"]\ntenent = \"x\"\n";
        let faults = read(text).unwrap_err();
        for (line, part) in [
            (3, "`nowhere`: give HOST:PORT"),
            (5, "ISO 4217"),
            (6, "of kind \"cgrates\" has no key `peers`; it may have: kind, address"),
            (7, "has no key `tenent`; did you mean `tenant`?"),
        ] {
            assert!(has(&faults, line, part), "{part}: {faults:?}");
        }
        let faults = read("[charging.cg]\nkind = \"cgrate\"\n").unwrap_err();
        assert_eq!(faults, ["2: `kind` is one of diameter, cgrates, not `cgrate`; did you mean `cgrates`?"]);
        let faults = read("[charging.cg]\nkind = \"cgrates\"\n").unwrap_err();
        for key in ["address", "origin_host", "currency"] {
            assert!(has(&faults, 1, &format!("needs `{key}`")), "{faults:?}");
        }
        assert_eq!(faults.len(), 3);
    }

    fn has(faults: &[String], line: usize, part: &str) -> bool {
        faults.iter().any(|fault| fault.starts_with(&format!("{line}: ")) && fault.contains(part))
    }

    /// What stands in the example behind `#` is good as it stands, and names every key.
    #[test]
    fn the_example_has_every_key_of_every_kind() {
        let example = include_str!("../../../docs/switchback.example.toml");
        let from = example.find("# [charging.").unwrap();
        let text: String =
            example[from..].lines().map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
        assert_eq!(read(&text).unwrap().len(), 2);
        let table: toml::Table = text.parse().unwrap();
        for (name, keys) in [("ocs", diameter::KEYS.as_slice()), ("cgrates", cgrates::KEYS.as_slice())] {
            let shown = table["charging"][name].as_table().unwrap();
            let missing: Vec<_> = keys.iter().filter(|key| !shown.contains_key(**key)).collect();
            assert!(missing.is_empty(), "[charging.{name}] of the example lacks {missing:?}");
        }
    }
}
