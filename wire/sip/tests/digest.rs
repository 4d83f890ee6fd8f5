//! Digest as a server and a client meet it: the vectors of the standards, and what an attacker tries.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_sip::digest::{Algorithm, Answer, Asker, Challenge, Credentials, Ha1, Policy, Server, Verdict};
use wire_sip::header::Auth;
use wire_sip::{HeaderName, Message, Method, StatusCode, Writer};

const NOW: Duration = Duration::from_secs(1_000);
const KEY: [u8; 64] = [42; 64];
const URI: &[u8] = b"sip:example.net";

fn request(method: Method<'_>, uri: &[u8], body: &[u8], add: impl FnOnce(&mut Writer<'_>)) -> Message {
    let mut out = BytesMut::new();
    let mut request = Writer::request(&mut out, method, uri);
    request.header(HeaderName::Via, b"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
    request.header(HeaderName::From, b"<sip:bob@example.net>;tag=1");
    request.header(HeaderName::To, b"<sip:bob@example.net>");
    request.header(HeaderName::CallId, b"1");
    request.cseq(1, method);
    add(&mut request);
    request.finish(body).unwrap();
    Message::read(out.freeze()).unwrap()
}

fn register(add: impl FnOnce(&mut Writer<'_>)) -> Message {
    request(Method::Register, URI, b"", add)
}

/// The answer of a server that asks.
fn challenged(server: &Server, stale: bool, chance: u8, now: Duration) -> Message {
    let mut out = BytesMut::new();
    let asked = register(|_| {});
    let mut answer = Writer::response_to(&mut out, &asked, Asker::Origin.status(), b"t");
    server.challenge(&mut answer, Asker::Origin, stale, [chance; 8], now);
    answer.finish(b"").unwrap();
    Message::read(out.freeze()).unwrap()
}

fn ha1(algorithm: Algorithm, password: &str) -> Ha1 {
    Ha1::of(algorithm, b"bob", b"example.net", password.as_bytes())
}

/// A request that answers a challenge.
fn answered(
    challenge: &Challenge<'_>,
    password: &str,
    count: u32,
    method: Method<'_>,
    uri: &[u8],
) -> Message {
    let ha1 = ha1(challenge.algorithm, password);
    let answer = Answer { username: b"bob", ha1: &ha1, count, chance: [9; 8], method, uri, body: b"hello" };
    request(method, uri, b"hello", |request| challenge.authorize(request, Asker::Origin, &answer))
}

/// What the server says to a request when it keeps the password `secret` of bob.
fn judged(server: &mut Server, request: &Message, now: Duration) -> Verdict {
    let auth = request.whole::<Auth<'_>>(HeaderName::Authorization).next().unwrap().unwrap();
    let credentials = Credentials::read(&auth).unwrap();
    let kept = credentials.algorithm.map(|algorithm| ha1(algorithm, "secret"));
    let kept = kept.filter(|_| *credentials.username == *b"bob");
    server.verify(&credentials, kept.as_ref(), request, now)
}

fn server() -> Server {
    Server::new(Policy::of_realm("example.net"), &KEY)
}

#[test]
fn the_best_is_offered_first_and_md5_only_on_request() {
    let challenge = |server: &Server| {
        let message = challenged(server, true, 1, NOW);
        message
            .values(HeaderName::WwwAuthenticate)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    };
    let offered: Vec<String> = challenge(&server());
    assert_eq!(offered.len(), 2);
    let [before, rest] = offered[0].split("nonce=\"").collect::<Vec<_>>()[..] else { panic!("{offered:?}") };
    let (nonce, after) = rest.split_once('"').unwrap();
    assert_eq!(before, "Digest realm=\"example.net\", ");
    assert_eq!(nonce.len(), 64);
    assert_eq!(after, ", algorithm=SHA-256, qop=\"auth\", stale=true");
    assert!(offered[1].contains("algorithm=SHA-512-256"));
    let opted = Policy { algorithms: vec![Algorithm::Sha256, Algorithm::Md5], ..Policy::of_realm("a\"b") };
    let offered: Vec<String> = challenge(&Server::new(opted, &KEY));
    assert!(offered[1].starts_with("Digest realm=\"a\\\"b\"") && offered[1].contains("algorithm=MD5"));
}

#[test]
fn a_client_answers_and_is_granted() {
    for algorithm in Algorithm::ALL {
        let policy = Policy { algorithms: vec![algorithm], ..Policy::of_realm("example.net") };
        let mut server = Server::new(policy, &KEY);
        let asked = challenged(&server, false, 1, NOW);
        let challenge = Challenge::best(&asked, Asker::Origin, &Algorithm::ALL).unwrap();
        assert_eq!((challenge.algorithm, challenge.stale), (algorithm, false));
        for count in 1..=3 {
            let request = answered(&challenge, "secret", count, Method::Message, b"sip:alice@example.net");
            assert_eq!(judged(&mut server, &request, NOW), Verdict::Granted, "{algorithm:?}, {count}");
        }
    }
}

#[test]
fn unknown_user_and_wrong_password_are_told_the_same() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let wrong = answered(&challenge, "guess", 1, Method::Register, URI);
    assert_eq!(judged(&mut server, &wrong, NOW), Verdict::Refused);
    let auth = wrong.whole::<Auth<'_>>(HeaderName::Authorization).next().unwrap().unwrap();
    let nobody = Credentials::read(&auth).unwrap();
    assert_eq!(server.verify(&nobody, None, &wrong, NOW), Verdict::Refused);
    let late = NOW + Duration::from_secs(301);
    assert_eq!(
        judged(&mut server, &wrong, late),
        Verdict::Refused,
        "stale is for those who know the password"
    );
    assert_eq!(server.verify(&nobody, None, &wrong, late), Verdict::Refused);
    let right = answered(&challenge, "secret", 1, Method::Register, URI);
    assert_eq!(judged(&mut server, &right, NOW), Verdict::Granted, "a wrong guess uses no count up");
}

#[test]
fn a_captured_request_is_never_taken_again() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let captured = answered(&challenge, "secret", 1, Method::Register, URI);
    assert_eq!(judged(&mut server, &captured, NOW), Verdict::Granted);
    for n in 0..1_000 {
        assert_eq!(
            judged(&mut server, &captured, NOW + Duration::from_secs(n)),
            Verdict::Stale,
            "{n} s later"
        );
    }
    let mut restarted = Server::new(Policy::of_realm("example.net"), &[43; 64]);
    assert_eq!(judged(&mut restarted, &captured, NOW), Verdict::Stale, "the next start has another key");
}

#[test]
fn nonces_end_and_forged_ones_never_were() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let at = |secs: u64| NOW + Duration::from_secs(secs);
    let request = |count| answered(&challenge, "secret", count, Method::Register, URI);
    assert_eq!(judged(&mut server, &request(1), at(300)), Verdict::Granted, "to the last moment");
    assert_eq!(judged(&mut server, &request(2), at(301)), Verdict::Stale);
    assert_eq!(
        judged(&mut server, &request(3), at(0) - Duration::from_secs(1)),
        Verdict::Stale,
        "from the future"
    );
    let forged = String::from_utf8(asked.octets().to_vec()).unwrap().replace("nonce=\"0", "nonce=\"1");
    let forged = Message::read(Bytes::from(forged)).unwrap();
    let challenge = Challenge::best(&forged, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let request = answered(&challenge, "secret", 1, Method::Register, URI);
    assert_eq!(judged(&mut server, &request, NOW), Verdict::Stale);
}

#[test]
fn what_was_signed_is_what_is_taken() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let mut told = |method, uri: &[u8], changed: fn(String) -> String| {
        let signed = answered(&challenge, "secret", 1, method, uri);
        let text = changed(String::from_utf8(signed.octets().to_vec()).unwrap());
        judged(&mut server, &Message::read(Bytes::from(text)).unwrap(), NOW)
    };
    let another = |text: String| text.replace("MESSAGE sip:a@example.net", "MESSAGE sip:b@example.net");
    assert_eq!(told(Method::Message, b"sip:a@example.net", another), Verdict::OtherUri, "another recipient");
    let method = |text: String| text.replace("OPTIONS", "MESSAGE");
    assert_eq!(told(Method::Options, URI, method), Verdict::Refused, "another method");
    let uri = |text: String| text.replace("uri=\"sip:a@", "uri=\"sip:b@");
    assert_eq!(told(Method::Message, b"sip:a@example.net", uri), Verdict::Refused, "another signed URI");
    let realm = |text: String| text.replace("realm=\"example.net\"", "realm=\"other\"");
    assert_eq!(told(Method::Register, URI, realm), Verdict::Refused, "another realm");
    let count = |text: String| text.replace("nc=00000001", "nc=00000002");
    assert_eq!(told(Method::Register, URI, count), Verdict::Refused, "another count");
    let upper = |text: String| {
        let (before, after) = text.split_once("response=\"").unwrap();
        let (response, after) = after.split_once('"').unwrap();
        format!("{before}response=\"{}\"{after}", response.to_ascii_uppercase())
    };
    assert_eq!(
        told(Method::Register, URI, upper),
        Verdict::Granted,
        "digits in capitals are the same digits"
    );
}

#[test]
fn parameters_of_the_uri_may_differ() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let table: [(&[u8], &str, Verdict); 6] = [
        (b"sip:example.net", "sip:EXAMPLE.net;transport=tcp", Verdict::Granted),
        (b"sip:bo%62@example.net", "sip:bob@example.net", Verdict::Granted),
        (b"tel:+49-151-1", "tel:+491511", Verdict::Granted),
        (b"sip:example.net", "sips:example.net", Verdict::OtherUri),
        (b"sip:example.net", "sip:example.net:5070", Verdict::OtherUri),
        (b"tel:+491511", "sip:+491511@example.net", Verdict::OtherUri),
    ];
    for ((signed, sent, verdict), count) in table.into_iter().zip(1..) {
        let request = answered(&challenge, "secret", count, Method::Options, signed);
        let text = String::from_utf8(request.octets().to_vec()).unwrap();
        let line = format!("OPTIONS {} SIP", String::from_utf8_lossy(signed));
        let moved = text.replace(&line, &format!("OPTIONS {sent} SIP"));
        let moved = Message::read(Bytes::from(moved)).unwrap();
        assert_eq!(judged(&mut server, &moved, NOW), verdict, "{sent}");
    }
}

#[test]
fn nobody_is_talked_down_to_a_weaker_algorithm() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let weak =
        String::from_utf8(asked.octets().to_vec()).unwrap().replace("algorithm=SHA-256", "algorithm=MD5");
    let weak = Message::read(Bytes::from(weak)).unwrap();
    let challenge =
        Challenge::best(&weak, Asker::Origin, &[Algorithm::Sha256, Algorithm::Sha512_256]).unwrap();
    assert_eq!(challenge.algorithm, Algorithm::Sha512_256, "the client passes over what is not allowed");
    let challenge = Challenge::best(&weak, Asker::Origin, &Algorithm::ALL).unwrap();
    let request = answered(&challenge, "secret", 1, Method::Register, URI);
    assert_eq!(judged(&mut server, &request, NOW), Verdict::Refused, "the server never offered it");
    assert!(Challenge::best(&weak, Asker::Proxy, &Algorithm::ALL).is_none(), "the other header");
}

#[test]
fn the_body_is_covered_when_the_client_covers_it() {
    let mut server = server();
    let asked = challenged(&server, false, 1, NOW);
    let text =
        String::from_utf8(asked.octets().to_vec()).unwrap().replace("qop=\"auth\"", "qop=\"auth-int,x\"");
    let asked = Message::read(Bytes::from(text)).unwrap();
    let challenge = Challenge::best(&asked, Asker::Origin, &[Algorithm::Sha256]).unwrap();
    let request = answered(&challenge, "secret", 1, Method::Message, URI);
    let changed = String::from_utf8(request.octets().to_vec()).unwrap().replace("hello", "jello");
    assert_eq!(judged(&mut server, &Message::read(Bytes::from(changed)).unwrap(), NOW), Verdict::Refused);
    assert_eq!(judged(&mut server, &request, NOW), Verdict::Granted);
}

#[test]
fn credentials_that_can_not_be_judged() {
    let whole = "Digest username=\"bob\", realm=\"example.net\", nonce=\"n\", uri=\"sip:example.net\", response=\"r\", \
                 algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\"";
    let read = |text: &str| {
        let message = register(|request| request.header(HeaderName::Authorization, text.as_bytes()));
        let auth = message.whole::<Auth<'_>>(HeaderName::Authorization).next().unwrap().ok();
        auth.and_then(|auth| Credentials::read(&auth).map(|credentials| credentials.algorithm))
    };
    assert_eq!(read(whole), Some(Some(Algorithm::Sha256)));
    assert_eq!(read(&whole.replace("SHA-256", "sha-512-256")), Some(Some(Algorithm::Sha512_256)));
    assert_eq!(read(&whole.replace(" algorithm=SHA-256,", "")), Some(Some(Algorithm::Md5)));
    assert_eq!(read(&whole.replace("SHA-256", "SHA-256-sess")), Some(None));
    assert_eq!(read(&format!("{whole}, algorithm=MD5")), Some(None), "named twice");
    let none = [
        whole.replace("Digest", "Basic"),
        whole.replace(" qop=auth,", ""),
        whole.replace("qop=auth,", "qop=token,"),
        whole.replace("nc=00000001", "nc=0000001"),
        whole.replace("nc=00000001", "nc=00000000"),
        whole.replace("nc=00000001", "nc=+0000001"),
        whole.replace("username=\"bob\", ", ""),
        whole.replace(", cnonce=\"c\"", ""),
        format!("{whole}, username=\"eve\""),
        format!("{whole}, response=\"r\""),
    ];
    for text in none {
        assert_eq!(read(&text), None, "{text}");
    }
}

#[test]
fn what_is_kept_is_no_password_and_no_log_shows_it() {
    let kept = ha1(Algorithm::Sha256, "secret");
    assert_eq!(Ha1::from_hex(Algorithm::Sha256, &kept.as_hex().to_uppercase()), Some(kept.clone()));
    assert_eq!(Ha1::from_hex(Algorithm::Md5, kept.as_hex()), None);
    assert_eq!(Ha1::from_hex(Algorithm::Sha256, &"g".repeat(64)), None);
    assert!(!format!("{kept:?}").contains(kept.as_hex()));
    assert!(!format!("{:?}", server()).contains("42"));
    assert_eq!(Asker::Proxy.status(), StatusCode::PROXY_AUTHENTICATION_REQUIRED);
}
