//! Figures over time, checks, secrets, events, JSON and the audit, in English.

use crate::words::insight::Insight;

pub(in crate::words) static INSIGHT: Insight = Insight {
    over_time: "Over time",
    results: "Attempts by result",
    latency: "Latency",
    reasons: "Why attempts failed",
    no_attempts: "No attempt in this time.",
    no_failures: "None failed.",
    results_said: |delivered, failed| format!("{delivered} delivered, {failed} failed"),
    latency_said: |p50, p95| format!("p50 {p50}, p95 {p95}"),
    table: "As a table",
    time: "Time (UTC)",
    most: |figure| format!("at most {figure}"),
    windows: "Window of time",

    checks: "Health checks",
    no_checks: "None yet.",
    older: "Show older",
    reachable: "Reachable",
    unreachable: "Not reachable",

    secret: "Secret",
    reveal: "Reveal",
    reveal_sure: "Show it on this screen? The audit will say that you did.",
    reveal_yes: "Yes, show it",
    revealing: "Asking…",
    revealed: |left| format!("Hidden again in {left}."),
    hide: "Hide",
    keep: "Keep it hidden",

    event_title: |kind| format!("Event {kind}"),
    deliveries: "Deliveries",
    nobody: "No endpoint wanted it.",
    of_hit: "Answers hit",
    in_log: "In the event log",
    received: "Received",

    search: "Search this JSON",
    found: |count| match count {
        1 => "1 found".to_owned(),
        count => format!("{count} found"),
    },
    fold: "Fold all",
    unfold: "Unfold all",
    parts: |count| match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    },

    audit: "Audit",
    audit_long: "Who changed what, and who tried.",
    audit_none: "Nothing yet.",
    who: "Who",
    action: "Action",
    target: "What",
    answer: "Answer",
    address: "From",
    who_of: |_| None,
    action_of,
    api: "API",
    api_long: "Every call, with its shapes and examples.",
};

fn action_of(action: &str) -> Option<&'static str> {
    Some(match action {
        "redeliver" => "redelivered",
        "redeliver_many" => "redelivered many",
        "cancel" => "cancelled",
        "make_endpoint" => "made an endpoint",
        "change_endpoint" => "changed an endpoint",
        "remove_endpoint" => "removed an endpoint",
        "pause" => "paused",
        "resume" => "resumed",
        "check" => "checked",
        "test" => "sent a test event",
        "rotate_secret" => "changed the secret",
        "reveal_secret" => "revealed the secret",
        "replay" => "replayed",
        "check_agent" => "checked the agent",
        "login" => "signed in",
        "logout" => "signed out",
        "reload" => "read the configuration",
        _ => return None,
    })
}
