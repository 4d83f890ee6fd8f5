//! A page for a browser, served by its test: its files, what it tells the test, and what the test wants it to do next;
//! and the browser.

use crate::program::{Program, find};
use crate::server::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Chromium without a window, showing a page until it is dropped.
pub(crate) struct Browser {
    _chromium: Program,
    _home: TempDir,
}

impl Browser {
    /// Shows the page, at this place in it; `trusts` are public keys that the browser trusts.
    pub(crate) fn show(page: &Page, place: &str, trusts: &[String]) -> Option<Self> {
        let mut command = Command::new(find("chromium", "chromium")?);
        let home = tempfile::tempdir().unwrap();
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        command.args(["--no-first-run", "--disable-background-networking", "--remote-debugging-port=0"]);
        command.arg(format!("--ignore-certificate-errors-spki-list={}", trusts.join(",")));
        command.arg(format!("--user-data-dir={}", home.path().join("profile").display()));
        command.arg(format!("http://{}/{place}", page.address)).env("HOME", home.path());
        Some(Self { _chromium: Program::start("chromium", &mut command), _home: home })
    }
}

/// A page that is being served.
pub(crate) struct Page {
    pub(crate) address: SocketAddr,
    next: Sender<Value>,
    told: Receiver<String>,
    /// What it told and nobody asked for yet: it tells things as they come, in any order.
    heard: Vec<String>,
}

/// What its server needs to answer.
struct Shelf {
    /// Paths and what is there.
    files: Vec<(&'static str, String)>,
    rest: Rest,
    next: Mutex<Receiver<Value>>,
    told: Mutex<Sender<String>>,
}

/// Where everything else comes from.
enum Rest {
    Folder(PathBuf),
    Server(SocketAddr),
}

impl Page {
    /// Serves these files, and what is in the folder, on a free port.
    pub(crate) fn serve(files: Vec<(&'static str, String)>, folder: PathBuf) -> Self {
        Self::start(files, Rest::Folder(folder))
    }

    /// Serves these files in front of a server, to which everything else is passed on.
    pub(crate) fn in_front_of(server: SocketAddr, files: Vec<(&'static str, String)>) -> Self {
        Self::start(files, Rest::Server(server))
    }

    fn start(files: Vec<(&'static str, String)>, rest: Rest) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((next, wanted), (telling, told)) = (channel(), channel());
        let shelf = Arc::new(Shelf { files, rest, next: Mutex::new(wanted), told: Mutex::new(telling) });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shelf) = (stream.unwrap(), Arc::clone(&shelf));
                // A browser that goes away in the middle is no failure of the test.
                std::thread::spawn(move || drop(shelf.answer(stream)));
            }
        });
        Self { address, next, told, heard: Vec::new() }
    }

    /// What it is to do next.
    pub(crate) fn does(&self, what: Value) {
        self.next.send(what).unwrap();
    }

    /// Waits until it has told this, as the whole of what it tells at once.
    pub(crate) fn tells(&mut self, words: &str) {
        loop {
            if let Some(at) = self.heard.iter().position(|heard| heard == words) {
                self.heard.remove(at);
                return;
            }
            let told = self.told.recv_timeout(PATIENCE);
            let told = told.unwrap_or_else(|_| panic!("the page told {:?} and not {words:?}", self.heard));
            self.heard.push(told);
        }
    }
}

impl Shelf {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let (mut length, mut head) = (0, line.clone());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
            if !name.eq_ignore_ascii_case("connection") {
                head.push_str(&header);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path = line.split(' ').nth(1).unwrap_or_default();
        let found = match path {
            "/told" => {
                drop(self.told.lock().unwrap().send(String::from_utf8(body).unwrap()));
                Some(Vec::new())
            }
            "/next" => self.next.lock().unwrap().recv().ok().map(|what| what.to_string().into_bytes()),
            _ => match (self.files.iter().find(|(name, _)| *name == path), &self.rest) {
                (Some((_, text)), _) => Some(text.clone().into_bytes()),
                (None, Rest::Folder(folder)) => std::fs::read(folder.join(path.trim_start_matches('/'))).ok(),
                (None, Rest::Server(server)) => {
                    let mut server = TcpStream::connect(server)?;
                    write!(server, "{head}Connection: close\r\n\r\n")?;
                    server.write_all(&body)?;
                    std::io::copy(&mut server, &mut reader.into_inner())?;
                    return Ok(());
                }
            },
        };
        let kind = if path.ends_with(".js") { "text/javascript" } else { "text/html" };
        let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
        let body = found.unwrap_or_default();
        let mut stream = reader.into_inner();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)
    }
}
