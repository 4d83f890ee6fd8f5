//! The stable codes of problem documents, each with its page in `docs/errors`. A code is never renamed: programs
//! match on it.

/// One code.
#[derive(Debug)]
pub(crate) struct Code {
    /// The stable name.
    pub(crate) name: &'static str,
    /// The HTTP status it is told with.
    pub(crate) status: u16,
    /// What it means, the same in every answer.
    pub(crate) title: &'static str,
    /// True when the same request will never succeed.
    pub(crate) permanent: bool,
    /// Its page, in Markdown.
    pub(crate) page: &'static str,
}

macro_rules! codes {
    ($($constant:ident $name:literal $status:literal $permanent:literal $title:literal;)*) => {
        $(pub(crate) const $constant: Code = Code {
            name: $name,
            status: $status,
            title: $title,
            permanent: $permanent,
            page: include_str!(concat!("../../docs/errors/", $name, ".md")),
        };)*

        /// Every code, in the order of the table.
        pub(crate) const ALL: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    // Said by this crate, or by the engine: their pages stand side by side.
    INVALID_JSON "invalid_json" 400 true "The body is not JSON";
    INVALID_REQUEST "invalid_request" 422 true "Fields are missing, unknown or wrong";
    INVALID_IDEMPOTENCY_KEY "invalid_idempotency_key" 400 true "The Idempotency-Key header makes no sense";
    UNAUTHORIZED "unauthorized" 401 true "A valid token is needed";
    FORBIDDEN "forbidden" 403 true "This token may not do that";
    NOT_FOUND "not_found" 404 true "Nothing here";
    METHOD_NOT_ALLOWED "method_not_allowed" 405 true "This path does not take that method";
    BODY_TIMEOUT "body_timeout" 408 false "The request came too slowly";
    BODY_INCOMPLETE "body_incomplete" 400 false "The body ended early";
    BODY_TOO_LARGE "body_too_large" 413 true "The body is too large";
    UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" 415 true "The body is of the wrong type";
    HEADERS_TOO_LARGE "headers_too_large" 431 true "The headers are too large";
    INVALID_HTTP "invalid_http" 400 true "This is not HTTP/1.1";
    TOO_MANY_CONNECTIONS "too_many_connections" 503 false "Too many connections";
    OVERLOADED "overloaded" 503 false "Too much at once";
    LISTS_BEHIND "lists_behind" 503 false "The lists are behind";
    STORE_FAILED "store_failed" 503 false "The message store does not work";
    UNAVAILABLE "unavailable" 503 false "Not possible just now";
    CONTENDED "contended" 503 false "The message changed while it was handled";
    INTERNAL "internal" 503 false "A mistake of the server's own";
    STOPPING "stopping" 503 false "The server is stopping";
    NOT_READY "not_ready" 503 false "The server takes no messages now";
    EMPTY "empty" 422 true "The message is empty";
    EXPIRES_IN_THE_PAST "expires_in_the_past" 422 true "The message would end before it begins";
    LIFE_OUT_OF_BOUNDS "life_out_of_bounds" 422 true "The message would live too short or too long";
    NO_SUCH_CLASS "no_such_class" 422 true "No such message class";
    NO_SUCH_CHARGING_SYSTEM "no_such_charging_system" 422 true "The plan names a charging system that is not configured";
    CANNOT_CARRY "cannot_carry" 422 true "The service can't carry this content";
    NOT_REACHABLE "not_reachable" 422 true "The recipient can't be reached by this service";
    NOT_OFFERED "not_offered" 422 true "The plan does not sell this service here";
    NO_CANDIDATE "no_candidate" 422 true "No service can take this message";
    PRICE_UNKNOWN "price_unknown" 402 false "The price is not known";
    PRICE_ABOVE_MAX "price_above_max" 402 false "The price is above the sender's bound";
    INSUFFICIENT_FUNDS "insufficient_funds" 402 false "The payer is short of funds";
    PRICE_ROSE "price_rose" 409 false "The price rose above the quote";
    QUOTE_EXPIRED "quote_expired" 409 false "The quote is unknown or has ended";
    QUOTE_MISMATCH "quote_mismatch" 409 true "The quote was for another message";
    QUOTE_WITHOUT_PRICE "quote_without_price" 409 true "The quote gave no price for this service";
    IDEMPOTENCY_KEY_IN_FLIGHT "idempotency_key_in_flight" 409 false "A request with this key is not answered yet";
    IDEMPOTENCY_KEY_REUSED "idempotency_key_reused" 422 true "The key was used with another body";
    MESSAGE_FINAL "message_final" 409 true "The message has ended";
    NO_THIRD_SERVICE "no_third_service" 409 true "A message uses two services at most";
    ADMIN_CANNOT_SEND "admin_cannot_send" 403 true "The operator's token does not send";
    FROM_NOT_ALLOWED "from_not_allowed" 403 true "That address is not yours to send from";
    ORIGIN_NOT_BELIEVED "origin_not_believed" 403 true "Where a client is, is not taken from its word";
    NO_SENDER "no_sender" 403 true "There is no address to send from";
    NO_SUCH_BEARER "no_such_bearer" 403 true "The token's owner does not exist";
    NO_SUCH_SUBSCRIBER "no_such_subscriber" 422 true "No such subscriber";
    NO_SUCH_PAYER "no_such_payer" 422 true "No such payer";
    NO_SUCH_PLAN "no_such_plan" 422 true "No such plan";
    NO_SUCH_COUNTER "no_such_counter" 422 true "No such balance or cap";
    NO_ADDRESS "no_address" 422 true "An address is needed";
    ADDRESS_TAKEN "address_taken" 409 true "The address belongs to somebody else";
    NOT_THE_SUBSCRIBERS_NUMBER "not_the_subscribers_number" 422 true "The number is not the subscriber's";
    PLAN_FAULTY "plan_faulty" 422 true "The plan can't be read";
    PLAN_ID_DIFFERS "plan_id_differs" 422 true "The plan's id differs from the entry's";
    PLAN_CURRENCY_CHANGED "plan_currency_changed" 409 true "The plan would change its currency";
    OTHER_CURRENCY "other_currency" 422 true "The payer counts in another currency";
    AMOUNT_OUT_OF_BOUNDS "amount_out_of_bounds" 422 true "The amount does not fit";
    ID_OUT_OF_BOUNDS "id_out_of_bounds" 422 true "The id does not fit";
    DEVICE_KEEPS_TOO_MUCH "device_keeps_too_much" 422 true "The device's addresses are too long";
    WINDOW_OUT_OF_BOUNDS "window_out_of_bounds" 422 true "The window does not fit";
}

/// The code of that name.
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::{ALL, find};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn folder(path: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
    }

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name.to_owned()).collect();
        assert_eq!(names.len(), ALL.len(), "a code stands twice");
        let pages = std::fs::read_dir(folder("docs/errors")).unwrap();
        let pages = pages.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
        assert_eq!(names, pages.collect());
        for code in ALL {
            assert!(code.page.starts_with(&format!("# `{}`: {}\n", code.name, code.title)), "{}", code.name);
            assert!(code.page.contains("**What to do.**"), "{}", code.name);
        }
    }

    /// The literals that stand behind any of these words in the engine's sources.
    fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes_in(&path, found);
                continue;
            }
            let text: String = std::fs::read_to_string(&path).unwrap().split_whitespace().collect();
            for call in text.split("refusal(RefusalKind::").skip(1) {
                let literal =
                    call.split_once(",\"").filter(|(kind, _)| kind.chars().all(char::is_alphabetic));
                found.extend(literal.and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned));
            }
            found.extend(
                text.split("invalid(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }

    #[test]
    fn what_the_engine_refuses_with_has_a_page() {
        let mut found = BTreeSet::new();
        codes_in(&folder("engine/src"), &mut found);
        // Not found is told with one code, whatever was not found.
        let missing = found.iter().filter(|code| find(code).is_none() && !code.starts_with("message_not"));
        let missing: Vec<_> = missing.filter(|code| *code != "no_such_recipient").collect();
        assert!(found.len() > 20 && missing.is_empty(), "{missing:?} of {}", found.len());
    }
}
