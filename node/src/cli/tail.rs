//! `tail`: events as they happen, resumed where the connection broke.

use super::{ClientArgs, Failure};
use crate::http::text;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// `tail`
#[derive(clap::Args)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Start after this cursor instead of now.
    #[arg(long)]
    after: Option<String>,
    /// End after this many events.
    #[arg(long)]
    count: Option<usize>,
}

/// Follows events.
pub(crate) fn tail(args: &TailArgs) -> Result<ExitCode, Failure> {
    let client = args.client.client()?;
    let (mut after, mut left) = (args.after.clone(), args.count);
    loop {
        for event in client.stream("/v1/events/stream", after.as_deref())? {
            let mut out = std::io::stdout().lock();
            if args.client.json {
                writeln!(out, "{}", event.data)?;
            } else {
                writeln!(
                    out,
                    "{}  {:<26} {}",
                    text(&event.data, "at"),
                    event.kind,
                    text(&event.data, "message")
                )?;
            }
            after = Some(event.id);
            left = left.map(|left| left.saturating_sub(1));
            if left == Some(0) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        // The server closed the stream (a restart, or we read too slowly): resume after the last event.
        std::thread::sleep(Duration::from_secs(1));
    }
}
