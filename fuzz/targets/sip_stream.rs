//! SIP on a stream: how it is cut into reads makes no difference, nothing is read twice or made up, and what is held
//! for the rest of a message is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_fuzz::sip::{look_at_refusal, owned};
use wire_sip::{Incoming, Limits, StreamFramer, read_datagram};

fuzz_target!(|data: &[u8]| {
    let Some((cut, stream)) = data.split_first() else { return };
    let whole = streamed(std::iter::once(stream));
    let pieces = streamed(stream.chunks(usize::from(*cut).max(1)));
    assert_eq!(whole, pieces, "how the stream is cut made a difference");
});

const LIMITS: Limits = Limits { message: 2048, line: 512, headers: 32, vias: 8, uri: 256 };

/// Everything that came out, in words.
fn streamed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut framer = StreamFramer::new(LIMITS);
    let (mut told, mut fed, mut used) = (Vec::new(), 0, 0);
    let mut over = false;
    for mut piece in pieces {
        fed += piece.len();
        while let Some(incoming) = framer.next_incoming(&mut piece) {
            assert!(!over, "{incoming:?} after the end");
            match &incoming {
                Incoming::Message(message) => {
                    used += message.octets().len();
                    let datagram = read_datagram(owned(message.octets()), &LIMITS);
                    assert!(matches!(datagram, Incoming::Message(_)), "a message is one also alone");
                }
                Incoming::Refused(refusal) => {
                    look_at_refusal(refusal);
                    over = refusal.close;
                }
                Incoming::Ping | Incoming::Pong => used += 2,
            }
            told.push(format!("{incoming:?}"));
        }
        assert!(piece.is_empty(), "octets were left lying");
        assert!(used <= fed, "octets were made up");
        assert!(!over || !framer.is_inside_message());
    }
    told
}
