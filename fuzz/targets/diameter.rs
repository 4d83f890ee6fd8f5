//! Diameter octets: how a stream is cut into reads makes no difference, what is read as credit control can be written
//! and reads back the same, and a fault names a result code that an answer can carry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_diameter::avp::Group;
use wire_diameter::credit::{CreditControlAnswer, CreditControlRequest};
use wire_diameter::neighbour::{Capabilities, Notice};
use wire_diameter::{BadLength, Fault, Framer, HEADER_LEN, Header, Message};

/// What was read, written and read again, is the same.
macro_rules! written {
    ($message:expr, $type:ident) => {
        match $type::read($message.avps) {
            Ok(read) => {
                let mut out = b"before".to_vec();
                if Message::write(&$message.header, &mut out, |to| read.write(to)).is_err() {
                    assert_eq!(out, b"before", "a refused message left octets behind");
                } else {
                    let again = Message::parse(&out[6..]).expect("what we write, we read");
                    assert_eq!(again.header, $message.header);
                    assert_eq!($type::read(again.avps).expect("what we write, we read"), read);
                }
            }
            Err(fault) => told(&$message.header, &fault),
        }
    };
}

fuzz_target!(|data: &[u8]| {
    let Some((cut, stream)) = data.split_first() else { return };
    let (whole, end) = messages(std::iter::once(stream));
    let (pieces, pieces_end) = messages(stream.chunks(usize::from(*cut).max(1)));
    assert_eq!((&whole, end), (&pieces, pieces_end), "how the stream is cut made a difference");
    assert!(whole.iter().map(Vec::len).sum::<usize>() <= stream.len(), "octets were made up");
    for octets in &whole {
        match Message::parse(octets) {
            Ok(message) => {
                written!(message, CreditControlRequest);
                written!(message, CreditControlAnswer);
                written!(message, Capabilities);
                written!(message, Notice);
            }
            Err(fault) => told(&message_header(octets), &fault),
        }
    }
});

fn message_header(octets: &[u8]) -> Header {
    Message::header_of(octets).expect("what was cut is longer than a header")
}

fn told(header: &Header, fault: &Fault) {
    let mut out = Vec::new();
    Message::write(header, &mut out, |to| fault.write_failed_avp(to)).expect("a fault is short");
    assert!(out.len() <= HEADER_LEN + 20 && fault.result_code().0 > 5000);
    assert!(Message::parse(&out).is_ok());
}

fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<BadLength>) {
    let (mut framer, mut seen) = (Framer::default(), Vec::new());
    for mut piece in pieces {
        loop {
            match framer.next_message(&mut piece) {
                Ok(Some(octets)) => seen.push(octets.to_vec()),
                Ok(None) => break,
                Err(bad) => return (seen, Some(bad)),
            }
        }
    }
    (seen, None)
}
