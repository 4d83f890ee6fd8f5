//! The headers of the envelope: names and namespaces, parameters, escapes, and those by which somebody tries to pass
//! for somebody else.

use crate::table::{content, envelope, message};

#[test]
fn people_and_their_names() {
    let from = |value: &str| format!("From: {value}\n\n\nhi");
    message(
        "a quoted name",
        from(r#""Al \"x\" \u00e9" <im:a@a.org>"#),
        r#"from 'Al "x" é' <im:a@a.org> | text/plain | hi"#,
    );
    message(
        "an angle in a quoted name",
        from(r#""<im:b@b.org>" <im:a@a.org>"#),
        "from '<im:b@b.org>' <im:a@a.org> | text/plain | hi",
    );
    message(
        "words for a name",
        from("Alice of  A <im:a@a.org>"),
        "from 'Alice of  A' <im:a@a.org> | text/plain | hi",
    );
    message("no brackets", from("im:a@a.org"), "from <im:a@a.org> | text/plain | hi");
    message(
        "parameters behind the bracket",
        from("<im:a@a.org>;tag=1"),
        "from <im:a@a.org> | text/plain | hi",
    );
    message("no space after the colon", "From:<im:a@a.org>\n\n\nhi", "from <im:a@a.org> | text/plain | hi");
    message("a space before the colon", "From : <im:a@a.org>\n\n\nhi", "from <im:a@a.org> | text/plain | hi");
    message("small letters", "from: <im:a@a.org>\n\n\nhi", "from <im:a@a.org> | text/plain | hi");
    message(
        "several recipients",
        "To: <im:a@a.org>\nTo: <im:b@b.org>\n\n\nhi",
        "to <im:a@a.org> | to <im:b@b.org> | text/plain | hi",
    );
    message("an empty URI", from("Alice <>"), "refused: header line 1 (from 1) can't be read");
    message("a space in the URI", from("<im:a b@a.org>"), "refused: header line 1 (from 1) can't be read");
    message("an open bracket", from("<im:a@a.org"), "refused: header line 1 (from 1) can't be read");
    message("an open name", from("\"Alice <im:a@a.org>"), "refused: header line 1 (from 1) can't be read");
    message(
        "octets of another charset in a name",
        b"From: \xe9 <im:a@a.org>\n\n\nhi",
        "refused: header line 1 (from 1) can't be read",
    );
}

#[test]
fn namespaces_are_resolved_by_uri() {
    let imdn = "NS: imdn <urn:ietf:params:imdn>\n";
    message(
        "another prefix",
        envelope("NS: x <urn:ietf:params:imdn>\nx.Message-ID: 1\n"),
        "id 1 | text/plain | hi",
    );
    message("never declared", envelope("imdn.Message-ID: 1\n"), "id 1 | text/plain | hi");
    message("declared too late", envelope(&format!("imdn.Message-ID: 1\n{imdn}")), "id 1 | text/plain | hi");
    message(
        "the prefix imdn for something else",
        envelope("NS: imdn <urn:x>\nimdn.Message-ID: 1\n"),
        "{urn:x}Message-ID=1 | text/plain | hi",
    );
    message(
        "no prefix is not the prefix imdn",
        envelope("Message-ID: 1\n"),
        "{urn:ietf:params:cpim-headers:}Message-ID=1 | text/plain | hi",
    );
    message("a prefix that nobody declared means nothing", envelope("x.Message-ID: 1\n"), "text/plain | hi");
    message(
        "declared twice: the later from its line on",
        envelope("NS: x <urn:1>\nx.A: 1\nNS: x <urn:2>\nx.A: 2\n"),
        "{urn:1}A=1 | {urn:2}A=2 | text/plain | hi",
    );
    message(
        "another default: no second From",
        "From: <im:a@a.org>\nNS: <urn:x>\nFrom: <im:b@b.org>\n\n\nhi",
        "from <im:a@a.org> | {urn:x}From=<im:b@b.org> | text/plain | hi",
    );
    message(
        "OMA's own",
        envelope("NS: cpm <http://www.openmobilealliance.org/cpm/>\ncpm.Payload-Type: text/plain\n"),
        "{http://www.openmobilealliance.org/cpm/}Payload-Type=text/plain | text/plain | hi",
    );
    message("NS without a URI", envelope("NS: x\n"), "refused: header line 3 (from 1) can't be read");
    message(
        "Require of what has a field",
        envelope(&format!("{imdn}Require: imdn.Message-ID\n")),
        "text/plain | hi",
    );
    message(
        "Require of a stranger",
        envelope("NS: x <urn:x>\nRequire: x.Vital,Subject\n"),
        "must know {urn:x}Vital | text/plain | hi",
    );
    message(
        "Require of an undeclared stranger",
        envelope("Require: x.Vital\n"),
        "refused: Require names a header that nobody can know",
    );
}

#[test]
fn what_the_sender_wants_to_hear() {
    let wants = |value: &str| envelope(&format!("imdn.Disposition-Notification: {value}\n"));
    message(
        "all five",
        wants("positive-delivery, negative-delivery, processing, display, interworking"),
        "wants positive+negative+processing+display+interworking | text/plain | hi",
    );
    message(
        "without spaces, any case, twice",
        wants("Display,display,POSITIVE-delivery"),
        "wants positive+display | text/plain | hi",
    );
    message(
        "parameters and unknown words",
        wants("display;x=1, reaction"),
        "wants display | text/plain | hi",
    );
    message("an empty list", wants(""), "text/plain | hi");
    message(
        "in two headers",
        envelope("imdn.Disposition-Notification: display\nimdn.Disposition-Notification: processing\n"),
        "wants processing+display | text/plain | hi",
    );
    message(
        "routes, in their order",
        envelope(
            "imdn.IMDN-Record-Route: <im:2@x>\nimdn.IMDN-Record-Route: <im:1@x>\nimdn.IMDN-Route: <im:9@x>\nimdn.Original-To: <im:list@x>\n",
        ),
        "original <im:list@x> | record <im:2@x> | record <im:1@x> | route <im:9@x> | text/plain | hi",
    );
    let loop_of_thanks =
        content("Content-Type: message/IMDN+xml\n\n<imdn/>", "imdn.Disposition-Notification: display\n");
    let cpim = wire_cpim::Cpim::parse(loop_of_thanks.as_bytes()).expect("a message");
    assert!(
        cpim.is_imdn() && cpim.wants().is_none() && !cpim.imdn.wants.is_none(),
        "never an IMDN for an IMDN"
    );
}

#[test]
fn values_parameters_and_escapes() {
    message(
        "a language",
        envelope("Subject:;lang=fr Objet\nSubject:;lang=en Topic\n"),
        "subject(fr) Objet | subject(en) Topic | text/plain | hi",
    );
    message(
        "a quoted parameter",
        envelope("NS: x <urn:x>\nx.A:;p=\"a; b\\\"\" v\n"),
        "{urn:x}A;p=a; b\"=v | text/plain | hi",
    );
    message(
        "escapes",
        envelope("Subject: a\\nb \\ud83d\\ude00 C:\\dir\n"),
        "subject a\nb 😀 C:\\dir | text/plain | hi",
    );
    message("one octet of another charset in a subject", [&b"From: <sip:alice@a.org>\nTo: <sip:bob@b.org>\nSubject: caf\xe9\nDateTime: t\n\nContent-Type: text/plain\n\nhi"[..]].concat(), "at t | subject caf\u{fffd} | text/plain | hi");
    message("a tab", envelope("Subject: a\tb\n"), "subject a\tb | text/plain | hi");
    message(
        "an id with everything",
        envelope("imdn.Message-ID: <A-b_c.1@h;x=\"y\">\n"),
        "id <A-b_c.1@h;x=\"y\"> | text/plain | hi",
    );
    message(
        "a parameter that is none",
        envelope("Subject:;lang x\n"),
        "refused: header line 3 (from 1) can't be read",
    );
}

#[test]
fn nobody_passes_for_somebody_else() {
    message("two senders", "From: <im:a@a.org>\nFrom: <im:b@b.org>\n\n\nhi", "refused: From stands twice");
    message(
        "two ids",
        envelope("imdn.Message-ID: 1\nimdn.Message-ID: 2\n"),
        "refused: Message-ID stands twice",
    );
    message(
        "two ids by two prefixes",
        envelope("NS: x <urn:ietf:params:imdn>\nimdn.Message-ID: 1\nx.Message-ID: 2\n"),
        "refused: Message-ID stands twice",
    );
    message("two times", envelope("DateTime: 1\nDateTime: 2\n"), "refused: DateTime stands twice");
    message(
        "two types",
        content("Content-Type: text/plain\nContent-Type: text/html\n\nhi", ""),
        "refused: Content-Type stands twice",
    );
    message(
        "a header hidden behind a bare CR",
        envelope("Subject: x\rFrom: <im:b@b.org>\n"),
        "refused: header line 3 (from 1) can't be read",
    );
    message(
        "a header hidden behind a NUL",
        envelope("Subject: x\0\n"),
        "refused: header line 3 (from 1) can't be read",
    );
    message(
        "a header hidden in an escape stays text",
        envelope("Subject: x\\r\\nFrom: <im:b@b.org>\n"),
        "subject x\r\nFrom: <im:b@b.org> | text/plain | hi",
    );
    message(
        "a folded line",
        envelope("Subject: x\n From: <im:b@b.org>\n"),
        "refused: header line 4 (from 1) can't be read",
    );
    message("a line without a colon", envelope("hello\n"), "refused: header line 3 (from 1) can't be read");
    message(
        "a name with a space",
        envelope("Sub ject: x\n"),
        "refused: header line 3 (from 1) can't be read",
    );
    message("no name", envelope(": x\n"), "refused: header line 3 (from 1) can't be read");
    message("an empty id", envelope("imdn.Message-ID:\n"), "refused: header line 3 (from 1) can't be read");
    message(
        "an envelope in an envelope",
        content("Content-Type: message/CPIM; x=y\n\nFrom: <im:b@b.org>\n", ""),
        "refused: a CPIM message inside a CPIM message",
    );
}

#[test]
fn bounds() {
    let headers = |count: usize| envelope(&"Subject: x\n".repeat(count - 2)).replace("subject x | ", "");
    assert!(crate::table::told(headers(64).as_bytes()).ends_with("hi"), "as many as may be");
    message("one header too many", headers(65), "refused: more than 64 headers");
    message("ten thousand headers", headers(10_000), "refused: more than 64 headers");
    // From, To and the line's own words are 54 octets with LF.
    let long = |octets: usize| envelope(&format!("Subject: {}\n", "x".repeat(octets - 54)));
    assert!(crate::table::told(long(wire_cpim::BLOCK_MAX).as_bytes()).ends_with("hi"), "as long as may be");
    let too_long = "refused: more than 16384 octets of headers";
    assert_eq!(crate::table::told(long(wire_cpim::BLOCK_MAX + 3).as_bytes()), too_long);
    assert_eq!(crate::table::told(long(1000 * wire_cpim::BLOCK_MAX).as_bytes()), too_long);
    let many = content(&format!("{}\nhi", "Content-X: 1\n".repeat(65)), "");
    message("one content header too many", many, "refused: more than 64 headers");
}
