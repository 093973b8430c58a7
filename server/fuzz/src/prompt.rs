//! An inbound template, a query and a body: a prompt within its limits, or an error in words. No value is a template.

use crate::parts;
use serde_json::{Value, json};
use server::inbound::render;
use server::template::{MAX_OUTPUT, Template};
use std::sync::LazyLock;
use wire::{Hit, Time};

/// Shows whatever comes just as it came.
static PLAIN: LazyLock<Template> =
    LazyLock::new(|| Template::text("{{body.a}}|{{headers.x}}").unwrap_or_else(|error| panic!("{error}")));

pub(crate) fn fuzz(input: &[u8]) {
    let Some([source, query, body]) = parts::of(input) else { return };
    let hit = hit(query, body);
    let value = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    match Template::text(source) {
        Ok(template) => match render::prompt(&template, &hit, &value, Time(0)) {
            Ok(rendered) => {
                assert!(rendered.body.len() <= MAX_OUTPUT, "{} bytes", rendered.body.len());
                let again = render::prompt(&template, &hit, &value, Time(0));
                assert_eq!(again, Ok(rendered.clone()), "the same twice");
                let mut once = rendered.missing.clone();
                once.dedup();
                assert_eq!(once, rendered.missing, "what is missing is told once");
            }
            Err(error) => assert!(!error.to_string().is_empty(), "no word"),
        },
        Err(error) => assert!(!error.to_string().is_empty(), "no word"),
    }
    let rendered = render::prompt(&PLAIN, &hit, &json!({ "a": body }), Time(0));
    let rendered = rendered.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rendered.body, format!("{body}|{body}"), "a value is shown as it is, whatever it looks like");
}

fn hit(query: &str, header: &str) -> Hit {
    let hit = json!({
        "id": "hit_1", "inbound": "deploy", "receivedAt": "2026-03-14T10:30:00.000Z", "remoteAddress": "127.0.0.1",
        "method": "POST", "query": query, "headers": [["x", header]], "body": "", "bodyTruncated": false, "verification": "none",
        "outcome": "accepted", "statusCode": 202, "missing": [],
    });
    serde_json::from_value(hit).unwrap_or_else(|error| panic!("{error}"))
}
