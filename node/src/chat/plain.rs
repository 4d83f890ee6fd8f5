//! The chat without a terminal: one line in, one line out.
//!
//! `/auto`, `/im`, `/sms`, `/mms` choose the service; `/yes` and `/no` answer a question (of a closed gate, of a
//! price above the one that was shown); anything else is sent.

use super::screen;
use super::state::{Chat, Effect, Happening, Key, Prompt, Service};
use crate::cli::Failure;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender};

/// Reads lines on a thread of its own; at the end of the input the user leaves.
pub(super) fn read_lines(inbox: SyncSender<Happening>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let happenings = match line.trim_end() {
                "" => continue,
                "/auto" => vec![Happening::Choose(Service::Auto)],
                "/im" => vec![Happening::Choose(Service::Im)],
                "/sms" => vec![Happening::Choose(Service::Sms)],
                "/mms" => vec![Happening::Choose(Service::Mms)],
                "/yes" => vec![Happening::Key(Key::Clear), Happening::Key(Key::Letter('y'))],
                "/no" => vec![Happening::Key(Key::Clear), Happening::Key(Key::Letter('n'))],
                "/quit" => vec![Happening::Key(Key::Leave)],
                // A line is a whole text: what an earlier one left stands no longer.
                text => vec![
                    Happening::Key(Key::Clear),
                    Happening::Pasted(text.to_owned()),
                    Happening::Key(Key::Send),
                ],
            };
            for happening in happenings {
                if inbox.send(happening).is_err() {
                    return;
                }
            }
        }
        drop(inbox.send(Happening::Key(Key::Leave)));
    });
}

/// The loop: every line of the picture that is new or different is printed. It ends when all that was asked of the server
/// before the user left is answered.
pub(super) fn run(
    mut chat: Chat,
    happenings: &Receiver<Happening>,
    worker: &SyncSender<Effect>,
) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout();
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let mut effects = chat.start();
    loop {
        for effect in effects {
            // The worker's queue is far longer than a line mode can fill; a full one only delays the next line.
            drop(worker.send(effect));
        }
        let lines = screen::lines(&chat);
        for (key, line) in &lines {
            if shown.get(key) != Some(line) {
                writeln!(out, "{line}")?;
            }
        }
        // What is gone is news when it comes again.
        shown = lines.into_iter().collect();
        out.flush()?;
        match happenings.recv() {
            Ok(Happening::Left) | Err(_) => return left(&chat),
            Ok(happening) => effects = chat.step(happening),
        }
    }
}

/// How it ended: a text that was not sent, and about which nobody can be asked any more, is no success.
fn left(chat: &Chat) -> Result<ExitCode, Failure> {
    if let Some(rose) = chat.prompts.iter().find(|prompt| matches!(prompt, Prompt::Rose { .. })) {
        return Err(Failure::Price(screen::question(rose)));
    }
    match &chat.note {
        Some(why) if !chat.input.is_empty() => Err(Failure::Failed(format!("not sent: {why}"))),
        _ => Ok(ExitCode::SUCCESS),
    }
}
