//! The OpenAPI 3.1 document, made from the annotations of the handlers. `docs/openapi.json` is its golden copy, kept
//! by a test: a change of the public form is seen as a change of that file.

use crate::dto::submit::MediaIn;
use crate::http;
use crate::problem::ProblemDoc;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Switchback",
        description = "One message, the service that gets it through, never dearer than the price you were shown. \
            Everything under /v1 wants a bearer token: of a subscriber, an account, or the operator.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        http::quotes::create,
        http::messages::create, http::messages::get, http::messages::trace, http::messages::list,
        http::actions::choose, http::actions::cancel, http::actions::receipt,
        http::conversations::list, http::conversations::messages,
        http::presence::get,
        http::events::list, http::stream::open,
        http::subscribers::list, http::subscribers::get, http::subscribers::set,
        http::sip_users::list, http::sip_users::get, http::sip_users::set,
        http::sims::list, http::sims::get, http::sims::set,
        http::accounts::list, http::accounts::get, http::accounts::set,
        http::plans::list, http::plans::get, http::plans::set,
        http::routes::list, http::routes::get, http::routes::set,
        http::payers::get, http::payers::set, http::payers::ledger, http::payers::refusals,
        http::records::list,
        http::tokens::list, http::tokens::create, http::tokens::revoke,
        http::health::livez, http::health::readyz, http::health::metrics, http::health::openapi,
        http::health::error_page,
    ),
    components(schemas(MediaIn, ProblemDoc)),
    security(("token" = [])),
    modifiers(&Token),
)]
struct Document;

/// The one way to say who asks.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The document, as pretty JSON.
#[must_use]
pub fn document() -> String {
    // A document made of strings always serialises.
    Document::openapi().to_pretty_json().unwrap_or_default()
}
