//! The command line: what can be asked, and how it ends.
//!
//! Client commands speak the public HTTP API like anybody else. Exit codes: 0 done, 1 it did not work out (a message
//! failed, a story was not as told), 2 the command line or the configuration is wrong, 3 the server was not reached, 4 the
//! price or the money does not allow it: nothing was sent or charged.

mod choose;
mod messages;
mod presence;
mod send;
mod tail;
mod trace;

use crate::{bench, chat, config, demo, http, ledger, records, sandbox, serve, tariff};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A converged messaging server: one message, several services, one price, one explanation.
#[derive(Parser)]
#[command(name = "switchback", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; without a file on embedded defaults (HTTP on 127.0.0.1:8080).
    Serve(ServeArgs),
    /// Play the six stories of the method on loopback, then keep a live page open.
    Demo(demo::DemoArgs),
    /// Chat in the terminal: the recipient's status and every service's price while you type.
    Chat(chat::ChatArgs),
    /// Check a configuration file: every fault with its line.
    Check(CheckArgs),
    /// Send a message.
    Send(send::SendArgs),
    /// Ask what a message would cost by each service.
    Quote(send::QuoteArgs),
    /// Choose the service of a message that waits for you, or consent to a dearer one.
    Choose(choose::ChooseArgs),
    /// Explain one message: every decision, with the numbers it was taken by.
    Trace(trace::TraceArgs),
    /// List messages.
    Messages(messages::MessagesArgs),
    /// Follow events as they happen.
    Tail(tail::TailArgs),
    /// Is this number online, and what would each service cost?
    Who(presence::WhoArgs),
    /// Prove the ledger.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Check plans, run their examples, explain a price.
    #[command(subcommand)]
    Tariff(tariff::TariffCommand),
    /// Export charging records.
    #[command(subcommand)]
    Records(records::RecordsCommand),
    /// Run a pretend peer.
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
    /// Measure this machine: HTTP in, SMPP out, receipt, final, all durable.
    Bench(bench::BenchArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `serve`
#[derive(clap::Args)]
struct ServeArgs {
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// `check`
#[derive(clap::Args)]
struct CheckArgs {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
}

/// How a command ends when it does not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or the configuration is wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The server was not reached: exit code 3.
    #[error("{0}")]
    Unreachable(String),
    /// The price or the money does not allow it, and nothing was sent or charged: exit code 4.
    #[error("{0}")]
    Price(String),
    /// It did not work out: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
            Self::Price(_) => 4,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Runs the program with these arguments (the first is its name) and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to do when even the terminal is gone.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            drop(writeln!(std::io::stderr(), "switchback: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::serve(args.config.as_deref()),
        Command::Demo(args) => demo::demo(args),
        Command::Chat(args) => chat::chat(args),
        Command::Check(args) => check(&args),
        Command::Send(args) => send::send(args),
        Command::Quote(args) => send::quote(args),
        Command::Choose(args) => choose::choose(&args),
        Command::Trace(args) => trace::trace(&args),
        Command::Messages(args) => messages::messages(&args),
        Command::Tail(args) => tail::tail(&args),
        Command::Who(args) => presence::who(&args),
        Command::Ledger(command) => ledger::ledger(command),
        Command::Tariff(command) => tariff::tariff(command),
        Command::Records(command) => records::records(command),
        Command::Sandbox(command) => sandbox::sandbox(command),
        Command::Bench(args) => bench::bench(args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "switchback", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let config = config::read(&args.config).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut out = std::io::stdout().lock();
    for warning in config::warnings(&config) {
        writeln!(out, "{}: warning: {warning}", args.config.display())?;
    }
    serve::read_tariff(&config.plan_files)?;
    writeln!(
        out,
        "{}: good ({} plans, {} routes)",
        args.config.display(),
        config.plan_files.len(),
        config.routes.len()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Where the server is and who asks: shared by all client commands.
#[derive(clap::Args, Clone)]
pub(crate) struct ClientArgs {
    /// The server.
    #[arg(long, env = "SWITCHBACK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The bearer token; without one, the admin token of a server with its data in this folder is used.
    #[arg(long, env = "SWITCHBACK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ClientArgs {
    /// A client of that server.
    pub(crate) fn client(&self) -> Result<http::Client, Failure> {
        let token = match &self.token {
            Some(token) => token.clone(),
            None => std::fs::read_to_string("switchback-data/admin.token").map(|token| token.trim().to_owned()).map_err(|_| {
                Failure::Usage("no token: give --token or set SWITCHBACK_TOKEN (the server wrote its first one to admin.token in its data folder)".into())
            })?,
        };
        http::Client::new(&self.url, &token)
    }
}
