//! How a handset gets its flow: a UDP socket, which many may share, or a TCP connection of its own; and the tasks that
//! listen to it.

use super::Config;
use super::Wire;
use super::line::{Line, Way};
use crate::pcap::{Capture, Conversation, SIP_PORT, Side};
use bytes::Bytes;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::{AbortHandle, JoinSet};
use wire_sip::{Incoming, Limits, StreamFramer, read_datagram};

/// Datagrams that are read before anybody else has a turn.
const TURN: usize = 64;

/// Connections that a UDP socket takes at once.
const STREAMS_MAX: usize = 8;

/// Ports that are tried until one is free for UDP and TCP.
const PORTS_TRIED: usize = 16;

/// A line with the tasks that listen to it; dropped with the last handset on it.
pub(super) struct Socket {
    line: Arc<Line>,
    listeners: Vec<AbortHandle>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listeners.iter().for_each(AbortHandle::abort);
        self.line.show_end(Side::Client);
    }
}

impl Socket {
    /// Opens one from an address that the server can answer to.
    pub(super) async fn open(config: &Config) -> io::Result<Arc<Self>> {
        let Config { server, capture, .. } = config;
        let shown = |port: u16| capture.as_ref().map(|capture| shown(capture, config.wire, port));
        let mut listeners = Vec::new();
        let line = match config.wire {
            Wire::Udp => {
                let (socket, listener) = bind(source_towards(*server)?, config.takes_streams).await?;
                let local = socket.local_addr()?;
                let line = Line::new(Way::Udp(socket), [local, *server], Arc::default(), shown(local.port()));
                listeners.push(listen(&line, None));
                if let Some(listener) = listener {
                    listeners.push(take_streams(&line, listener, capture.clone()));
                }
                line
            }
            Wire::Tcp => {
                let stream = TcpStream::connect(server).await?;
                let shown = shown(stream.local_addr()?.port());
                let (line, read) = connected(stream, Arc::default(), shown)?;
                listeners.push(listen(&line, Some((read, *server))));
                line
            }
        };
        Ok(Arc::new(Self { line, listeners }))
    }

    pub(super) const fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

fn shown(capture: &Capture, wire: Wire, port: u16) -> Conversation {
    match wire {
        Wire::Udp => capture.datagrams(port, SIP_PORT),
        Wire::Tcp => capture.open(port, SIP_PORT),
    }
}

/// The address that the system would send from.
fn source_towards(server: SocketAddr) -> io::Result<IpAddr> {
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let probe = std::net::UdpSocket::bind(any)?;
    probe.connect(server)?;
    Ok(probe.local_addr()?.ip())
}

/// A UDP socket, with a listener of the same number where streams are taken too.
async fn bind(local: IpAddr, takes_streams: bool) -> io::Result<(UdpSocket, Option<TcpListener>)> {
    let mut tried = 0;
    loop {
        let socket = UdpSocket::bind((local, 0)).await?;
        if !takes_streams {
            return Ok((socket, None));
        }
        tried += 1;
        match TcpListener::bind(socket.local_addr()?).await {
            Ok(listener) => return Ok((socket, Some(listener))),
            Err(error) if tried == PORTS_TRIED => return Err(error),
            Err(_) => {}
        }
    }
}

fn connected(
    stream: TcpStream,
    desk: Arc<Mutex<super::line::Desk>>,
    shown: Option<Conversation>,
) -> io::Result<(Arc<Line>, OwnedReadHalf)> {
    // Requests and answers are written whole; waiting for more only adds delay.
    stream.set_nodelay(true)?;
    let ends = [stream.local_addr()?, stream.peer_addr()?];
    let (read, write) = stream.into_split();
    Ok((Line::new(Way::Tcp(tokio::sync::Mutex::new(write)), ends, desk, shown), read))
}

fn listen(line: &Arc<Line>, stream: Option<(OwnedReadHalf, SocketAddr)>) -> AbortHandle {
    let line = Arc::clone(line);
    let listening = tokio::spawn(async move {
        match stream {
            Some((read, peer)) => listen_to_stream(&line, read, peer).await,
            None => listen_to_datagrams(&line).await,
        }
        line.close();
    });
    listening.abort_handle()
}

/// Takes connections as parts of a socket's flow: requests too large for a datagram come by them (RFC 3261 18.1.1).
fn take_streams(line: &Arc<Line>, listener: TcpListener, capture: Option<Capture>) -> AbortHandle {
    let desk = Arc::clone(line.shared_desk());
    let taking = tokio::spawn(async move {
        let mut streams = JoinSet::new();
        while let Ok((stream, peer)) = listener.accept().await {
            let shown = capture.as_ref().map(|capture| shown(capture, Wire::Tcp, peer.port()));
            if let Ok((line, read)) = connected(stream, Arc::clone(&desk), shown) {
                streams.spawn(async move { listen_to_stream(&line, read, peer).await });
            }
            while streams.try_join_next().is_some() {}
            if streams.len() >= STREAMS_MAX {
                streams.join_next().await;
            }
        }
    });
    taking.abort_handle()
}

async fn listen_to_datagrams(line: &Arc<Line>) {
    let Way::Udp(socket) = line.way() else { return };
    while socket.readable().await.is_ok() {
        for (datagram, from) in datagrams(socket) {
            line.show(Side::Server, &datagram);
            line.heard(read_datagram(datagram, &Limits::default()), from).await;
        }
        tokio::task::yield_now().await;
    }
}

async fn listen_to_stream(line: &Arc<Line>, read: OwnedReadHalf, peer: SocketAddr) {
    let mut framer = StreamFramer::new(Limits::default());
    while read.readable().await.is_ok() {
        let piece = match piece(&read) {
            Ok(piece) if piece.is_empty() => return,
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        line.show(Side::Server, &piece);
        let mut input: &[u8] = &piece;
        while let Some(incoming) = framer.next_incoming(&mut input) {
            let lost = matches!(&incoming, Incoming::Refused(refusal) if refusal.close);
            line.heard(incoming, peer).await;
            if lost {
                return;
            }
        }
    }
}

/// What waits in the socket. The buffer is not kept: there are ten thousand of us.
fn datagrams(socket: &UdpSocket) -> Vec<(Bytes, SocketAddr)> {
    let mut buffer = vec![0; 1 << 16];
    let mut got = Vec::new();
    while got.len() < TURN
        && let Ok((length, from)) = socket.try_recv_from(&mut buffer)
    {
        got.push((Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default()), from));
    }
    got
}

/// What waits in the stream; nothing at its end.
fn piece(read: &OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 1 << 14];
    let length = read.try_read(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}
