//! What went otherwise than at the attempt before.

use crate::format::span;
use crate::words::words;
use leptos::prelude::*;
use wire::{Attempt, Headers};

/// These are made anew each time.
const ALWAYS_NEW: [&str; 5] = [
    "x-openclaw-signature",
    "x-openclaw-timestamp",
    "x-openclaw-attempt",
    "webhook-timestamp",
    "webhook-signature",
];

/// The line that says it.
pub fn difference(before: &Attempt, now: &Attempt) -> impl IntoView + use<> {
    let found = differences(before, now);
    let number = before.number;
    if found.is_empty() {
        view! { <p class="difference text-ink-2">{(words().no_difference)(number)}</p> }.into_any()
    } else {
        view! {
            <p class="difference">
                <span class="text-ink-2">{(words().difference)(number)}</span>" "{found.join("; ")}
            </p>
        }
        .into_any()
    }
}

fn differences(before: &Attempt, now: &Attempt) -> Vec<String> {
    let mut found = Vec::new();
    let (was, is) = (outcome(before), outcome(now));
    if was != is {
        found.push(format!("{was} → {is}"));
    }
    let (short, long) =
        (before.timings.total.0.min(now.timings.total.0), before.timings.total.0.max(now.timings.total.0));
    // Less than twice as long is how networks are.
    if long > 2.0 * short && long - short > 20.0 {
        found.push(format!("{} → {}", span(before.timings.total), span(now.timings.total)));
    }
    if before.remote_address != now.remote_address
        && let (Some(was), Some(is)) = (&before.remote_address, &now.remote_address)
    {
        found.push(format!("{was} → {is}"));
    }
    if before.request.url != now.request.url {
        found.push(format!("{} → {}", before.request.url, now.request.url));
    }
    if before.request.body != now.request.body {
        found.push(words().request_body_changed.to_owned());
    }
    if kept(&before.request.headers) != kept(&now.request.headers) {
        found.push(words().request_headers_changed.to_owned());
    }
    if let (Some(was), Some(is)) = (&before.response, &now.response)
        && was.body != is.body
    {
        found.push(words().answer_changed.to_owned());
    }
    found
}

fn outcome(attempt: &Attempt) -> String {
    let word = attempt.reason.map_or((words().result)(attempt.result), words().reason);
    attempt.status_code.map_or_else(|| word.to_owned(), |code| format!("{code} {word}"))
}

fn kept(headers: &Headers) -> Vec<(String, &String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| !ALWAYS_NEW.contains(&name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u32, code: u16, total: f64) -> Attempt {
        serde_json::from_value(serde_json::json!({
            "id": format!("att_{number}"), "deliveryId": "dlv_1", "endpoint": "crm", "number": number,
            "trigger": "schedule", "startedAt": wire::Time(0), "statusCode": code,
            "result": if code < 300 { "delivered" } else { "failed" }, "timings": {"total": total}, "nodeId": "n",
            "request": {"method": "POST", "url": "https://crm.example/", "body": "{}",
                "headers": [["X-OpenClaw-Attempt", number.to_string()], ["X-A", "1"]]},
        }))
        .unwrap()
    }

    #[test]
    fn only_what_matters_is_named() {
        assert!(differences(&attempt(1, 200, 10.0), &attempt(2, 200, 15.0)).is_empty());
        let mut after = attempt(2, 200, 80.0);
        after.request.body = "[]".into();
        after.request.headers[1].1 = "2".into();
        assert_eq!(
            differences(&attempt(1, 503, 1200.0), &after),
            [
                "503 Failed → 200 Delivered",
                "1.20 s → 80 ms",
                "another body was sent",
                "other headers were sent"
            ]
        );
    }
}
