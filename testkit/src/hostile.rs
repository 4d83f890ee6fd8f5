//! Bytes that no honest peer sends, against the server's HTTP port and, from a listening peer, against its SMPP client.
//!
//! Each assault says what it expects back in the protocol's own words, and every finding is a sentence. Nothing here
//! knows the server: it is given an address, or a process id whose memory is watched.

mod assault;
mod http;
mod smsc;

pub use assault::{Assaulted, assault};
pub use http::{HttpAssault, http};
pub use smsc::{Act, SmscOfHell};

/// Resident memory of a process in KiB; `None` where the system does not tell (it must be Linux) or it is gone.
#[must_use]
pub fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
