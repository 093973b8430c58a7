//! A hit's body as templates see it: JSON, the fields of a form, or text.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

/// Fields of a form; more is no form that anyone filled in.
const MOST_FIELDS: usize = 1000;

/// Reads a body by its content type. The error says why it can't be read.
///
/// A body without a content type, or with that of a form (which is what curl says of everything), is JSON if it reads
/// as an object or a list. One that says it is JSON must be.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = String::from_utf8_lossy(body);
    let looks_like_json = text.trim_start().starts_with(['{', '[']);
    if body.is_empty() {
        return Ok(Value::String(String::new()));
    }
    if kind == "application/json" || kind.ends_with("+json") {
        return json(body).map_err(|error| format!("the body is not the JSON that it says it is: {error}"));
    }
    if kind == "application/x-www-form-urlencoded" {
        if looks_like_json && let Ok(value) = json(body) {
            return Ok(value);
        }
        return form(body);
    }
    if kind.is_empty()
        && looks_like_json
        && let Ok(value) = json(body)
    {
        return Ok(value);
    }
    Ok(Value::String(text.into_owned()))
}

fn json(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// The fields as an object; one that stands more than once becomes a list.
fn form(body: &[u8]) -> Result<Value, String> {
    let mut fields = Map::new();
    for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if count == MOST_FIELDS {
            return Err(format!("the form has more than {MOST_FIELDS} fields"));
        }
        add(&mut fields, &name, value.into_owned());
    }
    Ok(Value::Object(fields))
}

fn add(fields: &mut Map<String, Value>, name: &str, value: String) {
    match fields.get_mut(name) {
        None => drop(fields.insert(name.to_owned(), Value::String(value))),
        Some(Value::Array(values)) => values.push(Value::String(value)),
        Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
    }
}

/// A query string's parameters as an object, as a form's fields.
pub fn query(query: Option<&str>) -> Value {
    form(query.unwrap_or_default().as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    fn of(content_type: &'static str, body: &[u8]) -> Result<Value, String> {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        read(&headers, body)
    }

    #[test]
    fn a_body_is_what_its_content_type_says() {
        let object = json!({ "a": [1] });
        for json_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json", ""]
        {
            assert_eq!(of(json_type, br#"{"a":[1]}"#), Ok(object.clone()), "{json_type}");
        }
        let form = "application/x-www-form-urlencoded";
        assert_eq!(of(form, "a=1&b=%EB%B0%B0+x&a=2".as_bytes()), Ok(json!({ "a": ["1", "2"], "b": "배 x" })));
        // As curl sends it when nobody tells it what it is.
        assert_eq!(of(form, br#"{"a":[1]}"#), Ok(object));
        for text_type in ["text/plain", "application/xml", "", "multipart/form-data; boundary=x"] {
            assert_eq!(of(text_type, "<배포/>".as_bytes()), Ok(json!("<배포/>")), "{text_type}");
        }
        assert_eq!(of("text/plain", br#"{"a":[1]}"#), Ok(json!(r#"{"a":[1]}"#)));
        assert_eq!(of("text/plain", b"\xff\xfe"), Ok(json!("\u{fffd}\u{fffd}")));
        assert_eq!(of("application/json", b""), Ok(json!("")));
    }

    #[test]
    fn what_cannot_be_read_is_said_and_nothing_overflows() {
        assert!(of("application/json", b"{").unwrap_err().contains("EOF"));
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(of("application/json", deep.as_bytes()).unwrap_err().contains("recursion"));
        assert_eq!(of("", deep.as_bytes()), Ok(json!(deep)));
        let bomb = "a=1&".repeat(1001);
        assert!(of("application/x-www-form-urlencoded", bomb.as_bytes()).unwrap_err().contains("1000"));
    }
}
