//! The log: structured, to the standard error stream, without message text or full numbers.

use crate::config::{LogFormat, LogSection};
use tracing_subscriber::EnvFilter;

/// Starts the log; a second start in one process (as in tests) changes nothing.
pub(crate) fn start(section: &LogSection) {
    let filter = EnvFilter::new(format!(
        "warn,switchback={0},switchback_node={0},switchback_engine={0},switchback_api={0},switchback_sms={0},switchback_im={0},switchback_sqlite={0}",
        section.level
    ));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    // An error means that a log is running already, which is what was asked for.
    let started = match section.format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    drop(started);
}
