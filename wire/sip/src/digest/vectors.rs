//! The numbers of the standards.

use super::{Algorithm, Asked, Ha1, Qop};
use crate::method::Method;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_vectors_of_the_standards() {
    // (from, algorithm, user, realm, password, method, uri, nonce, cnonce, qop, body, response)
    let rfc7616 =
        ("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
    let erratum =
        ("5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
    let sip = ("dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b");
    let mufasa = ("Mufasa", "http-auth@example.org", "Circle of Life", "GET", "/dir/index.html");
    let doe = ("Jäsøn Doe", "api@example.org", "Secret, or not?", "GET", "/doe.json");
    let bob = ("bob", "biloxi.com", "zanzibar", "INVITE", "sip:bob@biloxi.com");
    let sdp = "v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\nc=IN IP4 media.biloxi.com\r\nt=0 0\r\n\
               m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n\
               m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n";
    let table = [
        ("RFC 7616 3.9.1", Algorithm::Md5, mufasa, rfc7616, "auth", "", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "RFC 7616 3.9.1",
            Algorithm::Sha256,
            mufasa,
            rfc7616,
            "auth",
            "",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (
            "RFC 7616 3.9.2 with erratum 4897",
            Algorithm::Sha512_256,
            doe,
            erratum,
            "auth",
            "",
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
        ),
        (
            "draft-smith-sipping-auth-examples 3.3",
            Algorithm::Md5,
            bob,
            sip,
            "auth",
            "",
            "89eb0059246c02b2f6ee02c7961d5ea3",
        ),
        (
            "draft-smith-sipping-auth-examples 3.4",
            Algorithm::Md5,
            bob,
            sip,
            "auth-int",
            sdp,
            "bdbeebb2da6adb6bca02599c2239e192",
        ),
        (
            "draft-smith-sipping-auth-examples 3.1",
            Algorithm::Md5,
            bob,
            sip,
            "",
            "",
            "bf57e4e0d0bffc0fbaedce64d59add5e",
        ),
        // RFC 8760 has no numbers of its own: the same call with its algorithms, by another implementation.
        (
            "RFC 8760",
            Algorithm::Sha256,
            bob,
            sip,
            "auth",
            "",
            "b3b5a6c69453abafaab9ae4dccdac90a076b6c80615d5f3498e7433b6e93bf4f",
        ),
        (
            "RFC 8760",
            Algorithm::Sha256,
            bob,
            sip,
            "auth-int",
            "hello",
            "70789e30732b08621ba477130f0d9610acb2bc69c93a5eed5263b9ca2fa14c5d",
        ),
        (
            "RFC 8760",
            Algorithm::Sha512_256,
            bob,
            sip,
            "auth",
            "",
            "7f1a09de0f19af0a1eac2b28d33e3f2fb89cca1ad8fb01bba5e1883b288bac14",
        ),
    ];
    for (from, algorithm, (user, realm, password, method, uri), (nonce, cnonce), qop, body, response) in table
    {
        let ha1 = Ha1::of(algorithm, user.as_bytes(), realm.as_bytes(), password.as_bytes());
        let counted = Qop::read(qop.as_bytes()).map(|qop| (&b"00000001"[..], cnonce.as_bytes(), qop));
        let (method, body) = (Method::Other(method.as_bytes()), body.as_bytes());
        let asked = Asked { method, uri: uri.as_bytes(), body, nonce: nonce.as_bytes(), counted };
        assert_eq!(asked.response(&ha1), response, "{from}, {algorithm:?}, {qop}");
    }
}
