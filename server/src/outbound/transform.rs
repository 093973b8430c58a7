//! The body that goes out: the event's bytes, or what the endpoint's `redact` and `transform` make of them.

use crate::config::EndpointConfig;
use crate::store::read_json;
use bytes::Bytes;
use bytestring::ByteString;
use serde_json::Value;

/// What stands in place of a redacted value.
const REDACTED: &str = "[redacted]";

/// The body for `endpoint`, or why it could not be made.
pub fn body(endpoint: &EndpointConfig, event: &ByteString) -> Result<Bytes, String> {
    if endpoint.transform.is_none() && endpoint.redact.is_empty() {
        return Ok(event.clone().into_bytes());
    }
    let mut value: Value = read_json(event).map_err(|error| format!("the event can't be read: {error}"))?;
    for path in &endpoint.redact {
        redact(&mut value, path);
    }
    match &endpoint.transform {
        Some(transform) => transform
            .render(&value)
            .map(|rendered| Bytes::from(rendered.body))
            .map_err(|error| error.to_string()),
        None => serde_json::to_vec(&value).map(Bytes::from).map_err(|error| error.to_string()),
    }
}

/// Replaces what `path` (dotted, as `data.message.content`) leads to; lists are entered.
fn redact(value: &mut Value, path: &str) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    match value {
        Value::Object(object) => {
            let Some(found) = object.get_mut(key) else { return };
            match rest {
                Some(rest) => redact(found, rest),
                None => *found = Value::from(REDACTED),
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
