//! Credentials for scenarios, by SHA-256 (RFC 7616 3.4.1): SIPp hands them over as they are.

use sha2::{Digest, Sha256};

/// Who shows which password, for which request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login<'a> {
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) count: u32,
}

impl Login<'_> {
    /// The value of an Authorization or a Proxy-Authorization.
    pub(crate) fn credentials(&self, nonce: &str) -> String {
        let Self { username, password, realm, method, uri, count } = *self;
        let secret = hash(&format!("{username}:{realm}:{password}"));
        let request = hash(&format!("{method}:{uri}"));
        let response = hash(&format!("{secret}:{nonce}:{count:08x}:scenario:auth:{request}"));
        format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=SHA-256, cnonce=\"scenario\", qop=auth, nc={count:08x}"
        )
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect()
}
