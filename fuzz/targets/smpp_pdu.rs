//! SMPP octets: how a stream is cut into reads makes no difference, what is read can be written and reads back the
//! same, and every refusal is itself a PDU.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_smpp::{BadLength, CommandStatus, Frame, Framer, HEADER_LEN, Header, MAX_PDU_UNBOUND, Pdu};

fuzz_target!(|data: &[u8]| {
    let Some((cut, stream)) = data.split_first() else { return };
    let (whole, end) = frames(std::iter::once(stream));
    let (cut, cut_end) = frames(stream.chunks(usize::from(*cut).max(1)));
    assert_eq!((&whole, end), (&cut, cut_end), "how the stream is cut made a difference");
    assert!(whole.iter().map(|(_, body)| body.len() + HEADER_LEN).sum::<usize>() <= stream.len());
    for (header, body) in &whole {
        let frame = Frame { header: *header, body };
        match Pdu::decode(&frame) {
            Ok(pdu) => written(&pdu, header),
            Err(refusal) => {
                let mut answer = Vec::new();
                refusal.encode(header.sequence, &mut answer);
                assert_eq!(answer.is_empty(), refusal.answer.is_none());
                assert!(
                    answer.is_empty()
                        || Frame::parse(&answer).is_some_and(|answer| Pdu::decode(&answer).is_ok())
                );
                assert!(!refusal.status.is_ok() && answer.len() <= HEADER_LEN + 1);
            }
        }
    }
});

/// What was read, written and read again, is the same. What the standard does not allow us to write is refused whole.
fn written(pdu: &Pdu<'_>, header: &Header) {
    let mut out = b"before".to_vec();
    if pdu.encode(header.command_status, header.sequence, &mut out).is_err() {
        assert_eq!(out, b"before", "a refused PDU left octets behind");
        return;
    }
    let octets = &out[6..];
    let length = u32::from_be_bytes([octets[0], octets[1], octets[2], octets[3]]);
    assert_eq!(usize::try_from(length).unwrap(), octets.len());
    let again = Frame::parse(octets).expect("a header");
    assert_eq!(
        (again.header.sequence, again.header.command_status),
        (header.sequence, header.command_status)
    );
    let decoded = Pdu::decode(&again).expect("what we write, we read");
    let silent = header.command_status != CommandStatus::OK;
    assert!(decoded == *pdu || silent, "{decoded:?} was {pdu:?}");
    let mut twice = Vec::new();
    decoded
        .encode(header.command_status, header.sequence, &mut twice)
        .expect("what we read of ours, we write");
    assert_eq!(twice, octets);
}

type Cut = (Vec<(Header, Vec<u8>)>, Option<BadLength>);

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Cut {
    let mut framer = Framer::new(MAX_PDU_UNBOUND);
    let mut seen = Vec::new();
    for mut piece in pieces {
        loop {
            match framer.next_frame(&mut piece) {
                Ok(Some(frame)) => seen.push((frame.header, frame.body.to_vec())),
                Ok(None) => break,
                Err(bad) => return (seen, Some(bad)),
            }
        }
    }
    (seen, None)
}
