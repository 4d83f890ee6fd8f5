//! The server as a child process: started, found ready, killed, stopped, audited. What harnesses share.

use crate::clock;
use crate::http::{self, Answer, Connection};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long a start may take until the server says that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// How long a graceful stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// Why a harness could not come to a verdict.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Files, processes or sockets.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The server does not do what a run needs.
    #[error("{0}")]
    Server(String),
}

impl Fault {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}

/// A port that is free now; the server takes it again after every start.
pub(crate) fn free_address() -> Result<SocketAddr, Fault> {
    let found = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    found.map_err(Fault::io("find a free port"))
}

/// The server under test.
pub(crate) struct Server {
    binary: PathBuf,
    config: PathBuf,
    log: File,
    child: Option<Child>,
    address: SocketAddr,
    runtime: Runtime,
}

impl Server {
    pub(crate) fn new(
        binary: &Path,
        folder: &Path,
        config: &str,
        address: SocketAddr,
    ) -> Result<Self, Fault> {
        let path = folder.join("switchback.toml");
        std::fs::write(&path, config).map_err(Fault::io("write the configuration"))?;
        let log = OpenOptions::new().create(true).append(true).open(folder.join("server.log"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            binary: binary.to_owned(),
            config: path,
            log: log.map_err(Fault::io("open the server's log"))?,
            child: None,
            address,
            runtime: runtime.map_err(Fault::io("start a runtime"))?,
        })
    }

    pub(crate) fn start(&mut self) -> Result<(), Fault> {
        let log = || self.log.try_clone().map_err(Fault::io("share the server's log"));
        let (out, err) = (log()?, log()?);
        let child = Command::new(&self.binary)
            .args(["serve", "--config"])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(Fault::io(format!("start {}", self.binary.display())))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it says that it is ready; how long that took.
    pub(crate) fn ready(&mut self) -> Result<Duration, Fault> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Err(Fault::Server(format!("the server ended by itself ({status}): see server.log")));
            }
            if self.ask("GET", "/readyz", "", None).is_ok_and(|answer| answer.status == 200) {
                return Ok(began.elapsed());
            }
            if began.elapsed() > READY_WITHIN {
                return Err(Fault::Server(format!("the server was not ready within {READY_WITHIN:?}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    /// SIGKILL; the moment just before it, in microseconds since 1970, and the moment when the process was gone.
    pub(crate) fn kill(&mut self) -> Result<(u64, u64), Fault> {
        if let Some(status) = self.ended() {
            return Err(Fault::Server(format!("the server ended by itself ({status}): see server.log")));
        }
        let Some(mut child) = self.child.take() else {
            return Err(Fault::Server("there is no server to kill".to_owned()));
        };
        let at = clock::now_us();
        child.kill().map_err(Fault::io("kill the server"))?;
        child.wait().map_err(Fault::io("wait for the killed server"))?;
        Ok((at, clock::now_us()))
    }

    /// SIGTERM, as an operator stops it; it must end by itself with code 0.
    pub(crate) fn stop(&mut self) -> Result<(), Fault> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let pid = child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().map_err(Fault::io("send SIGTERM"))?;
        let end = Instant::now() + STOP_WITHIN;
        loop {
            match child.try_wait().map_err(Fault::io("wait for the server"))? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Fault::Server(format!("a graceful stop ended with {status}"))),
                None if Instant::now() > end => {
                    // Leave nothing running behind; the fault below says what happened.
                    let _ = child.kill();
                    return Err(Fault::Server(format!("a graceful stop took more than {STOP_WITHIN:?}")));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// A request on a connection of its own.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = http::request(method, path, token, "connection: close\r\n", &body);
        self.runtime.block_on(async {
            let asking = async { Connection::open(self.address).await?.ask(&request).await };
            tokio::time::timeout(Duration::from_secs(5), asking).await.unwrap_or_else(|late| Err(late.into()))
        })
    }

    /// How many messages are not final, as the running server says: only to know when waiting is over.
    pub(crate) fn open_messages(&self) -> Option<u64> {
        let page = self.ask("GET", "/metrics", "", None).ok()?;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        page.lines().find_map(|line| line.strip_prefix("switchback_messages_open "))?.trim().parse().ok()
    }

    /// The audit of the stopped store: its JSON, and every message in `messages`.
    pub(crate) fn audit(&self, store: &Path, messages: &Path) -> Result<Value, Fault> {
        let output = Command::new(&self.binary)
            .args(["ledger", "audit", "--json", "--store"])
            .arg(store)
            .arg("--messages")
            .arg(messages)
            .output()
            .map_err(Fault::io("run the audit"))?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            Fault::Server(format!(
                "the audit told no JSON ({error}): {}",
                String::from_utf8_lossy(&output.stderr)
            ))
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A run that ends early leaves no server behind.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
