//! What a server and a proxy do to the Via fields that pass them.

use core::fmt::Write;
use core::net::IpAddr;

use bytes::{BufMut, BytesMut};

use crate::message::Message;

impl Message {
    /// The request with the address and port that it came from in its topmost Via (RFC 3261 18.2.1, RFC 3581 4):
    /// `received` when the sender asked for `rport` or says another host than it has, `rport` when it asked. What the
    /// sender wrote there itself is taken out. Unchanged, and not copied, where there is nothing to say, as in a response:
    /// its topmost Via is ours.
    #[must_use]
    pub fn stamped(self, address: IpAddr, port: u16) -> Self {
        let via = self.via();
        let asked = via.params.has("rport");
        let told = via.params.has("received");
        let elsewhere = via.host.address() != Some(address);
        if !self.is_request() || !asked && !told && !elsewhere {
            return self;
        }
        let span = self.top_via_span();
        let octets = self.octets();
        let value = octets.get(span.clone()).unwrap_or_default();
        let bare = value.len().saturating_sub(via.params.as_bytes().len());
        let mut out = BytesMut::with_capacity(octets.len().saturating_add(64));
        out.put_slice(octets.get(..span.start).unwrap_or_default());
        out.put_slice(value.get(..bare).unwrap_or_default().trim_ascii_end());
        let params = out.len();
        via.params.write_all_but(&["received", "rport"], &mut out);
        // Nothing is refused by octets that grow.
        if asked || elsewhere {
            let _ = write!(out, ";received={address}");
        }
        if asked {
            let _ = write!(out, ";rport={port}");
        }
        let params = params..out.len();
        out.put_slice(octets.get(span.end..).unwrap_or_default());
        self.with_via_params(out.freeze(), span.end, params)
    }
}
