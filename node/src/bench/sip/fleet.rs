//! The fleet as a process of its own: orders go in as lines of JSON, what became of them comes out likewise.

use crate::bench::stage::{Folder, Process};
use crate::cli::Failure;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{ChildStdout, ExitCode};
use std::time::Duration;
use switchback_testkit::fleet::{self, Order, Registered, Sent, Settled, Told, Who};
use switchback_testkit::handset::Wire;

/// How long the fleet rests before it waits for what comes next.
const REST: Duration = Duration::from_micros(500);

/// How the fleet is.
#[derive(clap::Args)]
pub(in crate::bench) struct SipLoadArgs {
    #[arg(long)]
    server: SocketAddr,
    #[arg(long)]
    tcp: bool,
    #[arg(long)]
    domain: String,
    #[arg(long)]
    handsets: u32,
    #[arg(long)]
    lines: u32,
    #[arg(long)]
    window: u32,
    #[arg(long)]
    password: Option<String>,
}

/// Is the fleet.
pub(in crate::bench) fn load(args: &SipLoadArgs) -> Result<ExitCode, Failure> {
    let config = fleet::Config {
        server: args.server,
        wire: if args.tcp { Wire::Tcp } else { Wire::Udp },
        domain: args.domain.clone(),
        handsets: args.handsets,
        lines: args.lines,
        window: args.window,
        password: args.password.clone(),
    };
    let (give, orders) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(order) = serde_json::from_str::<Order>(&line) else { return };
            if give.blocking_send(order).is_err() {
                return;
            }
        }
    });
    let tell = |told: &Told| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(told)?)?;
        out.flush()
    };
    // What comes within half a millisecond is taken together: a load that is woken for each datagram takes from the server
    // what is to be measured.
    let rest = || std::thread::sleep(REST);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().on_thread_park(rest).build()?;
    runtime.block_on(fleet::run(config, orders, tell))?;
    Ok(ExitCode::SUCCESS)
}

/// A running fleet.
pub(super) struct Fleet {
    process: Process,
    said: BufReader<ChildStdout>,
}

impl Fleet {
    /// Starts one.
    pub(super) fn start(folder: &Folder, config: &fleet::Config) -> Result<Self, Failure> {
        let mut args: Vec<String> = ["bench", "sip-load"].map(str::to_owned).into();
        let mut add = |name: &str, value: String| args.extend([name.to_owned(), value]);
        add("--server", config.server.to_string());
        add("--domain", config.domain.clone());
        add("--handsets", config.handsets.to_string());
        add("--lines", config.lines.to_string());
        add("--window", config.window.to_string());
        if let Some(password) = &config.password {
            add("--password", password.clone());
        }
        if config.wire == Wire::Tcp {
            args.push("--tcp".into());
        }
        let mut process = Process::of_ours(&args, &folder.path().join("fleet.log"))?;
        let said = process.lines()?;
        Ok(Self { process, said })
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Registers handsets; all of them must get through.
    pub(super) fn register(&mut self, who: Who, over_ms: Option<u64>) -> Result<Registered, Failure> {
        match self.order(Order::Register { who, over_ms })? {
            Told::Registered(told) if told.refused.is_empty() => Ok(told),
            told => Err(odd(&told)),
        }
    }

    /// Sends messages.
    pub(super) fn send(
        &mut self,
        offline: bool,
        seconds: u64,
        per_second: Option<u64>,
    ) -> Result<Sent, Failure> {
        match self.order(Order::Send { offline, seconds, per_second })? {
            Told::Sent(told) if told.accepted > 0 => Ok(told),
            told => Err(odd(&told)),
        }
    }

    /// Waits for the end of what was sent.
    pub(super) fn settle(&mut self, quiet_ms: u64) -> Result<Settled, Failure> {
        match self.order(Order::Settle { quiet_ms })? {
            Told::Settled(told) => Ok(told),
            told => Err(odd(&told)),
        }
    }

    fn order(&mut self, order: Order) -> Result<Told, Failure> {
        let broken = |_| Failure::Failed("the fleet broke off: see fleet.log".into());
        let line = serde_json::to_string(&order).map_err(broken)?;
        let input = self.process.input();
        let input = input.ok_or_else(|| Failure::Failed("the fleet cannot be told anything".into()))?;
        writeln!(input, "{line}")?;
        input.flush()?;
        let mut answer = String::new();
        self.said.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(broken)
    }
}

fn odd(told: &Told) -> Failure {
    Failure::Failed(format!("the fleet got on badly: {told:?}"))
}
