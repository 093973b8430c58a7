//! One operation: what it does, who may, what it takes, an example, and each answer.

use super::html::{escaped, line, prose};
use super::{curl, items, members, text, tree};
use serde_json::Value;
use std::fmt::Write;

/// Writes an operation's part of the page.
pub(super) fn write(page: &mut String, document: &Value, path: &str, method: &str, of: &Value) {
    let (id, title) = (text(&of["operationId"]), title(of));
    let _ = write!(
        page,
        "<article id=\"{id}\"><h3>{title}</h3><p class=\"call\"><b class=\"{method}\">{method}</b> <code>{}</code></p>",
        escaped(path).replace('/', "/<wbr>")
    );
    // The first paragraph is the title once more.
    let description = text(&of["description"]);
    page.push_str(&prose(description.strip_prefix(text(&of["summary"])).unwrap_or(description).trim()));
    let _ = write!(page, "<p class=\"who\">{}</p>", who(of));
    parameters(page, document, of);
    body(page, document, of);
    examples(page, path, method, of);
    answers(page, document, of);
    page.push_str("</article>");
}

/// What an operation does, without the full stop.
pub(super) fn title(of: &Value) -> String {
    line(text(&of["summary"]).trim_end_matches('.'))
}

fn who(of: &Value) -> String {
    let roles: Vec<String> = items(&of["security"])
        .first()
        .map(|scheme| {
            items(&scheme["bearer"]).iter().map(|role| format!("<code>{}Token</code>", text(role))).collect()
        })
        .unwrap_or_default();
    if roles.is_empty() {
        "Needs no token.".to_owned()
    } else {
        format!("Needs the {}.", roles.join(" or the "))
    }
}

fn parameters(page: &mut String, document: &Value, of: &Value) {
    let parameters = items(&of["parameters"]);
    if parameters.is_empty() {
        return;
    }
    page.push_str("<h4>Parameters</h4><dl>");
    for parameter in parameters {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let what = tree::kind(document, &parameter["schema"]);
        let about = line(text(&parameter["description"]));
        let _ = write!(page, "<dt><code>{name}</code> <small>{place} · {what}</small></dt><dd>{about}</dd>");
    }
    page.push_str("</dl>");
}

fn body(page: &mut String, document: &Value, of: &Value) {
    let body = &of["requestBody"];
    if body.is_null() {
        return;
    }
    let types: Vec<String> =
        members(&body["content"]).map(|(name, _)| format!("<code>{}</code>", escaped(name))).collect();
    let _ =
        write!(page, "<h4>Body <small>{}</small></h4>{}", types.join(" "), prose(text(&body["description"])));
    let schema = &body["content"]["application/json"]["schema"];
    if schema.as_object().is_some_and(|schema| !schema.is_empty()) {
        tree::write(page, document, schema);
    }
}

fn examples(page: &mut String, path: &str, method: &str, of: &Value) {
    // A WebSocket is not curl's affair.
    if of["responses"].get("101").is_some() {
        return;
    }
    let media = &of["requestBody"]["content"]["application/json"];
    let mut write = |about: &str, body: Option<&Value>| {
        let line = escaped(&curl::line(path, method, of, body));
        let _ = write!(page, "<h4>{about}</h4><pre tabindex=\"0\"><code>{line}</code></pre>");
    };
    for (_, example) in members(&media["examples"]) {
        write(&format!("Example: {}", escaped(text(&example["summary"]))), example.get("value"));
    }
    if media.get("examples").is_none() {
        write("Example", media.get("example"));
    }
}

fn answers(page: &mut String, document: &Value, of: &Value) {
    page.push_str("<h4>Answers</h4><ul class=\"answers\">");
    for (status, response) in members(&of["responses"]) {
        let class = if status < "400" { "good" } else { "bad" };
        let schema = members(&response["content"]).map(|(_, media)| &media["schema"]).next();
        let what = schema.map(|schema| format!(" <small>{}</small>", tree::kind(document, schema)));
        let about = line(text(&response["description"]));
        let _ = write!(
            page,
            "<li><b class=\"{class}\">{status}</b> <span>{about}{}</span></li>",
            what.unwrap_or_default()
        );
    }
    page.push_str("</ul>");
}
