//! One run of SIPp: a scenario, its credentials, a folder of its own, an end in time.

use crate::scene::{DOMAIN, Scene};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A run ends by itself after this.
const TIMEOUT: &str = "40s";

/// By what a scenario reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Udp,
    Tcp,
}

/// What a run is made of.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    scenario: &'static str,
    wire: Wire,
    /// The server's first socket of that wire, or this one.
    server: Option<SocketAddr>,
    port: u16,
    /// What the scenario calls `[field0]` and so on.
    fields: Vec<String>,
    aside: Option<&'static str>,
    keys: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
}

impl Play {
    /// `scenarios/NAME.xml` over UDP, once, with these fields.
    pub(crate) fn of(scenario: &'static str, fields: &[String]) -> Self {
        Self {
            scenario,
            wire: Wire::Udp,
            server: None,
            port: free_port(),
            fields: fields.to_vec(),
            aside: None,
            keys: Vec::new(),
            files: Vec::new(),
        }
    }

    pub(crate) fn over(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Against another socket of the server.
    pub(crate) fn against(mut self, server: SocketAddr) -> Self {
        self.server = Some(server);
        self
    }

    /// At this port of ours.
    pub(crate) fn at_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Requests that come are taken by this scenario.
    pub(crate) fn taking(mut self, aside: &'static str) -> Self {
        self.aside = Some(aside);
        self
    }

    /// What every scenario of the run calls `[name]`: only this reaches those that take requests.
    pub(crate) fn with_key(mut self, name: &'static str, value: String) -> Self {
        self.keys.push((name, value));
        self
    }

    /// A file that the scenario puts into a message.
    pub(crate) fn with_file(mut self, name: &'static str, text: String) -> Self {
        self.files.push((name, text));
        self
    }

    /// Begins it.
    pub(crate) fn start(&self, scene: &Scene) -> Run {
        let folder = tempfile::tempdir().unwrap();
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sipp/scenarios");
        for (name, text) in &self.files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        // An empty line would be no line.
        let fields = format!("SEQUENTIAL\n{};\n", self.fields.join(";"));
        std::fs::write(folder.path().join("fields.csv"), fields).unwrap();
        let output = std::fs::File::create(folder.path().join("output.log")).unwrap();
        let mut command = Command::new(&scene.sipp);
        command
            .current_dir(folder.path())
            .arg("-sf")
            .arg(scenarios.join(self.scenario).with_extension("xml"))
            .args(["-inf", "fields.csv", "-m", "1"])
            .args(["-i", "127.0.0.1", "-p", &self.port.to_string(), "-cp", &free_port().to_string()])
            .args(["-t", if self.wire == Wire::Udp { "u1" } else { "t1" }])
            .args(["-nostdin", "-timeout", TIMEOUT, "-timeout_error", "-default_behaviors", "abortunexp"])
            .args(["-auth_uri", DOMAIN])
            .args(["-trace_err", "-error_file", "errors.log"])
            .args(["-trace_msg", "-message_file", "messages.log"])
            .args(["-trace_logs", "-log_file", "said.log"]);
        for (name, value) in &self.keys {
            command.args(["-key", name, value]);
        }
        if let Some(aside) = self.aside {
            command.arg("-oocsf").arg(scenarios.join(aside).with_extension("xml"));
        }
        command
            .arg(self.server.unwrap_or_else(|| scene.sip(self.wire)).to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        Run { scenario: self.scenario, child: command.spawn().unwrap(), folder }
    }

    /// Plays it to its end, which has to be a good one; gives what it logged.
    pub(crate) fn play(&self, scene: &Scene) -> Said {
        self.start(scene).end()
    }

    /// The same, with what went wrong when it did not end well.
    pub(crate) fn try_play(&self, scene: &Scene) -> Result<Said, String> {
        self.start(scene).try_end()
    }
}

/// A run that has begun.
pub(crate) struct Run {
    scenario: &'static str,
    child: Child,
    folder: TempDir,
}

/// What a scenario logged, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said(pub(crate) Vec<String>);

impl Said {
    /// What follows `key=` in the first line that has it.
    pub(crate) fn value(&self, key: &str) -> &str {
        let key = format!("{key}=");
        let line = self.0.iter().find(|line| line.contains(&key));
        let line = line.unwrap_or_else(|| panic!("no {key} in {:?}", self.0));
        line.split_once(&key).unwrap().1.trim()
    }

    /// What follows `key=` in each line that has it.
    pub(crate) fn values(&self, key: &str) -> Vec<&str> {
        let key = format!("{key}=");
        self.0.iter().filter_map(|line| Some(line.split_once(&key)?.1.trim())).collect()
    }

    /// Whether a line has this.
    pub(crate) fn has(&self, what: &str) -> bool {
        self.0.iter().any(|line| line.contains(what))
    }
}

impl Run {
    /// Its end, which has to be a good one; gives what it logged.
    pub(crate) fn end(self) -> Said {
        self.try_end().unwrap_or_else(|fault| panic!("{fault}"))
    }

    pub(crate) fn try_end(mut self) -> Result<Said, String> {
        let status = self.child.wait().unwrap();
        if status.success() { Ok(self.said()) } else { Err(self.fault(&status.to_string())) }
    }

    /// It has not ended, whatever it is waited for.
    pub(crate) fn assert_goes_on(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{}", self.fault(&status.to_string()));
        }
    }

    /// What it has logged so far.
    pub(crate) fn said(&self) -> Said {
        Said(self.read("said.log").lines().map(str::to_owned).collect())
    }

    fn fault(&self, status: &str) -> String {
        let [errors, messages, output] =
            ["errors.log", "messages.log", "output.log"].map(|name| self.read(name));
        let output = output.lines().filter(|line| line.contains("rror")).collect::<Vec<_>>().join("\n");
        format!("{}: {status}\n{errors}\n{output}\n{messages}", self.scenario)
    }

    fn read(&self, name: &str) -> String {
        let octets = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody uses now, of neither wire, and that the system gives nobody: between this question and SIPp's
/// beginning other tests open connections by the thousand.
pub(crate) fn free_port() -> u16 {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = std::process::id().wrapping_mul(97).wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(n % 20_000).unwrap();
        let at = (Ipv4Addr::LOCALHOST, port);
        if UdpSocket::bind(at).is_ok() && TcpListener::bind(at).is_ok() {
            return port;
        }
    }
}
