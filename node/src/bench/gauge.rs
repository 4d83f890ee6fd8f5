//! What the operating system says of a process: processor time, memory, bytes written; and of the machine around it,
//! so that a reader sees whether something else was running. From `/proc`, as Linux has it.

use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Microseconds of one tick of `/proc/PID/stat`: the interface has 100 a second on every Linux of today.
const TICK_US: u64 = 10_000;

/// Bytes of one sector of the block layer's counts.
const SECTOR: u64 = 512;

/// Processor time of a process so far, in microseconds: its own and that of children it has waited for.
pub(super) fn cpu_us(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold anything; the fields after it are numbers, utime and stime the 12th and 13th.
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * TICK_US
}

/// A `Name: 12 kB` line of `/proc/PID/status`, in KiB. `VmHWM` is the peak, `VmRSS` the present.
pub(super) fn memory_kib(pid: u32, name: &str) -> u64 {
    line_of(&format!("/proc/{pid}/status"), name)
}

fn line_of(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Processor time that the whole machine has used, in microseconds, without idling and waiting for disks.
fn busy_us() -> u64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> =
        text.lines().next().unwrap_or_default().split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let idle: u64 = fields.iter().skip(3).take(2).sum();
    fields.iter().take(8).sum::<u64>().saturating_sub(idle) * TICK_US
}

/// Where the block device counts that holds this folder; nothing for file systems without one.
fn device_of(folder: &Path) -> Option<PathBuf> {
    let dev = std::fs::metadata(folder).ok()?.dev();
    let major = (dev >> 8 & 0xfff) | (dev >> 32 & 0xffff_f000);
    let minor = (dev & 0xff) | (dev >> 12 & 0xffff_ff00);
    Some(PathBuf::from(format!("/sys/dev/block/{major}:{minor}/stat"))).filter(|path| path.exists())
}

fn device_bytes(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The seventh field: sectors written.
    text.split_whitespace().nth(6).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * SECTOR
}

/// A stretch of time over some processes.
pub(super) struct Span {
    began: Instant,
    busy: u64,
    device: Option<(PathBuf, u64)>,
    processes: Vec<(&'static str, u32, u64)>,
    written: u64,
    first: u32,
}

/// What a stretch of time cost.
pub(super) struct Cost {
    /// How long it was, in microseconds.
    pub(super) wall_us: u64,
    /// Processor time by process, in microseconds.
    pub(super) cpu_us: Vec<(&'static str, u64)>,
    /// Bytes that the first process handed to the file system.
    pub(super) written: u64,
    /// Bytes that reached the block device, of everybody; nothing where the folder has none.
    pub(super) device: Option<u64>,
    /// Thousandths of a core that other processes used meanwhile. Above 300 the rates say little.
    pub(super) foreign_millicores: u64,
}

impl Span {
    /// Begins. The first process is the one whose writes count.
    pub(super) fn begin(processes: &[(&'static str, u32)], folder: &Path) -> Self {
        let first = processes.first().map_or(0, |(_, pid)| *pid);
        Self {
            busy: busy_us(),
            device: device_of(folder).map(|path| (path.clone(), device_bytes(&path))),
            processes: processes.iter().map(|(name, pid)| (*name, *pid, cpu_us(*pid))).collect(),
            written: line_of(&format!("/proc/{first}/io"), "write_bytes"),
            first,
            began: Instant::now(),
        }
    }

    /// Ends, while the processes still run.
    pub(super) fn end(&self) -> Cost {
        let wall_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let cpu_us: Vec<_> = self
            .processes
            .iter()
            .map(|(name, pid, before)| (*name, cpu_us(*pid).saturating_sub(*before)))
            .collect();
        let ours: u64 = cpu_us.iter().map(|(_, us)| us).sum();
        let foreign = busy_us().saturating_sub(self.busy).saturating_sub(ours);
        let written = line_of(&format!("/proc/{}/io", self.first), "write_bytes");
        Cost {
            wall_us,
            cpu_us,
            written: written.saturating_sub(self.written),
            device: self.device.as_ref().map(|(path, before)| device_bytes(path).saturating_sub(*before)),
            foreign_millicores: foreign.saturating_mul(1000) / wall_us,
        }
    }
}

impl Cost {
    /// Processor time of the processes of that name, in microseconds.
    pub(super) fn cpu_us_of(&self, name: &str) -> u64 {
        self.cpu_us.iter().filter(|(other, _)| *other == name).map(|(_, us)| us).sum()
    }

    /// Processor time a message by process, in tenths of a microsecond as a decimal.
    pub(super) fn per_message(&self, messages: u64) -> Value {
        let each = |(name, _): &(&'static str, u64)| {
            ((*name).to_owned(), json!(tenths(self.cpu_us_of(name) * 10 / messages.max(1))))
        };
        Value::Object(self.cpu_us.iter().map(each).collect())
    }
}

/// `123` -> `12.3`, as a number of JSON.
pub(super) fn tenths(tenths: u64) -> Value {
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
