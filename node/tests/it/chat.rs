//! The terminal client in a real terminal: status and prices while typing, choice by key, ticks, consent.

use crate::server::{BEN, Server, binary, wait_for};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A terminal with a chat in it.
pub(crate) struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    pub(crate) fn chat(server: &Server, token: &str, number: &str) -> Self {
        let size = PtySize { rows: 16, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(binary());
        command.args(["chat", "--as", token, "--url", &server.url(), number]);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(16, 160, 0)));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { screen, keys, child, _master: pair.master }
    }

    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub(crate) fn shows(&self, text: &str) {
        wait_for(&format!("{text:?} on the screen"), || {
            let contents = self.screen.lock().unwrap().screen().contents();
            contents.contains(text).then_some(())
        });
    }
}

#[test]
fn status_and_prices_while_typing_choice_by_key_ticks_and_consent() {
    // Ben is offline and his chat is free; an SMS would cost 0.12: the gate is closed, and the sender is asked.
    let (server, anna) = Server::of_anna_and_ben();
    let mut terminal = Terminal::chat(&server, &anna, BEN);
    terminal.shows("offline since");
    terminal.shows("Chat 0.00 EUR");
    terminal.keys(&"a".repeat(161));
    terminal.shows("SMS 0.24 EUR (2 parts)");
    terminal.keys("\u{15}");
    terminal.shows("SMS 0.12 EUR");
    terminal.keys("\t");
    terminal.shows("Chat> ");
    terminal.keys("hello Ben\r");
    terminal.shows("you: hello Ben");
    terminal.shows("Send by SMS for 0.12 EUR in all?");
    terminal.keys("y");
    terminal.shows("SMS");
    terminal.keys("\u{3}");
    let ended = wait_for("the end of the chat", || terminal.child.try_wait().unwrap());
    assert!(ended.success());
}

#[test]
fn a_wrong_token_is_told_before_the_terminal_is_taken() {
    let server = Server::start("");
    let terminal = Terminal::chat(&server, "nobody", BEN);
    terminal.shows("unauthorized");
}

#[test]
fn without_a_terminal_a_line_goes_for_what_was_shown_or_is_asked_about() {
    let (server, anna) = Server::of_anna_and_ben();
    let mut command = lines_to_ben(&server, &anna);
    let mut chat = command.spawn().unwrap();
    let mut lines = chat.stdin.take().unwrap();
    let shows = shown_by(&mut chat);
    shows("SMS 0.12 EUR");
    writeln!(lines, "/sms\n{}", "a".repeat(161)).unwrap();
    shows("The price rose, nothing was sent. Send by SMS for 0.24 EUR?");
    writeln!(lines, "/no\n/sms\nhej").unwrap();
    shows("you: hej");
    writeln!(lines, "{}", "b".repeat(161)).unwrap();
    shows("Send by SMS for 0.24 EUR?");
    writeln!(lines, "/yes").unwrap();
    shows("you: bbb");
    drop(lines);
    assert!(chat.wait().unwrap().success());

    for (line, code, said) in [
        // What stands in a pipe is sent, though nobody waits for it.
        ("hej then".to_owned(), 0, "you: hej then"),
        // Nobody can be asked any more.
        ("/sms".to_owned(), 0, ""),
        (format!("/mms\n{}", "c".repeat(9)), 1, "not sent: "),
    ] {
        let mut chat = command.spawn().unwrap();
        writeln!(chat.stdin.take().unwrap(), "{line}").unwrap();
        let done = chat.wait_with_output().unwrap();
        let all = [done.stdout, done.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert_eq!(done.status.code(), Some(code), "{line}: {all}");
        assert!(all.contains(said), "{line}: {all}");
    }
}

#[test]
fn without_a_terminal_a_text_that_does_not_reach_the_server_is_told_as_not_sent() {
    let (mut server, anna) = Server::of_anna_and_ben();
    let mut chat = lines_to_ben(&server, &anna).spawn().unwrap();
    let mut lines = chat.stdin.take().unwrap();
    let shows = shown_by(&mut chat);
    shows("SMS 0.12 EUR");
    writeln!(lines, "/sms\n{}", "a".repeat(161)).unwrap();
    shows("Send by SMS for 0.24 EUR?");
    server.kill();
    writeln!(lines, "/yes").unwrap();
    drop(lines);
    let done = chat.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("not sent: "), "{said}");
}

/// A chat of hers with Ben, without a terminal.
fn lines_to_ben(server: &Server, anna: &str) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["chat", "--as", anna, "--url", &server.url(), BEN])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits until these words are printed; what was waited for is not looked at again.
fn shown_by(chat: &mut Child) -> impl Fn(&str) + use<> {
    let shown = Arc::new(Mutex::new(String::new()));
    let (said, seen) = (BufReader::new(chat.stdout.take().unwrap()), Arc::clone(&shown));
    std::thread::spawn(move || {
        said.lines().map_while(Result::ok).for_each(|line| seen.lock().unwrap().push_str(&(line + "\n")));
    });
    move |words| {
        wait_for(&format!("{words:?}"), || {
            let mut shown = shown.lock().unwrap();
            let at = shown.find(words)?;
            shown.drain(..at + words.len());
            Some(())
        });
    }
}
