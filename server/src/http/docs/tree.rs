//! A shape as a tree: keys below each other, what each takes beside it, other shapes as links.

use super::html::{escaped, line, prose};
use super::{items, text};
use serde_json::Value;
use std::fmt::Write;

/// Words are written out up to so many; a longer list is a link.
const MOST_WORDS: usize = 8;

/// Writes a shape: its keys if it has some, or what else it is; and a value of it, where there is one.
pub(super) fn write(page: &mut String, document: &Value, schema: &Value) {
    if schema.get("$ref").is_none() {
        page.push_str(&prose(text(&schema["description"])));
    }
    if is_tree(schema) {
        keys(page, document, schema);
    } else {
        let _ = write!(page, "<p class=\"kind\">{}</p>", kind(document, schema));
        if let Some(target) = named(document, schema).filter(|target| is_tree(target)) {
            page.push_str("<details><summary>Its keys</summary>");
            keys(page, document, target);
            page.push_str("</details>");
        }
    }
    if let Some(example) = items(&schema["examples"]).first() {
        let example = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = write!(
            page,
            "<details><summary>Example</summary><pre tabindex=\"0\"><code>{}</code></pre></details>",
            escaped(&example)
        );
    }
}

/// The shape that a reference names.
fn named<'a>(document: &'a Value, schema: &Value) -> Option<&'a Value> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    document["components"]["schemas"].get(name)
}

/// In a few words, as HTML: `text`, `list of Delivery`, `one of a b c`.
pub(super) fn kind(document: &Value, schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        let words = items(&document["components"]["schemas"][name]["enum"]);
        let link = format!("<a href=\"#shape-{name}\">{name}</a>");
        return if words.is_empty() || words.len() > MOST_WORDS {
            link
        } else {
            format!("{link}: {}", list(words))
        };
    }
    let words = items(&schema["enum"]);
    if !words.is_empty() {
        return list(words);
    }
    if let Some(only) = schema.get("const") {
        return format!("<code>{}</code>", escaped(&only.to_string()));
    }
    for (keyword, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        let parts = items(&schema[keyword]).iter().filter(|part| part["type"] != "null");
        let parts: Vec<String> = parts.map(|part| kind(document, part)).collect();
        if !parts.is_empty() {
            return parts.join(between);
        }
    }
    match &schema["type"] {
        Value::String(name) => match name.as_str() {
            "array" => format!("list of {}", kind(document, &schema["items"])),
            "object" => schema["additionalProperties"].as_object().map_or_else(
                || "object".to_owned(),
                |_| format!("object of {}", kind(document, &schema["additionalProperties"])),
            ),
            "string" if schema["format"] == "date-time" => "text, a time".to_owned(),
            "string" => "text".to_owned(),
            "integer" | "number" => number(name, schema),
            other => escaped(other),
        },
        // Of what may be null, what else it may be.
        Value::Array(types) if types.len() == 2 && types.iter().any(|name| name == "null") => {
            let mut given = schema.clone();
            given["type"] = types.iter().find(|name| *name != "null").cloned().unwrap_or_default();
            kind(document, &given)
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            "any JSON".to_owned()
        }
    }
}

fn number(name: &str, schema: &Value) -> String {
    let name = if name == "integer" { "whole number" } else { "number" };
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Number(least), Value::Number(most)) => format!("{name}, {least} to {most}"),
        _ => name.to_owned(),
    }
}

fn list(words: &[Value]) -> String {
    let words: Vec<String> =
        words.iter().map(|word| format!("<code>{}</code>", escaped(text(word)))).collect();
    words.join(" ")
}

/// Whether keys are told of.
fn is_tree(schema: &Value) -> bool {
    schema.get("properties").is_some()
        || ["allOf", "oneOf"]
            .iter()
            .any(|part| items(&schema[part]).iter().any(|part| part.get("properties").is_some()))
}

fn keys(page: &mut String, document: &Value, schema: &Value) {
    for part in items(&schema["allOf"]).iter().chain(items(&schema["oneOf"])) {
        if is_tree(part) {
            let about = line(text(&part["description"]));
            let about = if schema.get("oneOf").is_some() { format!("<p>{about}</p>") } else { String::new() };
            page.push_str(&about);
            keys(page, document, part);
        } else {
            let _ = write!(page, "<p class=\"kind\">All of {}, and:</p>", kind(document, part));
        }
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    page.push_str("<ul class=\"tree\">");
    for (name, property) in properties {
        let is_required = items(&schema["required"]).iter().any(|key| key == name);
        let mark = if is_required { "" } else { "<i>?</i>" };
        // A link tells of itself; its description here is what it means at this place.
        let about = line(text(&property["description"]));
        let what = kind(document, property);
        let _ = write!(
            page,
            "<li><code>{}</code>{mark} <small>{what}</small> <span>{about}</span>",
            escaped(name)
        );
        let choices = items(&property["anyOf"]).iter().chain([property, &property["items"]]);
        if let Some(inner) = choices.into_iter().find(|inner| is_tree(inner)) {
            keys(page, document, inner);
        }
        page.push_str("</li>");
    }
    page.push_str("</ul>");
}

#[cfg(test)]
mod tests {
    use super::super::{members, render};

    #[test]
    fn every_link_leads_somewhere_on_the_page() {
        let page = render(crate::http::openapi::document());
        for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!(" id=\"{target}\"")), "{target}");
        }
        for (path, _) in members(&crate::http::openapi::document()["paths"]) {
            assert!(page.contains(&path.replace('/', "/<wbr>")), "{path}");
        }
    }
}
