//! `chat`: the sender's client (claims 3 and 6) in a terminal.
//!
//! It shows the recipient's status and every service's price while the text is typed, lets the sender choose by a
//! key, shows ticks as they come, and asks for consent when the gate is closed. It speaks the public API only.
//! The conversation itself ([`state`]) is a pure machine: happenings in, effects out. Without a terminal (a pipe, a
//! screen reader's line mode) the same machine is driven by lines ([`plain`]).

mod plain;
mod price;
mod screen;
mod state;
mod work;

use crate::cli::Failure;
use crate::http::Client;
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEventKind, KeyModifiers};
use state::{Chat, Effect, Happening, Key};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How much may wait to be shown.
const INBOX: usize = 1024;

/// `chat`
#[derive(clap::Args)]
pub(crate) struct ChatArgs {
    /// Whom to chat with.
    number: String,
    /// Your token.
    #[arg(long = "as", env = "SWITCHBACK_TOKEN", hide_env_values = true)]
    token: String,
    /// The server.
    #[arg(long, env = "SWITCHBACK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The name of this device; an open chat receives messages, too.
    #[arg(long, default_value = "terminal")]
    device: String,
}

/// Runs the chat until the user leaves.
pub(crate) fn chat(args: ChatArgs) -> Result<ExitCode, Failure> {
    let client = Client::new(&args.url, &args.token)?;
    // A wrong token or an absent server is told before the terminal is taken over.
    client.get("/v1/conversations")?.good()?;
    let (inbox, happenings) = sync_channel(INBOX);
    work::follow(client.clone(), args.device.clone(), inbox.clone());
    let worker = work::start(client, args.number.clone(), args.device, inbox.clone());
    if !std::io::stdin().is_terminal() {
        plain::read_lines(inbox);
        return plain::run(Chat::new(args.number), &happenings, &worker);
    }
    read_keys(inbox);
    let _raw = screen::Raw::enter()?;
    run(Chat::new(args.number), &happenings, &worker)?;
    Ok(ExitCode::SUCCESS)
}

/// The loop: one happening, its effects, one picture.
fn run(mut chat: Chat, happenings: &Receiver<Happening>, worker: &SyncSender<Effect>) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    let mut effects = chat.start();
    loop {
        for effect in effects {
            if effect == Effect::Quit {
                return Ok(());
            }
            if worker.try_send(effect).is_err() {
                chat.step(Happening::Note("the server is slow: one moment".into()));
            }
        }
        screen::draw(&mut out, &chat)?;
        out.flush()?;
        let Ok(happening) = happenings.recv() else { return Ok(()) };
        effects = chat.step(happening);
    }
}

/// Reads keys on a thread of their own; it ends with the process.
fn read_keys(inbox: SyncSender<Happening>) {
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            let happening = match event {
                TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
                    let control = key.modifiers.contains(KeyModifiers::CONTROL);
                    let key = match key.code {
                        KeyCode::Char('c' | 'd') if control => Key::Leave,
                        KeyCode::Char('u') if control => Key::Clear,
                        KeyCode::Char(letter) if !control => Key::Letter(letter),
                        KeyCode::Backspace => Key::Erase,
                        KeyCode::Enter => Key::Send,
                        KeyCode::Tab => Key::NextService,
                        KeyCode::Esc => Key::Leave,
                        _ => continue,
                    };
                    Happening::Key(key)
                }
                TerminalEvent::Paste(text) => Happening::Pasted(text),
                TerminalEvent::Resize(..) => Happening::Redraw,
                _ => continue,
            };
            if inbox.send(happening).is_err() {
                return;
            }
        }
        // The terminal is gone: so is the user.
        drop(inbox.send(Happening::Key(Key::Leave)));
    });
}
