//! A program that somebody else wrote: started, typed at, read line by line, ended with its test.

use crate::server::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// A running program.
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    keys: ChildStdin,
    said: Arc<Said>,
}

/// What it has said so far, on both of its outputs.
#[derive(Default)]
struct Said {
    text: Mutex<String>,
    more: Condvar,
}

/// Where the program is; nothing, and a line that says so, when it is not installed. Where `CI` is set it has to be.
pub(crate) fn find(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed (Debian: {package})"));
    }
    found
}

/// Says that this test does not run here, and why; where `CI` is set that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    // Past the test harness, which shows what a test prints only when it fails.
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

impl Program {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        // A group of its own: what it starts in its turn ends with it.
        command.process_group(0);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{name}: {error}"));
        let said = Arc::new(Said::default());
        listen(child.stdout.take().unwrap(), &said);
        listen(child.stderr.take().unwrap(), &said);
        let keys = child.stdin.take().unwrap();
        Self { name, child, keys, said }
    }

    /// Types a line at it.
    pub(crate) fn types(&mut self, line: &str) {
        writeln!(self.keys, "{line}").unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until it has said this.
    pub(crate) fn says(&self, words: &str) {
        self.says_times(words, 1);
    }

    /// Waits until it has said this so many times.
    pub(crate) fn says_times(&self, words: &str, times: usize) {
        let until = Instant::now() + PATIENCE;
        let mut text = self.said.text.lock().unwrap();
        while text.matches(words).count() < times {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} did not say {words:?} {times} times:\n{text}", self.name);
            text = self.said.more.wait_timeout(text, left).unwrap().0;
        }
    }

    /// All that it has said.
    pub(crate) fn said(&self) -> String {
        self.said.text.lock().unwrap().clone()
    }

    /// Waits for its end by itself.
    pub(crate) fn ends(&mut self) {
        crate::server::wait_for(&format!("the end of {}", self.name), || self.child.try_wait().unwrap());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // It may have ended by itself.
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        drop(self.child.wait());
    }
}

fn listen(output: impl Read + Send + 'static, said: &Arc<Said>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut piece = Vec::new();
        // A prompt has no line end: what is there is taken.
        while let Ok(there @ [_, ..]) = output.fill_buf() {
            piece.clear();
            piece.extend_from_slice(there);
            output.consume(piece.len());
            said.text.lock().unwrap().push_str(&String::from_utf8_lossy(&piece));
            said.more.notify_all();
        }
    });
}
