//! What the two SMPP session targets share: the messages that our side sends, and the pieces a stream comes in.

use wire_smpp::{Address, Bind, EsmClass, ShortMessage, Tlvs};

/// A message of ours.
pub const MESSAGE: ShortMessage<'static> = ShortMessage {
    service_type: b"",
    source: Address { ton: 3, npi: 0, digits: b"12345" },
    destination: Address { ton: 1, npi: 1, digits: b"4915112345678" },
    esm_class: EsmClass(0),
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: b"",
    validity_period: b"",
    registered_delivery: 1,
    replace_if_present_flag: 0,
    data_coding: 0,
    sm_default_msg_id: 0,
    short_message: b"Hello",
    tlvs: Tlvs::new(&[]),
};

/// How we introduce ourselves.
pub const BIND: Bind<'static> = Bind {
    system_id: b"esme",
    password: b"secret",
    system_type: b"",
    interface_version: 0x34,
    addr_ton: 0,
    addr_npi: 0,
    address_range: b"",
};

/// The same octets in pieces of `cut`, or whole when `cut` is 0. No octets are one empty piece.
pub fn pieces(octets: &[u8], cut: usize) -> impl Iterator<Item = &[u8]> {
    let size = if cut == 0 { octets.len().max(1) } else { cut };
    let empty = octets.is_empty().then_some(octets);
    empty.into_iter().chain(octets.chunks(size))
}
