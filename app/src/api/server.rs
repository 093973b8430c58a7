//! The client on the server: the API's own router answers, in process, for the visitor who asked for the page.

use super::{Method, problem, refused};
use crate::live::Noted;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderName, Request, header};
use http_body_util::BodyExt;
use leptos::prelude::use_context;
use std::net::SocketAddr;
use tower::ServiceExt;
use wire::Problem;

/// The API's router; pages find it in their context.
#[derive(Clone, Debug)]
pub struct Api(pub Router);

/// What tells the API who asks: the same as if the visitor's browser asked itself.
const VISITORS: [HeaderName; 7] = [
    header::COOKIE,
    header::AUTHORIZATION,
    header::HOST,
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
];

pub(super) async fn send(method: Method, path: &str, body: Option<String>) -> Result<String, Problem> {
    let Some(Api(api)) = use_context::<Api>() else {
        return Err(problem(503, "unreachable", "The API is not there.".to_owned()));
    };
    let request = request(method, path, body, use_context::<Parts>().as_ref())
        .map_err(|error| problem(400, "invalid_request", error.to_string()))?;
    let answer = match api.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let status = answer.status();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|error| problem(502, "broken_answer", error.to_string()))?
        .to_bytes();
    let body = String::from_utf8_lossy(&body);
    if status.is_success() { Ok(body.into_owned()) } else { Err(refused(status.as_u16(), &body)) }
}

fn request(
    method: Method,
    path: &str,
    body: Option<String>,
    visitor: Option<&Parts>,
) -> Result<Request<Body>, axum::http::Error> {
    let mut request = Request::builder().method(match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    });
    if let Some(visitor) = visitor {
        for name in VISITORS {
            for value in visitor.headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        // HTTP/2 names the host in the request's target.
        if let Some(host) = visitor.uri.authority().filter(|_| !visitor.headers.contains_key(header::HOST)) {
            request = request.header(header::HOST, host.as_str());
        }
        if let Some(noted) = use_context::<Noted>() {
            request = request.extension(noted);
        }
        if let Some(from) = visitor.extensions.get::<ConnectInfo<SocketAddr>>() {
            request = request.extension(*from);
        }
    }
    request
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.map_or_else(Body::empty, Body::from))
}

pub(super) fn origin() -> String {
    let Some(visitor) = use_context::<Parts>() else { return String::new() };
    let text = |name: HeaderName| visitor.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text(HeaderName::from_static("x-forwarded-proto")).filter(|scheme| *scheme == "https");
    let host = text(header::HOST).or_else(|| visitor.uri.authority().map(axum::http::uri::Authority::as_str));
    format!("{}://{}", scheme.unwrap_or("http"), host.unwrap_or("127.0.0.1:8787"))
}
