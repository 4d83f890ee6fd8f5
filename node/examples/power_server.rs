//! The server on a disk that loses power with it: what was written and not synced dies with the process.
//!
//! Only for the harness and the tests: it registers the fault-injecting file system `power` and then runs the same
//! program as the shipped binary. `--syncs-ignored` as its first argument makes the disk lie about its syncs, to show
//! that a run over it can fail.

use std::ffi::OsString;
use std::process::ExitCode;
use switchback_testkit_vfs::{Disk, Syncs};

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let lies = args.get(1).is_some_and(|first| first == "--syncs-ignored");
    if lies {
        args.remove(1);
    }
    match Disk::register("power", if lies { Syncs::Ignored } else { Syncs::Honest }) {
        Ok(_disk) => switchback_node::run(args),
        Err(_) => ExitCode::from(2),
    }
}
