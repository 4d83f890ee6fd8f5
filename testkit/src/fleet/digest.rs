//! Logins of a fleet: the last question of each handset's server, answered with every request until there is another.

use wire_sip::digest::{Algorithm, Answer, Asker, Challenge, Ha1};
use wire_sip::{Message, Method, StatusCode, Writer};

/// A handset's login.
pub(super) struct Login {
    /// The answer with the question.
    question: Message,
    asker: Asker,
    user: String,
    ha1: Ha1,
    count: u32,
}

impl Login {
    /// Reads a 401 or 407; nothing when there is no question in it that is spoken here.
    pub(super) fn read(answer: &Message, user: String, password: &str) -> Option<Self> {
        let asker = if answer.status() == Some(StatusCode(401)) { Asker::Origin } else { Asker::Proxy };
        let challenge = Challenge::best(answer, asker, &[Algorithm::Sha256])?;
        let ha1 = Ha1::of(challenge.algorithm, user.as_bytes(), &challenge.realm, password.as_bytes());
        Some(Self { question: answer.clone(), asker, user, ha1, count: 0 })
    }

    /// Adds credentials to a request.
    pub(super) fn authorize(&mut self, request: &mut Writer<'_>, method: Method<'_>, uri: &str, body: &[u8]) {
        let Some(challenge) = Challenge::best(&self.question, self.asker, &[Algorithm::Sha256]) else {
            return;
        };
        self.count += 1;
        let answer = Answer {
            username: self.user.as_bytes(),
            ha1: &self.ha1,
            count: self.count,
            chance: u64::from(self.count).to_be_bytes(),
            method,
            uri: uri.as_bytes(),
            body,
        };
        let asker = if method == Method::Register { Asker::Origin } else { Asker::Proxy };
        challenge.authorize(request, asker, &answer);
    }
}
