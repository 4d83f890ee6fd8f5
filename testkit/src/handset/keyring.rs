//! The challenges that a handset was given, so that it answers the next request before it is asked (RFC 3261 22.2):
//! the nonce is kept, and counted up.

use super::Config;
use wire_sip::digest::{Answer, Asker, Challenge, Ha1};
use wire_sip::{Message, Method, StatusCode, Writer};

/// The latest challenge of a registrar and of a proxy.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    asker: Asker,
    /// The answer that has the challenge in it.
    asked: Message,
    count: u32,
}

/// What is signed.
pub(super) struct Signed<'a> {
    pub(super) method: Method<'a>,
    pub(super) uri: &'a str,
    pub(super) body: &'a [u8],
    pub(super) chance: [u8; 8],
}

/// As whom an answer asks; `None` when it asks for nothing.
pub(super) fn asker_of(status: Option<StatusCode>) -> Option<Asker> {
    [Asker::Origin, Asker::Proxy].into_iter().find(|asker| Some(asker.status()) == status)
}

/// Whether a request has credentials for this asker.
pub(super) fn is_signed(request: &[u8], asker: Asker) -> bool {
    let name = [b"\r\n", asker.credentials().as_str().as_bytes(), b":"].concat();
    request.windows(name.len()).any(|place| place == name)
}

impl Keyring {
    /// Keeps the challenge of an answer to a request that was signed for its asker, or was not. False: the request need
    /// not be tried again, because there is no challenge that this handset speaks, or the password was wrong.
    pub(super) fn learn(&mut self, asker: Asker, answer: &Message, signed: bool, config: &Config) -> bool {
        self.known.retain(|known| known.asker != asker);
        let Some(challenge) = Challenge::best(answer, asker, &config.algorithms) else { return false };
        if signed && !challenge.stale {
            return false;
        }
        self.known.push(Known { asker, asked: answer.clone(), count: 0 });
        true
    }

    /// Adds credentials for every challenge that is known.
    pub(super) fn sign(&mut self, request: &mut Writer<'_>, config: &Config, signed: &Signed<'_>) {
        for known in &mut self.known {
            let Some(challenge) = Challenge::best(&known.asked, known.asker, &config.algorithms) else {
                continue;
            };
            known.count = known.count.saturating_add(1);
            let ha1 = Ha1::of(
                challenge.algorithm,
                config.user.as_bytes(),
                &challenge.realm,
                config.password.as_bytes(),
            );
            let answer = Answer {
                username: config.user.as_bytes(),
                ha1: &ha1,
                count: known.count,
                chance: signed.chance,
                method: signed.method,
                uri: signed.uri.as_bytes(),
                body: signed.body,
            };
            challenge.authorize(request, known.asker, &answer);
        }
    }
}
