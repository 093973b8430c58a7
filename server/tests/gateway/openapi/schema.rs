//! A validator for as much of JSON Schema as the document uses.

use serde_json::{Map, Value};

/// What `reference` (`#/components/…`) names in the document.
pub(super) fn at<'a>(document: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.strip_prefix('#').unwrap();
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} names nothing"))
}

/// Follows every reference in `value`.
pub(super) fn references(value: &Value, document: &Value) {
    match value {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                at(document, reference);
            }
            object.values().for_each(|value| references(value, document));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, document)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A shape in one line: its keys, `?` behind those that may be absent; or its words.
pub(super) fn outline(schema: &Value) -> String {
    let required = |key: &String| {
        schema["required"].as_array().is_some_and(|keys| keys.iter().any(|known| known == key))
    };
    if let Some(properties) = schema["properties"].as_object() {
        let keys = properties.keys().map(|key| if required(key) { key.clone() } else { format!("{key}?") });
        return keys.collect::<Vec<_>>().join(" ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join("|");
    }
    for (keyword, sign) in [("allOf", " & "), ("oneOf", " | ")] {
        if let Some(parts) = schema[keyword].as_array() {
            return parts.iter().map(outline).collect::<Vec<_>>().join(sign);
        }
    }
    match schema["$ref"].as_str() {
        Some(reference) => reference.rsplit('/').next().unwrap().to_owned(),
        None => schema["type"].as_str().unwrap_or("anything").to_owned(),
    }
}

/// Whether `value` fits `schema` and has no key that the schema does not tell of.
pub(super) fn fits(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    is_like(value, schema, document)?;
    let mut known = Some(Map::new());
    keys(value, schema, document, &mut known);
    if let (Some(object), Some(known)) = (value.as_object(), known) {
        for (key, value) in object {
            let told = known.get(key).ok_or_else(|| format!("{key} is not told of"))?;
            fits(value, told, document).map_err(|fault| format!("{key}: {fault}"))?;
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for item in items {
            fits(item, schema, document)?;
        }
    }
    Ok(())
}

/// Every key of a shape, wherever it is told of; `None` for a shape that may have any.
fn keys(value: &Value, schema: &Value, document: &Value, known: &mut Option<Map<String, Value>>) {
    if let Some(reference) = schema["$ref"].as_str() {
        keys(value, at(document, reference), document, known);
    }
    // Of several shapes only that which the value has tells of its keys.
    let is_meant = |keyword: &str, part: &Value| keyword == "allOf" || is_like(value, part, document).is_ok();
    let parts = ["allOf", "oneOf", "anyOf"].iter().flat_map(|keyword| {
        let parts = schema[keyword].as_array().into_iter().flatten();
        parts.filter(|part| is_meant(keyword, part))
    });
    let mut parts = parts.peekable();
    let has_parts = parts.peek().is_some() || schema.get("$ref").is_some();
    parts.for_each(|part| keys(value, part, document, known));
    match (schema["properties"].as_object(), known.as_mut()) {
        (Some(properties), Some(known)) => known.extend(properties.clone()),
        (None, Some(_)) if !has_parts => *known = None,
        _ => {}
    }
}

fn is_like(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    let number = |given: &Value| given.as_f64().unwrap();
    let length = |given: &Value| usize::try_from(given.as_u64().unwrap()).unwrap();
    for (keyword, given) in schema.as_object().expect("a schema is an object") {
        let good = match keyword.as_str() {
            "description" | "examples" | "example" | "default" | "format" | "title" | "propertyNames" => true,
            "$ref" => return is_like(value, at(document, given.as_str().unwrap()), document),
            "type" => is_of(value, given),
            "enum" => given.as_array().unwrap().contains(value),
            "const" => value == given,
            "pattern" => value.as_str().is_none_or(|text| !text.is_empty()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= length(given)),
            "minLength" => value.as_str().is_none_or(|text| text.len() >= length(given)),
            "minimum" => value.as_f64().is_none_or(|value| value >= number(given)),
            "exclusiveMinimum" => value.as_f64().is_none_or(|value| value > number(given)),
            "maximum" => value.as_f64().is_none_or(|value| value <= number(given)),
            "minItems" => value.as_array().is_none_or(|items| items.len() >= length(given)),
            "maxItems" => value.as_array().is_none_or(|items| items.len() <= length(given)),
            "required" => {
                let missing = |key: &&Value| value.is_object() && value.get(key.as_str().unwrap()).is_none();
                if let Some(key) = given.as_array().unwrap().iter().find(missing) {
                    return Err(format!("{key} is missing"));
                }
                true
            }
            "properties" => {
                for (key, schema) in given.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        is_like(value, schema, document).map_err(|fault| format!("{key}: {fault}"))?;
                    }
                }
                true
            }
            "additionalProperties" => value.as_object().is_none_or(|object| {
                !given.is_object() || object.values().all(|value| is_like(value, given, document).is_ok())
            }),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    is_like(item, given, document)?;
                }
                true
            }
            "allOf" => {
                for part in given.as_array().unwrap() {
                    is_like(value, part, document)?;
                }
                true
            }
            "oneOf" => {
                given.as_array().unwrap().iter().filter(|part| is_like(value, part, document).is_ok()).count()
                    == 1
            }
            "anyOf" => given.as_array().unwrap().iter().any(|part| is_like(value, part, document).is_ok()),
            _ => panic!("the keyword {keyword} is not known here"),
        };
        if !good {
            return Err(format!("{value} against {keyword}: {given}"));
        }
    }
    Ok(())
}

fn is_of(value: &Value, types: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    };
    types.as_array().map_or_else(|| one(types), |types| types.iter().any(one))
}
