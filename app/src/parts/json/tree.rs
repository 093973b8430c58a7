//! JSON as lines that can be searched: each value has its place, a branch also where it ends.

use serde_json::Value;

/// A value in its place.
#[derive(Debug)]
pub(super) struct Node {
    /// Its name, in an object.
    pub key: Option<String>,
    /// Its line.
    pub at: usize,
    /// The line behind its last one.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Kind {
    /// As JSON, with the class that tells its type.
    Leaf { text: String, class: &'static str },
    /// What it holds, between these.
    Branch { ends: (&'static str, &'static str), children: Vec<Node> },
}

/// The tree of `value`; `lines` gets what each line can be found by, in small letters.
pub(super) fn grow(key: Option<String>, value: &Value, lines: &mut Vec<String>) -> Node {
    let at = lines.len();
    let name = key.clone().unwrap_or_default();
    let kind = match value {
        Value::Object(map) if !map.is_empty() => {
            lines.push(name.to_lowercase());
            let children = map.iter().map(|(key, value)| grow(Some(key.clone()), value, lines)).collect();
            Kind::Branch { ends: ("{", "}"), children }
        }
        Value::Array(items) if !items.is_empty() => {
            lines.push(name.to_lowercase());
            Kind::Branch {
                ends: ("[", "]"),
                children: items.iter().map(|item| grow(None, item, lines)).collect(),
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            let class = match value {
                Value::String(_) => "json-text",
                Value::Number(_) => "json-number",
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "json-word",
            };
            let text = value.to_string();
            lines.push(format!("{name}: {text}").to_lowercase());
            Kind::Leaf { text, class }
        }
    };
    Node { key, at, end: lines.len(), kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_line_and_a_branch_its_end() {
        let mut lines = Vec::new();
        let value = serde_json::json!({"a": {"B": "Two", "c": []}, "d": [1, null]});
        let root = grow(None, &value, &mut lines);
        assert_eq!(lines, ["", "a", "b: \"two\"", "c: []", "d", ": 1", ": null"]);
        assert_eq!((root.at, root.end), (0, 7));
        let Kind::Branch { children, .. } = root.kind else { panic!("a leaf") };
        assert_eq!((children[0].at, children[0].end, children[1].at), (1, 4, 4));
    }
}
