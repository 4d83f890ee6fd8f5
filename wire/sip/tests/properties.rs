//! What holds for every message: what is written is read, a stream is the same however it is cut, and nobody's octets
//! panic.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod reading;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wire_sip::uri::Uri;
use wire_sip::{
    HeaderName, Incoming, Limits, Message, Method, StreamFramer, Writer, read_datagram, read_frame,
};

/// A header value as somebody may write it: any octets but line ends, no white space at its ends.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let octet = any::<u8>().prop_filter("a line end", |octet| !matches!(octet, b'\r' | b'\n'));
    vec(octet, 0..40).prop_map(|value| value.trim_ascii().to_vec())
}

#[derive(Debug, Clone)]
struct Written {
    method: String,
    user: String,
    tag: String,
    number: u32,
    others: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

prop_compose! {
    fn written()(
        method in "MESSAGE|REGISTER|OPTIONS|[A-Z.!%*_+`'~-]{1,12}",
        user in "[a-z0-9&=+$,;?/#_.!~*'()-]{1,12}",
        tag in "[a-zA-Z0-9.!%*_+`'~-]{1,12}",
        number: u32,
        others in vec(("X-[a-zA-Z0-9.!%*_+`'~-]{0,12}|Subject|Accept-Contact|Date", value()), 0..8),
        body in vec(any::<u8>(), 0..200),
    ) -> Written {
        Written { method, user, tag, number, others, body }
    }
}

impl Written {
    fn octets(&self) -> Bytes {
        let method = Method::read(self.method.as_bytes()).unwrap();
        let uri = format!("sip:{}@example.net", self.user);
        let mut out = BytesMut::new();
        let mut writer = Writer::request(&mut out, method, uri.as_bytes());
        writer.header(HeaderName::Via, b"SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1");
        writer.parts(HeaderName::From, &[b"<", uri.as_bytes(), b">;tag=", self.tag.as_bytes()]);
        writer.header(HeaderName::To, b"<tel:+8613900000002>");
        writer.header(HeaderName::CallId, self.tag.as_bytes());
        writer.cseq(self.number, method);
        for (name, value) in &self.others {
            writer.header(name.as_str(), value);
        }
        writer.finish(&self.body).unwrap();
        out.freeze()
    }

    fn is(&self, message: &Message) {
        let uri = format!("sip:{}@example.net", self.user);
        assert_eq!(message.method().as_bytes(), self.method.as_bytes());
        assert!(message.request_uri() == Uri::read(uri.as_bytes()));
        assert_eq!(message.from().uri.as_bytes(), uri.as_bytes());
        assert_eq!(message.from().uri.sip().and_then(|uri| uri.user), Some(self.user.as_bytes()));
        assert_eq!((message.from_tag(), message.call_id()), (Some(self.tag.as_bytes()), self.tag.as_bytes()));
        assert_eq!(message.cseq().number, self.number);
        assert_eq!(message.body(), self.body);
        let others = message.fields().skip(5).take(self.others.len());
        let others =
            others.map(|field| (String::from_utf8(field.raw_name.to_vec()).unwrap(), field.value.to_vec()));
        assert_eq!(others.collect::<Vec<_>>(), self.others);
    }
}

/// Everything that comes out of a stream in these pieces, in words.
fn streamed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut framer = StreamFramer::new(Limits::default());
    let mut all = Vec::new();
    for mut piece in pieces {
        while let Some(incoming) = framer.next_incoming(&mut piece) {
            all.push(format!("{incoming:?}"));
        }
        assert!(piece.is_empty());
    }
    all
}

/// The octets in pieces that end at these places.
fn cut<'a>(octets: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(octets.len() + 1)).collect();
    places.sort_unstable();
    let starts = std::iter::once(0).chain(places.iter().copied());
    starts.zip(places.iter().copied().chain([octets.len()])).map(|(from, to)| &octets[from..to]).collect()
}

fn torture() -> impl Strategy<Value = Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "sip")).collect();
    files.sort();
    prop::sample::select(files).prop_map(|path| std::fs::read(path).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(message in written()) {
        let octets = message.octets();
        message.is(&Message::read(octets.clone()).unwrap());
        let Incoming::Message(datagram) = read_datagram(octets.clone(), &Limits::default()) else { panic!() };
        message.is(&datagram);
        let Some(Incoming::Message(streamed)) = StreamFramer::new(Limits::default()).next_incoming(&mut &octets[..])
        else { panic!() };
        message.is(&streamed);
    }

    #[test]
    fn a_stream_is_the_same_however_it_is_cut(
        messages in vec((written(), "(\r\n){0,5}"), 1..5),
        rubbish in vec(any::<u8>(), 0..20),
        places in vec(any::<Index>(), 0..20),
    ) {
        let mut octets = Vec::new();
        for (message, ends) in &messages {
            octets.extend_from_slice(&message.octets());
            octets.extend_from_slice(ends.as_bytes());
        }
        octets.extend_from_slice(&rubbish);
        let whole = streamed([&octets[..]]);
        prop_assert!(whole.iter().filter(|told| told.starts_with("Message(")).count() >= messages.len());
        prop_assert_eq!(&streamed(cut(&octets, &places)), &whole);
    }

    #[test]
    fn nobodys_octets_panic(
        octets in torture(),
        changes in vec((any::<Index>(), 0..3_u8, any::<u8>()), 1..12),
        places in vec(any::<Index>(), 0..6),
    ) {
        let mut octets = octets;
        for (place, kind, octet) in changes {
            let place = place.index(octets.len());
            match kind {
                0 => octets[place] = octet,
                1 => octets.insert(place, octet),
                _ if octets.len() > 1 => drop(octets.remove(place)),
                _ => {}
            }
        }
        let limits = Limits::default();
        for incoming in [read_datagram(Bytes::from(octets.clone()), &limits), read_frame(Bytes::from(octets.clone()), &limits)] {
            match incoming {
                Incoming::Message(message) => drop(reading::unreadable(&message)),
                Incoming::Refused(refusal) => {
                    let mut out = BytesMut::new();
                    refusal.answer(b"t", &mut out);
                    prop_assert_eq!(out.is_empty(), !refusal.is_answerable());
                }
                Incoming::Ping | Incoming::Pong => {}
            }
        }
        prop_assert_eq!(streamed(cut(&octets, &places)), streamed([&octets[..]]));
    }
}
