//! URIs: the examples of RFC 3261 19.1 and RFC 3966, and what no URI is.

use wire_sip::header::{NameAddr, Value};
use wire_sip::uri::{Host, Uri, unescape};

fn uri(text: &str) -> Uri<'_> {
    Uri::read(text.as_bytes()).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn parts() {
    let sip =
        uri("sips:alice:pw@atlanta.example.com:5061;transport=tcp;lr?subject=project%20x&priority=urgent");
    let sip = sip.sip().unwrap();
    assert!(sip.secure);
    assert_eq!((sip.user, sip.password), (Some(&b"alice"[..]), Some(&b"pw"[..])));
    assert_eq!((sip.host, sip.port), (Host::Name(b"ATLANTA.example.com"), Some(5061)));
    assert_eq!(sip.params.get("Transport"), Some(Some(&b"tcp"[..])));
    assert_eq!(sip.params.get("lr"), Some(None));
    assert!(!sip.params.has("maddr"));
    let headers: Vec<_> =
        sip.header_pairs().map(|(name, value)| (name, unescape(value).into_owned())).collect();
    assert_eq!(headers, [(&b"subject"[..], b"project x".to_vec()), (b"priority", b"urgent".to_vec())]);

    assert_eq!(uri("sip:[::1]:5060").sip().unwrap().host.address(), Some("::1".parse().unwrap()));
    assert_eq!(uri("sip:192.0.2.1").sip().unwrap().host.address(), Some("192.0.2.1".parse().unwrap()));
    assert_eq!(
        uri("sip:+8613900000002@example.net;user=phone").sip().unwrap().user,
        Some(&b"+8613900000002"[..])
    );
    assert_eq!(uri("sip:*21#@pbx").sip().unwrap().user, Some(&b"*21#"[..]));
    let tel = uri("tel:+49-30-1234.(5)").tel().unwrap();
    assert!(tel.is_global());
    assert_eq!(tel.digits().collect::<Vec<_>>(), b"+493012345");
    assert_eq!(uri("tel:863-1234;phone-context=+1-914-555").params().iter().count(), 1);
    assert_eq!(uri("urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg").as_bytes().len(), 43);
}

/// RFC 3261 19.1.4.
#[test]
fn these_are_the_same() {
    for (one, other) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]"),
        ("SIP:a@b", "sip:a@B"),
        ("sip:a@b;lr", "sip:a@b;LR"),
        ("tel:+1-201-555-0123", "tel:+1(201)5550123"),
        ("tel:7042;phone-context=example.com;x=1", "tel:70-42;X=1;phone-context=EXAMPLE.com"),
        ("tel:7042;phone-context=+1-2", "tel:7042;phone-context=+12"),
        ("mailto:a@b", "mailto:a@b"),
    ] {
        assert!(uri(one) == uri(other) && uri(other) == uri(one), "{one} {other}");
    }
}

#[test]
fn these_are_not() {
    for (one, other) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;newparam=6"),
        ("sip:a@b;lr", "sip:a@b;lr=on"),
        ("sip:a@b", "sips:a@b"),
        ("sip:b", "sip:a@b"),
        ("sip:a:1@b", "sip:a@b"),
        ("sip:a%3Bb@c", "sip:a;b@c"),
        ("sip:a@b?x=1&x=2", "sip:a@b?x=1&x=1"),
        ("tel:7042;phone-context=+1", "tel:7042;phone-context=+2"),
        ("tel:7042;phone-context=+1", "tel:7042;phone-context=+1;ext=3"),
        ("tel:+12", "tel:12"),
        ("tel:+12", "sip:+12@b"),
        ("mailto:a@b", "mailto:a@c"),
    ] {
        assert!(uri(one) != uri(other) && uri(other) != uri(one), "{one} {other}");
    }
}

#[test]
fn these_are_none() {
    for text in [
        "",
        "sip",
        "sip:",
        ":",
        "sip:@b",
        "sip:a@",
        "sip:a@b:",
        "sip:a@b:99999",
        "sip:a@b:5x",
        "sip:a b@c",
        "sip:a@b;",
        "sip:a@b;;x",
        "sip:a@b;=1",
        "sip:a@b;x=",
        "sip:a@b?",
        "sip:a@b?x",
        "sip:a@b?=1",
        "sip:%4@b",
        "sip:%zz@b",
        "sip:a@b@c",
        "sip:[::1",
        "sip:[::1]x",
        "sip:[::g]",
        "sip:::1",
        "sip:[192.0.2.1]",
        "sip:a@<b>",
        "sip:a:b:c@d",
        "<sip:a@b>",
        "tel:",
        "tel:+",
        "tel:+12a",
        "tel:12x",
        "tel:+1;",
        "1x:y",
        "x:",
        "x:a b",
        "x:<a>",
        "sip:a\u{fc}@b",
        "sip:a@b;x=1;%58=2",
        "sip:a@b;lr;lr",
        "tel:+1;a;a",
        "sip:[2001:db8:::10]",
        "sip:[1:::2:::192.0.2.1]",
    ] {
        assert!(Uri::read(text.as_bytes()).is_none(), "{text}");
    }
}

/// Nothing may cost its square in what a peer writes.
#[test]
fn there_are_not_more_than_64_parameters_or_headers() {
    let params = |count: usize| (0..count).map(|at| format!(";p{at}")).collect::<String>();
    let headers =
        |count: usize| (0..count).map(|at| format!("&h{at}=1")).collect::<String>().replacen('&', "?", 1);
    for (count, taken) in [(64, true), (65, false), (4000, false)] {
        for text in [
            format!("sip:a@b{}", params(count)),
            format!("tel:+1{}", params(count)),
            format!("sip:a@b{}", headers(count)),
        ] {
            assert_eq!(Uri::read(text.as_bytes()).is_some(), taken, "{count}");
        }
        let value = format!("<sip:a@b>{}", params(count));
        assert_eq!(NameAddr::read(value.as_bytes()).is_some(), taken, "{count}");
    }
}
