//! The same through TLS: a relay with a certificate stands before the pretend charging system.

use crate::scene::{client, options, order, until};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchback_diameter::{Options, PeerAddress, TlsOptions};
use switchback_ports::{ChargeOutcome, ChargeRefusal, ChargeStep};
use switchback_testkit::ocs::{Config, Ocs};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(file("cert.pem")).unwrap().map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(file("key.pem")).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Takes TLS off and passes everything on.
async fn relay(listener: TcpListener, to: SocketAddr) {
    let acceptor = acceptor();
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(mut outside) = acceptor.accept(stream).await else { return };
            let mut inside = TcpStream::connect(to).await.unwrap();
            // It ends when either side does.
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}

#[test]
fn tls_is_spoken_with_the_named_peer_and_with_nobody_else() {
    let ocs = Ocs::start(Config::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    runtime.spawn(relay(listener, ocs.address()));
    let peer = |name: &str| PeerAddress {
        address: address.clone(),
        host: None,
        tls: Some(TlsOptions { ca: file("ca.pem"), name: name.to_owned(), own: None }),
    };
    let (charging, _runtime) = client(Options { peers: vec![peer("ocs.pretend.test")], ..options() });
    until("connected", || charging.is_reachable());
    let outcome = crate::scene::ask(&charging, order(ChargeStep::Reserve, 1));
    assert!(matches!(outcome, ChargeOutcome::Done(_)), "{outcome:?}");
    let (stranger, _runtime) = client(Options { peers: vec![peer("another.test")], ..options() });
    let outcome = crate::scene::ask(&stranger, order(ChargeStep::Reserve, 2));
    assert_eq!(outcome, ChargeOutcome::Refused(ChargeRefusal::Unreachable));
    assert_eq!(ocs.counts().links, 1);
}
