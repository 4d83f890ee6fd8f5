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
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// `asks`: whether who comes must have a certificate of its own.
fn acceptor(asks: bool) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(file("cert.pem")).unwrap().map(Result::unwrap).collect();
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("ca.pem")).unwrap()).unwrap();
    let asking = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let asking = if asks { asking } else { asking.allow_unauthenticated() };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asking.build().unwrap())
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(file("key.pem")).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Takes TLS off and passes everything on.
async fn relay(listener: TcpListener, to: SocketAddr, asks: bool) {
    let acceptor = acceptor(asks);
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

/// A charging system behind TLS.
struct Secured {
    ocs: Ocs,
    address: String,
    _runtime: tokio::runtime::Runtime,
}

impl Secured {
    fn new(asks: bool) -> Self {
        let ocs = Ocs::start(Config::default()).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        runtime.spawn(relay(listener, ocs.address(), asks));
        Self { ocs, address, _runtime: runtime }
    }

    fn peer(&self, name: &str, own: Option<(PathBuf, PathBuf)>) -> Options {
        let tls = Some(TlsOptions { ca: file("ca.pem"), name: name.to_owned(), own });
        Options { peers: vec![PeerAddress { address: self.address.clone(), host: None, tls }], ..options() }
    }

    /// This client gets through, and that one does not.
    fn takes(&self, good: Options, bad: Options) {
        let (charging, _runtime) = client(good);
        until("connected", || charging.is_reachable());
        let outcome = crate::scene::ask(&charging, order(ChargeStep::Reserve, 1));
        assert!(matches!(outcome, ChargeOutcome::Done(_)), "{outcome:?}");
        let (stranger, _runtime) = client(bad);
        let outcome = crate::scene::ask(&stranger, order(ChargeStep::Reserve, 2));
        assert_eq!(outcome, ChargeOutcome::Refused(ChargeRefusal::Unreachable));
        assert_eq!(self.ocs.counts().links, 1);
    }
}

#[test]
fn tls_is_spoken_with_the_named_peer_and_with_nobody_else() {
    let secured = Secured::new(false);
    secured.takes(secured.peer("ocs.pretend.test", None), secured.peer("another.test", None));
}

#[test]
fn a_peer_that_asks_is_shown_our_own_certificate() {
    let secured = Secured::new(true);
    let own = Some((file("cert.pem"), file("key.pem")));
    secured.takes(secured.peer("ocs.pretend.test", own), secured.peer("ocs.pretend.test", None));
}
