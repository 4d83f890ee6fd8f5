//! `records export`: the records of a range once more, byte for byte as they stand in the files.

use super::making::Maker;
use super::page::{Pages, Source, Walk};
use super::settings::Form;
use crate::cli::{ClientArgs, Failure};
use crate::{config, serve};
use smol_str::ToSmolStr;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `records`
#[derive(clap::Subcommand)]
pub(crate) enum RecordsCommand {
    /// Make the records of a range again, as they stand in the files.
    Export(ExportArgs),
}

/// `records export`
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Read the store of a stopped server with this configuration instead of asking a running one.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The first record's `seq`.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// The last record's `seq`; without it, up to the last one there is.
    #[arg(long)]
    to: Option<u64>,
    /// The form.
    #[arg(long, value_enum, default_value_t = Form::Jsonl)]
    format: Form,
    /// Write to this file instead of the standard output.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs a records command.
pub(crate) fn records(command: RecordsCommand) -> Result<ExitCode, Failure> {
    let RecordsCommand::Export(args) = command;
    let source = match &args.config {
        Some(path) => of_config(path)?,
        None => Source::Server(args.client.client()?),
    };
    match &args.out {
        Some(path) => export(&args, &source, BufWriter::new(File::create(path)?))?,
        None => export(&args, &source, BufWriter::new(std::io::stdout().lock()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The log is read from its beginning, for that is where numbers are counted from.
fn export(args: &ExportArgs, source: &Source, mut out: impl Write) -> Result<(), Failure> {
    out.write_all(args.format.head().as_bytes())?;
    let (mut walk, mut seq, mut line) = (Walk::of(source), 0_u64, String::new());
    while let Some(brought) = walk.next()? {
        for mut record in brought.records {
            seq += 1;
            if args.to.is_some_and(|to| seq > to) {
                return Ok(out.flush()?);
            }
            if seq >= args.from {
                record.seq = seq.to_smolstr();
                line.clear();
                args.format.write(&record, &mut line);
                out.write_all(line.as_bytes())?;
            }
        }
    }
    Ok(out.flush()?)
}

/// The store that a configuration names, with its records as that configuration makes them.
fn of_config(path: &Path) -> Result<Source, Failure> {
    let config = config::read(path).map_err(|error| Failure::Usage(error.to_string()))?;
    let store = serve::open_store(&config.store.path, config.store.vfs.as_ref()).map_err(Failure::Failed)?;
    Ok(Source::Store(Pages::new(store, Maker::of(config.records.as_ref()))))
}
