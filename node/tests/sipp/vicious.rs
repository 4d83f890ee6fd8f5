//! The tools that strangers scan the Internet with (Debian: sipvicious) find no user and no password, and whoever
//! guesses is slowed, while people behind the same address are not.

use crate::program::find;
use crate::scene::{ANNA, MD5, REGISTRAR, Scene, login, password};
use crate::sipp::{Play, Wire, free_port};
use crate::socket::{ask, request};
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// Times of answers that differ by less tell nobody who exists.
const SAME_TIME: Duration = Duration::from_millis(5);

/// What a tool says of a socket; nothing when it is not installed.
fn scan(tool: &str, server: SocketAddr, arguments: &[&str]) -> Option<String> {
    let program = find(tool, "sipvicious")?;
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("timeout")
        .arg("60")
        .arg(program)
        // Each from a port of its own: the answers of one scan are not for the next.
        .args(["-p", &server.port().to_string(), "-P", &free_port().to_string()])
        .args(arguments)
        .arg(server.ip().to_string())
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).into_owned())
}

/// A file of lines.
fn list(lines: &[&str]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    file
}

/// A failed login, over UDP.
fn guess(scene: &Scene, user: &str, nonce: &str) -> String {
    let shown = login(user, "guessed", "REGISTER", REGISTRAR).credentials(nonce);
    ask(scene.sip(Wire::Udp), &request("REGISTER", REGISTRAR, ANNA, &format!("Authorization: {shown}\r\n")))
}

#[test]
fn a_scan_for_users_finds_none() {
    let Some(scene) = Scene::start("") else { return };
    let users = list(&["anna", "bo", "100", ANNA, "nobody", "test"]);
    let users = users.path().to_str().unwrap();
    for method in ["REGISTER", "OPTIONS", "MESSAGE", "INVITE", "SUBSCRIBE"] {
        let arguments = ["--force", "-m", method, "-d", users];
        let Some(found) = scan("svwar", scene.sip(Wire::Udp), &arguments) else { return };
        assert!(found.contains("found nothing"), "{method}: {found}");
    }
    let refuses_to = scan("svwar", scene.sip(Wire::Udp), &["-d", users]).unwrap();
    assert!(refuses_to.contains("authentication request for an unknown extension"), "{refuses_to}");
    let map = scan("svmap", scene.sip(Wire::Udp), &[]).unwrap();
    assert!(map.contains("SIP Device"), "{map}");
    let names = ["witchback", env!("CARGO_PKG_VERSION")];
    assert!(names.iter().all(|name| !map.contains(name)), "a stranger learns what runs here: {map}");
    scene.serves();
}

#[test]
fn a_guesser_of_passwords_is_stopped_before_he_is_right() {
    let Some(scene) = Scene::start(MD5) else { return };
    let right = password("anna");
    let crack = |words: &[&str]| {
        let words = list(words);
        let arguments =
            ["-u", "anna", "-e", ANNA, "--domain", "example.net", "-d", words.path().to_str().unwrap()];
        scan("svcrack", scene.sip_md5(), &arguments)
    };
    let Some(found) = crack(&["one guess", &right, &right]) else { return };
    assert!(found.contains(&*right), "the tool works, where the password is among the first: {found}");
    let guesses: Vec<String> = (0..40).map(|n| format!("guess {n}")).collect();
    let mut words: Vec<&str> = guesses.iter().map(String::as_str).collect();
    words.push(&right);
    let found = crack(&words).unwrap();
    assert!(!found.contains(&*right), "{found}");
    assert!((10..40).contains(&scene.metric("switchback_sip_logins_failed_total")));
    assert!(scene.metric("switchback_sip_logins_slowed_total") >= 1);
    let log = scene.server.log();
    assert_eq!(log.matches("too many failed logins").count(), 1, "{log}");
    assert!(!log.contains("nonce") && !log.contains(&*right), "{log}");
    scene.serves();
}

#[test]
fn beyond_the_budget_a_failure_is_told_to_wait_and_the_right_password_is_not() {
    let Some(scene) = Scene::start("login_failures = 5\nlogin_window = \"10m\"\n") else { return };
    for n in 0..5 {
        let user = if n % 2 == 0 { "anna" } else { "nobody" };
        assert!(guess(&scene, user, &scene.nonce()).starts_with("SIP/2.0 401 "));
    }
    for user in ["anna", "nobody"] {
        let answer = guess(&scene, user, &scene.nonce());
        assert!(answer.starts_with("SIP/2.0 503 "), "{answer}");
        let wait = answer.split("Retry-After: ").nth(1).unwrap().lines().next().unwrap();
        assert!((60..=360).contains(&wait.parse::<u32>().unwrap()), "{answer}");
    }
    // By the same socket, from the same address: asked as ever, and served.
    Play::of("challenged", &[]).play(&scene);
    scene.serves();
    assert_eq!(scene.metric("switchback_sip_logins_failed_total"), 7);
    assert_eq!(scene.metric("switchback_sip_logins_slowed_total"), 2);
}

#[test]
fn an_unknown_user_and_a_wrong_password_take_the_same_time() {
    let Some(scene) = Scene::start("login_failures = 100000\n") else { return };
    let mut times = [Vec::new(), Vec::new()];
    let nonce = scene.nonce();
    for _ in 0..200 {
        for (user, times) in ["anna", "nobody"].iter().zip(&mut times) {
            let began = Instant::now();
            guess(&scene, user, &nonce);
            times.push(began.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("median: {known:?} for a wrong password, {unknown:?} for an unknown user");
    assert!(known.abs_diff(unknown) < SAME_TIME, "{known:?} and {unknown:?}");
}
