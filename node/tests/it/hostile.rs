//! Bad input on both ports of the real binary: refused in the protocols' own words, bounded, and alive to the end.

use crate::server::binary;
use switchback_testkit::hostile::assault;

/// More than this is not explained by a thousand connections and their buffers.
const GROWTH_MAX_KIB: u64 = 256 << 10;

#[test]
fn hostile_clients_and_a_hostile_smsc_are_refused_and_the_server_lives() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = assault(binary(), folder.path(), 1000).unwrap();
    assert_eq!(outcome.findings, Vec::<String>::new());
    let growth = outcome.resident_most_kib.saturating_sub(outcome.resident_before_kib);
    println!("memory: {} KiB before, {} KiB at most", outcome.resident_before_kib, outcome.resident_most_kib);
    assert!(growth < GROWTH_MAX_KIB, "memory grew by {growth} KiB");
}
