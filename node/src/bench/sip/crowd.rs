//! Registrations in numbers: what a device costs in memory, and what happens when all come at once after a kill.

use super::stretch::registering;
use super::{Measure, SipArgs, Stage, memory};
use crate::bench::gauge::{Span, memory_kib};
use crate::bench::report::tell;
use crate::bench::stage::Folder;
use crate::cli::Failure;
use serde_json::{Map, Value, json};
use switchback_testkit::fleet::Who;
use switchback_testkit::handset::Wire;

/// Within so long everybody comes back after a kill, in milliseconds.
const RETURN_MS: u64 = 10_000;

/// Registers them.
pub(super) fn measure(args: &SipArgs, folder: &Folder) -> Result<Map<String, Value>, Failure> {
    let folder = Folder::new(Some(&folder.path().join("crowd")))?;
    let mut figures = Map::new();
    let subscribers = args.crowd.max(args.connections);
    let mut stage = Stage::start(args, &folder, subscribers)?;
    if args.has(Measure::Connections) {
        let (told, _) = register(args, &folder, &stage, Wire::Tcp, args.connections)?;
        figures.insert("connections".into(), told);
        stage = stage.kill(&folder)?;
    }
    if args.has(Measure::Crowd) {
        let (told, mut fleet) = register(args, &folder, &stage, Wire::Udp, args.crowd)?;
        figures.insert("crowd".into(), told);
        tell("killing the server: they come back together")?;
        stage = stage.kill(&folder)?;
        let span = Span::begin(&[("server", stage.server.id()), ("load", fleet.id())], folder.path());
        let registered = fleet.register(Who::All, Some(RETURN_MS))?;
        let cost = span.end();
        let back = json!({
            "ready_ms": u64::try_from(stage.server.ready_in.as_millis()).unwrap_or(u64::MAX),
            "over_ms": RETURN_MS,
            "registered": registering(&registered),
            "cpu_us_each": cost.per_message(registered.registered),
            "rss_mib": {"peak": memory_kib(stage.server.id(), "VmHWM") / 1024, "end": memory_kib(stage.server.id(), "VmRSS") / 1024},
        });
        figures.insert("return".into(), back);
    }
    stage.server.stop()?;
    Ok(figures)
}

fn register(
    args: &SipArgs,
    folder: &Folder,
    stage: &Stage,
    wire: Wire,
    count: u32,
) -> Result<(Value, super::fleet::Fleet), Failure> {
    tell(&format!("registering {count} handsets by {wire:?}"))?;
    let mut fleet = stage.target().fleet(args, folder, wire, count)?;
    let server = stage.server.id();
    let before = memory_kib(server, "VmRSS");
    let span = Span::begin(&[("server", server), ("load", fleet.id())], folder.path());
    let registered = fleet.register(Who::All, None)?;
    let cost = span.end();
    let figures = json!({
        "registered": registering(&registered),
        "cpu_us_each": cost.per_message(registered.registered),
        "memory": memory(before, memory_kib(server, "VmRSS"), registered.registered),
    });
    Ok((figures, fleet))
}
