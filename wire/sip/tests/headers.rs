//! One golden reading of every header, and what each refuses.

use wire_sip::Method;
use wire_sip::header::{
    AcceptContact, AccessNetwork, Auth, AuthParams, CSeq, Contact, Date, MaxForwards, MediaType, NameAddr,
    Reason, RetryAfter, Seconds, Token, Value, Via, Warning, Word,
};
use wire_sip::uri::Host;

fn read<'a, T: Value<'a>>(text: &'a str) -> T {
    T::read(text.as_bytes()).unwrap_or_else(|| panic!("{text}"))
}

fn refused<'a, T: Value<'a>>(texts: &[&'a str]) {
    for text in texts {
        assert!(T::read(text.as_bytes()).is_none(), "{text:?} was read");
    }
}

#[test]
fn via() {
    let via: Via<'_> =
        read("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1");
    assert_eq!(
        (via.transport, via.host, via.port),
        (&b"UDP"[..], Host::Name(b"first.example.com"), Some(4000))
    );
    assert_eq!(via.branch(), Some(&b"z9hG4bKa7c6a8dlze.1"[..]));
    assert!(via.has_unique_branch());
    assert_eq!((via.received(), via.rport()), (None, None));
    let via: Via<'_> = read("sip/2.0/WSS df7jal23ls0d.invalid;branch=1;rport=5066;received=[2001:db8::1]");
    assert!(!via.has_unique_branch());
    assert_eq!(via.rport(), Some(Some(5066)));
    assert_eq!(via.received(), Some("2001:db8::1".parse().unwrap()));
    assert_eq!(read::<Via<'_>>("SIP/2.0/TCP h;rport").rport(), Some(None));
    let via: Via<'_> = read("SIP/2.0/TLS [2001:db8::9:1] : 5061");
    assert_eq!((via.host.address(), via.port), (Some("2001:db8::9:1".parse().unwrap()), Some(5061)));
    refused::<Via<'_>>(&[
        "",
        "SIP/2.0",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP ",
        "SIP/3.0/UDP h",
        "HTTP/1.1/TCP h",
        "SIP/2.0/UDPh",
        "SIP/2.0/UDP h;",
        "SIP/2.0/UDP h;;branch=1",
        "SIP/2.0/UDP h:",
        "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h x",
        "SIP/2.0/UDP [::1",
        "SIP/2.0/UDP ::1",
        "SIP/2.0/UDP ;branch=1",
        "SIP/2.0/UDP h;branch=",
        "SIP/2.0/UDP h;=1",
        "SIP/2.0/UDP h;branch=1;Branch=2",
    ]);
}

#[test]
fn from_and_to() {
    let from: NameAddr<'_> =
        read("\"A. G. \\\"Bell\\\"\" <sip:agb@bell-telephone.com?x=1> ;tag=a48s ; q=\"a;b>\"");
    assert_eq!(&*from.display_text(), b"A. G. \"Bell\"");
    assert_eq!(
        (from.uri.as_bytes(), from.tag()),
        (&b"sip:agb@bell-telephone.com?x=1"[..], Some(&b"a48s"[..]))
    );
    assert_eq!(from.params.value("Q"), Some(&b"a;b>"[..]));
    let from: NameAddr<'_> = read("sip:+12125551212@server.phone2net.com;tag=887s");
    assert_eq!((from.display, from.tag()), (&b""[..], Some(&b"887s"[..])));
    assert_eq!(from.uri.params().iter().count(), 0, "what follows belongs to the header");
    let from: NameAddr<'_> = read("Anonymous <sip:c8oqz84zk7z@privacy.org;lr>;tag=hyh8");
    assert!(from.uri.params().has("lr"));
    assert_eq!(&*from.display_text(), b"Anonymous");
    assert_eq!(&*read::<NameAddr<'_>>("T. Watson <tel:+1>").display_text(), b"T. Watson");
    assert_eq!(read::<NameAddr<'_>>("<urn:x:y>").tag(), None);
    refused::<NameAddr<'_>>(&[
        "",
        "<>",
        "sip:a@b?x=1",
        "sip:a@b,sip:c@d",
        "<sip:a@b",
        "\"x <sip:a@b>",
        "\"x\" y <sip:a@b>",
        "a \"x\" <sip:a@b>",
        "<sip:a@b>x",
        "<sip:a@b>;",
        "<sip:a@b>;tag=",
        "<sip:a@b>;tag=1;tag=2",
        "<sip:a@b>;tag=\"x",
        "alice",
        "<alice>",
    ]);
}

#[test]
fn contact() {
    let text = "<sip:+8613800000001@10.0.0.9;transport=tls>;reg-id=1;expires=600000;\
        +sip.instance=\"<urn:uuid:6f47>\";q=0.7;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg.group\
        ,urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"";
    let contact: Contact<'_> = read(text);
    assert_eq!((contact.expires(), contact.q(), contact.reg_id()), (Some(Seconds(600_000)), 700, Some(1)));
    assert_eq!(contact.instance(), Some(&b"urn:uuid:6f47"[..]));
    let params = contact.address().unwrap().params;
    let feature = |name: &str| {
        params.has_feature("+g.3gpp.icsi-ref", &format!("urn:urn-7:3gpp-service.ims.icsi.oma.cpm.{name}"))
    };
    assert!(feature("msg.group") && feature("session"));
    assert!(!feature("msg"), "a part of a name is another name");
    assert!(matches!(read("*"), Contact::All));
    let plain: Contact<'_> = read("sip:a@b;expires=soon;q=2");
    assert_eq!((plain.expires(), plain.q(), plain.reg_id(), plain.instance()), (None, 1000, None, None));
    for (text, q) in
        [("1", 1000), ("0", 0), ("0.", 0), ("0.5", 500), ("0.123", 123), ("1.000", 1000), ("1.001", 1000)]
    {
        assert_eq!(read::<Contact<'_>>(&format!("<sip:a@b>;q={text}")).q(), q, "{text}");
    }
    refused::<Contact<'_>>(&["", "**", "sip:user@example.com?Route=%3Csip:sip.example.com%3E"]);
}

#[test]
fn cseq_and_numbers() {
    assert_eq!(read::<CSeq<'_>>("4711 INVITE"), CSeq { number: 4711, method: Method::Invite });
    assert_eq!(read::<CSeq<'_>>("0009   Invite").method, Method::Other(b"Invite"));
    refused::<CSeq<'_>>(&["", "1", "INVITE", "1 ", "-1 INVITE", "4294967296 INVITE", "1 IN VITE", "1INVITE"]);
    assert_eq!(
        (read::<MaxForwards>("0068"), read::<MaxForwards>("255")),
        (MaxForwards(68), MaxForwards(255))
    );
    refused::<MaxForwards>(&["", "256", "-1", "7 0"]);
    assert_eq!(read::<Seconds>("5"), Seconds(5));
    assert_eq!(read::<Seconds>(&"9".repeat(100)), Seconds(u32::MAX), "too long is for ever");
    refused::<Seconds>(&["", "1s", "-1", "1 2"]);
}

#[test]
fn words_and_tokens() {
    assert_eq!(read::<Word<'_>>("f81d4fae-7dec@foo.bar.com").0, b"f81d4fae-7dec@foo.bar.com");
    assert_eq!(read::<Word<'_>>("urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg").0.len(), 43);
    refused::<Word<'_>>(&["", "a b", "a\0"]);
    assert!(read::<Token<'_>>("100REL") == Token(b"100rel"));
    refused::<Token<'_>>(&["", "a b", "a/b"]);
    assert_eq!(read::<Method<'_>>("REGISTER"), Method::Register);
}

#[test]
fn media_type() {
    let media: MediaType<'_> = read("Text/Plain ;charset=UTF-8;boundary=\"a b\"");
    assert!(media.is("text", "plain") && !media.is("text", "html"));
    assert_eq!(
        (media.params.value("charset"), media.params.value("boundary")),
        (Some(&b"UTF-8"[..]), Some(&b"a b"[..]))
    );
    assert!(
        read::<MediaType<'_>>("application/vnd.switchback.offer+json")
            .is("application", "vnd.switchback.offer+json")
    );
    assert!(read::<MediaType<'_>>("*/*").is("*", "*"));
    refused::<MediaType<'_>>(&["", "text", "text/", "/plain", "text/plain;", "text/plain x"]);
}

#[test]
fn date() {
    for (text, seconds) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sat, 13 Nov 2010 23:29:00 GMT", 1_289_690_940),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799),
        ("Tue, 03 Mar 2026 08:00:00 GMT", 1_772_524_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ] {
        assert_eq!(read::<Date>(text).unix_seconds, seconds, "{text}");
        assert_eq!(Date { unix_seconds: seconds }.to_string(), text);
    }
    refused::<Date>(&[
        "",
        "Fri, 01 Jan 2010 16:00:00 EST",
        "Sat, 13 Nov 2010 23:29:00",
        "Sat, 32 Dec 2010 23:29:00 GMT",
        "Sat, 29 Feb 2001 23:29:00 GMT",
        "Sat, 13 Nov 2010 24:00:00 GMT",
        "Sat 13 Nov 2010 23:29:00 GMT",
        "Sat, 13 Nov 1969 23:29:00 GMT",
        "Sat, 13 Nov 2010 23:29 GMT",
        "Sat, 0 Nov 2010 23:29:00 GMT",
        "Xyz, 13 Nov 2010 23:29:00 GMT",
        "Sat, 13 Nov 2010 23:29:00 GMT x",
        "Sat, 13 Nov 2010 23:29:00:00 GMT",
    ]);
}

#[test]
fn auth() {
    let auth: Auth<'_> = read(
        "Digest username=\"Alice\", realm=\"a\\\"b\", nonce=\"84a4cc6f,x\", uri=\"sip:bob@biloxi.com\",qop=auth , nc=00000001, \
         algorithm=SHA-256, response=\"7587==\"",
    );
    assert_eq!(auth.scheme, b"Digest");
    let text = |name: &str| auth.params.get(name).map(|param| param.text().into_owned());
    assert_eq!(text("Realm"), Some(b"a\"b".to_vec()));
    assert_eq!(text("nonce"), Some(b"84a4cc6f,x".to_vec()));
    assert_eq!((text("nc"), text("algorithm")), (Some(b"00000001".to_vec()), Some(b"SHA-256".to_vec())));
    assert_eq!(auth.params.iter().count(), 8);
    assert!(
        read::<Auth<'_>>("X a=1, a=2").params.get("a").is_none(),
        "which of two counts is nobody's guess"
    );
    assert_eq!(read::<AuthParams<'_>>("nextnonce=\"1\",rspauth=\"2\"").iter().count(), 2);
    refused::<Auth<'_>>(&[
        "",
        "Digest",
        "Digest ",
        "Digest x",
        "Digest x=",
        "Digest x=1,",
        "Digest x=1 y=2",
        "Digest x=\"1",
    ]);
}

#[test]
fn the_rest() {
    let accept: AcceptContact<'_> = read("*;+g.oma.sip-im;require;explicit");
    assert!(accept.params.has("require") && accept.params.has("+G.OMA.SIP-IM"));
    refused::<AcceptContact<'_>>(&["", "sip:a@b", "*x", "*;"]);
    let retry: RetryAfter<'_> = read("18000 (I'm in a (long) meeting \\) ) ;duration=3600");
    assert_eq!((retry.wait, retry.params.value("duration")), (Seconds(18_000), Some(&b"3600"[..])));
    assert_eq!(read::<RetryAfter<'_>>("120").wait, Seconds(120));
    refused::<RetryAfter<'_>>(&["", "soon", "1 (x", "1 x", "1)", "1;"]);
    let warning: Warning<'_> = read("399 isi.edu:5060 \"Incompatible \\\"type\\\"\"");
    assert_eq!((warning.code, warning.agent), (399, &b"isi.edu:5060"[..]));
    assert_eq!(&*warning.text(), b"Incompatible \"type\"");
    refused::<Warning<'_>>(&[
        "",
        "1812 overture \"In Progress\"",
        "399 x",
        "399 \"x\"",
        "399 a \"x\" y",
        "399 a \"x",
    ]);
    let reason: Reason<'_> = read("SIP ;cause=600 ;text=\"Busy Everywhere\"");
    assert_eq!((reason.protocol, reason.cause()), (&b"SIP"[..], Some(600)));
    refused::<Reason<'_>>(&["", ";cause=1", "SIP;"]);
}

#[test]
fn access_networks() {
    let wifi: AccessNetwork<'_> = read("IEEE-802.11n;i-wlan-node-id=00FF00AA11BB");
    assert_eq!((wifi.is_wifi(), wifi.plmn(), wifi.is_network_provided()), (true, None, false));
    for (text, plmn) in [
        ("3GPP-GERAN; cgi-3gpp=2620112AB34CD; np", Some("26201")),
        ("3GPP-UTRAN-FDD;utran-cell-id-3gpp=\"31041012341234567\";np", Some("310410")),
        ("3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=5200112340ABCDEF;np", Some("52001")),
        ("3GPP-NR-FDD;utran-cell-id-3gpp=310410123456123456789;np", Some("310410")),
        ("3GPP-NR-FDD;utran-cell-id-3gpp=31041012345612345678;np", Some("31041")),
        ("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2620X12340ABCDEF;np", None),
        ("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=26201;np", None),
        ("xDSL;dsl-location=here;np", None),
    ] {
        let access: AccessNetwork<'_> = read(text);
        assert_eq!((access.is_wifi(), access.is_network_provided()), (false, true), "{text}");
        assert_eq!(access.plmn(), plmn.map(str::as_bytes), "{text}");
    }
    refused::<AccessNetwork<'_>>(&["", ";np", "3GPP-GERAN np", "3GPP-GERAN;np;np"]);
}
