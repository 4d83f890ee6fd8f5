//! One stretch of load over the stage: begin together, send, wait until all is final, count.

use super::gauge::{Cost, Span, memory_kib, tenths};
use super::page::{self, MetricsPage};
use super::stage::{Folder, Process, Server, Smsc};
use super::{RunArgs, report};
use crate::cli::Failure;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long nothing may become final while something is open.
const STUCK: Duration = Duration::from_secs(30);

/// Who takes part.
pub(super) struct Stage<'a> {
    pub(super) server: &'a Server,
    pub(super) smsc: &'a Smsc,
    /// A file of the senders' tokens.
    pub(super) tokens: &'a Path,
    pub(super) folder: &'a Folder,
    pub(super) args: &'a RunArgs,
}

/// What was measured.
pub(super) struct Measured {
    rate: Option<u32>,
    from: u64,
    /// What the load was answered.
    answered: Value,
    /// Followed messages, in milliseconds.
    to_final: Value,
    /// Messages that became final.
    delivered: u64,
    cost: Cost,
    before: MetricsPage,
    after: MetricsPage,
    rss_kib: (u64, u64),
}

impl Stage<'_> {
    /// Puts the load on: as fast as answers come, or `rate` a second. Messages are numbered from `from`.
    pub(super) fn measure(&self, rate: Option<u32>, from: u64) -> Result<Measured, Failure> {
        let mut load = Process::of_ours(&self.load_args(rate, from), &self.folder.path().join("load.log"))?;
        let mut said = load.lines()?;
        let mut line = String::new();
        said.read_line(&mut line)?;
        if line.trim() != "ready" {
            return Err(Failure::Failed("the load did not start: see load.log".into()));
        }
        let admin = self.server.admin()?;
        let before = page::read(&admin)?;
        let processes = [("server", self.server.id()), ("smsc", self.smsc.id()), ("load", load.id())];
        let span = Span::begin(&processes, self.folder.path());
        say(&mut load)?;
        line.clear();
        said.read_line(&mut line)?;
        let answered: Value = serde_json::from_str(&line)
            .map_err(|_| Failure::Failed("the load broke off: see load.log".into()))?;
        self.drain(before.get("switchback_messages_open").unwrap_or(0))?;
        let cost = span.end();
        let after = page::read(&admin)?;
        say(&mut load)?;
        line.clear();
        said.read_line(&mut line)?;
        let to_final = serde_json::from_str(&line).unwrap_or(Value::Null);
        let server = self.server.id();
        let delivered = after.since(&before, "switchback_delivered_total");
        let measured = Measured {
            rate,
            from,
            answered,
            to_final,
            delivered,
            cost,
            before,
            after,
            rss_kib: (memory_kib(server, "VmHWM"), memory_kib(server, "VmRSS")),
        };
        measured.all_delivered()
    }

    fn load_args(&self, rate: Option<u32>, from: u64) -> Vec<String> {
        let run = self.args;
        let mut args = vec!["bench".to_owned(), "load".to_owned()];
        let mut add = |name: &str, value: String| args.extend([name.to_owned(), value]);
        add("--server", self.server.address().to_string());
        add("--tokens", self.tokens.display().to_string());
        add("--connections", run.connections.to_string());
        add("--seconds", run.seconds.to_string());
        add("--from", from.to_string());
        add("--recipients", run.recipients.to_string());
        if let Some(rate) = rate {
            add("--rate", rate.to_string());
        }
        if run.keys {
            args.push("--keys".to_owned());
        }
        args
    }

    /// Waits until no more is open than before.
    fn drain(&self, open_before: u64) -> Result<(), Failure> {
        let admin = self.server.admin()?;
        let (mut least, mut moved) = (u64::MAX, Instant::now());
        loop {
            let open = page::read(&admin)?.get("switchback_messages_open").unwrap_or(u64::MAX);
            if open <= open_before {
                return Ok(());
            }
            if open < least {
                (least, moved) = (open, Instant::now());
            }
            if moved.elapsed() > STUCK {
                return Err(Failure::Failed(format!("{open} messages do not come to their end")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn say(load: &mut Process) -> Result<(), Failure> {
    let input = load.input().ok_or_else(|| Failure::Failed("the load cannot be told anything".into()))?;
    writeln!(input)?;
    Ok(input.flush()?)
}

impl Measured {
    /// The number after that of the last message.
    pub(super) fn begun(&self) -> u64 {
        let refused = self.answered.get("refused").and_then(Value::as_object).into_iter().flatten();
        let refused: u64 = refused.filter_map(|(_, n)| n.as_u64()).sum();
        let broken = self.answered.get("broken").and_then(Value::as_u64).unwrap_or(0);
        // Each connection takes a number more, when the time is over.
        self.from + self.accepted() + refused + broken + 1_000_000
    }

    /// Messages to their end a second, over the whole stretch until the last one was there.
    pub(super) fn end_to_end_per_s(&self) -> u64 {
        self.delivered.saturating_mul(1_000_000) / self.cost.wall_us
    }

    fn accepted(&self) -> u64 {
        self.answered.get("accepted").and_then(Value::as_u64).unwrap_or(0)
    }

    fn all_delivered(self) -> Result<Self, Failure> {
        let (accepted, delivered) = (self.accepted(), self.delivered);
        if accepted == delivered && accepted > 0 {
            return Ok(self);
        }
        Err(Failure::Failed(format!(
            "{accepted} messages were accepted and {delivered} delivered: {}",
            self.answered
        )))
    }

    /// All of it.
    pub(super) fn to_json(&self) -> Value {
        let accepted = self.accepted();
        let took_us = self.answered.get("took_us").and_then(Value::as_u64).unwrap_or(0).max(1);
        let syncs = self.after.since(&self.before, "switchback_store_commits_total");
        let units = self.after.since(&self.before, "switchback_units_total");
        let each = |n: u64| n / accepted.max(1);
        json!({
            "rate_asked": self.rate,
            "accepted": accepted,
            "refused": self.answered.get("refused"),
            "broken": self.answered.get("broken"),
            "accept_per_s": accepted.saturating_mul(1_000_000) / took_us,
            "end_to_end_per_s": self.end_to_end_per_s(),
            "cpu_us_per_message": self.cost.per_message(accepted),
            "accept_ms": self.answered.get("latency_ms"),
            "to_final_ms": self.to_final,
            "rss_mib": {"peak": self.rss_kib.0 / 1024, "end": self.rss_kib.1 / 1024},
            "written_bytes_per_message": {"process": each(self.cost.written), "device": self.cost.device.map(each)},
            "syncs": syncs,
            "units_per_sync": tenths(units * 10 / syncs.max(1)),
            "units_per_message": tenths(units * 10 / accepted.max(1)),
            "foreign_cores": tenths(self.cost.foreign_millicores / 100),
        })
    }

    /// How it stands against Kannel in the same run, in tenths: how many times as fast, and for what part of the
    /// processor time.
    pub(super) fn against(&self, kannel: &Value) -> Value {
        let theirs = kannel.get("end_to_end_per_s").and_then(Value::as_u64).unwrap_or(0);
        let theirs_us = kannel.get("cpu_us").and_then(Value::as_u64).unwrap_or(0);
        let theirs_count = kannel.get("delivered").and_then(Value::as_u64).unwrap_or(0).max(1);
        let ours_us = self.cost.cpu_us.first().map_or(0, |(_, us)| *us) / self.accepted().max(1);
        json!({
            "end_to_end": report::ratio(self.end_to_end_per_s(), theirs),
            "cpu": report::ratio(theirs_us / theirs_count, ours_us),
        })
    }
}
