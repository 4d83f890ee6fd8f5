//! Which path leads where.

use crate::codes;
use crate::devices::Devices;
use crate::http::{
    accounts, actions, conversations, events, health, messages, payers, plans, presence, quotes, records,
    routes, sims, sip_users, stream, subscribers, tokens,
};
use crate::openapi;
use crate::options::{ApiOptions, Page, Shared};
use crate::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use switchback_ports::Intake;

/// What pages may do: load what this server serves and talk to it, nothing else; no script inside the page.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The HTTP face of an engine.
#[derive(Debug)]
pub struct Api;

impl Api {
    /// The router over `intake`; serve it with [`crate::serve`].
    pub fn router(intake: Arc<dyn Intake>, options: ApiOptions) -> Router {
        let pages = options.pages.clone();
        let openapi = openapi::document().into();
        let shared = Arc::new(Shared { intake, options, devices: Arc::new(Devices::default()), openapi });
        let router = Router::new()
            .route("/v1/quotes", post(quotes::create))
            .route("/v1/messages", post(messages::create).get(messages::list))
            .route("/v1/messages/{id}", get(messages::get))
            .route("/v1/messages/{id}/trace", get(messages::trace))
            .route("/v1/messages/{id}/choose", post(actions::choose))
            .route("/v1/messages/{id}/cancel", post(actions::cancel))
            .route("/v1/messages/{id}/receipts", post(actions::receipt))
            .route("/v1/conversations", get(conversations::list))
            .route("/v1/conversations/{id}/messages", get(conversations::messages))
            .route("/v1/presence/{address}", get(presence::get))
            .route("/v1/events", get(events::list))
            .route("/v1/events/stream", get(stream::open))
            .route("/livez", get(health::livez))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(health::metrics))
            .route("/openapi.json", get(health::openapi))
            .route("/errors/{code}", get(health::error_page));
        with_pages(admin(router), pages)
            .fallback(async || Problem::not_found())
            .method_not_allowed_fallback(async || {
                Problem::new(&codes::METHOD_NOT_ALLOWED, "see the Allow header for the methods of this path")
            })
            .with_state(shared)
    }
}

fn admin(router: Router<Arc<Shared>>) -> Router<Arc<Shared>> {
    router
        .route("/v1/admin/subscribers", get(subscribers::list))
        .route("/v1/admin/subscribers/{id}", get(subscribers::get).put(subscribers::set))
        .route("/v1/admin/sip-users", get(sip_users::list))
        .route("/v1/admin/sip-users/{id}", get(sip_users::get).put(sip_users::set))
        .route("/v1/admin/sims", get(sims::list))
        .route("/v1/admin/sims/{id}", get(sims::get).put(sims::set))
        .route("/v1/admin/accounts", get(accounts::list))
        .route("/v1/admin/accounts/{id}", get(accounts::get).put(accounts::set))
        .route("/v1/admin/plans", get(plans::list))
        .route("/v1/admin/plans/{id}", get(plans::get).put(plans::set))
        .route("/v1/admin/routes", get(routes::list))
        .route("/v1/admin/routes/{id}", get(routes::get).put(routes::set))
        .route("/v1/admin/payers/{id}", get(payers::get).put(payers::set))
        .route("/v1/admin/ledger", get(payers::ledger))
        .route("/v1/admin/records", get(records::list))
        .route("/v1/admin/refusals", get(payers::refusals))
        .route("/v1/admin/tokens", get(tokens::list).post(tokens::create))
        .route("/v1/admin/tokens/{id}", axum::routing::delete(tokens::revoke))
}

/// The pages. Two of one path: the later one is left out, for a router takes a path once.
fn with_pages(mut router: Router<Arc<Shared>>, pages: Vec<Page>) -> Router<Arc<Shared>> {
    let mut seen = Vec::new();
    for page in pages {
        if seen.contains(&page.path) {
            continue;
        }
        seen.push(page.path);
        router = router.route(page.path, get(move || std::future::ready(page_response(&page))));
    }
    router
}

fn page_response(page: &Page) -> Response {
    let mut response = Response::new(Body::from(page.body.clone()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
