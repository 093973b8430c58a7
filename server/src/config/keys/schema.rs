//! The JSON Schema (draft 2020-12) of the file, by which editors complete and check it.

use super::{CONFIGURATION, Key, Takes, Without};
use serde_json::{Map, Value, json};
use wire::EventType;

/// A text with a variable in it: what it will be is not known yet.
pub(super) const VARIABLE: &str = r"\$\{[A-Z_][A-Z0-9_]*\}";
pub(super) const NAME: &str = "^[a-zA-Z0-9_.-]{1,64}$";
pub(super) const URL: &str = "^https?://[^\\s#]+$";

/// The schema of `openclaw.json5`.
pub fn schema() -> Value {
    let mut webhooks = object(CONFIGURATION);
    webhooks["description"] = "Events out as signed webhooks, requests in as agent runs.".into();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "openclaw.json5 of OpenClaw Webhooks",
        "type": "object",
        "properties": {
            "$schema": { "type": "string" },
            "$include": include(),
            "webhooks": webhooks,
        },
        "additionalProperties": false,
    })
}

/// An object of these keys. What an included file brings need not stand here.
fn object(keys: &[Key]) -> Value {
    let mut properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), of_key(key))).collect();
    properties.insert("$include".to_owned(), include());
    let required: Vec<&str> =
        keys.iter().filter(|key| matches!(key.without, Without::Refused(_))).map(|key| key.name).collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["anyOf"] = json!([{ "required": required }, { "required": ["$include"] }]);
    }
    object
}

fn of_key(key: &Key) -> Value {
    let mut schema = of_value(key.takes);
    schema["description"] = key.about.into();
    match key.without {
        Without::Default(value) => {
            // Defaults are words, numbers and lists, which JSON5 writes as JSON does.
            if let Ok(value) = serde_json::from_str(value) {
                schema["default"] = value;
            }
        }
        Without::Refused(_) | Without::Absent(_) | Without::OfItsKeys => {}
    }
    schema
}

fn of_value(takes: Takes) -> Value {
    match takes {
        Takes::Text | Takes::Secret => json!({ "type": "string", "minLength": 1 }),
        Takes::Url => text(&json!({ "pattern": URL })),
        Takes::Name => text(&json!({ "pattern": NAME })),
        Takes::Time => text(&json!({ "format": "date-time" })),
        Takes::Flag => json!({ "type": "boolean" }),
        Takes::Whole(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Takes::Rate(most) => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": most }),
        Takes::Word(words) => text(&json!({ "enum": words })),
        Takes::Texts(not_empty) => {
            json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": u8::from(not_empty) })
        }
        Takes::Events => {
            let words: Vec<&str> = EventType::ALL.iter().map(|event| event.as_str()).chain(["*"]).collect();
            let list = json!({ "type": "array", "items": text(&json!({ "enum": words })), "minItems": 1 });
            json!({ "anyOf": [list, { "const": "*" }] })
        }
        Takes::Headers => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::Json => json!({ "type": ["object", "array", "string", "number", "boolean"] }),
        Takes::Object(keys) => object(keys),
        Takes::Objects(keys) => json!({ "type": "array", "items": object(keys) }),
        Takes::Named(_, keys) => json!({
            "type": "object",
            "properties": { "$include": include() },
            "patternProperties": { NAME: object(keys) },
            "additionalProperties": false,
        }),
    }
}

/// A text of this form, or one with a variable in it.
fn text(form: &Value) -> Value {
    json!({ "type": "string", "anyOf": [form, { "pattern": VARIABLE }] })
}

fn include() -> Value {
    json!({
        "description": "Files whose keys stand here too, relative to this one; what is written here wins.",
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
    })
}
