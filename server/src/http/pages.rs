//! The dashboard's pages, rendered whole, with what the browser may load and run written on each.

use super::assets;
use crate::live::feed::Feed;
use any_spawner::Executor;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use leptos::nonce::use_nonce;
use leptos::prelude::{expect_context, provide_context};
use leptos_axum::ResponseOptions;
use tower_http::compression::CompressionLayer;

/// The pages and their files. `api` answers what a page asks while it is rendered, with the visitor's own rights.
/// Any path that is neither a page's nor a file's gets the dashboard's page for that, with 404.
pub(crate) fn router(api: Router, feed: Feed) -> Router {
    // Rendering spawns; a second call changes nothing.
    let _ = Executor::init_tokio();
    let api = app::Api(api.layer(from_fn_with_state(feed, note_place)));
    let page = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(api.clone());
            provide_context(app::Noted::default());
            write_headers(&expect_context::<ResponseOptions>());
        },
        || app::shell(assets::site()),
    );
    // A page is ten times shorter on its way; no secret stands in it beside what a stranger could put there.
    assets::router().fallback_service(get(page).layer(CompressionLayer::new()))
}

/// Notes for a page where the stream stood before an answer that the visitor may read: it goes on from there.
async fn note_place(State(feed): State<Feed>, request: Request, next: Next) -> Response {
    let noted = request.extensions().get::<app::Noted>().cloned();
    let seq = feed.seq();
    let response = next.run(request).await;
    if let Some(noted) = noted.filter(|_| response.status().is_success()) {
        feed.await_watcher();
        noted.note(app::Place { stream: feed.id().to_owned(), seq });
    }
    response
}

fn write_headers(page: &ResponseOptions) {
    // A script of ours either comes from here or carries this page's number; styles come from here alone.
    let nonce = use_nonce().map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        page.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let others: [(HeaderName, &'static str); 2] = [
        (header::REFERRER_POLICY, "same-origin"),
        // A page shows what is so now; going back to it must ask again.
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in others {
        page.insert_header(name, HeaderValue::from_static(value));
    }
}
