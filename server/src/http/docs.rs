//! `/api/docs`: the API's description as a page, made of the same document, that needs no script and nothing from elsewhere.

mod curl;
mod html;
mod operation;
mod tree;

use super::openapi;
use axum::response::{Html, IntoResponse};
use html::{escaped, prose};
use http::header;
use serde_json::Value;
use std::fmt::Write;
use std::sync::LazyLock;

/// As strict as the dashboard's, and nothing runs here.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The dashboard's colours, and this page's own rules.
const STYLE: &str = concat!(include_str!("../../../style/tokens.css"), include_str!("docs/style.css"));

/// This description as a page to read.
#[utoipa::path(
    get,
    path = "/api/docs",
    operation_id = "readDescription",
    tag = "Gateway",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(super) async fn page() -> impl IntoResponse {
    static PAGE: LazyLock<String> = LazyLock::new(|| render(openapi::document()));
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(PAGE.as_str()))
}

/// How that page looks.
#[utoipa::path(
    get,
    path = "/api/docs/style.css",
    operation_id = "getStyle",
    tag = "Gateway",
    responses((status = 200, description = "A style sheet.", body = String, content_type = "text/css"))
)]
pub(super) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, STYLE)
}

fn render(document: &Value) -> String {
    let info = &document["info"];
    let (title, version) = (text(&info["title"]), text(&info["version"]));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>API · {title}</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body>\
         <a class=\"skip\" href=\"#main\">To the operations</a>\
         <header><h1>{title} <span>API {version}</span></h1>\
         <a href=\"/api/v1/openapi.json\">OpenAPI 3.1 as JSON</a></header>"
    );
    contents(&mut page, document);
    page.push_str("<main id=\"main\"><section class=\"about\">");
    page.push_str(&prose(text(&info["description"])));
    access(&mut page, document);
    page.push_str("</section>");
    for tag in items(&document["tags"]) {
        let name = text(&tag["name"]);
        let about = prose(text(&tag["description"]));
        let _ = write!(page, "<section id=\"{}\"><h2>{}</h2>{about}", anchor(name), escaped(name));
        for (path, method, of) in operations(document).filter(|(.., of)| of["tags"][0] == name) {
            operation::write(&mut page, document, path, method, of);
        }
        page.push_str("</section>");
    }
    page.push_str("<section id=\"shapes\"><h2>Shapes</h2><p>What stands in bodies and answers; <i>?</i> marks what may be absent.</p>");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = write!(page, "<article id=\"shape-{name}\"><h3>{name}</h3>");
        tree::write(&mut page, document, schema);
        page.push_str("</article>");
    }
    page.push_str("</section></main></body></html>\n");
    page
}

/// Every operation and shape by name.
fn contents(page: &mut String, document: &Value) {
    page.push_str("<nav aria-label=\"Contents\">");
    for tag in items(&document["tags"]) {
        let name = text(&tag["name"]);
        let _ = write!(page, "<h2><a href=\"#{}\">{}</a></h2><ul>", anchor(name), escaped(name));
        for (_, method, of) in operations(document).filter(|(.., of)| of["tags"][0] == name) {
            let (id, summary) = (text(&of["operationId"]), operation::title(of));
            let _ = write!(
                page,
                "<li><a href=\"#{id}\"><b class=\"{method}\">{method}</b> <span>{summary}</span></a></li>"
            );
        }
        page.push_str("</ul>");
    }
    page.push_str("<h2><a href=\"#shapes\">Shapes</a></h2><ul class=\"shapes\">");
    for (name, _) in members(&document["components"]["schemas"]) {
        let _ = write!(page, "<li><a href=\"#shape-{name}\">{name}</a></li>");
    }
    page.push_str("</ul></nav>");
}

/// How a request says who sends it.
fn access(page: &mut String, document: &Value) {
    page.push_str("<dl>");
    for (name, scheme) in members(&document["components"]["securitySchemes"]) {
        let about = prose(text(&scheme["description"]));
        let _ = write!(page, "<dt>{}</dt><dd>{about}</dd>", escaped(name));
    }
    page.push_str("</dl>");
}

/// Path, method and description of every operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&document["paths"])
        .flat_map(|(path, item)| members(item).map(move |(method, of)| (path, method, of)))
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}
