//! The sync is proven from outside: under `strace` no positive answer leaves before the fdatasync that covers it.

use crate::server::{Server, ask_as, binary};
use std::process::Command;

/// What one line of the trace says.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// A sync ended well.
    Sync,
    /// The log of the store was written with the text of this message in it.
    Wrote(usize),
    /// A 202 left.
    Accepted,
}

/// Messages sent, one at a time.
const MESSAGES: usize = 25;

fn text_of(n: usize) -> String {
    format!("the text of message {n:02}.")
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
            seen.extend((0..MESSAGES).filter(|n| line.contains(&text_of(*n))).map(Seen::Wrote));
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
        "8192",
        "-o",
        trace.to_str().unwrap(),
        binary().to_str().unwrap(),
    ];
    let mut server = Server::start_with(&command, "");
    let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
    server.subscriber("ben", "+46701000002", "0.03", "0.05");
    for n in 0..MESSAGES {
        let body = format!("{{\"to\": \"+46701000002\", \"text\": \"{}\", \"service\": \"im\"}}", text_of(n));
        let (status, message) = ask_as(server.address, &anna, "POST", "/v1/messages", &body).unwrap();
        assert_eq!(status, 202, "{message}");
    }
    // The tracer lets go of the server when it is killed itself: the server is ended, and the tracer follows.
    let ended = Command::new("pkill").args(["-KILL", "-P", &server.child.id().to_string()]).status().unwrap();
    assert!(ended.success());
    server.child.wait().unwrap();
    let seen = read_trace(&std::fs::read_to_string(&trace).unwrap());
    let yes: Vec<usize> = places(&seen, &Seen::Accepted);
    assert_eq!(yes.len(), MESSAGES, "every 202 is in the trace");
    // One request at a time, so that the n-th yes is that of the n-th message. What else is written meanwhile, the lists
    // that follow behind, does not matter to it.
    for (n, yes) in yes.into_iter().enumerate() {
        let wrote = places(&seen, &Seen::Wrote(n)).into_iter().next();
        assert!(
            wrote.is_some_and(|wrote| wrote < yes),
            "yes {n} left without a write of its message before it"
        );
        let covered = places(&seen, &Seen::Sync).into_iter().any(|sync| Some(sync) > wrote && sync < yes);
        assert!(covered, "yes {n} left after a write of its message that no sync had covered: {seen:?}");
    }
}

fn places(seen: &[Seen], what: &Seen) -> Vec<usize> {
    seen.iter().enumerate().filter(|(_, line)| *line == what).map(|(place, _)| place).collect()
}
