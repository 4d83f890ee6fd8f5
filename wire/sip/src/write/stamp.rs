//! What a server and a proxy do to the Via fields that pass them.

use core::net::IpAddr;

use bytes::{BufMut, BytesMut};

use crate::message::Message;

impl Message {
    /// The request with the address and port that it came from in its topmost Via (RFC 3261 18.2.1, RFC 3581 4):
    /// `received` when the sender asked for `rport` or says another host than it has, `rport` when it asked. What the
    /// sender wrote there itself is taken out. Unchanged, and not copied, where there is nothing to say.
    #[must_use]
    pub fn stamped(self, address: IpAddr, port: u16) -> Self {
        let via = self.via();
        let asked = via.rport().is_some();
        let told = via.params.has("received");
        let elsewhere = via.host.address() != Some(address);
        if !asked && !told && !elsewhere {
            return self;
        }
        let span = self.top_via_span();
        let octets = self.octets();
        let value = octets.get(span.clone()).unwrap_or_default();
        let bare = value.len().saturating_sub(via.params.as_bytes().len());
        let mut out = BytesMut::with_capacity(octets.len().saturating_add(64));
        out.put_slice(octets.get(..span.start).unwrap_or_default());
        out.put_slice(value.get(..bare).unwrap_or_default().trim_ascii_end());
        via.params.write_all_but(&["received", "rport"], &mut out);
        if asked || elsewhere {
            out.put_slice(b";received=");
            out.put_slice(address.to_string().as_bytes());
        }
        if asked {
            out.put_slice(b";rport=");
            out.put_slice(port.to_string().as_bytes());
        }
        let grown = out.len();
        out.put_slice(octets.get(span.end..).unwrap_or_default());
        self.with_top_via(out.freeze(), span.start, span.end, grown)
    }
}
