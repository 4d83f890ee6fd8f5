//! STUN as a keep-alive of a flow over datagrams (RFC 5626 4.4.2 and 8; RFC 5389): a Binding request on a SIP port is
//! answered with the address that it came from, nothing more.

use core::net::{IpAddr, SocketAddr};

/// What every STUN message of RFC 5389 has behind its type and length.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_RESPONSE: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const HEADER: usize = 20;

/// The answer to a Binding request; nothing when the datagram is none. No SIP message begins like one.
#[must_use]
pub fn stun_answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let head: &[u8; HEADER] = datagram.first_chunk()?;
    let [t0, t1, l0, l1, mask @ ..] = head;
    let attributes = usize::from(u16::from_be_bytes([*l0, *l1]));
    let is_request = [*t0, *t1] == BINDING_REQUEST && mask.starts_with(&COOKIE);
    if !is_request || !attributes.is_multiple_of(4) || datagram.len() != HEADER.checked_add(attributes)? {
        return None;
    }
    let (family, address) = match from.ip().to_canonical() {
        IpAddr::V4(address) => (1, address.octets().to_vec()),
        IpAddr::V6(address) => (2, address.octets().to_vec()),
    };
    // The address is written so that no router on the way takes it for one that it should translate (15.2).
    let port = from.port().to_be_bytes();
    let plain = port.iter().zip(COOKIE).chain(address.iter().zip(mask.iter().copied()));
    let masked: Vec<u8> = plain.map(|(octet, mask)| octet ^ mask).collect();
    let value = u16::try_from(masked.len().checked_add(2)?).ok()?;
    let mut answer = Vec::with_capacity(HEADER.saturating_add(24));
    answer.extend(BINDING_RESPONSE);
    answer.extend(value.checked_add(4)?.to_be_bytes());
    answer.extend(mask);
    answer.extend(XOR_MAPPED_ADDRESS);
    answer.extend(value.to_be_bytes());
    answer.extend([0, family]);
    answer.extend(masked);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::stun_answer;

    /// A request with the transaction id of RFC 5769.
    fn request() -> Vec<u8> {
        let mut request = vec![0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42];
        request.extend([0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae]);
        request
    }

    #[test]
    fn the_mapped_addresses_are_those_of_rfc_5769() {
        let answer = stun_answer(&request(), "192.0.2.1:32853".parse().unwrap()).unwrap();
        assert_eq!(answer[..4], [0x01, 0x01, 0x00, 0x0c]);
        assert_eq!(answer[4..20], request()[4..]);
        assert_eq!(answer[20..], [0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        let from = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        let answer = stun_answer(&request(), from).unwrap();
        assert_eq!(
            answer[20..],
            [
                0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1,
                0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9
            ]
        );
    }

    #[test]
    fn what_is_no_binding_request_is_not_answered() {
        let from = "192.0.2.1:32853".parse().unwrap();
        for (at, octet) in [(0, 0x41), (1, 0x02), (3, 0x04), (3, 0x01), (4, 0x00)] {
            let mut other = request();
            other[at] = octet;
            assert_eq!(stun_answer(&other, from), None, "octet {at}");
        }
        for length in 0..20 {
            assert_eq!(stun_answer(&request()[..length], from), None);
        }
        assert_eq!(stun_answer(b"OPTIONS sip:example.net SIP/2.0\r\n", from), None);
    }
}
