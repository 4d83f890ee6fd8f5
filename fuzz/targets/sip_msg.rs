//! One SIP message in a datagram or a frame: what is taken can be written, answered and read again as the same, what
//! is refused has an answer of its own, and a stream sees the same message as a datagram does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_fuzz::sip::{look_at, look_at_refusal, owned};
use wire_sip::{HeaderName, Incoming, Limits, Message, StreamFramer, read_datagram, read_frame};

fuzz_target!(|data: &[u8]| {
    let limits = Limits { message: 4096, line: 512, headers: 32, vias: 8, uri: 256 };
    let datagram = seen(read_datagram(owned(data), &limits));
    let frame = seen(read_frame(owned(data), &limits));
    if let Some(frame) = &frame {
        // Both know the end; the frame is only stricter about what Content-Length says of it.
        let datagram = datagram.as_ref().expect("a frame is a datagram");
        assert_eq!(datagram.octets(), frame.octets());
    }
    if let Some(datagram) = datagram.filter(|message| message.has(HeaderName::ContentLength)) {
        let start = data.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        let mut input = &data[start..];
        let streamed = StreamFramer::new(limits).next_incoming(&mut input).and_then(seen);
        let streamed = streamed.expect("a datagram with its length is a message on a stream");
        assert_eq!(streamed.octets(), datagram.octets(), "two readers see two messages");
        assert!(data.ends_with(input), "a stream was read beyond its message");
    }
});

fn seen(incoming: Incoming) -> Option<Message> {
    match incoming {
        Incoming::Message(message) => {
            look_at(&message);
            Some(message)
        }
        Incoming::Refused(refusal) => {
            look_at_refusal(&refusal);
            None
        }
        Incoming::Ping | Incoming::Pong => None,
    }
}
