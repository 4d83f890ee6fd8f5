//! What `check` warns of: values that are allowed and unusual (the manual's table of timers has the ranges).

use super::Config;
use super::charging::{ChargingKind, ChargingSection};
use super::duration::print_ms;
use super::read::timer_keys;

/// The usual range of each timer, in milliseconds: (key, least, most).
const USUAL: [(&str, u64, u64); 15] = [
    ("facts", 200, 10_000),
    ("choice", 0, 600_000),
    ("im_deadline", 10_000, 259_200_000),
    ("im_offline", 5_000, 60_000),
    ("smpp_response", 5_000, 60_000),
    ("unknown_wait", 10_000, 600_000),
    ("mms_deadline", 3_600_000, 604_800_000),
    ("recall", 2_000, 60_000),
    ("t_off", 60_000, 259_200_000),
    ("min_gap", 10_000, 3_600_000),
    ("offline_grace", 1_000, 300_000),
    ("expiry", 60_000, 2_592_000_000),
    ("expiry_min", 60_000, 2_592_000_000),
    ("expiry_max", 60_000, 2_592_000_000),
    ("backoff", 1_000, 60_000),
];

/// Sentences about values outside their usual range, and about settings that surprise together.
pub(crate) fn warnings(config: &Config) -> Vec<String> {
    let mut timers = config.timers.clone();
    let mut found = Vec::new();
    for (key, value) in timer_keys(&mut timers) {
        let usual = USUAL.iter().find(|(name, _, _)| *name == key);
        if let Some((_, least, most)) = usual
            && !(*least..=*most).contains(value)
        {
            found.push(format!(
                "timers.{key} = {} is outside the usual {} to {}",
                print_ms(*value),
                print_ms(*least),
                print_ms(*most)
            ));
        }
    }
    if !config.http.listen.ip().is_loopback() {
        found.push(format!("http.listen = {} is reachable from other machines and speaks plain HTTP: put a TLS proxy in front", config.http.listen));
    }
    if config.timers.expiry_max_ms < config.timers.expiry_min_ms {
        found.push(
            "timers.expiry_max is less than timers.expiry_min: no message may name its own life".into(),
        );
    }
    if config.timers.backoff_cap_ms < config.timers.backoff_ms {
        found.push("timers.backoff_cap is less than timers.backoff: every retry waits for the cap".into());
    }
    for ChargingSection { name, kind } in &config.charging {
        match kind {
            ChargingKind::Cgrates(_) => found.push(format!(
                "[charging.{name}]: charging by CGRateS is not verified against a running one: compare balances before and after"
            )),
            ChargingKind::Diameter { options, prices } if prices.are_asked() && options.probe_subject.is_none() => {
                found.push(format!(
                    "[charging.{name}]: without `probe_subject` the first price that a sender needs shows whether the charging system tells any"
                ));
            }
            ChargingKind::Diameter { .. } => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchback_engine::Prices;

    #[test]
    fn the_defaults_are_usual() {
        assert_eq!(warnings(&Config::default()), Vec::<String>::new());
    }

    #[test]
    fn what_nobody_has_tried_is_told() {
        let cgrates = ChargingKind::Cgrates(switchback_cgrates::Options::default());
        let by_diameter = |probe_subject| {
            let options = switchback_diameter::Options { probe_subject, ..Default::default() };
            ChargingKind::Diameter { options, prices: Prices::Asked }
        };
        for (kind, told) in [(cgrates, 1), (by_diameter(None), 1), (by_diameter(Some("46701".into())), 0)] {
            let charging = vec![ChargingSection { name: "cs".into(), kind }];
            let found = warnings(&Config { charging, ..Config::default() });
            assert!(
                found.len() == told && found.iter().all(|it| it.starts_with("[charging.cs]: ")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn short_timers_and_open_ports_are_told() {
        let mut config = Config::default();
        config.timers.t_off_ms = 1000;
        config.http.listen.set_ip([0, 0, 0, 0].into());
        let found = warnings(&config);
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .any(|warning| warning.starts_with("timers.t_off = 1s is outside the usual 1m to 3d"))
        );
    }
}
