//! What an endpoint's deliveries are made of: `transform` and `redact`.

use crate::config::checks;
use crate::config::fields::Fields;
use crate::config::node::{Kind, Text, without_values};
use crate::config::words::nearest;
use crate::secret::Secret;
use crate::template::Template;
use serde_json::Value;
use std::sync::Arc;

/// What every event has.
const EVENT: &[&str] = &["id", "type", "timestamp", "instanceId", "data"];

/// Each is looked for in every event.
const MOST_REDACTED: usize = 100;

/// A template, its source as it may be shown, and what is hidden in there.
pub(super) type Transform = (Option<Arc<Template>>, Option<Value>, Vec<Secret>);

pub(super) fn read_transform(fields: &mut Fields<'_>) -> Option<Transform> {
    let field = fields.get("transform")?;
    let source = field.node.to_json(&|text| text.shown.clone());
    fields.show_given("transform", source.clone().unwrap_or_default());
    let mut is_whole = true;
    let mut hidden = Vec::new();
    field.node.each_text(&field.path, &mut |text: &Text, at, path| {
        is_whole &= fields.reading.is_whole(text, at, path);
        hidden.extend_from_slice(&text.hidden);
    });
    if matches!(field.node.kind, Kind::Null) {
        field.fault(fields.reading, "must be an object, a list or a text with {{…}} in it, not null");
        return None;
    }
    let Some(real) = field.node.to_json(&|text| text.value.clone()) else {
        field.fault(fields.reading, "Infinity and NaN have no place in JSON");
        return None;
    };
    if !is_whole {
        return Some((None, source, secrets(&hidden)));
    }
    match Template::compile(&real) {
        Ok(template) => {
            // An event may have more than these; what is nearly one of them is likely a slip. A name that came from a
            // variable is not told.
            let shown = source.as_ref().map(ToString::to_string).unwrap_or_default();
            let is_odd = |name: &&String| !EVENT.contains(&name.as_str()) && shown.contains(name.as_str());
            for name in template.reads().iter().filter(is_odd) {
                if let Some(meant) = nearest(name, EVENT) {
                    let message =
                        format!("{{{{{name}}}}}: an event has no {name}; did you mean \"{meant}\"?");
                    fields.warn("transform", message);
                }
            }
            Some((Some(Arc::new(template)), source, secrets(&hidden)))
        }
        Err(error) => {
            field.fault(fields.reading, without_values(error.to_string(), &hidden));
            None
        }
    }
}

fn secrets(hidden: &[String]) -> Vec<Secret> {
    hidden.iter().map(Secret::new).collect()
}

pub(super) fn read_redact(fields: &mut Fields<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    if !fields.is_short("redact", MOST_REDACTED, "name what holds several of them instead") {
        return paths;
    }
    for (text, field) in fields.texts("redact").unwrap_or_default() {
        match checks::path(&text.value) {
            Ok(()) => paths.push(text.value.clone()),
            Err(message) => field.fault(fields.reading, message),
        }
    }
    paths
}
