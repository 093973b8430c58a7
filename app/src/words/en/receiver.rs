//! An endpoint's page in English.

use crate::words::receiver::Receiver;
use wire::{Signing, Source};

pub(in crate::words) static RECEIVER: Receiver = Receiver {
    check: "Check now",
    checking: "Checking…",
    test: "Send test event",
    testing: "Sending…",
    tested: "Sent.",
    test_show: "Show its delivery",
    test_type: "Type of the test event",
    pause: "Pause",
    pausing: "Pausing…",
    paused: "Paused; what comes is held.",
    resume: "Resume",
    resuming: "Resuming…",
    resumed: "Resumed; what was held goes out.",
    last_check: "Last check",
    no_check: "none yet",
    last_attempt: "Last attempt",
    source,
    figures: "Attempts",
    window: "In the last",
    delivered: "Delivered",
    failed: "Failed",
    h1: "1 h",
    h24: "24 h",
    latency: |count| match count {
        1 => "The last delivery's time".to_owned(),
        count => format!("Times of the last {count} deliveries"),
    },
    latency_of: |failed, least, most| format!("{least} to {most}, {failed} failed"),
    deliveries: "Deliveries",
    no_deliveries: "None yet.",
    all_deliveries: "All in the event log",
    configuration: "Configuration",
    url: "URL",
    wants: "Events",
    all_events: "all",
    agents_only: "Only of agents",
    transform: "Body made of",
    extra_headers: "Headers",
    signing: "Signature",
    signing_of,
    retry: "Attempts",
    retry_schedule: |most| {
        format!("{most}, by the schedule of Standard Webhooks: 5 s, 5 min, 30 min, 2 h, …")
    },
    retry_backoff: |most, wait| format!("{most}, the second after {wait}, then twice as long each time"),
    timeout: "Waits for an answer",
    at_once: "At once",
    rate: "Rate",
    rate_of: |per_second, burst| format!("{per_second} a second, {burst} at once after a pause"),
    in_file: "Defined in the configuration file; change it there.",

    preview: "Preview",
    preview_long: "What this endpoint would be sent for an event. Nothing is sent or stored.",
    preview_event: "Event, as JSON",
    preview_pick: "Take one that happened",
    preview_own: "The one below",
    preview_try: "Preview",
    preview_busy: "Looking…",
    matches: "It would be sent.",
    no_match: "It would not be sent",

    verify: "Check a signature",
    verify_long: "The signature is HMAC-SHA256 over the timestamp, a dot, and the body's bytes as they came, keyed by the secret's whole text (whsec_ included). Paste what a receiver got to see why it does not match.",
    verify_secret: "Secret",
    verify_timestamp: "X-OpenClaw-Timestamp",
    verify_signature: "X-OpenClaw-Signature",
    verify_body: "Body, byte for byte",
    verify_local: "This is worked out in the browser; nothing leaves the page.",
    verify_incomplete: "Fill in all four.",
    verify_good: "It matches.",
    verify_not_hex: "The signature must read sha256= and 64 hexadecimal digits.",
    verify_newline: "It matches without the line break at the body's end: something added one.",
    verify_spaced: "It matches the same JSON without spaces: the body was parsed and written again. Verify the raw bytes, before any JSON parser.",
    verify_decoded: "It matches with the secret's decoded bytes: that is the key of Standard Webhooks' webhook-signature, not of this one.",
    verify_bare: "It matches the body alone: the timestamp and a dot belong before it.",
    verify_wrong: "It does not match: another secret, another timestamp, or a body that was changed on its way.",
};

fn source(source: Source) -> &'static str {
    match source {
        Source::File => "from the file",
        Source::Api => "made here",
    }
}

fn signing_of(signing: Signing) -> &'static str {
    match signing {
        Signing::Openclaw => "X-OpenClaw-Signature",
        Signing::Standard => "Standard Webhooks",
        Signing::Both => "X-OpenClaw-Signature and Standard Webhooks",
    }
}
