//! What we write is read back equal, whatever the text; and no input, whatever it is, panics a reader or makes it
//! believe what it could not write again.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use wire_cpim::{
    Content, Cpim, DeliveryStatus, DisplayStatus, Disposition, HeaderName, Imdn, ImdnHeaders,
    InterworkingStatus, MimeHeader, OtherHeader, Param, Party, ProcessingStatus, Subject, Wants, namespace,
};

fn party() -> impl Strategy<Value = Party<'static>> {
    // Names keep to what a name can be: no space round it, not empty.
    let name = option::of("\\PC{1,12}|a\\\\b\"c\n\u{7f}".prop_map(|name: String| name.trim().to_owned()));
    (name, "(sip|tel|im):[!-;=?-~é]{1,20}").prop_map(|(name, uri)| Party {
        name: name.filter(|name| !name.is_empty()).map(Into::into),
        uri: uri.replace('"', "x").into(),
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,30}", any::<String>(), Just(" \\u0020 \r\n\t\u{85}\u{2028}\\".to_owned())]
}

/// Written as it is: no control characters, nothing round it.
fn verbatim() -> impl Strategy<Value = String> {
    "[!-~]([ -~é]{0,20}[!-~])?"
}

fn other() -> impl Strategy<Value = OtherHeader<'static>> {
    let namespace =
        prop_oneof![Just(namespace::CPIM), Just(namespace::IMDN), Just(namespace::CPM), Just("urn:x:y")];
    let params = vec(("[a-z-]{1,8}", text()), 0..3);
    (namespace, "X-[A-Za-z0-9!#$%&'*+^_`|~-]{0,10}", params, text()).prop_map(
        |(namespace, name, params, value)| {
            let params =
                params.into_iter().map(|(name, value)| Param { name: name.into(), value: value.into() });
            OtherHeader {
                name: HeaderName { namespace: namespace.into(), name: name.into() },
                params: params.collect(),
                value: value.into(),
            }
        },
    )
}

fn content() -> impl Strategy<Value = Content<'static>> {
    let body = prop_oneof![vec(any::<u8>(), 0..200), text().prop_map(String::into_bytes)];
    let more = vec(("X-[A-Za-z]{1,8}", verbatim()), 0..3);
    ("[a-z]{1,8}/[a-z]{1,8}(;charset=utf-8)?", more, body).prop_map(|(kind, more, body)| {
        let kind = MimeHeader { name: "Content-Type".into(), value: kind.into() };
        let more =
            more.into_iter().map(|(name, value)| MimeHeader { name: name.into(), value: value.into() });
        Content { headers: std::iter::once(kind).chain(more).collect(), body: body.into() }
    })
}

fn wants() -> impl Strategy<Value = Wants> {
    let all = vec![
        Wants::POSITIVE_DELIVERY,
        Wants::NEGATIVE_DELIVERY,
        Wants::PROCESSING,
        Wants::DISPLAY,
        Wants::INTERWORKING,
    ];
    proptest::sample::subsequence(all, 0..=5).prop_map(|some| some.into_iter().fold(Wants::NONE, Wants::and))
}

fn message() -> impl Strategy<Value = Cpim<'static>> {
    let people = (party(), vec(party(), 1..3), vec(party(), 0..2));
    let subjects = vec((option::of("[a-z]{2}"), text()), 0..3);
    let imdn = (option::of(verbatim()), wants(), option::of(party()), vec(party(), 0..3), vec(party(), 0..2));
    (people, option::of(verbatim()), subjects, imdn, vec(other(), 0..3), any::<bool>(), content()).prop_map(
        |((from, to, cc), date_time, subjects, imdn, others, require, content)| {
            let (message_id, wants, original_to, record_route, route) = imdn;
            let subjects = subjects
                .into_iter()
                .map(|(lang, text)| Subject { lang: lang.map(Into::into), text: text.into() });
            Cpim {
                from: Some(from),
                to,
                cc,
                date_time: date_time.map(Into::into),
                subjects: subjects.collect(),
                imdn: ImdnHeaders {
                    message_id: message_id.map(Into::into),
                    wants,
                    original_to,
                    record_route,
                    route,
                },
                required: others.iter().filter(|_| require).map(|other| other.name.clone()).collect(),
                others,
                content,
            }
        },
    )
}

fn disposition() -> impl Strategy<Value = Disposition> {
    prop_oneof![
        Just(Disposition::Delivery(DeliveryStatus::Delivered)),
        Just(Disposition::Delivery(DeliveryStatus::Failed)),
        Just(Disposition::Delivery(DeliveryStatus::Forbidden)),
        Just(Disposition::Processing(ProcessingStatus::Stored)),
        Just(Disposition::Display(DisplayStatus::Displayed)),
        Just(Disposition::Interworking(InterworkingStatus::LegacyMms)),
        Just(Disposition::Interworking(InterworkingStatus::Error)),
    ]
}

proptest! {
    #[test]
    fn a_message_written_is_read_back_equal(cpim in message()) {
        let mut out = Vec::new();
        cpim.encode(&mut out).expect("what this test makes can be written");
        prop_assert_eq!(Cpim::parse(&out).expect("what we write is read"), cpim);
    }

    #[test]
    fn a_notification_written_is_read_back_equal(
        ids in vec("[!-~]([ -~é😀\t\n\r\u{80}]{0,20}[!-~])?", 5),
        disposition in disposition(),
    ) {
        let [message_id, date_time, recipient, original, subject] = <[String; 5]>::try_from(ids).expect("five");
        let imdn = Imdn {
            message_id,
            date_time,
            recipient_uri: Some(recipient),
            original_recipient_uri: Some(original),
            subject: Some(subject),
            disposition,
        };
        let document = imdn.encode().expect("what this test makes can be written");
        prop_assert_eq!(Imdn::parse(document.as_bytes()), Ok(imdn));
    }

    #[test]
    fn a_message_cut_or_changed_anywhere_is_read_or_refused(
        cpim in message(),
        at in any::<proptest::sample::Index>(),
        octet in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut out = Vec::new();
        cpim.encode(&mut out).expect("what this test makes can be written");
        let at = at.index(out.len());
        if cut { out.truncate(at) } else { out[at] = octet }
        if let Ok(read) = Cpim::parse(&out) {
            let mut again = Vec::new();
            if read.encode(&mut again).is_ok() {
                prop_assert_eq!(Cpim::parse(&again).expect("what we write is read"), read);
            }
        }
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..300)) {
        let _ = (Cpim::parse(&octets), Imdn::parse(&octets));
    }
}
