//! A hit's body by its content type, which is the first line: JSON, a form or text, and never anything else.

use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use server::inbound::body;

pub(crate) fn fuzz(input: &[u8]) {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (kind, sent) = (&input[..line], input.get(line + 1..).unwrap_or_default());
    let mut headers = HeaderMap::new();
    let Ok(kind) = HeaderValue::from_bytes(kind) else { return };
    headers.insert(header::CONTENT_TYPE, kind.clone());
    let read = body::read(&headers, sent);
    let json: Option<Value> = serde_json::from_slice(sent).ok();
    let kind =
        kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &read {
        _ if sent.is_empty() => assert_eq!(read, Ok(Value::from(""))),
        _ if kind == "application/json" || kind.ends_with("+json") => {
            assert_eq!(read.as_ref().ok(), json.as_ref());
        }
        Ok(Value::String(text)) => assert_eq!(*text, String::from_utf8_lossy(sent)),
        Ok(Value::Object(fields)) if Some(fields) != json.as_ref().and_then(Value::as_object) => {
            assert_eq!(kind, "application/x-www-form-urlencoded");
            // Written as a form again, it reads as the same.
            let again = body::read(&headers, written(fields.iter()).as_bytes());
            let empty = Ok(Value::from(""));
            assert_eq!(again, if fields.is_empty() { empty } else { read.clone() });
        }
        Ok(other) => assert_eq!(Some(other), json.as_ref(), "neither JSON, a form nor text"),
        Err(cause) => {
            assert_eq!(kind, "application/x-www-form-urlencoded", "only a form's fields are counted");
            assert!(cause.contains("1000"), "{cause}");
        }
    }
    if let Ok(query) = std::str::from_utf8(sent) {
        assert!(body::query(Some(query)).is_object() || query.split('&').count() > 1000, "{query}");
    }
}

fn written<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            form.append_pair(name, value.as_str().unwrap_or_default());
        }
    }
    form.finish()
}
