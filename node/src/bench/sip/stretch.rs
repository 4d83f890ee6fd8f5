//! One stretch of messages over a fleet, against our server or another's: what it took, and what became of all of them.

use super::fleet::Fleet;
use super::{DOMAIN, SipArgs};
use crate::bench::gauge::{Cost, Span, memory_kib, tenths};
use crate::bench::report::{ratio, tell};
use crate::bench::stage::Folder;
use crate::cli::Failure;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use switchback_testkit::fleet::{Config, Latency, Registered, Sent, Settled, Who};
use switchback_testkit::handset::Wire;

/// How long nothing may happen before what is missing counts as lost: longer than a request is sent again.
const QUIET_MS: u64 = 8_000;

/// Who is measured.
pub(super) struct Target {
    /// Its processes, the one whose memory and writes count first.
    pub(super) processes: Vec<(&'static str, u32)>,
    /// Where it hears SIP.
    pub(super) sip: SocketAddr,
}

impl Target {
    /// A fleet for it.
    pub(super) fn fleet(
        &self,
        args: &SipArgs,
        folder: &Folder,
        wire: Wire,
        handsets: u32,
    ) -> Result<Fleet, Failure> {
        let config = Config {
            server: self.sip,
            wire,
            domain: DOMAIN.to_owned(),
            handsets,
            lines: handsets.min(args.sockets),
            window: args.window,
            password: args.password().map(str::to_owned),
        };
        Fleet::start(folder, &config)
    }

    fn span(&self, fleet: &Fleet, folder: &Folder) -> Span {
        let mut processes = self.processes.clone();
        processes.push(("load", fleet.id()));
        Span::begin(&processes, folder.path())
    }

    fn name(&self) -> &'static str {
        self.processes.first().map_or("", |(name, _)| name)
    }

    fn rss(&self) -> Value {
        let pid = self.processes.first().map_or(0, |(_, pid)| *pid);
        json!({"peak": memory_kib(pid, "VmHWM") / 1024, "end": memory_kib(pid, "VmRSS") / 1024})
    }
}

/// Everybody writes to everybody: full load, then half of what that gave.
pub(super) fn both_ways(
    args: &SipArgs,
    folder: &Folder,
    target: &Target,
    wire: Wire,
) -> Result<Value, Failure> {
    let mut fleet = target.fleet(args, folder, wire, args.handsets)?;
    let registered = fleet.register(Who::All, None)?;
    tell(&format!("{} s of {} by {wire:?}", args.seconds, target.name()))?;
    let full = online(args, folder, target, &mut fleet, None)?;
    let rate = full.get("end_to_end_per_s").and_then(Value::as_u64).unwrap_or(0) / 2;
    tell(&format!("{} s at {rate} messages a second", args.seconds))?;
    let half = online(args, folder, target, &mut fleet, Some(rate))?;
    Ok(json!({"registered": registering(&registered), "full": full, "half": half}))
}

fn online(
    args: &SipArgs,
    folder: &Folder,
    target: &Target,
    fleet: &mut Fleet,
    rate: Option<u64>,
) -> Result<Value, Failure> {
    let span = target.span(fleet, folder);
    let sent = fleet.send(false, args.seconds, rate)?;
    let settled = fleet.settle(QUIET_MS)?;
    let cost = span.end();
    let mut figures = sending(&sent, &cost);
    figures.extend(settling(&settled));
    figures.insert("end_to_end_per_s".into(), per_s(settled.told, settled.told_us).into());
    figures.insert("rss_mib".into(), target.rss());
    Ok(Value::Object(figures))
}

/// Half of them write to the others, who are not there; then those come.
pub(super) fn offline(args: &SipArgs, folder: &Folder, target: &Target) -> Result<Value, Failure> {
    let mut fleet = target.fleet(args, folder, Wire::Udp, args.handsets)?;
    fleet.register(Who::Senders, None)?;
    tell(&format!("{} s of {} for recipients who are offline", args.seconds, target.name()))?;
    let span = target.span(&fleet, folder);
    let sent = fleet.send(true, args.seconds, None)?;
    let mut stored = sending(&sent, &span.end());
    stored.insert("rss_mib".into(), target.rss());
    tell("they come back")?;
    let span = target.span(&fleet, folder);
    let registered = fleet.register(Who::Recipients, None)?;
    let settled = fleet.settle(QUIET_MS)?;
    let cost = span.end();
    let mut flushed = settling(&settled);
    flushed.insert("registered".into(), registering(&registered));
    flushed.insert("shown_per_s".into(), per_s(settled.shown, settled.shown_us).into());
    flushed.insert("told_per_s".into(), per_s(settled.told, settled.told_us).into());
    flushed.insert("cpu_us_per_message".into(), cost.per_message(settled.shown));
    flushed.insert("rss_mib".into(), target.rss());
    Ok(json!({"stored": stored, "flushed": flushed}))
}

fn sending(sent: &Sent, cost: &Cost) -> Map<String, Value> {
    let each = |n: u64| n / sent.accepted.max(1);
    let figures = json!({
        "accepted": sent.accepted,
        "refused": sent.refused,
        "unanswered": sent.unanswered,
        "accept_per_s": per_s(sent.accepted, sent.took_us),
        "accept_ms": millis(&sent.latency_us),
        "cpu_us_per_message": cost.per_message(sent.accepted),
        "written_bytes_per_message": {"process": each(cost.written), "device": cost.device.map(each)},
        "foreign_cores": tenths(cost.foreign_millicores / 100),
    });
    figures.as_object().cloned().unwrap_or_default()
}

fn settling(settled: &Settled) -> Map<String, Value> {
    let figures = json!({
        "shown": settled.shown, "lost": settled.lost, "doubled": settled.doubled,
        "told": settled.told, "told_twice": settled.told_twice,
        "to_final_ms": millis(&settled.latency_us),
        "sent_again": settled.repeated,
    });
    figures.as_object().cloned().unwrap_or_default()
}

/// A registration of many, as figures.
pub(super) fn registering(registered: &Registered) -> Value {
    json!({
        "registered": registered.registered,
        "told_to_come_later": registered.later,
        "unanswered": registered.unanswered,
        "all_after_ms": registered.took_ms,
        "per_s": per_s(registered.registered, registered.took_ms.saturating_mul(1000)),
        "answer_ms": millis(&registered.latency_us),
    })
}

fn per_s(count: u64, us: u64) -> u64 {
    count.saturating_mul(1_000_000) / us.max(1)
}

fn millis(latency: &Latency) -> Value {
    let at = |us: u64| -> Value {
        serde_json::from_str(&format!("{}.{:03}", us / 1000, us % 1000)).unwrap_or(Value::Null)
    };
    json!({
        "count": latency.count, "p50": at(latency.p50), "p90": at(latency.p90), "p99": at(latency.p99),
        "max": at(latency.max),
    })
}

/// How many times as much as another's server does, of what both did.
pub(super) fn ratios(ours: &Value, theirs: &Value) -> Value {
    let one = |path: &str| {
        let number = |of: &Value| of.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        ratio(number(ours), number(theirs))
    };
    json!({
        "udp": one("/udp/full/end_to_end_per_s"),
        "tcp": one("/tcp/full/end_to_end_per_s"),
        "stored": one("/offline/stored/accept_per_s"),
        "flushed": one("/offline/flushed/shown_per_s"),
    })
}
