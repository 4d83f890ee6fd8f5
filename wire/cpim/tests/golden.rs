//! What we write, to the octet, and what we refuse to write.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use wire_cpim::{
    Content, Cpim, DeliveryStatus, Disposition, EncodeError, HeaderName, Imdn, ImdnHeaders,
    InterworkingStatus, OtherHeader, Param, Party, Subject, Wants, namespace,
};

fn written(cpim: &Cpim<'_>) -> String {
    let mut out = Vec::new();
    cpim.encode(&mut out).expect("a message that can be written");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_chat_message() {
    let cpim = Cpim {
        from: Some(Party { name: Some("Alice \"A\"".into()), uri: "sip:alice@a.org".into() }),
        to: vec![
            Party::of_uri("tel:+4915112345678"),
            Party { name: Some("Jürgen von O.".into()), uri: "sip:j@b.org".into() },
        ],
        date_time: Some("2026-03-03T08:00:00.000Z".into()),
        subjects: vec![Subject { lang: Some("fr".into()), text: " Le thé\n".into() }],
        imdn: ImdnHeaders {
            message_id: Some("Mx.1=@h".into()),
            wants: Wants::POSITIVE_DELIVERY.and(Wants::DISPLAY).and(Wants::INTERWORKING),
            record_route: vec![Party::of_uri("sip:im.b.org")],
            ..ImdnHeaders::default()
        },
        others: vec![OtherHeader {
            name: HeaderName { namespace: namespace::CPM.into(), name: "Payload-Type".into() },
            params: vec![Param { name: "p".into(), value: "a b".into() }],
            value: "text/plain".into(),
        }],
        content: Content::of_type("text/plain;charset=UTF-8", "hé".as_bytes()),
        ..Cpim::default()
    };
    let expected = "From: \"Alice \\\"A\\\"\"<sip:alice@a.org>\r\n\
        To: <tel:+4915112345678>\r\n\
        To: Jürgen von O. <sip:j@b.org>\r\n\
        DateTime: 2026-03-03T08:00:00.000Z\r\n\
        Subject:;lang=fr \\u0020Le thé\\n\r\n\
        NS: imdn <urn:ietf:params:imdn>\r\n\
        NS: cpm <http://www.openmobilealliance.org/cpm/>\r\n\
        imdn.Message-ID: Mx.1=@h\r\n\
        imdn.Disposition-Notification: positive-delivery, display, interworking\r\n\
        imdn.IMDN-Record-Route: <sip:im.b.org>\r\n\
        cpm.Payload-Type:;p=\"a b\" text/plain\r\n\
        \r\n\
        Content-Type: text/plain;charset=UTF-8\r\n\
        Content-Length: 3\r\n\
        \r\n\
        hé";
    assert_eq!(written(&cpim), expected);
}

fn notification(disposition: Disposition) -> Imdn {
    Imdn {
        message_id: "a<&>b".into(),
        date_time: "2026-03-03T08:00:00.000Z".into(),
        recipient_uri: Some("tel:+4915112345678".into()),
        original_recipient_uri: None,
        subject: None,
        disposition,
    }
}

#[test]
fn a_notification_in_its_envelope() {
    let document =
        notification(Disposition::Delivery(DeliveryStatus::Delivered)).encode().expect("a document");
    let cpim = Cpim {
        from: Some(Party::of_uri("sip:bob@b.org")),
        to: vec![Party::of_uri("sip:alice@a.org")],
        imdn: ImdnHeaders {
            message_id: Some("n1".into()),
            route: vec![Party::of_uri("sip:im.b.org")],
            ..ImdnHeaders::default()
        },
        content: Content::imdn(&document),
        ..Cpim::default()
    };
    let expected = "From: <sip:bob@b.org>\r\nTo: <sip:alice@a.org>\r\nNS: imdn <urn:ietf:params:imdn>\r\n\
        imdn.Message-ID: n1\r\nimdn.IMDN-Route: <sip:im.b.org>\r\n\r\nContent-Type: message/imdn+xml\r\n\
        Content-Disposition: notification\r\nContent-Length: 315\r\n\r\n\
        <?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
        <imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n \
        <message-id>a&lt;&amp;&gt;b</message-id>\r\n \
        <datetime>2026-03-03T08:00:00.000Z</datetime>\r\n \
        <recipient-uri>tel:+4915112345678</recipient-uri>\r\n \
        <delivery-notification><status><delivered/></status></delivery-notification>\r\n\
        </imdn>\r\n";
    assert_eq!(written(&cpim), expected);
}

#[test]
fn interworking_has_its_own_namespace() {
    let document =
        notification(Disposition::Interworking(InterworkingStatus::LegacySms)).encode().expect("a document");
    let expected = " <cpm:interworking-notification xmlns:cpm=\"urn:oma:xml:cpm:imdn-extensions:1.0\">\
        <cpm:status><cpm:legacy-sms/></cpm:status></cpm:interworking-notification>\r\n";
    assert!(document.contains(expected), "{document}");
}

#[test]
fn what_is_not_written() {
    let refused = |change: &dyn Fn(&mut Cpim<'_>), fault: EncodeError| {
        let mut cpim = Cpim {
            from: Some(Party::of_uri("im:a@a")),
            to: vec![Party::of_uri("im:b@b")],
            content: Content::of_type("text/plain", b"hi"),
            ..Cpim::default()
        };
        change(&mut cpim);
        let mut out = b"before".to_vec();
        assert_eq!(cpim.encode(&mut out), Err(fault));
        assert_eq!(out, b"before", "nothing was written");
    };
    refused(&|cpim| cpim.from = None, EncodeError::NoParty);
    refused(&|cpim| cpim.to.clear(), EncodeError::NoParty);
    for uri in ["", "im:a b", "im:a>\r\nFrom: <im:b", "im:a\u{7}"] {
        refused(&|cpim| cpim.from = Some(Party::of_uri(uri.to_owned())), EncodeError::Uri);
    }
    for value in ["", " 1", "1\r\nFrom: <im:b@b>", "1\0"] {
        refused(&|cpim| cpim.imdn.message_id = Some(value.to_owned().into()), EncodeError::Value);
        refused(&|cpim| cpim.date_time = Some(value.to_owned().into()), EncodeError::Value);
    }
    for (namespace, name) in [
        (namespace::CPIM, "From"),
        (namespace::CPIM, "ns"),
        (namespace::CPIM, "Content-Type"),
        (namespace::IMDN, "Message-ID"),
        ("urn:x", "a b"),
        ("urn:x", "a\r\nb"),
        ("urn:x", ""),
    ] {
        let name = HeaderName { namespace: namespace.into(), name: name.into() };
        let other = OtherHeader { name, params: Vec::new(), value: "v".into() };
        refused(&|cpim| cpim.others.push(other.clone()), EncodeError::Name);
    }
    refused(&|cpim| cpim.content = Content::default(), EncodeError::NoContentType);
    refused(&|cpim| cpim.content = Content::of_type("text/plain\r\nX: y", b""), EncodeError::Value);
    refused(&|cpim| cpim.content = Content::of_type("message/cpim", b""), EncodeError::Nested);
    refused(
        &|cpim| {
            cpim.content = Content::imdn("<imdn/>");
            cpim.imdn.wants = Wants::DISPLAY;
        },
        EncodeError::WantsAboutImdn,
    );
    refused(&|cpim| cpim.to = vec![Party::of_uri("im:a@a"); 65], EncodeError::TooLong);
    let long = "x".repeat(wire_cpim::BLOCK_MAX);
    refused(&|cpim| cpim.date_time = Some(long.clone().into()), EncodeError::TooLong);
    for id in ["", " m", "m\u{1}", "m\u{ffff}"] {
        let imdn =
            Imdn { message_id: id.into(), ..notification(Disposition::Delivery(DeliveryStatus::Failed)) };
        assert_eq!(imdn.encode(), Err(EncodeError::Value), "{id:?}");
    }
}
