//! SIP and tel URIs of any peer: total, equal to themselves and symmetric in their comparison, and the same when they
//! are written into a header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_sip::header::{NameAddr, Value};
use wire_sip::uri::{Host, Uri, UriKind, unescape};

fuzz_target!(|data: &[u8]| {
    let mut sides = data.splitn(2, |octet| *octet == b'\n');
    let (one, other) = (sides.next().and_then(Uri::read), sides.next().and_then(Uri::read));
    for uri in [one, other].into_iter().flatten() {
        look_at(&uri);
    }
    if let (Some(one), Some(other)) = (one, other) {
        assert_eq!(one == other, other == one, "a comparison that depends on the side");
    }
});

fn look_at(uri: &Uri<'_>) {
    let text = uri.as_bytes();
    assert!(*uri == *uri, "a URI that is not itself");
    assert!(!text.iter().any(|octet| octet.is_ascii_whitespace() || matches!(octet, b'<' | b'>' | b'"')));
    match uri.kind() {
        UriKind::Sip(sip) => {
            assert!(sip.user_text().len() <= text.len());
            for (name, value) in sip.header_pairs() {
                assert!(!name.is_empty() && unescape(value).len() <= value.len());
            }
            if let Some(address) = sip.host.address() {
                assert_eq!(Host::from(address), sip.host);
            }
            assert_eq!(uri.sip().map(|again| again.user), Some(sip.user));
        }
        UriKind::Tel(tel) => assert!(tel.digits().next().is_some() && uri.tel().is_some()),
        UriKind::Other { scheme } => assert!(text.starts_with(scheme) && !scheme.is_empty()),
    }
    for (name, value) in uri.params().iter() {
        assert_eq!(std::str::from_utf8(name).ok().and_then(|name| uri.params().get(name)), Some(value));
    }
    let written = [b"\"x\" <", text, b">;tag=1"].concat();
    let read = NameAddr::read(&written).expect("a URI in angle brackets");
    assert!(read.uri.as_bytes() == text && read.tag() == Some(&b"1"[..]));
    // Without the brackets a comma or a question mark would end it, and parameters are the header's.
    if let Some(bare) = NameAddr::read(text) {
        assert!(text.starts_with(bare.uri.as_bytes()));
    }
}
