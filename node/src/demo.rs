//! `demo`: six stories, one a claim of the method, played on loopback through the public interfaces only.
//!
//! The server is a child process of this program (`serve` of the same binary), so that it can be killed; the SMSC is a
//! pretend one over real SMPP; phones are real HTTP clients, one is a SIP client. A story is judged from three sides that do not know each
//! other: what the server's trace says, what its ledger charged, and what the peers themselves saw.

mod cast;
mod judge;
mod phone;
mod server;
mod sip_phone;
mod stories;

use crate::cli::Failure;
use judge::Verdict;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// `demo`
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// End after the stories; exit code 0 when all went as told.
    #[arg(long)]
    once: bool,
    /// Print one JSON object a story.
    #[arg(long)]
    json: bool,
    /// Where the server listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// What goes wrong at the pretend SMSC, for example `invalid-destination` or `throttled:50` (per mille).
    #[arg(long, default_value = "")]
    smsc: String,
    /// Write what the SMSC and the SIP client had on the wire to this file, for a protocol analyser.
    #[arg(long)]
    pcap: Option<PathBuf>,
}

/// Plays the stories.
pub(crate) fn demo(args: DemoArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout();
    let mut stage = cast::Stage::set(&args)?;
    if !args.json {
        writeln!(
            out,
            "The server runs as a process of its own on {}, with a pretend SMSC on {}. Dana chats with a SIP client at {}.",
            stage.server.url(),
            stage.smsc.address(),
            stage.server.sip()
        )?;
    }
    let mut all_good = true;
    for story in stories::ALL {
        if !args.json {
            writeln!(out, "\n{}. {}", story.claim, story.title)?;
        }
        let verdict = Verdict::of(story.claim, (story.play)(&mut stage));
        all_good &= verdict.ok();
        if args.json {
            writeln!(out, "{}", verdict.json())?;
        } else {
            write!(out, "{}", verdict.narration())?;
        }
        out.flush()?;
    }
    stage.smsc.flush()?;
    if args.once {
        stage.server.stop()?;
        return Ok(ExitCode::from(u8::from(!all_good)));
    }
    writeln!(
        out,
        "\nSee every decision live: {}/#token={}\nCtrl-C ends the demo.",
        stage.server.url(),
        stage.admin_token
    )?;
    out.flush()?;
    stage.server.wait()?;
    Ok(ExitCode::from(u8::from(!all_good)))
}
