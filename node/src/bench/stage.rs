//! The processes of a bench and the folder they work in. All of them end with it, however it ends.

use super::gauge::memory_kib;
use crate::cli::Failure;
use crate::http::Client;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take, recovery of millions of messages included.
const START: Duration = Duration::from_secs(120);

/// How long the start of another's server may take.
const FOREIGN_START: Duration = Duration::from_secs(10);

/// What every server of a bench has.
const CONFIG: &str = "[http]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"data\"\n[log]\nlevel = \"warn\"\n";

/// A folder for one bench.
pub(super) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// The given folder, or a new one that goes away afterwards.
    pub(super) fn new(given: Option<&Path>) -> Result<Self, Failure> {
        let path = match given {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("switchback-bench-{}", std::process::id())),
        };
        std::fs::create_dir_all(path.join("data"))?;
        Ok(Self { path, keep: given.is_some() })
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The server's data in it.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // A file that stays in a temporary folder harms nobody.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// A child that is killed with us.
pub(super) struct Process(Child);

impl Process {
    /// Starts this binary with these arguments; its standard output is read by us, its standard input written.
    pub(super) fn of_ours(args: &[String], log: &Path) -> Result<Self, Failure> {
        Self::start(Command::new(std::env::current_exe()?).args(args), log)
    }

    /// Starts a program; what it says on its error stream goes to `log`.
    pub(super) fn start(command: &mut Command, log: &Path) -> Result<Self, Failure> {
        let errors = std::fs::File::options().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn()?;
        Ok(Self(child))
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The next line that it prints.
    pub(super) fn lines(&mut self) -> Result<BufReader<std::process::ChildStdout>, Failure> {
        let out = self
            .0
            .stdout
            .take()
            .ok_or_else(|| Failure::Failed("a child was asked twice for its output".into()))?;
        Ok(BufReader::new(out))
    }

    /// Where to write to it.
    pub(super) fn input(&mut self) -> Option<&mut std::process::ChildStdin> {
        self.0.stdin.as_mut()
    }

    /// Kills it as a power cut would.
    pub(super) fn kill(&mut self) {
        // One that has ended already needs no killing.
        drop(self.0.kill());
        drop(self.0.wait());
    }

    /// Waits until it ends by itself, and gives the peak of its memory in KiB, which is looked at every 10 ms.
    pub(super) fn finish(mut self) -> Result<(std::process::ExitStatus, u64), Failure> {
        let mut peak = 0;
        loop {
            peak = peak.max(memory_kib(self.id(), "VmHWM"));
            if let Some(status) = self.0.try_wait()? {
                return Ok((status, peak));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks it to end, and waits for that.
    pub(super) fn terminate(&mut self) -> Result<std::process::ExitStatus, Failure> {
        Command::new("kill").arg("-TERM").arg(self.id().to_string()).status()?;
        Ok(self.0.wait()?)
    }

    /// Waits until it takes connections at a port of this machine.
    pub(super) fn await_port(&mut self, port: u16) -> Result<(), Failure> {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if began.elapsed() > FOREIGN_START || self.ended()? {
                return Err(Failure::Failed("another's server did not start: see its log".into()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether it has ended.
    pub(super) fn ended(&mut self) -> Result<bool, Failure> {
        Ok(self.0.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address in the line that a child says where it listens.
fn listens(
    process: &mut Process,
    what: &str,
) -> Result<(SocketAddr, BufReader<std::process::ChildStdout>), Failure> {
    let mut out = process.lines()?;
    let mut line = String::new();
    out.read_line(&mut line)?;
    let found = line
        .split_whitespace()
        .find_map(|word| word.trim_start_matches("http://").trim_end_matches([';', '.', ',']).parse().ok());
    let address = found.ok_or_else(|| Failure::Failed(format!("{what} did not start: it said {line:?}")))?;
    Ok((address, out))
}

/// The pretend SMSC.
pub(super) struct Smsc {
    process: Process,
    address: SocketAddr,
    _out: BufReader<std::process::ChildStdout>,
}

impl Smsc {
    /// Starts one whose receipts come after `delay` milliseconds.
    pub(super) fn start(delay: u64) -> Result<Self, Failure> {
        let args = ["sandbox", "smsc", "--port", "0", "--delay"].map(str::to_owned).into_iter();
        let args: Vec<String> = args.chain([delay.to_string()]).collect();
        let mut process = Process::of_ours(&args, Path::new("/dev/null"))?;
        let (address, out) = listens(&mut process, "the pretend SMSC")?;
        Ok(Self { process, address, _out: out })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The section of a server's configuration that makes it a route.
    pub(super) fn route(&self) -> String {
        format!(
            "[smpp]\nreconnect = \"100ms\"\n[[route]]\nid = \"smsc-1\"\naddress = \"{}\"\nsystem_id = \"switchback\"\npassword_file = \"smsc.password\"\nwindow = 1000\n",
            self.address
        )
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

/// The server.
pub(super) struct Server {
    process: Process,
    address: SocketAddr,
    token: String,
    /// From its start to the first good `/readyz`.
    pub(super) ready_in: Duration,
    _out: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts a server on the folder's data, with these sections of its configuration besides.
    pub(super) fn start(folder: &Folder, sections: &str) -> Result<Self, Failure> {
        let file = folder.path().join("switchback.toml");
        std::fs::write(folder.path().join("smsc.password"), "secret")?;
        std::fs::write(&file, format!("{CONFIG}{sections}"))?;
        let began = Instant::now();
        let args = ["serve".to_owned(), "--config".to_owned(), file.display().to_string()];
        let mut process = Process::of_ours(&args, &folder.path().join("server.log"))?;
        let (address, out) = listens(&mut process, "the server (its log is server.log beside its data)")?;
        let token = std::fs::read_to_string(folder.data().join("admin.token"))?.trim().to_owned();
        let mut server = Self { process, address, token, ready_in: Duration::ZERO, _out: out };
        let client = Client::new(&server.url(), "")?;
        while !client.get("/readyz").is_ok_and(|answer| answer.status == 200) {
            if server.process.ended()? || began.elapsed() > START {
                return Err(Failure::Failed(
                    "the server did not get ready: see server.log beside its data".into(),
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        server.ready_in = began.elapsed();
        Ok(server)
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as clients write it.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with the operator's token.
    pub(super) fn admin(&self) -> Result<Client, Failure> {
        Client::new(&self.url(), &self.token)
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// One number of `/metrics`.
    pub(super) fn metric(&self, name: &str) -> Result<u64, Failure> {
        let page = super::page::read(&self.admin()?)?;
        page.get(name).ok_or_else(|| Failure::Failed(format!("/metrics has no {name}")))
    }

    /// Tells it to read its tariff again.
    pub(super) fn hang_up(&self) -> Result<(), Failure> {
        Command::new("kill").arg("-HUP").arg(self.id().to_string()).status()?;
        Ok(())
    }

    /// Kills it as a power cut would.
    pub(super) fn kill(mut self) {
        self.process.kill();
    }

    /// Asks it to stop, and waits.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        let status = self.process.terminate()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::Failed(format!("the server did not stop well: {status}")))
        }
    }
}

/// Where a program is, when it is installed.
pub(super) fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder: PathBuf| folder.join(name)).find(|file| file.is_file())
}

/// A port that nobody has.
pub(super) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
