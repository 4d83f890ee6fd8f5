//! Reading a configuration file: every fault is found and told with its line.

use super::duration::{parse_ms, print_ms};
use super::sections::{Config, LogFormat, RouteSection};
use smol_str::SmolStr;
use std::path::{Path, PathBuf};
use switchback_core::model::{Class, ClassName, OnUnknown, Priority, RouteId, Timers};
use switchback_core::rows::{Fault, Faults, Row};
use toml::de::DeTable;

/// Why a configuration is refused: every fault at once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {why}; name an existing file with --config, or leave it out to run on embedded defaults", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file has faults.
    #[error("{}", list(path, faults))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// The faults, by line.
        faults: Vec<Fault>,
    },
}

fn list(path: &Path, faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| format!("{}:{}: {}", path.display(), fault.line, fault.message));
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads a configuration file. Relative paths in it are relative to its folder.
///
/// # Errors
/// [`ConfigError`] with every fault found.
pub(crate) fn read(path: &Path) -> Result<Config, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|why| ConfigError::Unreadable { path: path.into(), why })?;
    let base = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let variable = |name: &str| std::env::var(name).ok();
    parse(&text, &base, &variable).map_err(|faults| ConfigError::Faulty { path: path.into(), faults })
}

/// Parses a configuration text, whose paths are relative to `base`; `variable` looks up environment variables that
/// secrets name.
///
/// # Errors
/// Every fault found, by line.
pub(crate) fn parse(
    text: &str,
    base: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<Fault>> {
    let mut faults = Faults::new(text);
    let mut config = Config::default();
    match DeTable::parse(text) {
        Ok(table) => {
            let root = Row { name: "the file", line: 1, table: table.get_ref() };
            root.only(
                &[
                    "http", "store", "log", "policy", "timers", "smpp", "sip", "class", "route", "plans",
                    "records", "charging",
                ],
                &mut faults,
            );
            http(&root, &mut config, &mut faults);
            store(&root, &mut config, base, &mut faults);
            log(&root, &mut config, &mut faults);
            policy(&root, &mut config, &mut faults);
            timers(&root, &mut config.timers, &mut faults);
            smpp(&root, &mut config, &mut faults);
            super::sip::sip(&root, &mut config, base, &mut faults);
            classes(&root, &mut config, &mut faults);
            routes(&root, &mut config, &Secrets { base, variable }, &mut faults);
            plans(&root, &mut config, base, &mut faults);
            config.charging = super::charging::charging(&root, base, &mut faults);
            config.records = super::records::records(&root, base, &mut faults);
        }
        Err(error) => {
            let line = error.span().map_or(1, |span| faults.line_of(&span));
            faults.add(line, error.message().to_owned());
        }
    }
    if faults.list.is_empty() { Ok(config) } else { Err(faults.list) }
}

fn http(root: &Row<'_, '_>, config: &mut Config, faults: &mut Faults) {
    let Some(row) = root.section("http", "[http]", faults) else { return };
    row.only(&["listen", "connections_max", "believe_origin"], faults);
    if let Some(text) = row.text("listen", faults) {
        match text.parse() {
            Ok(listen) => config.http.listen = listen,
            Err(_) => faults.add(
                row.line_of("listen", faults),
                "`listen` must be an IP address and a port, like `listen = \"127.0.0.1:8080\"`".into(),
            ),
        }
    }
    if let Some(n) = row.whole("connections_max", 1..1_000_001, faults) {
        config.http.connections_max = usize::try_from(n).unwrap_or(usize::MAX);
    }
    if let Some(believed) = row.flag("believe_origin", faults) {
        config.http.believe_origin = believed;
    }
}

fn store(root: &Row<'_, '_>, config: &mut Config, base: &Path, faults: &mut Faults) {
    config.store.path = base.join(&config.store.path);
    let Some(row) = root.section("store", "[store]", faults) else { return };
    row.only(&["path", "vfs"], faults);
    if let Some(path) = row.text("path", faults) {
        config.store.path = base.join(path);
    }
    config.store.vfs = row.name("vfs", faults).map(SmolStr::new);
}

fn log(root: &Row<'_, '_>, config: &mut Config, faults: &mut Faults) {
    let Some(row) = root.section("log", "[log]", faults) else { return };
    row.only(&["format", "level"], faults);
    let format = |word: &str| match word {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    };
    if let Some(format) = row.word("format", &["text", "json"], format, faults) {
        config.log.format = format;
    }
    let levels = ["error", "warn", "info", "debug"];
    if let Some(level) =
        row.word("level", &levels, |word| levels.contains(&word).then(|| SmolStr::new(word)), faults)
    {
        config.log.level = level;
    }
}

fn policy(root: &Row<'_, '_>, config: &mut Config, faults: &mut Faults) {
    let Some(row) = root.section("policy", "[policy]", faults) else { return };
    row.only(&["revert", "loops"], faults);
    if let Some(revert) = row.flag("revert", faults) {
        config.policy.revert = revert;
    }
    if let Some(n) = row.whole("loops", 0..65, faults) {
        config.policy.loops = usize::try_from(n).unwrap_or(0);
    }
}

/// The hard minimum of every timer.
const LEAST_MS: u64 = 100;
/// The longest life of anything: 30 days.
const MOST_MS: u64 = 30 * 86_400_000;

/// Reads a duration within its bounds.
pub(super) fn duration(row: &Row<'_, '_>, key: &str, value: &mut u64, faults: &mut Faults) {
    let Some(text) = row.text(key, faults) else { return };
    match parse_ms(text).filter(|ms| (LEAST_MS..=MOST_MS).contains(ms)) {
        Some(ms) => *value = ms,
        None => {
            let line = row.line_of(key, faults);
            faults.add(
                line,
                format!(
                    "`{key}` must be a duration from 100ms to 30d, like `{key} = \"{}\"`",
                    print_ms(*value)
                ),
            );
        }
    }
}

fn timers(root: &Row<'_, '_>, timers: &mut Timers, faults: &mut Faults) {
    let Some(row) = root.section("timers", "[timers]", faults) else { return };
    let mut keys = timer_keys(timers);
    row.only(&keys.iter().map(|(key, _)| *key).collect::<Vec<_>>(), faults);
    for (key, value) in &mut keys {
        duration(&row, key, value, faults);
    }
}

/// Every timer by its key: the one list of them.
pub(super) fn timer_keys(timers: &mut Timers) -> [(&'static str, &mut u64); 24] {
    [
        ("facts", &mut timers.facts_ms),
        ("choice", &mut timers.choice_ms),
        ("quote", &mut timers.quote_ms),
        ("im_deadline", &mut timers.im_deadline_ms),
        ("im_offline", &mut timers.im_offline_ms),
        ("smpp_response", &mut timers.smpp_response_ms),
        ("unknown_wait", &mut timers.unknown_wait_ms),
        ("sms_validity", &mut timers.sms_validity_ms),
        ("sms_grace", &mut timers.sms_grace_ms),
        ("mms_deadline", &mut timers.mms_deadline_ms),
        ("recall", &mut timers.recall_ms),
        ("t_off", &mut timers.t_off_ms),
        ("min_gap", &mut timers.min_gap_ms),
        ("offline_grace", &mut timers.offline_grace_ms),
        ("outage_guard", &mut timers.outage_guard_ms),
        ("route_down", &mut timers.route_down_ms),
        ("early_receipts", &mut timers.early_receipts_ms),
        ("idempotency", &mut timers.idempotency_ms),
        ("expiry", &mut timers.expiry_ms),
        ("expiry_min", &mut timers.expiry_min_ms),
        ("expiry_max", &mut timers.expiry_max_ms),
        ("last_word", &mut timers.last_word_ms),
        ("backoff", &mut timers.backoff_ms),
        ("backoff_cap", &mut timers.backoff_cap_ms),
    ]
}

fn smpp(root: &Row<'_, '_>, config: &mut Config, faults: &mut Faults) {
    let Some(row) = root.section("smpp", "[smpp]", faults) else { return };
    row.only(&["enquire_link", "reconnect", "reconnect_cap"], faults);
    duration(&row, "enquire_link", &mut config.smpp.enquire_link_ms, faults);
    duration(&row, "reconnect", &mut config.smpp.reconnect_ms, faults);
    duration(&row, "reconnect_cap", &mut config.smpp.reconnect_cap_ms, faults);
}

fn classes(root: &Row<'_, '_>, config: &mut Config, faults: &mut Faults) {
    for row in root.sections("class", "[[class]]", faults) {
        row.only(&["name", "on_unknown", "priority", "fallback_after", "t_off"], faults);
        row.require("name", "\"promo\"", faults);
        let Some(name) = row.name("name", faults) else { continue };
        let on_unknown = |word: &str| match word {
            "at_least_once" => Some(OnUnknown::AtLeastOnce),
            "at_most_once" => Some(OnUnknown::AtMostOnce),
            _ => None,
        };
        let priority = |word: &str| match word {
            "bulk" => Some(Priority::Bulk),
            "person" => Some(Priority::Person),
            "urgent" => Some(Priority::Urgent),
            _ => None,
        };
        let mut class = Class {
            name: ClassName::new(name),
            on_unknown: row
                .word("on_unknown", &["at_least_once", "at_most_once"], on_unknown, faults)
                .unwrap_or(OnUnknown::AtLeastOnce),
            priority: row
                .word("priority", &["bulk", "person", "urgent"], priority, faults)
                .unwrap_or(Priority::Person),
            fallback_after_ms: None,
            t_off_ms: None,
        };
        for (key, value) in [("fallback_after", &mut class.fallback_after_ms), ("t_off", &mut class.t_off_ms)]
        {
            if row.table.get(key).is_some() {
                let mut ms = 10_000;
                duration(&row, key, &mut ms, faults);
                *value = Some(ms);
            }
        }
        config.classes.retain(|known| known.name != class.name);
        config.classes.push(class);
    }
}

/// Where secrets come from: a file or the environment, never the configuration itself.
struct Secrets<'a> {
    base: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

fn routes(root: &Row<'_, '_>, config: &mut Config, secrets: &Secrets<'_>, faults: &mut Faults) {
    for row in root.sections("route", "[[route]]", faults) {
        let keys =
            ["id", "address", "system_id", "password_file", "password_env", "window", "temporary_errors"];
        row.only(&keys, faults);
        row.require("id", "\"smsc-1\"", faults);
        row.require("address", "\"127.0.0.1:2775\"", faults);
        row.require("system_id", "\"switchback\"", faults);
        let password = secret(&row, secrets, faults);
        let (id, address, system_id) =
            (row.name("id", faults), row.name("address", faults), row.name("system_id", faults));
        let window = row.whole("window", 1..1001, faults).unwrap_or(100);
        let temporary_errors = row.texts("temporary_errors", faults);
        for (code, line) in &temporary_errors {
            let sound =
                (1..=16).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !sound {
                faults.add(
                    *line,
                    format!("`{code}` is no code: 1 to 16 letters and digits, for example \"011\""),
                );
            }
        }
        let (Some(id), Some(address), Some(system_id), Some(password)) = (id, address, system_id, password)
        else {
            continue;
        };
        if config.routes.iter().any(|route| route.id.as_str() == id) {
            faults.add(row.line, format!("two routes have the id `{id}`; give each its own"));
        }
        config.routes.push(RouteSection {
            id: RouteId::new(id),
            address: SmolStr::new(address),
            system_id: SmolStr::new(system_id),
            password: SmolStr::new(password.trim_end()),
            window: u16::try_from(window).unwrap_or(100),
            temporary_errors: temporary_errors.into_iter().map(|(code, _)| SmolStr::new(code)).collect(),
        });
    }
}

fn secret(row: &Row<'_, '_>, secrets: &Secrets<'_>, faults: &mut Faults) -> Option<String> {
    if let Some(file) = row.text("password_file", faults) {
        let path = secrets.base.join(file);
        return std::fs::read_to_string(&path)
            .map_err(|why| {
                faults.add(
                    row.line_of("password_file", faults),
                    format!("cannot read {}: {why}", path.display()),
                )
            })
            .ok();
    }
    if let Some(name) = row.text("password_env", faults) {
        let value = (secrets.variable)(name);
        if value.is_none() {
            faults.add(
                row.line_of("password_env", faults),
                format!("the environment variable `{name}` is not set"),
            );
        }
        return value;
    }
    faults.add(
        row.line,
        "[[route]] needs `password_file` or `password_env`: secrets do not stand in this file".into(),
    );
    None
}

fn plans(root: &Row<'_, '_>, config: &mut Config, base: &Path, faults: &mut Faults) {
    let Some(row) = root.section("plans", "[plans]", faults) else { return };
    row.only(&["files"], faults);
    config.plan_files = row.texts("files", faults).into_iter().map(|(file, _)| base.join(file)).collect();
}

#[cfg(test)]
mod tests {
    use super::{parse, timer_keys};
    use crate::config::Config;
    use std::path::Path;
    use switchback_core::model::Timers;

    fn faults(text: &str) -> Vec<String> {
        let faults = parse(text, Path::new(""), &|_| None).unwrap_err();
        faults.into_iter().map(|fault| format!("{}: {}", fault.line, fault.message)).collect()
    }

    #[test]
    fn an_empty_file_is_the_embedded_defaults() {
        assert_eq!(parse("", Path::new(""), &|_| None).unwrap(), Config::default());
    }

    #[test]
    fn every_timer_can_be_set_and_is_kept() {
        let mut timers = Timers::default();
        let text: String =
            timer_keys(&mut timers).iter().map(|(key, _)| format!("{key} = \"7s\"\n")).collect();
        let config = parse(&format!("[timers]\n{text}"), Path::new(""), &|_| None).unwrap();
        let mut read = config.timers;
        assert!(timer_keys(&mut read).iter().all(|(_, ms)| **ms == 7000));
    }

    #[test]
    fn faults_name_the_line_and_the_nearest_key() {
        let found = faults(
            "[http]\nlisten = \"127.0.0.1:0\"\nconections_max = 3\n[timers]\nt_of = \"3s\"\nchoice = \"50ms\"\n[[route]]\nid = \"a\"\n",
        );
        assert_eq!(
            found,
            [
                "3: [http] has no key `conections_max`; did you mean `connections_max`?",
                "5: [timers] has no key `t_of`; did you mean `t_off`?",
                "6: `choice` must be a duration from 100ms to 30d, like `choice = \"30s\"`",
                "7: [[route]] needs `address`, for example `address = \"127.0.0.1:2775\"`",
                "7: [[route]] needs `system_id`, for example `system_id = \"switchback\"`",
                "7: [[route]] needs `password_file` or `password_env`: secrets do not stand in this file",
            ]
        );
    }

    #[test]
    fn broken_toml_names_its_line() {
        assert_eq!(faults("[http]\nlisten = \n").len(), 1);
    }

    #[test]
    fn a_password_comes_from_the_environment() {
        let text =
            "[[route]]\nid = \"a\"\naddress = \"127.0.0.1:2775\"\nsystem_id = \"s\"\npassword_env = \"P\"\n";
        let config = parse(text, Path::new(""), &|name| (name == "P").then(|| "secret\n".into())).unwrap();
        assert_eq!(config.routes.first().map(|route| route.password.as_str()), Some("secret"));
    }

    #[test]
    fn codes_of_failures_that_may_pass_are_listed_by_route() {
        let with = |codes: &str| {
            let text = format!(
                "[[route]]\nid = \"a\"\naddress = \"127.0.0.1:2775\"\nsystem_id = \"s\"\npassword_env = \"P\"\n\
                 temporary_errors = [{codes}]\n"
            );
            parse(&text, Path::new(""), &|_| Some("secret".into()))
        };
        let config = with("\"011\", \"ABS\"").unwrap();
        assert_eq!(config.routes.first().unwrap().temporary_errors, ["011", "ABS"]);
        for wrong in ["\"\"", "\"0 1\"", "\"01234567890123456\""] {
            assert_eq!(with(wrong).unwrap_err().first().map(|fault| fault.line), Some(6), "{wrong}");
        }
    }
}
