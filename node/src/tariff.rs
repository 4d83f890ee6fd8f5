//! `tariff`: plans are checked, tested by their own examples, and a price is explained.

mod explain;
mod payer;

use crate::cli::Failure;
use crate::serve::Files;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use switchback_core::tariff::{Example, ExampleMessage, Plan, Size};

/// `tariff`
#[derive(clap::Subcommand)]
pub(crate) enum TariffCommand {
    /// Check plans and the tables that they name: every fault with its file, its line and what to do.
    Check(FilesArgs),
    /// Run the examples that stand in plans; exit code 1 when one comes out otherwise.
    Test(FilesArgs),
    /// Say what a message would cost by each service now, and how that comes about.
    Explain(Box<explain::ExplainArgs>),
}

/// Files of a tariff.
#[derive(clap::Args)]
pub(crate) struct FilesArgs {
    /// Plans (.toml), zones.toml, networks.csv, prefixes.csv, ported.csv and tables of prices (.csv, .json): all of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Runs a tariff command.
pub(crate) fn tariff(command: TariffCommand) -> Result<ExitCode, Failure> {
    match command {
        TariffCommand::Check(args) => check(&args),
        TariffCommand::Test(args) => test(&args),
        TariffCommand::Explain(args) => explain::explain(&args),
    }
}

fn check(args: &FilesArgs) -> Result<ExitCode, Failure> {
    let files = Files::read(&args.files)?;
    let tariffs = files.parse()?;
    let mut out = std::io::stdout().lock();
    for name in tariffs.idle_tables() {
        writeln!(out, "{}: warning: no plan names this table", files.path(name).display())?;
    }
    for (file, plan) in tariffs.all() {
        let (path, rows, examples) = (files.path(file).display(), plan.rows(), plan.examples().len());
        writeln!(
            out,
            "{path}: good: {} version {}, {rows} rows, {examples} examples",
            plan.id, plan.version
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn test(args: &FilesArgs) -> Result<ExitCode, Failure> {
    let files = Files::read(&args.files)?;
    let tariffs = files.parse()?;
    let mut out = std::io::stdout().lock();
    let (mut run, mut failed) = (0_usize, 0_usize);
    for (file, plan) in tariffs.all() {
        for example in plan.examples() {
            run += 1;
            let Err(wrong) = verdict(plan, example) else { continue };
            failed += 1;
            writeln!(
                out,
                "{}:{}: {}: {}",
                files.path(file).display(),
                example.line,
                example.name,
                wrong.what
            )?;
            for step in &wrong.steps {
                writeln!(out, "    {step}")?;
            }
        }
    }
    writeln!(out, "{run} examples, {failed} failed")?;
    if run == 0 {
        return Err(Failure::Usage("no plan has an [[example]]: there is nothing to run".into()));
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// How an example came out otherwise.
struct Wrong {
    what: String,
    steps: Vec<String>,
}

fn verdict(plan: &Plan, example: &Example) -> Result<(), Wrong> {
    let size = match &example.message {
        ExampleMessage::Measured(size) => *size,
        ExampleMessage::Text(text) => size_of_text(text)
            .ok_or_else(|| Wrong { what: "the text is longer than SMS can be".into(), steps: Vec::new() })?,
    };
    example.run(plan, size).map_err(|failed| Wrong { what: failed.what, steps: failed.explanation.steps })
}

/// A text as the services would send it: segments by the code that cuts them, bytes of UTF-8.
fn size_of_text(text: &str) -> Option<Size> {
    let segments = u64::from(switchback_sms::parts(text)?);
    Some(Size { segments, bytes: u64::try_from(text.len()).ok()? })
}
