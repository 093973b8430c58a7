//! The client in the browser: fetch, with the page's own cookies.

use super::{Method, refused, unreachable};
use gloo_net::http::Request;
use send_wrapper::SendWrapper;
use wire::Problem;

/// JavaScript's promises stay on the one thread there is, so calling them `Send` is true enough.
pub(super) fn send(
    method: Method,
    path: &str,
    body: Option<String>,
) -> impl Future<Output = Result<String, Problem>> + Send + use<> {
    SendWrapper::new(crate::rest::send(method, path.to_owned(), body))
}

/// Fetches, in the file that comes second.
pub(crate) async fn fetch(method: Method, path: String, body: Option<String>) -> Result<String, Problem> {
    let unreachable = |_: gloo_net::Error| unreachable();
    let path = path.as_str();
    let request = match method {
        Method::Get => Request::get(path),
        Method::Post => Request::post(path),
        Method::Patch => Request::patch(path),
        Method::Delete => Request::delete(path),
    };
    let request = request.header("Accept", "application/json");
    let answer = match body {
        Some(body) => {
            request.header("Content-Type", "application/json").body(body).map_err(unreachable)?.send().await
        }
        None => request.send().await,
    }
    .map_err(unreachable)?;
    let text = answer.text().await.map_err(unreachable)?;
    if answer.ok() { Ok(text) } else { Err(refused(answer.status(), &text)) }
}

pub(super) fn origin() -> String {
    leptos::prelude::window().location().origin().unwrap_or_default()
}
