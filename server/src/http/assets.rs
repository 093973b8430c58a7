//! The dashboard's files: inside the binary, under one hash of them all, kept by browsers for good.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// One file, as `build.rs` made it.
struct Asset {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets_table.rs"));

/// Changes whenever one of the files does.
const HASH: &str = env!("ASSETS_HASH");

/// A file's name holds its content's hash, so that it never changes.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// These keep their names: browsers look for them there.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Where the pages find their files.
pub(crate) fn site() -> app::Site {
    let has = |name: &str| find(name).is_some();
    let alive = has("start.js") && has("app_bg.wasm");
    app::Site {
        style: path("app.css"),
        start: alive.then(|| path("start.js")),
        glue: if alive { vec![path("app.js"), path("__wasm_split.js")] } else { Vec::new() },
    }
}

/// `/assets/<hash>/<name>`, and the two that browsers ask for by name.
pub(crate) fn router() -> Router {
    Router::new()
        .route(
            "/assets/{hash}/{name}",
            get(|Path((hash, name)): Path<(String, String)>, headers: HeaderMap| async move {
                // A page of another version asks for files that this one has not.
                let asset = find(&name).filter(|_| hash == HASH);
                asset.map_or_else(not_found, |asset| answer(asset, &headers, FOR_GOOD))
            }),
        )
        .route("/favicon.svg", get(|headers| async move { named("favicon.svg", &headers) }))
        .route("/manifest.webmanifest", get(|headers| async move { named("manifest.webmanifest", &headers) }))
}

fn path(name: &str) -> String {
    format!("/assets/{HASH}/{name}")
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

fn named(name: &str, headers: &HeaderMap) -> Response {
    find(name).map_or_else(not_found, |asset| answer(asset, headers, FOR_AN_HOUR))
}

fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn answer(asset: &'static Asset, asked: &HeaderMap, keep: HeaderValue) -> Response {
    let head = [
        (header::CONTENT_TYPE, content_type(asset.name)),
        (header::CACHE_CONTROL, keep),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if takes_brotli(asked) && asset.brotli.len() < asset.plain.len() {
        return (head, [(header::CONTENT_ENCODING, "br")], asset.brotli).into_response();
    }
    (head, asset.plain).into_response()
}

/// Whether `Accept-Encoding` names brotli and does not refuse it with `q=0`.
fn takes_brotli(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().trim_start_matches("q=").parse().unwrap_or(1.0_f32);
            name.trim().eq_ignore_ascii_case("br") && weight > 0.0
        })
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests;
