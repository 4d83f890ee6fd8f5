//! What the handsets of a fleet write.

use super::Config;
use super::digest::Login;
use crate::clock;
use crate::handset::Wire;
use bytes::BytesMut;
use std::net::SocketAddr;
use wire_cpim::{Content, Cpim, DeliveryStatus, Disposition, EncodeError, Imdn, ImdnHeaders, Party, Wants};
use wire_sip::{HeaderName, Method, Unwritable, Writer};

/// The feature tag of CPM pager mode, as a contact carries it.
const CPM: &[u8] = b"+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"";

/// The number of a handset's person.
#[must_use]
pub fn number(handset: u32) -> String {
    format!("+4673{handset:07}")
}

/// The address of record of a handset.
pub(super) fn aor(config: &Config, handset: u32) -> String {
    format!("sip:{}@{}", number(handset), config.domain)
}

/// Who writes, by what line, and what makes the request another than any before.
pub(super) struct Pen<'a> {
    pub(super) config: &'a Config,
    pub(super) handset: u32,
    pub(super) local: SocketAddr,
    pub(super) branch: &'a [u8],
    /// Of the Call-ID and the From tag: another one for every request.
    pub(super) word: &'a str,
}

impl Pen<'_> {
    /// A REGISTER, with credentials when there is a login.
    pub(super) fn register(&self, out: &mut BytesMut, login: Option<&mut Login>) -> Result<(), Unwritable> {
        let uri = format!("sip:{}", self.config.domain);
        let aor = aor(self.config, self.handset);
        let mut request = self.begin(out, Method::Register, &uri, &aor);
        let (local, instance) = (self.local.to_string(), format!("<urn:uuid:0-{}>", self.handset));
        let transport: &[u8] = match self.config.wire {
            Wire::Udp => b"",
            Wire::Tcp => b";transport=tcp",
        };
        let number = number(self.handset);
        let contact: [&[u8]; 9] = [
            b"<sip:",
            number.as_bytes(),
            b"@",
            local.as_bytes(),
            transport,
            b">;+sip.instance=\"",
            instance.as_bytes(),
            b"\";",
            CPM,
        ];
        request.parts(HeaderName::Contact, &contact);
        request.number(HeaderName::Expires, 3600);
        if let Some(login) = login {
            login.authorize(&mut request, Method::Register, &uri, b"");
        }
        request.finish(b"")
    }

    /// A MESSAGE with this body, with credentials when there is a login.
    pub(super) fn message(
        &self,
        out: &mut BytesMut,
        to: &str,
        body: &[u8],
        login: Option<&mut Login>,
    ) -> Result<(), Unwritable> {
        let mut request = self.begin(out, Method::Message, to, to);
        request.header(HeaderName::ContentType, b"message/cpim");
        if let Some(login) = login {
            login.authorize(&mut request, Method::Message, to, body);
        }
        request.finish(body)
    }

    fn begin<'o>(&self, out: &'o mut BytesMut, method: Method<'_>, uri: &str, to: &str) -> Writer<'o> {
        let mut request = Writer::request(out, method, uri.as_bytes());
        let (wire, local) = (self.config.wire.name().as_bytes(), self.local.to_string());
        let via: [&[u8]; 6] = [b"SIP/2.0/", wire, b" ", local.as_bytes(), b";rport;branch=", self.branch];
        request.parts(HeaderName::Via, &via);
        request.number(HeaderName::MaxForwards, 70);
        let (aor, word) = (aor(self.config, self.handset), self.word.as_bytes());
        request.parts(HeaderName::From, &[b"<", aor.as_bytes(), b">;tag=", word]);
        request.parts(HeaderName::To, &[b"<", to.as_bytes(), b">"]);
        request.header(HeaderName::CallId, word);
        request.cseq(1, method);
        request
    }
}

/// The body of a message.
pub(super) fn letter(from: &str, to: &str, imdn_id: &str, text: &str) -> Result<Vec<u8>, EncodeError> {
    let cpim = Cpim {
        from: Some(Party::of_uri(from)),
        to: vec![Party::of_uri(to)],
        date_time: Some(clock::date_time(clock::now_us()).into()),
        imdn: ImdnHeaders {
            message_id: Some(imdn_id.into()),
            wants: Wants::POSITIVE_DELIVERY,
            ..ImdnHeaders::default()
        },
        content: Content::of_type("text/plain;charset=UTF-8", text.as_bytes()),
        ..Cpim::default()
    };
    let mut body = Vec::with_capacity(512);
    cpim.encode(&mut body)?;
    Ok(body)
}

/// The body of the notification that a message was delivered.
pub(super) fn notice(from: &str, to: &str, imdn_id: &str, written: &str) -> Result<Vec<u8>, EncodeError> {
    let document = Imdn {
        message_id: imdn_id.to_owned(),
        date_time: written.to_owned(),
        recipient_uri: Some(from.to_owned()),
        original_recipient_uri: None,
        subject: None,
        disposition: Disposition::Delivery(DeliveryStatus::Delivered),
    };
    let document = document.encode()?;
    let cpim = Cpim {
        from: Some(Party::of_uri(from)),
        to: vec![Party::of_uri(to)],
        imdn: ImdnHeaders { message_id: Some(format!("{imdn_id}-told").into()), ..ImdnHeaders::default() },
        content: Content::imdn(&document),
        ..Cpim::default()
    };
    let mut body = Vec::with_capacity(1024);
    cpim.encode(&mut body)?;
    Ok(body)
}
