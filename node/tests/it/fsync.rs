//! The sync is proven from outside: under `strace` no positive answer leaves before the fdatasync that covers it.

use crate::server::{Server, ask_as, binary};
use std::process::Command;

/// What one line of the trace says.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// A sync ended well.
    Sync,
    /// The log of the store was written.
    LogWrite,
    /// A 202 left.
    Accepted,
}

fn read_trace(text: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    for line in text.lines() {
        let unfinished = line.contains("<unfinished");
        if (line.contains("fdatasync(") && line.contains("-wal>") || line.contains("fdatasync resumed"))
            && !unfinished
        {
            seen.push(Seen::Sync);
        } else if line.contains("pwrite64(") && line.contains("-wal>") {
            seen.push(Seen::LogWrite);
        } else if line.contains("HTTP/1.1 202") {
            seen.push(Seen::Accepted);
        }
    }
    seen
}

#[test]
fn no_yes_leaves_before_the_sync_that_covers_it() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace must be there in CI");
        println!("SKIPPED: strace is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let calls = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg";
    let command = [
        "strace",
        "-f",
        "-y",
        "-e",
        calls,
        "-s",
        "24",
        "-o",
        trace.to_str().unwrap(),
        binary().to_str().unwrap(),
    ];
    let mut server = Server::start_with(&command, "");
    let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
    server.subscriber("ben", "+46701000002", "0.03", "0.05");
    for n in 0..25 {
        let body = format!("{{\"to\": \"+46701000002\", \"text\": \"number {n}\", \"service\": \"im\"}}");
        let (status, message) = ask_as(server.address, &anna, "POST", "/v1/messages", &body).unwrap();
        assert_eq!(status, 202, "{message}");
    }
    // The tracer lets go of the server when it is killed itself: the server is ended, and the tracer follows.
    let ended = Command::new("pkill").args(["-KILL", "-P", &server.child.id().to_string()]).status().unwrap();
    assert!(ended.success());
    server.child.wait().unwrap();
    let seen = read_trace(&std::fs::read_to_string(&trace).unwrap());
    let accepted = seen.iter().filter(|line| **line == Seen::Accepted).count();
    assert_eq!(accepted, 25, "every 202 is in the trace");
    // One request at a time: between two yeses there must be a write of the log, and a sync after its last write.
    let mut since = &seen[..];
    while let Some(next) = since.iter().position(|line| *line == Seen::Accepted) {
        let before = &since[..next];
        let wrote = before.iter().rposition(|line| *line == Seen::LogWrite);
        let synced = before.iter().rposition(|line| *line == Seen::Sync);
        assert!(wrote.is_some(), "a yes without a write of the log before it");
        assert!(synced > wrote, "a yes left after a write of the log that no sync had covered: {before:?}");
        since = &since[next + 1..];
    }
}
