//! The demo's server: `serve` of this same binary as a child process, so that it can be killed like any other.

use crate::cli::Failure;
use crate::http::Client;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What stands behind the @ of SIP addresses.
pub(super) const SIP_DOMAIN: &str = "demo.example.net";

/// How long a start may take.
const START: Duration = Duration::from_secs(20);

/// A running server and the folder it lives in.
#[derive(Debug)]
pub(super) struct Server {
    folder: PathBuf,
    listen: SocketAddr,
    sip: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a server with an empty store in `folder`, with a route to the SMSC.
    pub(super) fn start(folder: &Path, listen: SocketAddr, smsc: SocketAddr) -> Result<Self, Failure> {
        std::fs::write(folder.join("smsc.password"), "secret")?;
        let sip = std::net::UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        std::fs::write(folder.join("switchback.toml"), config(listen, sip, smsc))?;
        let mut server = Self { folder: folder.to_owned(), listen, sip, child: spawn(folder)? };
        server.await_ready()?;
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where it listens for SIP over UDP.
    pub(super) const fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// The admin token that it wrote at its first start.
    pub(super) fn admin_token(&self) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.folder.join("data/admin.token"))?.trim().to_owned())
    }

    /// Kills it as a power cut of the process would: no warning, no last word.
    pub(super) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same files.
    pub(super) fn start_again(&mut self) -> Result<(), Failure> {
        self.child = spawn(&self.folder)?;
        self.await_ready()
    }

    /// Waits until it accepts submissions.
    fn await_ready(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let client = Client::new(&self.url(), "")?;
        while client.get("/readyz").map_or(0, |answer| answer.status) != 200 {
            if let Some(status) = self.child.try_wait()? {
                return Err(Failure::Failed(format!(
                    "the server ended at its start ({status}); is {} free?",
                    self.listen
                )));
            }
            if began.elapsed() > START {
                return Err(Failure::Failed("the server did not get ready in time".into()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Asks it to stop, and waits.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        if !asked.success() {
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::Failed(format!("the server did not stop well: {status}")))
        }
    }

    /// Waits until it ends (with the demo: both get the same Ctrl-C).
    pub(super) fn wait(&mut self) -> Result<(), Failure> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, or it ends now; there is nobody left to tell.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn spawn(folder: &Path) -> Result<Child, Failure> {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("server.log"))?;
    let child = Command::new(std::env::current_exe()?)
        .args(["serve", "--config"])
        .arg(folder.join("switchback.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(child)
}

/// The stories' timers: hours become seconds by configuration, never by a switch.
const TIMERS: [(&str, &str); 16] = [
    ("im_offline", "500ms"),
    ("im_deadline", "3s"),
    ("sms_validity", "3s"),
    ("sms_grace", "1s"),
    ("smpp_response", "2s"),
    ("unknown_wait", "1s"),
    ("recall", "2s"),
    ("t_off", "1500ms"),
    ("min_gap", "200ms"),
    ("offline_grace", "100ms"),
    ("outage_guard", "100ms"),
    ("route_down", "5s"),
    ("backoff", "2s"),
    ("backoff_cap", "4s"),
    ("expiry", "1m"),
    ("last_word", "1s"),
];

fn config(listen: SocketAddr, sip: SocketAddr, smsc: SocketAddr) -> String {
    let mut text = format!(
        "[http]\nlisten = \"{listen}\"\n[store]\npath = \"data\"\n[smpp]\nreconnect = \"100ms\"\nreconnect_cap = \"500ms\"\n"
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "[sip]\nlisten = [\"udp:{sip}\"]\ndomain = \"{SIP_DOMAIN}\"\nrealm = \"{SIP_DOMAIN}\""
    );
    text.push_str("[timers]\n");
    for (key, value) in TIMERS {
        let _ = writeln!(text, "{key} = \"{value}\"");
    }
    let _ = write!(
        text,
        "[[route]]\nid = \"smsc-1\"\naddress = \"{smsc}\"\nsystem_id = \"switchback\"\npassword_file = \"smsc.password\"\n"
    );
    text
}
