//! Where a request goes first (RFC 3261 12.2.1.1, 16.6 step 6): a route set and a target made into a Request-URI and
//! Route fields.

use crate::header::{NameAddr, Value};
use crate::name::HeaderName;
use crate::uri::Uri;
use crate::write::Writer;

/// A target with the way to it: a Contact, and the Path that it was registered with or a Service-Route.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// What stands in the request line.
    pub request_uri: &'a [u8],
    /// Values of Route, in their order.
    pub routes: Vec<&'a [u8]>,
    /// Where the request is sent to.
    pub next_hop: Uri<'a>,
    /// What ends the list when the first hop is a strict router: the target itself.
    last: Option<&'a [u8]>,
}

impl<'a> Target<'a> {
    /// Puts a target behind its way. `None`: an element of the way follows no grammar.
    ///
    /// A first hop without `lr` is a strict router of RFC 2543: it gets its own URI in the request line, and the target
    /// at the end of the list.
    #[must_use]
    pub fn new(target: Uri<'a>, way: &[&'a [u8]]) -> Option<Self> {
        let Some((first, rest)) = way.split_first() else {
            let request_uri = target.as_bytes();
            return Some(Self { request_uri, routes: Vec::new(), next_hop: target, last: None });
        };
        let hop = NameAddr::read(first)?.uri;
        if rest.iter().any(|route| NameAddr::read(route).is_none()) {
            return None;
        }
        if hop.params().has("lr") {
            return Some(Self {
                request_uri: target.as_bytes(),
                routes: way.to_vec(),
                next_hop: hop,
                last: None,
            });
        }
        let (request_uri, routes) = (hop.as_bytes(), rest.to_vec());
        Some(Self { request_uri, routes, next_hop: hop, last: Some(target.as_bytes()) })
    }
}

impl Writer<'_> {
    /// Adds the Route fields of a target.
    pub fn routes(&mut self, target: &Target<'_>) {
        for route in &target.routes {
            self.header(HeaderName::Route, route);
        }
        if let Some(last) = target.last {
            self.parts(HeaderName::Route, &[b"<", last, b">"]);
        }
    }
}
