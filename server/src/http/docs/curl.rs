//! Examples as lines for a shell.

use super::{items, text};
use serde_json::Value;
use std::fmt::Write;

/// Where a gateway listens unless it is told otherwise.
const BASE: &str = "http://127.0.0.1:8787";

/// The line that makes an operation's request, with `body` if it has one.
pub(super) fn line(path: &str, method: &str, of: &Value, body: Option<&Value>) -> String {
    let (mut filled, mut query) = (path.to_owned(), String::new());
    for parameter in items(&of["parameters"]) {
        let (name, example) = (text(&parameter["name"]), &parameter["example"]);
        if parameter["in"] == "path" {
            filled = filled.replace(&format!("{{{name}}}"), &word(example));
        } else if query.is_empty() && !example.is_null() {
            query = format!("?{name}={}", word(example));
        }
    }
    let mut line = String::from("curl");
    if method != "get" && (body.is_none() || method != "post") {
        let _ = write!(line, " -X {}", method.to_uppercase());
    }
    let _ = write!(line, " {}", quoted(&format!("{BASE}{filled}{query}")));
    if !items(&of["security"]).is_empty() {
        line.push_str(" \\\n  -H \"Authorization: Bearer $OPENCLAW_WEBHOOKS_TOKEN\"");
    }
    if let Some(body) = body {
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        let _ = write!(line, " \\\n  -H 'Content-Type: application/json' \\\n  -d {}", quoted(&body));
    }
    line
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._-".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A parameter's value; of a list the first.
fn word(example: &Value) -> String {
    match example {
        Value::Array(values) => values.first().map_or_else(String::new, word),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_can_be_pasted_into_a_shell() {
        let of = json!({
            "security": [{ "bearer": ["admin"] }],
            "parameters": [{ "in": "path", "name": "name", "example": "crm" }],
        });
        let line = line("/endpoints/{name}", "patch", &of, Some(&json!({ "text": "it's" })));
        assert_eq!(
            line,
            "curl -X PATCH http://127.0.0.1:8787/endpoints/crm \\\n  -H \"Authorization: Bearer $OPENCLAW_WEBHOOKS_TOKEN\" \
             \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  \"text\": \"it'\\''s\"\n}'"
        );
    }
}
