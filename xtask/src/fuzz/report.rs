//! Reads what libFuzzer says at its end. A run without counters or without executions has tested nothing, and is
//! refused although the program ended well.

use std::fmt;

/// One target's run in figures.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    seconds: u64,
    executions: u64,
    peak_mib: u64,
}

impl Report {
    /// Reads the log of a run that `ended_well` or not. The error says what was found.
    pub(super) fn read(text: &str, ended_well: bool, seconds: u64) -> Result<Self, String> {
        if !ended_well {
            let panic = text.lines().find(|line| line.contains("panicked at"));
            let summary = || text.lines().rev().find(|line| line.starts_with("SUMMARY:"));
            return Err(format!("FOUND SOMETHING: {}", panic.or_else(summary).unwrap_or("it ended badly")));
        }
        if !text.contains("inline 8-bit counters") {
            return Err("RAN BLIND: built without coverage counters".to_owned());
        }
        let executions = figure(text, "stat::number_of_executed_units:").unwrap_or_default();
        if executions == 0 {
            return Err("DID NOTHING: no execution was counted".to_owned());
        }
        let peak_mib = figure(text, "stat::peak_rss_mb:").unwrap_or_default();
        Ok(Self { seconds, executions, peak_mib })
    }
}

fn figure(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.executions / self.seconds.max(1);
        write!(f, "{:>8} {:>12} {rate:>10} {:>9}", self.seconds, self.executions, self.peak_mib)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "INFO: Loaded 1 modules   (3518 inline 8-bit counters): 3518 [0x1, 0x2),\n\
        stat::number_of_executed_units: 1200\nstat::peak_rss_mb:              43\n";

    #[test]
    fn figures_are_read_from_the_end_of_the_log() {
        assert_eq!(Report::read(GOOD, true, 60), Ok(Report { seconds: 60, executions: 1200, peak_mib: 43 }));
    }

    #[test]
    fn a_crash_a_blind_run_and_an_idle_run_are_all_refused() {
        let out_of_memory = "==1== ERROR: libFuzzer: out-of-memory\nSUMMARY: libFuzzer: out-of-memory\n";
        assert!(Report::read(out_of_memory, false, 60).unwrap_err().contains("out-of-memory"));
        let panic = "thread 'main' panicked at wire/smpp/src/tlv.rs:7:\nSUMMARY: libFuzzer: deadly signal\n";
        assert!(Report::read(panic, false, 60).unwrap_err().contains("tlv.rs:7"));
        assert!(Report::read("stat::number_of_executed_units: 9", true, 60).unwrap_err().contains("BLIND"));
        assert!(Report::read("(1 inline 8-bit counters)", true, 60).unwrap_err().contains("NOTHING"));
    }
}
