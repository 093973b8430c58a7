//! Every value in force, a line each, and where it comes from.

use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// The table.
#[component]
pub fn Values() -> impl IntoView {
    let store = expect_context::<Store>();
    let lines = Memo::new(move |_| {
        store.config.with(|config| {
            config.as_ref().map_or_else(Vec::new, |config| lines_of(&config.effective, &config.sources))
        })
    });
    let word = words().settings();
    view! {
        <section class="values" aria-labelledby="values-title">
            <h2 id="values-title">{word.in_force}</h2>
            <p class="text-ink-2">{word.in_force_long}</p>
            <div class="panel padded">
                <table class="table table-text">
                    <thead>
                        <tr>
                            <th scope="col">{word.path}</th>
                            <th scope="col">{word.value}</th>
                            <th scope="col">{word.source}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            lines
                                .get()
                                .into_iter()
                                .map(|line| view! {
                                    <tr>
                                        <th scope="row" class="id">{line.path}</th>
                                        <td class="id">{line.value}</td>
                                        <td>{(words().settings().source_of)(&line.source)}</td>
                                    </tr>
                                }.into_any())
                                .collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[derive(Clone, Debug, PartialEq)]
struct Line {
    path: String,
    value: String,
    source: String,
}

/// A line for each value that holds no others.
fn lines_of(effective: &Value, sources: &BTreeMap<String, String>) -> Vec<Line> {
    let mut lines = Vec::new();
    add(&mut lines, String::new(), effective, sources);
    lines
}

fn add(lines: &mut Vec<Line>, path: String, value: &Value, sources: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                add(lines, path, value, sources);
            }
        }
        // A list of plain values is one value.
        Value::Array(list) if list.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, value) in list.iter().enumerate() {
                add(lines, format!("{path}[{index}]"), value, sources);
            }
        }
        value => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            lines.push(Line { source: source_of(&path, sources), path, value: text });
        }
    }
}

/// Where a value comes from: what is told of it, or of what holds it.
fn source_of(path: &str, sources: &BTreeMap<String, String>) -> String {
    let mut path = path;
    loop {
        if let Some(source) = sources.get(path) {
            return source.clone();
        }
        match path.rfind(['.', '[']) {
            Some(end) => path = &path[..end],
            None => return String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_line_and_the_nearest_source() {
        let effective = serde_json::json!({"webhooks": {
            "endpoints": [{"name": "crm", "events": ["*"]}], "server": {"listen": "127.0.0.1:1"}, "retention": {},
        }});
        let sources = [("webhooks.endpoints[0]", "file"), ("webhooks.server.listen", "default")]
            .map(|(path, source)| (path.to_owned(), source.to_owned()))
            .into();
        let lines: Vec<_> = lines_of(&effective, &sources)
            .into_iter()
            .map(|line| (line.path, line.value, line.source))
            .collect();
        let line =
            |path: &str, value: &str, source: &str| (path.to_owned(), value.to_owned(), source.to_owned());
        assert_eq!(
            lines,
            [
                line("webhooks.endpoints[0].name", "crm", "file"),
                line("webhooks.endpoints[0].events", "[\"*\"]", "file"),
                line("webhooks.server.listen", "127.0.0.1:1", "default"),
                line("webhooks.retention", "{}", ""),
            ]
        );
    }
}
