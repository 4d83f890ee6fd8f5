//! A connection that we open, for what is too long for a datagram; once it is there it is as any other.

use super::{Ears, Standing, stream, wire_up};
use crate::sip::flow::{Flow, Wire};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpSocket, TcpStream};

/// Opens a connection from the address that the peer knows us by, and serves it. Nothing when the peer takes none in
/// time, or so many of ours are open that no other may be.
pub(in crate::sip) async fn open(peer: SocketAddr, local: SocketAddr, ears: Ears) -> Option<Flow> {
    let permit = Arc::clone(&ears.opened).try_acquire_owned().ok()?;
    let connecting = tokio::time::timeout(ears.limits.handshake, connect(peer, local));
    let stream = connecting.await.ok()?.ok()?;
    let (flow, unwritten) = wire_up(&stream, Wire::Tcp, (peer, local), Standing::default(), &ears);
    let talking = flow.clone();
    tokio::spawn(async move {
        let link = Arc::clone(&unwritten.link);
        // It was we who greeted: the peer may be silent as long as a registered client.
        let talk = stream::talk(stream, &talking, unwritten, &ears, true);
        ears.follow(talk, &link, &talking).await;
        drop(permit);
    });
    Some(flow)
}

async fn connect(peer: SocketAddr, local: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if peer.is_ipv4() == local.is_ipv4() {
        socket.bind(SocketAddr::new(local.ip(), 0))?;
    }
    socket.connect(peer).await
}
