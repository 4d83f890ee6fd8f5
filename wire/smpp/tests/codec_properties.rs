//! Properties of the codec: what is written reads back, by us and by an independent implementation; no octets panic;
//! how a stream is cut into reads makes no difference.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use proptest::collection::vec;
use proptest::prelude::*;
use rusmpp::decode::DecodeWithLength;
use rusmpp::encode::{Encode, Length};
use wire_smpp::{
    Address, Bind, BindMode, BindResp, CancelSm, CommandStatus, EsmClass, Frame, Framer, MAX_PDU_BOUND, Pdu,
    QuerySm, QuerySmResp, Receipt, ShortMessage, SmppTime, SubmitResp, Tag, TlvBuf, Tlvs, id_candidates,
};

/// Owned fields, from which PDUs are borrowed.
#[derive(Debug, Clone)]
struct Fields {
    short: Vec<u8>,
    digits: [Vec<u8>; 2],
    ton_npi: [u8; 2],
    octets: [u8; 8],
    time: Vec<u8>,
    text: Vec<u8>,
    id: Vec<u8>,
    tlvs: Vec<(u16, Vec<u8>)>,
}

/// ASCII, since the independent reader takes nothing else in strings.
fn c_octets(max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(0x20..0x7F_u8, 0..=max)
}

fn fields() -> impl Strategy<Value = Fields> {
    let time =
        prop_oneof![Just(Vec::new()), Just(b"000001000000000R".to_vec()), Just(b"261123120000000+".to_vec())];
    let addresses = (c_octets(20), c_octets(20)).prop_map(|(a, b)| [a, b]);
    // Tags of vendors: the independent reader looks into those it knows.
    let tlvs = vec((0x1400..0x3FFF_u16, vec(any::<u8>(), 0..40)), 0..4);
    let octets = any::<[u8; 8]>();
    let texts = (vec(any::<u8>(), 0..=254), c_octets(64));
    (
        c_octets(5),
        addresses,
        (0..=6_u8, 0..=1_u8).prop_map(|(ton, npi)| [ton, npi]),
        octets,
        time,
        texts,
        tlvs,
    )
        .prop_map(|(short, digits, ton_npi, octets, time, (text, id), tlvs)| Fields {
            short,
            digits,
            ton_npi,
            octets,
            time,
            text,
            id,
            tlvs,
        })
}

impl Fields {
    fn tlv_buf(&self) -> TlvBuf {
        let mut tlvs = TlvBuf::new();
        for (tag, value) in &self.tlvs {
            assert!(tlvs.push(Tag(*tag), value));
        }
        tlvs
    }

    fn addresses(&self) -> (Address<'_>, Address<'_>) {
        let ([ton, npi], [from, to]) = (self.ton_npi, &self.digits);
        (Address { ton, npi, digits: from }, Address { ton, npi, digits: to })
    }

    fn message<'a>(&'a self, tlvs: Tlvs<'a>) -> ShortMessage<'a> {
        let (source, destination) = self.addresses();
        let [esm_class, protocol_id, priority_flag, registered_delivery, replace, data_coding, default_id, _] =
            self.octets;
        ShortMessage {
            service_type: &self.short,
            source,
            destination,
            esm_class: EsmClass(esm_class),
            protocol_id,
            priority_flag,
            schedule_delivery_time: &self.time,
            validity_period: &self.time,
            registered_delivery,
            replace_if_present_flag: replace,
            data_coding,
            sm_default_msg_id: default_id,
            short_message: &self.text,
            tlvs,
        }
    }

    fn all<'a>(&'a self, tlvs: Tlvs<'a>) -> Vec<Pdu<'a>> {
        let (source, destination) = self.addresses();
        let message = self.message(tlvs);
        let data = ShortMessage {
            protocol_id: 0,
            priority_flag: 0,
            schedule_delivery_time: b"",
            validity_period: b"",
            replace_if_present_flag: 0,
            sm_default_msg_id: 0,
            short_message: b"",
            ..message
        };
        let id = Some(self.id.as_slice()).filter(|id| !id.is_empty());
        let short = self.short.as_slice();
        let [version, message_state, error_code, ..] = self.octets;
        let bind = Bind {
            system_id: short,
            password: short,
            system_type: short,
            interface_version: version,
            addr_ton: source.ton,
            addr_npi: source.npi,
            address_range: source.digits,
        };
        // The independent reader knows one TLV in a bind_resp.
        let one = tlvs.iter().next().map_or(0, |(_, value)| 4 + value.len());
        let one = Tlvs::new(tlvs.as_bytes().get(..one).unwrap());
        let resp = SubmitResp { message_id: id, tlvs };
        vec![
            Pdu::Bind(BindMode::Transceiver, bind),
            Pdu::Bind(BindMode::Receiver, bind),
            Pdu::Bind(BindMode::Transmitter, bind),
            Pdu::BindResp(BindMode::Transceiver, BindResp { system_id: short, tlvs: one }),
            Pdu::SubmitSm(message),
            Pdu::DeliverSm(message),
            Pdu::DataSm(data),
            Pdu::SubmitSmResp(resp),
            Pdu::DataSmResp(resp),
            Pdu::CancelSm(CancelSm { service_type: short, message_id: &self.id, source, destination }),
            Pdu::QuerySm(QuerySm { message_id: &self.id, source }),
            Pdu::QuerySmResp(QuerySmResp {
                message_id: &self.id,
                final_date: &self.time,
                message_state,
                error_code,
            }),
            Pdu::DeliverSmResp,
            Pdu::EnquireLink,
            Pdu::EnquireLinkResp,
            Pdu::Unbind,
            Pdu::UnbindResp,
            Pdu::CancelSmResp,
            Pdu::GenericNack,
        ]
    }
}

fn octets_of(pdu: &Pdu<'_>, status: CommandStatus, sequence: u32) -> Vec<u8> {
    let mut out = Vec::new();
    pdu.encode(status, sequence, &mut out).unwrap();
    out
}

proptest! {
    #[test]
    fn what_is_written_reads_back(fields in fields(), sequence in 1..=0x7FFF_FFFF_u32, status in 0..0x500_u32) {
        let tlvs = fields.tlv_buf();
        for pdu in fields.all(tlvs.tlvs()) {
            let out = octets_of(&pdu, CommandStatus(status), sequence);
            let frame = Frame::parse(&out).unwrap();
            prop_assert_eq!(frame.header.sequence, sequence);
            prop_assert_eq!(frame.header.command_status, CommandStatus(status));
            prop_assert_eq!(Pdu::decode(&frame), Ok(pdu));
        }
    }

    #[test]
    fn an_independent_implementation_reads_what_is_written_and_writes_it_again(fields in fields(), sequence in 1..=0x7FFF_FFFF_u32) {
        let tlvs = fields.tlv_buf();
        for pdu in fields.all(tlvs.tlvs()) {
            let out = octets_of(&pdu, CommandStatus::OK, sequence);
            let mut body = bytes::BytesMut::from(out.get(4..).unwrap());
            let length = body.len();
            let (command, read) = rusmpp::Command::decode(&mut body, length)
                .map_err(|error| TestCaseError::fail(format!("{error:?} in {pdu:?}")))?;
            prop_assert_eq!(read, length);
            prop_assert_eq!(command.sequence_number, sequence);
            let mut again = vec![0; command.length()];
            command.encode(&mut again);
            prop_assert_eq!(again.as_slice(), out.get(4..).unwrap());
        }
    }

    #[test]
    fn no_octets_panic(octets in vec(any::<u8>(), 0..400), id in any::<u32>()) {
        for command in [id, id & 0x8000_0109, id & 0x8000_000F] {
            let header = wire_smpp::Header {
                command_id: wire_smpp::CommandId(command),
                command_status: CommandStatus(id),
                sequence: id,
            };
            if let Ok(Pdu::DeliverSm(message) | Pdu::DataSm(message)) = Pdu::decode(&Frame { header, body: &octets }) {
                let _ = Receipt::read(&message).is_final();
                let _ = message.user_data();
            }
        }
        let _ = Frame::parse(&octets);
        let _ = SmppTime::parse(&octets);
        let _ = id_candidates(&String::from_utf8_lossy(&octets));
        let message = ShortMessage { short_message: &octets, ..ShortMessage::default() };
        let _ = Receipt::read(&message);
    }

    #[test]
    fn how_a_stream_is_cut_makes_no_difference(
        lengths in vec(16..200_usize, 0..8),
        tail in vec(any::<u8>(), 0..40),
        cuts in vec(1..50_usize, 1..200),
    ) {
        let mut stream = Vec::new();
        for (n, length) in lengths.iter().enumerate() {
            let mut pdu = vec![u8::try_from(n).unwrap(); *length];
            pdu.splice(..4, u32::try_from(*length).unwrap().to_be_bytes());
            stream.extend(pdu);
        }
        stream.extend(&tail);
        let whole = frames(std::iter::once(stream.as_slice()));
        prop_assert!(whole.len() >= lengths.len());
        prop_assert_eq!(&whole, &frames(stream.chunks(1)));
        let mut rest = stream.as_slice();
        let pieces = cuts.iter().cycle().map_while(|cut| {
            let (piece, tail) = rest.split_at(rest.len().min(*cut));
            rest = tail;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(&whole, &frames(pieces));
    }
}

/// Bodies of all frames, and whether the stream broke.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Vec<u8>, u32>> {
    let mut framer = Framer::new(MAX_PDU_BOUND);
    let mut seen = Vec::new();
    for mut piece in pieces {
        loop {
            match framer.next_frame(&mut piece) {
                Ok(Some(frame)) => seen.push(Ok(frame.body.to_vec())),
                Ok(None) => break,
                Err(bad) => {
                    seen.push(Err(bad.command_length));
                    return seen;
                }
            }
        }
    }
    seen
}
