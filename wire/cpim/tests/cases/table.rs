//! A case is a title, an input and what a reader is told: one line, so that a table of them can be read.

use wire_cpim::{Cpim, Disposition, Imdn, Party, Wants};

/// An envelope from Alice to Bob with further headers and a short text.
pub(crate) fn envelope(headers: &str) -> String {
    content("Content-Type: text/plain\n\nhi", headers)
}

/// The same with any content: what follows the envelope's empty line.
pub(crate) fn content(content: &str, headers: &str) -> String {
    format!("From: <sip:alice@a.org>\nTo: <sip:bob@b.org>\n{headers}\n{content}")
}

/// Checks a message as it is and with CRLF for LF; line ends of the body are told as LF.
#[track_caller]
pub(crate) fn message(title: &str, input: impl AsRef<[u8]>, expected: &str) {
    let input = input.as_ref();
    assert_eq!(told(input), expected, "{title}, as written");
    if !input.contains(&b'\r') {
        assert_eq!(told(&crlf(input)), expected, "{title}, with CRLF");
    }
}

/// LF becomes CRLF.
pub(crate) fn crlf(input: &[u8]) -> Vec<u8> {
    input.iter().flat_map(|octet| if *octet == b'\n' { vec![b'\r', b'\n'] } else { vec![*octet] }).collect()
}

/// What a reader of the message is told, in one line.
pub(crate) fn told(input: &[u8]) -> String {
    let cpim = match Cpim::parse(input) {
        Ok(cpim) => cpim,
        Err(fault) => return format!("refused: {fault}"),
    };
    let mut told = Vec::new();
    told.extend(cpim.from.iter().map(|from| format!("from {}", party(from))));
    told.extend(cpim.to.iter().map(|to| format!("to {}", party(to))));
    told.extend(cpim.cc.iter().map(|cc| format!("cc {}", party(cc))));
    told.extend(cpim.date_time.iter().map(|at| format!("at {at}")));
    told.extend(cpim.subjects.iter().map(|subject| match &subject.lang {
        Some(lang) => format!("subject({lang}) {}", subject.text),
        None => format!("subject {}", subject.text),
    }));
    told.extend(cpim.imdn.message_id.iter().map(|id| format!("id {id}")));
    told.extend((!cpim.imdn.wants.is_none()).then(|| wants(cpim.imdn.wants)));
    told.extend(cpim.imdn.original_to.iter().map(|to| format!("original {}", party(to))));
    told.extend(cpim.imdn.record_route.iter().map(|via| format!("record {}", party(via))));
    told.extend(cpim.imdn.route.iter().map(|via| format!("route {}", party(via))));
    told.extend(cpim.others.iter().map(|other| {
        let params: String =
            other.params.iter().map(|param| format!(";{}={}", param.name, param.value)).collect();
        format!("{{{}}}{}{params}={}", other.name.namespace, other.name.name, other.value)
    }));
    told.extend(cpim.not_understood().map(|name| format!("must know {{{}}}{}", name.namespace, name.name)));
    told.push(cpim.content.media_type().to_owned());
    let text = cpim.content.text().map_or_else(|| "(no text)".to_owned(), std::borrow::Cow::into_owned);
    told.push(text.replace("\r\n", "\n"));
    told.join(" | ").replace("from <sip:alice@a.org> | to <sip:bob@b.org> | ", "")
}

fn party(party: &Party<'_>) -> String {
    party.name.as_ref().map_or_else(String::new, |name| format!("'{name}' ")) + &format!("<{}>", party.uri)
}

fn wants(wants: Wants) -> String {
    let named = [
        (Wants::POSITIVE_DELIVERY, "positive"),
        (Wants::NEGATIVE_DELIVERY, "negative"),
        (Wants::PROCESSING, "processing"),
        (Wants::DISPLAY, "display"),
        (Wants::INTERWORKING, "interworking"),
    ];
    let words: Vec<_> =
        named.into_iter().filter(|(want, _)| wants.has(*want)).map(|(_, word)| word).collect();
    format!("wants {}", words.join("+"))
}

/// Checks a notification.
#[track_caller]
pub(crate) fn notification(title: &str, document: impl AsRef<[u8]>, expected: &str) {
    let told = match Imdn::parse(document.as_ref()) {
        Err(fault) => format!("refused: {fault}"),
        Ok(imdn) => {
            let status = match imdn.disposition {
                Disposition::Delivery(status) => format!("{status:?}"),
                other => format!("{other:?}"),
            };
            let mut told = vec![imdn.message_id, status];
            told.extend((!imdn.date_time.is_empty()).then(|| format!("at {}", imdn.date_time)));
            told.extend(imdn.recipient_uri.map(|uri| format!("to {uri}")));
            told.extend(imdn.original_recipient_uri.map(|uri| format!("once to {uri}")));
            told.extend(imdn.subject.map(|subject| format!("about {subject}")));
            told.join(" | ")
        }
    };
    assert_eq!(told, expected, "{title}");
}
