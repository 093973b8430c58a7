//! A configuration as a tree whose every key and value knows its place.

use super::error::At;
use serde_json::{Map, Number, Value};

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) kind: Kind,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    /// `Infinity`, `-Infinity` or `NaN`: JSON5 has them, no key here takes them.
    NotFinite,
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key, its place and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: At,
    pub(crate) value: Node,
}

/// A text, `${VAR}` replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// The real text. What a missing variable would give is left out, so that no `${VAR}` ever goes out.
    pub(crate) value: String,
    /// The text with `••••` for what comes from variables.
    pub(crate) shown: String,
    /// The values that came from variables.
    pub(crate) hidden: Vec<String>,
    /// Variables that have no value.
    pub(crate) missing: Vec<String>,
    /// `${…}` that are no variables and stay as they are.
    pub(crate) odd: Vec<String>,
}

/// What is wrong with a text, unless that quotes a word of what came from a variable.
pub(crate) fn without_values(message: String, hidden: &[String]) -> String {
    let is_told = |word: &str| word.len() > 2 && message.contains(word);
    let words = |value: &String| value.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_told);
    if hidden.iter().any(words) {
        return "is wrong with the values of its variables in it; try it without ${…} to read what is wrong"
            .to_owned();
    }
    message
}

impl Text {
    /// A text without variables.
    pub(crate) fn plain(text: String) -> Self {
        Self { shown: text.clone(), value: text, ..Self::default() }
    }
}

impl Node {
    /// A tree without places, of JSON that came through the API.
    pub(crate) fn from_json(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => Kind::Text(Text::plain(text.clone())),
            Value::Array(items) => Kind::List(items.iter().map(Self::from_json).collect()),
            Value::Object(fields) => Kind::Map(
                fields
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        at: At::default(),
                        value: Self::from_json(value),
                    })
                    .collect(),
            ),
        };
        Self { at: At::default(), kind }
    }

    /// The value as JSON, each text as `text` gives it; `None` where JSON has no such number.
    pub(crate) fn to_json(&self, text: &impl Fn(&Text) -> String) -> Option<Value> {
        Some(match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::NotFinite => return None,
            Kind::Text(value) => Value::String(text(value)),
            Kind::List(items) => {
                Value::Array(items.iter().map(|item| item.to_json(text)).collect::<Option<_>>()?)
            }
            Kind::Map(entries) => {
                let fields =
                    entries.iter().map(|entry| Some((entry.key.clone(), entry.value.to_json(text)?)));
                Value::Object(fields.collect::<Option<Map<_, _>>>()?)
            }
        })
    }

    /// Calls `visit` with every text inside, its place and its path.
    pub(crate) fn each_text(&self, path: &str, visit: &mut impl FnMut(&Text, At, &str)) {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite => {}
            Kind::Text(text) => visit(text, self.at, path),
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.each_text(&format!("{path}[{index}]"), visit);
                }
            }
            Kind::Map(entries) => {
                for entry in entries {
                    entry.value.each_text(&join(path, &entry.key), visit);
                }
            }
        }
    }

    /// What the value is, for a message.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::NotFinite => "Infinity or NaN",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "an object",
        }
    }
}

/// The path of `key` inside `path`: `headers.X-API-Key`, or `headers["a b"]` where a dot would mislead.
pub(crate) fn join(path: &str, key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    if key.is_empty() || !key.bytes().all(is_plain) {
        format!("{path}[{}]", Value::from(key))
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
