//! The abuse, a table: what somebody does, and what comes back. After each row nothing was made that should not be,
//! and nothing is shown under a name that is not its sender's; after the table the server is alive, as large as before,
//! and serves honest people.

mod bare;

use crate::digest::Login;
use crate::scene::{ANNA, REGISTRAR, Scene, login, password, uri};
use crate::sipp::{Play, Wire};

/// More than this is not explained by what is kept of the table's requests.
const GROWTH_MAX_KIB: u64 = 64 << 10;

/// One row.
struct Row {
    name: &'static str,
    /// What is done, and what has to come back.
    done: &'static str,
    comes_back: &'static str,
    act: Act,
    /// Messages that are accepted.
    makes: u64,
}

enum Act {
    /// SIPp plays a scenario, which knows what has to come back, with these fields.
    Play { scenario: &'static str, wire: Wire, shows: fn(&Scene) -> Vec<String> },
    /// A bare socket.
    Bare(fn(&Scene) -> Result<(), String>),
}

/// A scenario of the row's own name.
const fn play(
    name: &'static str,
    done: &'static str,
    comes_back: &'static str,
    shows: fn(&Scene) -> Vec<String>,
) -> Row {
    Row { name, done, comes_back, act: Act::Play { scenario: name, wire: Wire::Udp, shows }, makes: 0 }
}

/// A scenario that several rows play.
const fn login_of(
    name: &'static str,
    done: &'static str,
    scenario: &'static str,
    shows: fn(&Scene) -> Vec<String>,
) -> Row {
    let comes_back = "401, and the same question";
    Row { name, done, comes_back, act: Act::Play { scenario, wire: Wire::Udp, shows }, makes: 0 }
}

const fn bare(
    name: &'static str,
    done: &'static str,
    comes_back: &'static str,
    act: fn(&Scene) -> Result<(), String>,
) -> Row {
    Row { name, done, comes_back, act: Act::Bare(act), makes: 0 }
}

impl Row {
    const fn by_tcp(mut self) -> Self {
        if let Act::Play { ref mut wire, .. } = self.act {
            *wire = Wire::Tcp;
        }
        self
    }

    const fn making(mut self, makes: u64) -> Self {
        self.makes = makes;
        self
    }

    /// Does it; says what was wrong.
    fn run(&self, scene: &Scene) -> Result<(), String> {
        let before = scene.accepted();
        match self.act {
            Act::Bare(act) => act(scene)?,
            Act::Play { scenario, wire, shows } => {
                let said = with_files(Play::of(scenario, &shows(scene)).over(wire)).try_play(scene)?;
                for id in said.values("id") {
                    let from = &scene.message(id)["from"];
                    if from != ANNA {
                        return Err(format!("Anna's message is shown as from {from}"));
                    }
                }
            }
        }
        match scene.accepted() - before {
            made if made == self.makes => Ok(()),
            made => Err(format!("{made} messages were accepted")),
        }
    }
}

/// What is too long to stand in a scenario.
fn with_files(play: Play) -> Play {
    let via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmany\r\n";
    play.with_file("headers.txt", "X-Many: 1\r\n".repeat(200))
        .with_file("header.txt", format!("X-Long: {}\r\n", "x".repeat(9000)))
        .with_file("user.txt", "u".repeat(3000))
        .with_file("vias.txt", via.repeat(70))
}

fn nothing(_: &Scene) -> Vec<String> {
    Vec::new()
}

/// Anna's right credentials for her registration, twice: two counts of one nonce.
fn registers(scene: &Scene) -> Vec<String> {
    scene.logins("anna", "REGISTER", REGISTRAR).to_vec()
}

/// Anna's right credentials for a message to Bo, twice.
fn sends(scene: &Scene) -> Vec<String> {
    scene.logins("anna", "MESSAGE", &uri(crate::scene::BO)).to_vec()
}

/// Anna's right credentials for a message to an odd address.
macro_rules! sends_to {
    ($uri:expr) => {
        |scene| vec![scene.login("anna", "MESSAGE", $uri)]
    };
}

/// Anna's login for her registration, but for what `change` makes of it.
fn shown(scene: &Scene, change: fn(Login<'_>) -> Login<'_>) -> Vec<String> {
    let password = password("anna");
    vec![change(login("anna", &password, "REGISTER", REGISTRAR)).credentials(&scene.nonce())]
}

#[rustfmt::skip]
const IDENTITY: &[Row] = &[
    play("foreign_aor", "Anna registers Bo", "403", registers),
    play("third_party_from", "Anna registers herself for Bo's address", "403", registers),
    play("from_spoof", "Anna sends with the From of Bo", "403", sends),
    play("preferred_spoof", "Anna prefers to be Bo", "403", sends),
    play("asserted_spoof", "Anna, whom nobody trusts, asserts to be Mallory", "202, from Anna", sends).making(1),
    play("cpim_spoof", "the CPIM envelope says that Mallory sends", "202, from Anna", sends).making(1),
    play("open_relay", "Anna sends to another domain", "404", sends_to!("sip:somebody@elsewhere.example")),
    play("via_of_a_victim", "the topmost Via names a broadcast address", "the answer, to its source alone", nothing),
    login_of("other_username", "Mallory's name with Anna's password", "refused_login", |scene| shown(scene, |login| Login { username: "mallory", ..login })),
    login_of("wrong_realm", "the credentials are for another realm", "refused_login", |scene| shown(scene, |login| Login { realm: "elsewhere", ..login })),
    login_of("downgrade", "an algorithm that was not offered", "refused_login", |scene| vec![shown(scene, |login| login).remove(0).replace("SHA-256", "MD5")]),
    login_of("other_method", "the credentials of another method", "refused_login", |scene| shown(scene, |login| Login { method: "MESSAGE", ..login })),
    login_of("no_qop", "an answer without qop, as of 1997", "refused_login", |scene| vec![shown(scene, |login| login).remove(0).replace("qop=auth, ", "")]),
    login_of("no_response", "an empty response", "refused_login", |scene| vec![bare::without_response(&shown(scene, |login| login)[0])]),
    play("basic", "the password in clear", "400", nothing),
    login_of("forged_nonce", "the right password for a nonce that is not ours", "stale_login", |_| vec![login("anna", &password("anna"), "REGISTER", REGISTRAR).credentials(&"5e".repeat(32))]),
    play("own_login_of_another", "Mallory's name and password for Anna's address", "403", |scene| vec![scene.login("mallory", "REGISTER", REGISTRAR)]),
    bare("unknown_or_wrong", "an unknown user, and a wrong password", "the same answer to both", bare::unknown_or_wrong),
];

#[rustfmt::skip]
const FORM: &[Row] = &[
    play("no_from", "From is missing", "400", sends),
    play("two_froms", "From stands twice", "400", sends),
    play("two_call_ids", "Call-ID stands twice", "400", sends),
    bare("cseq", "CSeq is missing, of another method, beyond 2^31", "400 to each", bare::cseq),
    play("two_lengths", "two Content-Lengths on a stream", "400, and the end of the stream", sends).by_tcp(),
    play("length_beyond", "Content-Length is more than the datagram has", "400", sends),
    play("length_negative", "Content-Length is negative", "400", sends),
    play("length_huge", "Content-Length announces 2 MiB", "513", sends).by_tcp(),
    bare("body_2_mib", "and the 2 MiB come", "513, and the end of the stream", bare::body_2_mib),
    play("many_headers", "200 header fields", "513", sends),
    play("long_header", "a header field of 9 KiB", "513", sends),
    bare("line_70_kb", "a header line of 70 kB on a stream", "513, and the end of the stream", bare::line_70_kb),
    play("long_uri", "a Request-URI of 3 KiB", "414", sends),
    play("many_vias", "70 Via fields", "513", sends),
    play("forwards_spent", "Max-Forwards 0", "483", sends),
    play("forwards_nonsense", "Max-Forwards is no number", "400", sends),
    play("version_three", "SIP/3.0", "505", sends),
    play("other_scheme", "a Request-URI of the web", "416", sends_to!("http://example.net/")),
    play("nul_in_uri", "an escaped NUL in the address", "416", sends_to!("sip:bo%00@example.net")),
    play("line_break_in_uri", "an escaped line break in the address", "416", sends_to!("sip:+46702222222%0d%0aRoute:x@example.net")),
    play("uri_headers", "header fields in the Request-URI", "400", sends),
    play("ipv6_unclosed", "an IPv6 address without its end", "400", sends),
    bare("ipv6_odd", "IPv6 oddities in Via: zones, mapped addresses, brackets that do not fit", "an answer, to its source", bare::ipv6_odd),
    play("garbage_name", "octets that are no text in the From", "202, from Anna", sends).making(1),
    play("compressed", "a body in a coding that is not known", "415", sends),
    play("empty", "a message of nothing", "400", sends),
    play("quick_death", "a message that is over when it comes", "400", sends),
    bare("oversize_datagram", "a datagram of 65 000 octets", "one answer", bare::oversize_datagram),
];

#[rustfmt::skip]
const ORDER: &[Row] = &[
    play("brew", "BREW", "405", nothing),
    play("subscribe", "SUBSCRIBE", "405", nothing),
    play("publish", "PUBLISH", "405", nothing),
    play("refer", "REFER", "405", nothing),
    play("invite", "INVITE, and its ACK", "405", nothing),
    play("cseq_back", "a registration with an older CSeq", "500", registers),
    play("fifty_contacts", "50 contacts in one registration", "403", registers),
    play("star_and_life", "Contact * with a life", "400", registers),
    play("star_and_another", "Contact * and another", "400", registers),
    play("expires_beyond", "Expires of 2^32", "200, and a week", registers),
    play("expires_nonsense", "Expires is no number", "400", registers),
    play("brief", "a registration for a second", "423", registers),
    play("bare_ack", "an ACK of nothing", "nothing", nothing),
    play("bare_cancel", "a CANCEL of nothing", "481", nothing),
    play("stray_answer", "an answer to nothing", "nothing", nothing),
    play("branch_reused", "another body by the same branch", "one 202, and one message", sends).making(1),
    play("merged", "the same request by two ways", "202 and 482", sends).making(1),
    bare("garbage", "2000 datagrams of chance", "nothing that breaks", bare::garbage),
    bare("crlf_flood", "20 000 keep-alives that nobody reads the answers of", "pongs, or the end of the stream", bare::crlf_flood),
    bare("http_here", "HTTP on the SIP port", "the end of the stream", bare::http_here),
    bare("sip_there", "SIP on the HTTP port", "400 in HTTP", bare::sip_there),
    bare("octet_by_octet", "a request octet by octet", "200", bare::octet_by_octet),
    bare("all_at_once", "500 requests in one write", "500 answers", bare::all_at_once),
    bare("half_open", "as many connections as there may be, which say nothing", "their end in time, and then service", bare::half_open),
    bare("drip", "a header that drips for longer than a request may take", "the end of the stream", bare::drip),
];

#[test]
fn abuse_gets_what_it_deserves_and_nobody_else_notices() {
    // The budget of failed logins has its own test.
    let Some(scene) = Scene::start("login_failures = 100000\nconnections_max = 1000\n") else { return };
    scene.serves();
    let before = scene.memory_kib();
    let mut faults = Vec::new();
    let rows: Vec<&Row> = [IDENTITY, FORM, ORDER].into_iter().flatten().collect();
    for row in &rows {
        let outcome = row.run(&scene);
        let word = if outcome.is_ok() { "ok" } else { "WRONG" };
        println!("{word:5} {:20} {}: {}", row.name, row.done, row.comes_back);
        faults.extend(outcome.err().map(|fault| format!("{}: {fault}", row.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rows.len() >= 40);
    scene.serves();
    let after = scene.memory_kib();
    println!("{} rows; memory: {before} KiB before, {after} KiB after", rows.len());
    assert!(after < before + GROWTH_MAX_KIB, "memory grew from {before} to {after} KiB");
}
