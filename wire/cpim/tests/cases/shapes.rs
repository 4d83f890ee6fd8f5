//! The shape of a message: line ends, empty lines, where the content begins. What real clients send is read; no word
//! of a text is lost.

use crate::table::{content, envelope, message};

#[test]
fn the_shapes_that_clients_send() {
    let text = "text/plain | hi";
    message("the standard's form", envelope(""), text);
    message(
        "everything that a chat message has",
        "From: \"Alice\" <sip:alice@a.org>\nTo: Bob <tel:+4915112345678>\ncc: <im:carol@c.org>\n\
         DateTime: 2026-03-03T08:00:00.000Z\nSubject: tea\nNS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: m-1\n\
         imdn.Disposition-Notification: positive-delivery, display\n\nContent-Type: text/plain;charset=UTF-8\n\
         Content-Length: 2\n\nhi",
        "from 'Alice' <sip:alice@a.org> | to 'Bob' <tel:+4915112345678> | cc <im:carol@c.org> | \
         at 2026-03-03T08:00:00.000Z | subject tea | id m-1 | wants positive+display | text/plain | hi",
    );
    message("an empty line in front", format!("\n{}", envelope("")), text);
    message("several empty lines in front", format!("\n\n\n{}", envelope("")), text);
    message("outer MIME headers in front", format!("Content-Type: Message/CPIM\n\n{}", envelope("")), text);
    message(
        "outer MIME headers with a length in front",
        format!("Content-Type: message/cpim;charset=utf-8\nContent-Length: 99\n\n{}", envelope("")),
        text,
    );
    message(
        "outer MIME headers without their empty line",
        format!("Content-Type: message/cpim\n{}", envelope("")),
        text,
    );
    message("line ends of both kinds", envelope("").replacen('\n', "\r\n", 2), text);
    message("no headers of the envelope at all", "Content-Type: text/plain\n\nhi", text);
    message(
        "no headers of the envelope, and a text that looks like a header",
        "Content-Type: text/html\n\nContent-Type: text/plain\n\nhi",
        "text/html | Content-Type: text/plain\n\nhi",
    );
    message(
        "neither sender nor recipient",
        "DateTime: now\n\nContent-Type: text/plain\n\nhi",
        "at now | text/plain | hi",
    );
}

#[test]
fn where_the_content_begins() {
    let text = "text/plain | hi";
    message("no empty line before the content's headers", content("hi", "Content-Type: text/plain\n"), text);
    message(
        "the example of RFC 5438, which forgets it too",
        "From: Alice <im:alice@example.com>\nTo: Bob <im:bob@example.com>\nNS: imdn <urn:ietf:params:imdn>\n\
         imdn.Message-ID: 34jk324j\nDateTime: 2006-04-04T12:16:49-05:00\n\
         imdn.Disposition-Notification: positive-delivery, negative-delivery\nContent-type: text/plain\n\
         Content-length: 12\n\nHello World",
        "from 'Alice' <im:alice@example.com> | to 'Bob' <im:bob@example.com> | at 2006-04-04T12:16:49-05:00 | \
         id 34jk324j | wants positive+negative | text/plain | Hello World",
    );
    message("an empty line too many", content("\nContent-Type: text/plain\n\nhi", ""), text);
    message("no content headers, their empty line", content("\nhi", ""), text);
    message("no content headers, no empty line", content("hi", ""), text);
    message("no content headers, a text with a colon", content("note: milk", ""), "text/plain | note: milk");
    message(
        "no content headers, paragraphs",
        content("one\n\ntwo: 2\n\n", ""),
        "text/plain | one\n\ntwo: 2\n\n",
    );
    message(
        "no empty line before the text",
        content("Content-Type: text/html\n<b>hi</b>", ""),
        "text/html | <b>hi</b>",
    );
    message(
        "no empty line before a text with a colon",
        content("Content-Type: text/html\nnote: milk", ""),
        "text/html | note: milk",
    );
    message(
        "no empty line before a text of two paragraphs",
        content("Content-Type: text/html\nnote 1\n\nnote: 2", ""),
        "text/html | note 1\n\nnote: 2",
    );
    message(
        "a header of another kind among them",
        content("X-Part: 1\nContent-Type: text/plain\n\nhi", ""),
        text,
    );
    message(
        "headers at both places: those behind the empty line count",
        content("Content-Type: text/html\n\nhi", "Content-Type: text/plain\n"),
        "text/html | hi",
    );
    message("a content without a type", content("Content-Disposition: inline\n\nhi", ""), text);
    message(
        "a folded content header",
        content("Content-Type: text/plain;\n charset=iso-8859-1\n\nhi", ""),
        text,
    );
    message("an empty text", content("Content-Type: text/plain\n\n", ""), "text/plain | ");
    message(
        "an empty text without its empty line",
        content("Content-Type: text/plain\n", ""),
        "text/plain | ",
    );
    message("an empty text, no content headers", content("", ""), "text/plain | ");
    message(
        "the headers end with the message, the content's among them",
        "From: <sip:alice@a.org>\nTo: <sip:bob@b.org>\nContent-Type: text/plain\n",
        "text/plain | ",
    );
    message(
        "the headers end with the message",
        "From: <sip:alice@a.org>\n",
        "refused: the message ends within its headers",
    );
    message("nothing", "", "refused: the message ends within its headers");
    message("nothing but line ends", "\n\n", "refused: the message ends within its headers");
}

#[test]
fn lengths_are_not_believed() {
    let sized =
        |length: &str| content(&format!("Content-Type: text/plain\nContent-Length: {length}\n\nhé!"), "");
    for length in ["4", "3", "0", "99", "-1", "abc", "18446744073709551616"] {
        message(&format!("Content-Length: {length}"), sized(length), "text/plain | hé!");
    }
}

#[test]
fn encodings_are_undone() {
    let encoded =
        |headers: &str, body: &str| content(&format!("Content-Type: text/plain{headers}\n\n{body}"), "");
    message("base64", encoded("\nContent-Transfer-Encoding: base64", "aMOp"), "text/plain | hé");
    message(
        "base64 in lines, unpadded",
        encoded("\nContent-Transfer-Encoding: Base64", "aG\nU\n"),
        "text/plain | he",
    );
    message(
        "base64 that is none",
        encoded("\nContent-Transfer-Encoding: base64", "a%"),
        "text/plain | (no text)",
    );
    message(
        "quoted-printable",
        encoded("\nContent-Transfer-Encoding: quoted-printable", "h=C3=A9=\n!=3D=x"),
        "text/plain | hé!==x",
    );
    message("binary", encoded("\nContent-Transfer-Encoding: binary", "hé"), "text/plain | hé");
    message(
        "an encoding nobody knows",
        encoded("\nContent-Transfer-Encoding: rot13", "uv"),
        "text/plain | (no text)",
    );
    message("a charset nobody knows", encoded(";charset=ebcdic", "hi"), "text/plain | (no text)");
    let latin = |name: &str| {
        let mut octets = encoded(&format!(";charset={name}"), "h").into_bytes();
        octets.push(0xe9);
        octets
    };
    message("Latin-1", latin("ISO-8859-1"), "text/plain | hé");
    message("Latin-1, quoted", latin("\"latin1\""), "text/plain | hé");
    message("octets that are no UTF-8", latin("utf-8"), "text/plain | (no text)");
}

#[test]
fn the_body_is_kept_to_the_octet() {
    for body in [&b"hi\r\n"[..], b"\n\nhi", b"a\rb\0c\xff\xfe", b"\r\n.\r\n-------x$\r\n", &[b'x'; 100_000]] {
        let mut input =
            b"From: <sip:alice@a.org>\r\n\r\nContent-Type: application/octet-stream\r\n\r\n".to_vec();
        input.extend_from_slice(body);
        let cpim = wire_cpim::Cpim::parse(&input).expect("a message");
        assert_eq!(&*cpim.content.body, body);
    }
}
