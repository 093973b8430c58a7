//! The schema of an endpoint's definition, out of the configuration's own: through the API nothing is included, and no
//! text holds a variable.

use serde_json::{Map, Value, json};

/// What makes an endpoint.
pub(super) fn definition() -> Value {
    let file = crate::config::schema();
    let mut definition = file["properties"]["webhooks"]["properties"]["endpoints"]["items"].clone();
    settle(&mut definition);
    definition["description"] = "An endpoint, by the keys that it has in the configuration's file.".into();
    definition
}

/// What changes one: any of its keys but the name, `null` to take it away.
pub(super) fn patch() -> Value {
    let Value::Object(mut definition) = definition() else { return Value::Null };
    definition.shift_remove("required");
    definition["description"] = "Some of an endpoint's keys; `null` takes one away.".into();
    if let Some(properties) = definition["properties"].as_object_mut() {
        properties.shift_remove("name");
        for (_, property) in properties {
            let about = property.as_object_mut().and_then(|property| property.shift_remove("description"));
            // What is an object is merged: any of its keys will do.
            property.as_object_mut().map(|property| property.shift_remove("required"));
            *property = json!({ "description": about, "anyOf": [property, { "type": "null" }] });
        }
    }
    Value::Object(definition)
}

/// Takes out what holds for files alone.
fn settle(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove("$include");
    }
    if let Some(Value::Array(choices)) = object.shift_remove("anyOf") {
        match &choices[..] {
            // Keys that must be there, or an included file.
            [Value::Object(keys), _] if keys.contains_key("required") => object.extend(keys.clone()),
            // A text of a form, or one with a variable.
            [Value::Object(form), _] if object.contains_key("type") => object.extend(form.clone()),
            _ => drop(object.insert("anyOf".to_owned(), choices.into())),
        }
    }
    for key in ["properties", "patternProperties"] {
        object
            .get_mut(key)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut)
            .for_each(settle);
    }
    if let Some(items) = object.get_mut("items") {
        settle(items);
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.iter_mut().for_each(settle);
    }
}
