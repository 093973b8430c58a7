//! Rendering: what the agent is told, made of a hit by its inbound endpoint's template.

use super::body;
use crate::template::{Rendered, Template, TemplateError};
use serde_json::{Map, Value, json};
use wire::{Hit, Time};

/// Renders the prompt of a hit whose body reads as `body`. Templates see `body`, `headers` (names in lower case, secrets
/// masked), `query` and `now`; no value is itself rendered.
pub fn prompt(template: &Template, hit: &Hit, body: &Value, now: Time) -> Result<Rendered, TemplateError> {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &hit.headers {
        // One that stands several times is a list with commas (RFC 9110, 5.3).
        match headers.get_mut(&**name) {
            Some(Value::String(first)) => {
                first.push_str(", ");
                first.push_str(value);
            }
            Some(_) | None => drop(headers.insert(name.to_string(), Value::from(value.as_str()))),
        }
    }
    template.render(&json!({
        "body": body,
        "headers": headers,
        "query": body::query(hit.query.as_deref()),
        "now": now.to_string(),
    }))
}
