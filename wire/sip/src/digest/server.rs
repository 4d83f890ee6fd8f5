//! The side that asks.

use core::time::Duration;

use subtle::ConstantTimeEq;

use crate::digest::nonce::Mint;
use crate::digest::replay::Used;
use crate::digest::{Algorithm, Asked, Credentials, Ha1, quotable};
use crate::message::Message;
use crate::name::HeaderName;
use crate::status::StatusCode;
use crate::write::Writer;

/// As whom a server asks (RFC 3261 22.2, 22.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A user agent or a registrar: 401.
    Origin,
    /// A proxy: 407.
    Proxy,
}

impl Asker {
    /// The code of an answer with a challenge.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Origin => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }

    /// The header that challenges.
    #[must_use]
    pub const fn challenge(self) -> HeaderName {
        match self {
            Self::Origin => HeaderName::WwwAuthenticate,
            Self::Proxy => HeaderName::ProxyAuthenticate,
        }
    }

    /// The header that answers.
    #[must_use]
    pub const fn credentials(self) -> HeaderName {
        match self {
            Self::Origin => HeaderName::Authorization,
            Self::Proxy => HeaderName::ProxyAuthorization,
        }
    }
}

/// What a server asks for, and for how long its questions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What a password is for.
    pub realm: String,
    /// In the order of the challenges, the best first (RFC 8760 2.2). Default SHA-256 and SHA-512-256; MD5 only when it
    /// is put here.
    pub algorithms: Vec<Algorithm>,
    /// How long a nonce holds. Default 5 minutes.
    pub nonce_life: Duration,
    /// Most nonces whose counts are remembered, 64 octets each. Default 200 000.
    pub nonces_max: usize,
}

impl Policy {
    /// The defaults for a realm.
    #[must_use]
    pub fn of_realm(realm: impl Into<String>) -> Self {
        Self {
            realm: realm.into(),
            algorithms: vec![Algorithm::Sha256, Algorithm::Sha512_256],
            nonce_life: Duration::from_secs(300),
            nonces_max: 200_000,
        }
    }
}

/// What became of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are right, and this request was not here before.
    Granted,
    /// The password is right, the nonce too old, not ours, or used with this count before: ask again, saying `stale`, so
    /// that nobody is asked for the password.
    Stale,
    /// Wrong password, unknown user, another realm, an algorithm that was not offered: ask again. Nobody can tell which.
    Refused,
    /// Right, but for another Request-URI: 400 (RFC 7616 3.4.6).
    OtherUri,
}

/// A server of one realm.
pub struct Server {
    policy: Policy,
    mint: Mint,
    used: Used,
}

impl Server {
    /// `key`: random octets, new for every start and every node, since what was used is remembered in memory alone.
    #[must_use]
    pub fn new(policy: Policy, key: &[u8; 64]) -> Self {
        let used = Used::new(policy.nonces_max);
        Self { policy, mint: Mint::new(key), used }
    }

    /// What it asks for.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Adds the challenges to an answer of [`Asker::status`]: one field an algorithm, the best on top.
    ///
    /// `mark`: what comes back with the credentials that answer ([`Credentials::mark`]); it differs from one request to
    /// the next, or counts would collide. `now`: since any fixed origin, monotonic.
    pub fn challenge(
        &self,
        answer: &mut Writer<'_>,
        asker: Asker,
        stale: bool,
        mark: [u8; 8],
        now: Duration,
    ) {
        let nonce = self.mint.make(now, mark);
        let realm = quotable(self.policy.realm.as_bytes());
        let stale: &[u8] = if stale { b", stale=true" } else { b"" };
        for algorithm in &self.policy.algorithms {
            let parts: [&[u8]; 8] = [
                b"Digest realm=\"",
                &realm,
                b"\", nonce=\"",
                nonce.as_bytes(),
                b"\", algorithm=",
                algorithm.name().as_bytes(),
                b", qop=\"auth\"",
                stale,
            ];
            answer.parts(asker.challenge(), &parts);
        }
    }

    /// Whether an [`Ha1`] is worth looking up: the realm is this one, the algorithm was offered.
    #[must_use]
    pub fn asked_for(&self, credentials: &Credentials<'_>) -> Option<Algorithm> {
        let offered = credentials.algorithm.filter(|algorithm| self.policy.algorithms.contains(algorithm));
        offered.filter(|_| *credentials.realm == *self.policy.realm.as_bytes())
    }

    /// Judges credentials against what is kept of their user for their algorithm; `None` when there is no such user, or
    /// nothing kept: the work is the same, and so is the verdict on a wrong password.
    pub fn verify(
        &mut self,
        credentials: &Credentials<'_>,
        kept: Option<&Ha1>,
        request: &Message,
        now: Duration,
    ) -> Verdict {
        let Some(algorithm) = self.asked_for(credentials) else { return Verdict::Refused };
        let nobody = self.nobody(algorithm, &credentials.username);
        let kept = kept.filter(|ha1| ha1.algorithm() == algorithm);
        let asked = Asked {
            method: request.method(),
            uri: credentials.uri,
            body: request.body(),
            nonce: credentials.nonce,
            counted: Some((credentials.nc, credentials.cnonce, credentials.qop)),
        };
        let expected = asked.response(kept.unwrap_or(&nobody));
        let told = credentials.response.to_ascii_lowercase();
        let right = bool::from(expected.as_bytes().ct_eq(&told)) && kept.is_some();
        let nonce = self.mint.open(credentials.nonce);
        if !right {
            return Verdict::Refused;
        }
        if !request.request_uri().is_some_and(|uri| credentials.are_for(uri)) {
            return Verdict::OtherUri;
        }
        let oldest = now.saturating_sub(self.policy.nonce_life);
        self.used.forget_before(oldest);
        let fresh = nonce.filter(|nonce| (oldest..=now).contains(&nonce.made()));
        match fresh.is_some_and(|nonce| self.used.take(nonce, credentials.count)) {
            true => Verdict::Granted,
            false => Verdict::Stale,
        }
    }

    /// The secret of a user that does not exist: nobody has its password, and making it costs the same each time.
    fn nobody(&self, algorithm: Algorithm, username: &[u8]) -> Ha1 {
        Ha1::of(algorithm, username, self.policy.realm.as_bytes(), &self.mint.secret_of(username))
    }
}

/// Keys are not for logs.
impl core::fmt::Debug for Server {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("Server").field("policy", &self.policy).finish_non_exhaustive()
    }
}
