//! URIs: SIP and tel are read, every other scheme is kept as it is (an answer of 416 is not for a parser to give).

mod compare;
mod escape;
mod host;
mod params;
mod sip;
mod tel;

pub use escape::unescape;
pub use host::Host;
pub(crate) use host::{next_port, read_port};
pub use params::UriParams;
pub use sip::SipUri;
pub use tel::TelUri;

/// A URI, in slices of the message that it stands in. It follows the grammar of its scheme; its parts are cut out when
/// they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Uri<'a> {
    text: &'a [u8],
    /// Where the `:` is that ends the scheme.
    colon: usize,
}

/// What a URI is.
#[derive(Debug, Clone, Copy)]
pub enum UriKind<'a> {
    /// `sip:` and `sips:`.
    Sip(SipUri<'a>),
    /// `tel:`.
    Tel(TelUri<'a>),
    /// Another scheme, not read further.
    Other {
        /// As it is written, without the `:`.
        scheme: &'a [u8],
    },
}

impl<'a> Uri<'a> {
    /// Reads a URI with nothing around it. `None`: no scheme, or not what its scheme wants.
    #[must_use]
    pub fn read(text: &'a [u8]) -> Option<Self> {
        let uri = Self::known(text);
        uri.parts().map(|_| uri)
    }

    /// A URI that was read before.
    pub(crate) fn known(text: &'a [u8]) -> Self {
        Self { text, colon: memchr::memchr(b':', text).unwrap_or(text.len()) }
    }

    fn parts(&self) -> Option<UriKind<'a>> {
        let (scheme, rest) = self.text.split_at_checked(self.colon)?;
        let rest = rest.get(1..)?;
        if scheme.eq_ignore_ascii_case(b"sip") {
            SipUri::read(false, rest).map(UriKind::Sip)
        } else if scheme.eq_ignore_ascii_case(b"sips") {
            SipUri::read(true, rest).map(UriKind::Sip)
        } else if scheme.eq_ignore_ascii_case(b"tel") {
            TelUri::read(rest).map(UriKind::Tel)
        } else {
            let well = is_scheme(scheme) && !rest.is_empty() && rest.iter().all(|octet| is_opaque(*octet));
            well.then_some(UriKind::Other { scheme })
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> UriKind<'a> {
        // It was read once: there are parts.
        self.parts().unwrap_or(UriKind::Other { scheme: &[] })
    }

    /// The SIP or SIPS URI, when it is one.
    #[must_use]
    pub fn sip(&self) -> Option<SipUri<'a>> {
        match self.kind() {
            UriKind::Sip(uri) => Some(uri),
            _ => None,
        }
    }

    /// The telephone number, when it is one.
    #[must_use]
    pub fn tel(&self) -> Option<TelUri<'a>> {
        match self.kind() {
            UriKind::Tel(uri) => Some(uri),
            _ => None,
        }
    }

    /// The parameters of a SIP or tel URI; none for others.
    #[must_use]
    pub fn params(&self) -> UriParams<'a> {
        match self.kind() {
            UriKind::Sip(uri) => uri.params,
            UriKind::Tel(uri) => uri.params,
            UriKind::Other { .. } => UriParams::default(),
        }
    }
}

/// As the scheme says; an unknown one letter by letter.
impl PartialEq for Uri<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.kind(), other.kind()) {
            (UriKind::Sip(one), UriKind::Sip(other)) => one == other,
            (UriKind::Tel(one), UriKind::Tel(other)) => one == other,
            (UriKind::Other { .. }, UriKind::Other { .. }) => self.text == other.text,
            _ => false,
        }
    }
}

fn is_scheme(scheme: &[u8]) -> bool {
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
}

/// What can't end a URI where it stands: no space, no bracket, no quote.
const fn is_opaque(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>' | b'"')
}
