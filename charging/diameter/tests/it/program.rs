//! Programs of others: whether they are here, and one that listens on a free port until it is dropped.

use crate::scene::until;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};

/// A program that listens.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Program {
    /// Starts what `command` makes of a port that nobody has now: these programs can't be told to take any.
    pub(crate) fn start(command: impl FnOnce(u16) -> Command) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let child = command(free.port()).spawn().unwrap();
        let program = Self { address: free, child };
        until("it listens", || TcpStream::connect(free).is_ok());
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself: then the test has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Which of these are not installed.
pub(crate) fn missing(programs: &[&'static str]) -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    programs.iter().copied().filter(|program| !found(program)).collect()
}

/// Whether a test cannot be made for want of these. Where `CI` is set, nothing may be wanting.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn is_skipped(missing: &[impl std::fmt::Display]) -> bool {
    for what in missing {
        assert!(std::env::var_os("CI").is_none(), "CI needs {what}");
        println!("skipped: {what} is not here");
    }
    !missing.is_empty()
}

/// Runs a program to its end; what it said where that was not success.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let ran = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = || format!("{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    if ran.status.success() { Ok(()) } else { Err(said()) }
}
