//! A validator for as much of JSON Schema as the schema uses. A crate for all of it would have half of the dependencies built
//! twice, once for tests and once for the program.

use super::super::schema::{NAME, URL, VARIABLE};
use crate::config::{checks, environment};
use serde_json::{Map, Value};

/// Whether `value` fits `schema`; a keyword that is not known here is a failure of the test.
pub(super) fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, given) in schema {
        let good = match keyword.as_str() {
            // Words about it, or (the last three) judged together behind this.
            "$schema"
            | "title"
            | "description"
            | "default"
            | "format"
            | "properties"
            | "patternProperties"
            | "additionalProperties" => true,
            "type" => is_of(value, given),
            "const" => value == given,
            "enum" => list(given).contains(value),
            "pattern" => value.as_str().is_none_or(|text| matches(text, given.as_str().unwrap())),
            "minLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 >= given.as_u64().unwrap())
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= given.as_u64().unwrap()),
            "minimum" => value.as_f64().is_none_or(|number| number >= given.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > given.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= given.as_f64().unwrap()),
            "required" => list(given).iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "anyOf" => list(given).iter().any(|schema| fits(value, schema).is_ok()),
            "items" => {
                value.as_array().is_none_or(|items| items.iter().all(|item| fits(item, given).is_ok()))
            }
            _ => panic!("the keyword {keyword} is not known here"),
        };
        if !good {
            return Err(format!("{value} against {keyword}: {given}"));
        }
    }
    value.as_object().map_or(Ok(()), |object| each_property(object, schema))
}

fn each_property(object: &Map<String, Value>, schema: &Map<String, Value>) -> Result<(), String> {
    let named = |keyword: &str| schema.get(keyword).and_then(Value::as_object);
    for (key, value) in object {
        let of_name = named("properties").and_then(|properties| properties.get(key));
        let of_pattern = || {
            let mut patterns = named("patternProperties")?.iter();
            patterns.find(|(pattern, _)| matches(key, pattern)).map(|(_, schema)| schema)
        };
        match of_name.or_else(of_pattern).or_else(|| schema.get("additionalProperties")) {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err(format!("{key} is no key")),
            Some(schema) => fits(value, schema).map_err(|fault| format!("{key}: {fault}"))?,
        }
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn is_of(value: &Value, types: &Value) -> bool {
    let one = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => panic!("the type {name} is not known here"),
    };
    types.as_str().map_or_else(|| list(types).iter().any(|name| one(name.as_str().unwrap())), one)
}

/// The schema has three patterns, each the regular expression of something that the readers check by other means.
fn matches(text: &str, pattern: &str) -> bool {
    match pattern {
        NAME => checks::name(text).is_ok(),
        URL => checks::http_url(text).is_ok(),
        VARIABLE => !environment::expand(text, &|_| None).missing.is_empty(),
        _ => panic!("the pattern {pattern} is not known here"),
    }
}
