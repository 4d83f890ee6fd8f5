//! A server of the tests: the real binary on a free port in a folder of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The number of Ben.
pub(crate) const BEN: &str = "+46701000002";
/// An SMSC that never answers: messages by SMS go nowhere, but have a price.
const ROUTE: &str = "[timers]\nim_offline = \"300ms\"\n[[route]]\nid = \"smsc\"\naddress = \"127.0.0.1:9\"\nsystem_id = \"x\"\npassword_env = \"PATH\"\n";

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_switchback"))
}

/// A running server.
pub(crate) struct Server {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
    command: Vec<String>,
}

impl Server {
    /// Starts the shipped binary with these lines added to its configuration.
    pub(crate) fn start(more: &str) -> Self {
        Self::start_with(&[binary().to_str().unwrap()], more)
    }

    /// Starts `command` (a program and its first arguments) as a server.
    pub(crate) fn start_with(command: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!("[http]\nlisten = \"{address}\"\n{more}");
        std::fs::write(folder.path().join("switchback.toml"), config).unwrap();
        let command: Vec<String> = command.iter().map(|part| (*part).to_owned()).collect();
        let child = spawn(&command, folder.path());
        let mut server = Self { folder, address, child, command };
        server.await_ready();
        server
    }

    /// Starts it again on the same files.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.command, self.folder.path());
        self.await_ready();
    }

    fn await_ready(&mut self) {
        let began = Instant::now();
        while self.try_ask("GET", "/readyz", "").is_none_or(|(status, _)| status != 200) {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended at its start: {status}\n{}", self.log());
            }
            assert!(began.elapsed() < PATIENCE, "the server did not get ready\n{}", self.log());
            std::thread::yield_now();
        }
    }

    /// What it said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("switchback-data")
    }

    /// One request as the operator; the status and the body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.try_ask(method, path, body)
            .unwrap_or_else(|| panic!("no answer to {method} {path}\n{}", self.log()))
    }

    fn try_ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let token = std::fs::read_to_string(self.data().join("admin.token")).unwrap_or_default();
        ask_as(self.address, token.trim(), method, path, body)
    }

    /// Anna, whose token this gives, and Ben, who is offline, and whose SMSC never answers: an SMS to him costs 0.12 and goes
    /// nowhere, chat is free.
    pub(crate) fn of_anna_and_ben() -> (Self, String) {
        let server = Self::start(ROUTE);
        let anna = server.subscriber("anna", "+46701000001", "0.00", "0.12");
        server.subscriber("ben", BEN, "0.00", "0.12");
        (server, anna)
    }

    /// Sets up a plan (chat and SMS at these prices) and a subscriber; gives the subscriber's token.
    pub(crate) fn subscriber(&self, name: &str, number: &str, im: &str, sms: &str) -> String {
        self.subscriber_by(name, number, im, sms, "")
    }

    /// Sets up a plan in euro, or changes it: what stands below its head.
    pub(crate) fn plan(&self, name: &str, rest: &str) {
        let text = format!("[plan]\nid = \"{name}\"\nversion = 1\ncurrency = \"EUR\"\n{rest}");
        let body = serde_json::json!({ "text": text }).to_string();
        let (status, said) = self.ask("PUT", &format!("/v1/admin/plans/{name}"), &body);
        assert!((200..300).contains(&status), "{status}: {said}");
    }

    /// The same with more keys in the plan's head.
    pub(crate) fn subscriber_by(&self, name: &str, number: &str, im: &str, sms: &str, head: &str) -> String {
        let rate = |service: &str, unit: &str, price: &str| {
            format!(
                "[[rate]]\nservice = \"{service}\"\ndest = \"any\"\nunit = \"{unit}\"\nprice = \"{price}\"\n"
            )
        };
        self.plan(name, &format!("{head}{}{}", rate("im", "message", im), rate("sms", "segment", sms)));
        let good = |(status, body): (u16, String)| assert!((200..300).contains(&status), "{status}: {body}");
        let payer = format!(
            "{{\"plan\": \"{name}\", \"top_up\": {{\"amount\": \"100.00\", \"currency\": \"EUR\"}}}}"
        );
        good(self.ask("PUT", &format!("/v1/admin/payers/{name}"), &payer));
        let subscriber = format!("{{\"addresses\": [\"{number}\"], \"payer\": \"{name}\"}}");
        good(self.ask("PUT", &format!("/v1/admin/subscribers/{name}"), &subscriber));
        let (status, body) = self.ask(
            "POST",
            "/v1/admin/tokens",
            &format!("{{\"name\": \"{name}\", \"subscriber\": \"{name}\"}}"),
        );
        assert_eq!(status, 201, "{body}");
        text_of(&body, "secret")
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        assert!(
            Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap().success()
        );
        self.child.wait().unwrap()
    }

    /// Asks it to read its files again.
    pub(crate) fn hang_up(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg("-HUP").arg(pid).status().unwrap().success());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(command: &[String], folder: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("server.log")).unwrap();
    Command::new(&command[0])
        .args(&command[1..])
        .args(["serve", "--config"])
        .arg(folder.join("switchback.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// One request over one connection.
pub(crate) fn ask_as(
    address: SocketAddr,
    token: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

/// The text member `key` of a flat JSON object.
pub(crate) fn text_of(json: &str, key: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {json}"));
    value
        .get(key)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_else(|| panic!("no {key} in {json}"))
        .to_owned()
}

/// Waits until `holds` gives something.
pub(crate) fn wait_for<T>(what: &str, mut holds: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = holds() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        // What is waited for needs the processor more than the question does.
        std::thread::sleep(Duration::from_millis(5));
    }
}
