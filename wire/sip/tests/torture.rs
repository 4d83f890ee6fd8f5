//! The torture messages of RFC 4475 and RFC 5118, each with what its section says is right, as a datagram, as a
//! WebSocket frame and on a stream however it is cut.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod reading;

use std::collections::BTreeSet;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use reading::unreadable;
use wire_sip::{HeaderName, Incoming, Limits, Message, StreamFramer, read_datagram, read_frame};

/// What must become of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    /// It is taken, and every header that is read in it follows its grammar.
    Taken,
    /// It is taken; who needs this header will find that it can't be read, and answer 400.
    Without(HeaderName),
    /// It is answered with this code.
    Answered(u16),
    /// A response that can't be read: nobody is told.
    Dropped,
}

/// Where a stream or a frame is another matter than a datagram.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stream {
    /// The same, and a frame too.
    Same,
    /// The stream waits for octets that never come; a frame is 400.
    Waits,
    /// 400, and the connection is closed: nobody knows where the message ends. A frame is as a datagram.
    Closes,
    /// Two messages, one after the other, and octets behind the second that are none; a frame is 400, having two.
    Two,
}

use Stream::{Closes, Same, Two, Waits};
use Verdict::{Answered, Dropped, Taken, Without};

const TABLE: &[(&str, Verdict, Stream)] = &[
    ("rfc4475-3.1.1.1-wsinv", Taken, Same),
    ("rfc4475-3.1.1.2-intmeth", Taken, Same),
    ("rfc4475-3.1.1.3-esc01", Taken, Same),
    ("rfc4475-3.1.1.4-escnull", Taken, Same),
    ("rfc4475-3.1.1.5-esc02", Taken, Same),
    ("rfc4475-3.1.1.6-lwsdisp", Taken, Same),
    ("rfc4475-3.1.1.7-longreq", Taken, Same),
    ("rfc4475-3.1.1.8-dblreq", Taken, Two),
    ("rfc4475-3.1.1.9-semiuri", Taken, Same),
    ("rfc4475-3.1.1.10-transports", Taken, Same),
    ("rfc4475-3.1.1.11-mpart01", Taken, Same),
    ("rfc4475-3.1.1.12-unreason", Taken, Same),
    ("rfc4475-3.1.1.13-noreason", Taken, Same),
    ("rfc4475-3.1.2.1-badinv01", Answered(400), Same),
    ("rfc4475-3.1.2.2-clerr", Answered(400), Waits),
    ("rfc4475-3.1.2.3-ncl", Answered(400), Closes),
    ("rfc4475-3.1.2.4-scalar02", Answered(400), Same),
    ("rfc4475-3.1.2.5-scalarlg", Dropped, Same),
    ("rfc4475-3.1.2.6-quotbal", Answered(400), Same),
    ("rfc4475-3.1.2.7-ltgtruri", Answered(400), Same),
    ("rfc4475-3.1.2.8-lwsruri", Answered(400), Same),
    ("rfc4475-3.1.2.9-lwsstart", Answered(400), Same),
    ("rfc4475-3.1.2.10-trws", Answered(400), Same),
    ("rfc4475-3.1.2.11-escruri", Answered(400), Same),
    ("rfc4475-3.1.2.12-baddate", Without(HeaderName::Date), Same),
    ("rfc4475-3.1.2.13-regbadct", Without(HeaderName::Contact), Same),
    // "An element could be liberal": the white space tells nobody anything else.
    ("rfc4475-3.1.2.14-badaspec", Taken, Same),
    // The same: a name that should be in quotes is still a name.
    ("rfc4475-3.1.2.15-baddn", Taken, Same),
    ("rfc4475-3.1.2.16-badvers", Answered(505), Same),
    ("rfc4475-3.1.2.17-mismatch01", Answered(400), Same),
    ("rfc4475-3.1.2.18-mismatch02", Answered(400), Same),
    ("rfc4475-3.1.2.19-bigcode", Dropped, Same),
    ("rfc4475-3.2.1-badbranch", Taken, Same),
    ("rfc4475-3.3.1-insuf", Answered(400), Same),
    // 416, 420, 415, 403 and 483 are not for a parser to say: up to 3.3.7 and zeromf the grammar is right.
    ("rfc4475-3.3.2-unkscm", Taken, Same),
    ("rfc4475-3.3.3-novelsc", Taken, Same),
    ("rfc4475-3.3.4-unksm2", Taken, Same),
    ("rfc4475-3.3.5-bext01", Taken, Same),
    ("rfc4475-3.3.6-invut", Taken, Same),
    ("rfc4475-3.3.7-regaut01", Taken, Same),
    ("rfc4475-3.3.8-multi01", Answered(400), Same),
    ("rfc4475-3.3.9-mcl01", Answered(400), Closes),
    ("rfc4475-3.3.10-bcast", Taken, Same),
    ("rfc4475-3.3.11-zeromf", Taken, Same),
    ("rfc4475-3.3.12-cparam01", Taken, Same),
    ("rfc4475-3.3.13-cparam02", Taken, Same),
    ("rfc4475-3.3.14-regescrt", Taken, Same),
    ("rfc4475-3.3.15-sdp01", Taken, Same),
    // RFC 2543 knew no Content-Length on streams; RFC 3261 18.3 ends them.
    ("rfc4475-3.4.1-inv2543", Taken, Closes),
    ("rfc5118-4.1-ipv6-good", Taken, Same),
    ("rfc5118-4.2-ipv6-bad", Answered(400), Same),
    ("rfc5118-4.3-port-ambiguous", Taken, Same),
    ("rfc5118-4.4-port-unambiguous", Taken, Same),
    ("rfc5118-4.5-via-received-param-no-delim", Taken, Same),
    ("rfc5118-4.5-via-received-param-with-delim", Taken, Same),
    ("rfc5118-4.6-ipv6-in-sdp", Taken, Same),
    ("rfc5118-4.7-mult-ip-in-header", Taken, Same),
    ("rfc5118-4.8-mult-ip-in-sdp", Taken, Same),
    ("rfc5118-4.9-ipv4-mapped-ipv6", Taken, Same),
    ("rfc5118-4.10-ipv6-bug-abnf-3-colons", Taken, Same),
    ("rfc5118-4.10-ipv6-correct-abnf-2-colons", Taken, Same),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

fn octets(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.sip"))).unwrap()
}

fn datagram(name: &str) -> Incoming {
    read_datagram(Bytes::from(octets(name)), &Limits::default())
}

fn taken(name: &str) -> Message {
    match datagram(name) {
        Incoming::Message(message) => message,
        other => panic!("{name}: {other:?}"),
    }
}

/// Everything that comes out of a stream in these pieces; keep-alives apart.
fn streamed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Incoming> {
    let mut framer = StreamFramer::new(Limits::default());
    let mut all = Vec::new();
    for mut piece in pieces {
        while let Some(incoming) = framer.next_incoming(&mut piece) {
            all.push(incoming);
        }
        assert!(piece.is_empty());
    }
    all.retain(|incoming| !matches!(incoming, Incoming::Ping | Incoming::Pong));
    all
}

/// Says shortly what came, with everything that the verdict is about.
fn verdict(incoming: &Incoming) -> Verdict {
    match incoming {
        Incoming::Message(message) => match unreadable(message).first() {
            Some(name) => Without(*name),
            None => Taken,
        },
        Incoming::Refused(refusal) => {
            let mut answer = BytesMut::new();
            refusal.answer(b"tag", &mut answer);
            if answer.is_empty() {
                return Dropped;
            }
            let code = std::str::from_utf8(&answer[8..11]).unwrap().parse().unwrap();
            assert_eq!(code, refusal.status().0);
            assert!(answer.ends_with(b"\r\nContent-Length: 0\r\n\r\n"));
            Answered(code)
        }
        Incoming::Ping | Incoming::Pong => panic!("no message at all"),
    }
}

#[test]
fn every_file_has_its_row() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|file| {
            file.unwrap().file_name().to_str().unwrap().strip_suffix(".sip").map(str::to_owned)
        })
        .collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(files, rows);
    assert_eq!(rows.len(), 61);
}

#[test]
fn as_datagrams() {
    for (name, expected, _) in TABLE {
        assert_eq!(verdict(&datagram(name)), *expected, "{name}");
    }
}

#[test]
fn as_frames() {
    for (name, expected, stream) in TABLE {
        let expected = if matches!(stream, Two | Waits) { Answered(400) } else { *expected };
        // Some files have line ends behind the message, which only a datagram may have.
        let octets = octets(name);
        let ends = if name.ends_with("multi01") || name.ends_with("mcl01") { 2 } else { 0 };
        let octets = octets[..octets.len() - ends].to_vec();
        assert_eq!(verdict(&read_frame(Bytes::from(octets), &Limits::default())), expected, "{name}");
    }
}

#[test]
fn on_streams() {
    for (name, expected, stream) in TABLE {
        let octets = octets(name);
        let came = streamed([&octets[..]]);
        let verdicts: Vec<Verdict> = came.iter().map(verdict).collect();
        match stream {
            Same => assert_eq!(verdicts, [*expected], "{name}"),
            Waits => assert_eq!(verdicts, [], "{name}"),
            Two => assert_eq!(verdicts, [Taken, Taken, Dropped], "{name}"),
            Closes => {
                assert_eq!(verdicts, [Answered(400)], "{name}");
                assert!(matches!(&came[0], Incoming::Refused(refusal) if refusal.close), "{name}");
            }
        }
    }
}

#[test]
fn on_streams_cut_anywhere() {
    for (name, ..) in TABLE {
        let octets = octets(name);
        let shown = |came: Vec<Incoming>| format!("{came:?}");
        let whole = shown(streamed([&octets[..]]));
        for cut in 0..=octets.len() {
            assert_eq!(shown(streamed([&octets[..cut], &octets[cut..]])), whole, "{name} cut at {cut}");
        }
        assert_eq!(shown(streamed(octets.chunks(1))), whole, "{name} octet by octet");
    }
}

#[test]
fn what_the_sections_say_about_values() {
    let message = taken("rfc4475-3.1.1.1-wsinv");
    assert_eq!(message.via().host.address(), Some("192.0.2.2".parse().unwrap()));
    assert_eq!(message.via().branch(), Some(&b"390skdjuw"[..]));
    assert_eq!(message.elements(HeaderName::Via).count(), 3);
    assert_eq!(&*message.from().display_text(), b"J Rosenberg \\\"");
    assert_eq!((message.from_tag(), message.to_tag()), (Some(&b"98asjd8"[..]), Some(&b"1918181833n"[..])));
    assert_eq!(message.cseq().number, 9);
    assert_eq!(message.values(HeaderName::Subject).next(), Some(&b""[..]));

    let message = taken("rfc4475-3.1.1.2-intmeth");
    let uri = message.request_uri().unwrap().sip().unwrap();
    assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
    assert_eq!(uri.password, Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..]));
    assert_eq!(&*message.to().display_text(), b"BEL:\x07 NUL:\0 DEL:\x7F");
    assert_eq!(message.values("EXTENSIONHEADER-!.%*+_`'~").count(), 1);

    let message = taken("rfc4475-3.1.1.3-esc01");
    assert_eq!(&*message.request_uri().unwrap().sip().unwrap().user_text(), b"sips:user@example.com");
    assert!(taken("rfc4475-3.1.1.5-esc02").method() != wire_sip::Method::Register, "methods have no escapes");
    assert_eq!(taken("rfc4475-3.1.1.9-semiuri").request_uri().unwrap().params().iter().count(), 0);
    assert_eq!(taken("rfc4475-3.1.1.11-mpart01").body().len(), 553);
    assert!(!taken("rfc4475-3.2.1-badbranch").via().has_unique_branch());
    assert_eq!(taken("rfc4475-3.3.12-cparam01").from().uri.params().iter().count(), 0);

    let host =
        |name| taken(name).request_uri().unwrap().sip().map(|uri| (uri.host.address(), uri.port)).unwrap();
    let address = |text: &str| Some(text.parse().unwrap());
    assert_eq!(host("rfc5118-4.3-port-ambiguous"), (address("2001:db8::10:5070"), None));
    assert_eq!(host("rfc5118-4.4-port-unambiguous"), (address("2001:db8::10"), Some(5070)));
    assert_eq!(host("rfc5118-4.10-ipv6-bug-abnf-3-colons").0, address("2001:db8::192.0.2.1"));
    for name in ["rfc5118-4.5-via-received-param-no-delim", "rfc5118-4.5-via-received-param-with-delim"] {
        assert_eq!(taken(name).via().received(), address("2001:db8::9:255"));
    }
}
