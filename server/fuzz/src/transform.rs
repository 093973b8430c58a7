//! What an endpoint makes of an event: `transform` and `redact` of its definition, then the event.

use crate::parts;
use bytestring::ByteString;
use serde_json::Value;
use server::config::Config;
use server::outbound::transform;
use server::template::MAX_OUTPUT;
use std::path::Path;

pub(crate) fn fuzz(input: &[u8]) {
    let Some([definition, event]) = parts::of(input) else { return };
    let text = format!(
        "{{ webhooks: {{ endpoints: [{{ name: 'a', url: 'https://a.example', events: ['*'], {definition} }}] }} }}"
    );
    let Ok(config) = Config::parse(&text, Path::new("/nowhere/openclaw.json5"), &|_| None) else { return };
    let Some(endpoint) = config.endpoints.first() else { return };
    let body = match transform::body(endpoint, &ByteString::from(event)) {
        Ok(body) => body,
        Err(error) => return assert!(!error.is_empty(), "no word"),
    };
    match (&endpoint.transform, endpoint.redact.as_slice()) {
        (None, []) => assert_eq!(body, event, "an event goes out as it came"),
        (Some(transform), _) => {
            // A string becomes six times as long where all of it must be escaped.
            assert!(body.len() <= 6 * MAX_OUTPUT, "{} bytes", body.len());
            assert_shape(transform.source(), &read(&body));
        }
        (None, paths) => {
            let value = read(&body);
            for path in paths {
                assert_redacted(&value, path);
            }
        }
    }
}

fn read(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON goes out: {error}: {text}"))
}

/// Keys and all but strings stay as they are written; and what was a string is one, whatever was rendered into it.
fn assert_shape(source: &Value, made: &Value) {
    match (source, made) {
        (Value::Object(source), Value::Object(made)) => {
            assert!(source.keys().eq(made.keys()), "other keys: {source:?} {made:?}");
            for (source, made) in source.values().zip(made.values()) {
                assert_shape(source, made);
            }
        }
        (Value::Array(source), Value::Array(made)) => {
            assert_eq!(source.len(), made.len(), "{source:?} {made:?}");
            for (source, made) in source.iter().zip(made) {
                assert_shape(source, made);
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => {}
        (source, made) => assert_eq!(source, made),
    }
}

fn assert_redacted(value: &Value, path: &str) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    match (value, rest) {
        (Value::Array(items), _) => {
            for item in items {
                assert_redacted(item, path);
            }
        }
        (Value::Object(fields), Some(rest)) => {
            if let Some(found) = fields.get(key) {
                assert_redacted(found, rest);
            }
        }
        (Value::Object(fields), None) => {
            assert!(fields.get(key).is_none_or(|found| found == "[redacted]"), "{path} left: {value}");
        }
        _ => {}
    }
}
