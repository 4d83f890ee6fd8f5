//! TLS to a peer: whom we believe, and who we say we are.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How TLS is spoken with a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// Certificates that vouch for the peer (PEM). Nobody else's are believed.
    pub ca: PathBuf,
    /// The name that the peer's certificate must have.
    pub name: String,
    /// Our own chain and key (PEM), for a peer that asks; the key is never printed.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// Why TLS can't be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: rustls_pki_types::pem::Error,
    },
    /// They do not belong together, or are of a kind that is not spoken.
    #[error("the certificates cannot be used: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
    /// No name of a server.
    #[error("`{0}` is no name that a certificate could have")]
    Name(String, #[source] InvalidDnsNameError),
}

/// What a link needs to speak TLS.
#[derive(Clone)]
pub(crate) struct Secure {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

/// Reads the files.
pub(crate) fn secure(options: &TlsOptions) -> Result<Secure, TlsError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| TlsError::File { path, error }
    };
    let chain = |path: &Path| -> Result<Vec<_>, TlsError> {
        let chain = CertificateDer::pem_file_iter(path).map_err(failed(path))?;
        chain.collect::<Result<_, _>>().map_err(failed(path))
    };
    let mut roots = RootCertStore::empty();
    for certificate in chain(&options.ca)? {
        roots.add(certificate)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match &options.own {
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
            config.with_client_auth_cert(chain(certificate)?, key)?
        }
        None => config.with_no_client_auth(),
    };
    let name = ServerName::try_from(options.name.clone())
        .map_err(|error| TlsError::Name(options.name.clone(), error))?;
    Ok(Secure { connector: TlsConnector::from(Arc::new(config)), name })
}
