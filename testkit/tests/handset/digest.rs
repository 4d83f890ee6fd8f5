//! A handset shows its password to a server of this workspace, which RFC vectors judge elsewhere.

use crate::desk::Desk;
use std::time::Duration;
use switchback_testkit::handset::{Config, Handset, SendOptions, Wire};
use wire_sip::digest::{Algorithm, Asker, Credentials, Ha1, Policy, Server, Verdict};
use wire_sip::header::Auth;
use wire_sip::{Message, Method};

/// A desk that asks everybody for a password, which is "secret".
struct Guard {
    desk: Desk,
    asker: Asker,
    server: Server,
    now: Duration,
}

impl Guard {
    async fn open(asker: Asker, algorithms: &[Algorithm]) -> Self {
        let policy = Policy { algorithms: algorithms.to_vec(), ..Policy::of_realm("example.net") };
        let (desk, server) = (Desk::open(Wire::Udp).await, Server::new(policy, &[7; 64]));
        Self { desk, asker, server, now: Duration::ZERO }
    }

    async fn handset(&self, password: &str, algorithms: &[Algorithm]) -> Handset {
        let (password, algorithms) = (password.to_owned(), algorithms.to_vec());
        Handset::start(Config { password, algorithms, ..self.desk.config() }).await.unwrap()
    }

    /// The next request, with what it shows judged: none, or a verdict by an algorithm.
    async fn judge(&mut self) -> (Message, Option<(Verdict, Algorithm)>) {
        let request = self.desk.next().await;
        let header = self.asker.credentials();
        let auth = request.whole::<Auth<'_>>(header).next().map(Result::unwrap);
        let verdict = auth.map(|auth| {
            let credentials = Credentials::read(&auth).unwrap();
            let algorithm = self.server.asked_for(&credentials).unwrap();
            let kept = Ha1::of(algorithm, b"+46702", b"example.net", b"secret");
            (self.server.verify(&credentials, Some(&kept), &request, self.now), algorithm)
        });
        (request, verdict)
    }

    async fn challenge(&mut self, request: &Message, stale: bool) {
        let Self { desk, asker, server, now } = self;
        let status = asker.status().0;
        desk.answer_with(request, status, |writer| server.challenge(writer, *asker, stale, [1; 8], *now))
            .await;
    }

    /// Answers the next request as a server does; what was shown with it.
    async fn serve(&mut self) -> Option<(Verdict, Algorithm)> {
        let (request, verdict) = self.judge().await;
        match verdict {
            Some((Verdict::Granted, _)) => self.desk.answer(&request, 200).await,
            Some((verdict, _)) => self.challenge(&request, verdict == Verdict::Stale).await,
            None => self.challenge(&request, false).await,
        }
        verdict
    }
}

const SHA256: Option<(Verdict, Algorithm)> = Some((Verdict::Granted, Algorithm::Sha256));

#[tokio::test]
async fn a_challenge_is_answered_and_the_nonce_counted_up() {
    for asker in [Asker::Origin, Asker::Proxy] {
        let mut guard = Guard::open(asker, &[Algorithm::Sha256, Algorithm::Md5]).await;
        let handset = guard.handset("secret", &Algorithm::ALL).await;
        let (registered, ()) = tokio::join!(handset.register(), async {
            assert_eq!(guard.serve().await, None);
            assert_eq!(guard.serve().await, SHA256, "the best of both");
        });
        assert_eq!(registered.unwrap().answer.status, 200);
        // Granted although the server takes no count twice, and without being asked again.
        for _ in 0..3 {
            let send = handset.send("sip:+46701@example.net", "Hej", SendOptions::default());
            let (sent, verdict) = tokio::join!(send, guard.serve());
            assert_eq!((sent.unwrap().answer.status, verdict), (200, SHA256));
        }
    }
}

#[tokio::test]
async fn an_old_nonce_is_replaced_without_a_word() {
    let mut guard = Guard::open(Asker::Origin, &[Algorithm::Sha256]).await;
    let handset = guard.handset("secret", &Algorithm::ALL).await;
    let (registered, _) =
        tokio::join!(handset.register(), async { (guard.serve().await, guard.serve().await) });
    assert_eq!(registered.unwrap().answer.status, 200);
    guard.now += Duration::from_secs(3_600);
    let (registered, verdicts) =
        tokio::join!(handset.register(), async { [guard.serve().await, guard.serve().await] });
    assert_eq!(registered.unwrap().answer.status, 200);
    assert_eq!(verdicts, [Some((Verdict::Stale, Algorithm::Sha256)), SHA256]);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let mut guard = Guard::open(Asker::Origin, &[Algorithm::Sha256]).await;
    let handset = guard.handset("wrong", &Algorithm::ALL).await;
    let (registered, verdicts) =
        tokio::join!(handset.register(), async { [guard.serve().await, guard.serve().await] });
    assert_eq!(registered.unwrap().answer.status, 401);
    assert_eq!(verdicts, [None, Some((Verdict::Refused, Algorithm::Sha256))]);
}

#[tokio::test]
async fn a_handset_that_knows_only_md5() {
    let mut opted_in = Guard::open(Asker::Origin, &[Algorithm::Sha256, Algorithm::Md5]).await;
    let handset = opted_in.handset("secret", &[Algorithm::Md5]).await;
    let (registered, verdicts) =
        tokio::join!(handset.register(), async { [opted_in.serve().await, opted_in.serve().await] });
    assert_eq!(registered.unwrap().answer.status, 200);
    assert_eq!(verdicts, [None, Some((Verdict::Granted, Algorithm::Md5))]);
    // Where only SHA-256 is asked for, it has nothing to say.
    let mut strict = Guard::open(Asker::Origin, &[Algorithm::Sha256]).await;
    let handset = strict.handset("secret", &[Algorithm::Md5]).await;
    let (registered, verdict) = tokio::join!(handset.register(), strict.serve());
    assert_eq!((registered.unwrap().answer.status, verdict), (401, None));
}

#[tokio::test]
async fn what_was_granted_can_be_replayed_and_is_refused() {
    let mut guard = Guard::open(Asker::Origin, &[Algorithm::Sha256]).await;
    let handset = guard.handset("secret", &Algorithm::ALL).await;
    let (registered, _) =
        tokio::join!(handset.register(), async { (guard.serve().await, guard.serve().await) });
    let granted = registered.unwrap().answer;
    assert_eq!(granted.status, 200);
    let text = String::from_utf8(granted.request).unwrap();
    let branch = text.split("branch=").nth(1).unwrap().split(';').next().unwrap();
    let replayed = text.replace(branch, "z9hG4bKreplay");
    let (answer, verdict) = tokio::join!(handset.ask(replayed.as_bytes(), "z9hG4bKreplay"), guard.serve());
    assert_eq!(answer.unwrap().status, 401);
    assert_eq!(verdict, Some((Verdict::Stale, Algorithm::Sha256)));
}

#[tokio::test]
async fn each_try_is_a_request_of_its_own_in_one_call() {
    let mut guard = Guard::open(Asker::Origin, &[Algorithm::Sha256]).await;
    let handset = guard.handset("secret", &Algorithm::ALL).await;
    let (registered, (first, second)) = tokio::join!(handset.register(), async {
        let (first, _) = guard.judge().await;
        guard.challenge(&first, false).await;
        let (second, _) = guard.judge().await;
        guard.desk.answer(&second, 200).await;
        (first, second)
    });
    assert_eq!(registered.unwrap().answer.status, 200);
    assert_eq!(first.method(), Method::Register);
    assert_eq!((first.call_id(), first.from_tag()), (second.call_id(), second.from_tag()));
    assert_eq!(second.cseq().number, first.cseq().number + 1);
    assert_ne!(first.via().branch(), second.via().branch());
}
