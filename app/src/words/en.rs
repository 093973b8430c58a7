//! The dashboard's texts in English.

mod console;
mod insight;
mod making;
mod receiver;
mod settings;
mod trace;

pub(super) use console::CONSOLE;
pub(super) use insight::INSIGHT;
pub(super) use making::MAKING;
pub(super) use receiver::RECEIVER;
pub(super) use settings::SETTINGS;
pub(super) use trace::TRACE;

use super::{Language, Said, Units, Words};
use wire::{
    AgentState, AttemptResult, CircuitState, DeliveryStatus, EndpointState, Outcome, Reason, RunStatus,
    Trigger, Verification,
};

/// English.
pub(super) static WORDS: Words = Words {
    language: Language::English,
    product: "OpenClaw Webhooks",
    skip: "Skip to the content",
    demo: "Demo",
    demo_long: "Sample events go to sample receivers on this machine. Nothing leaves it.",
    utc: "UTC",
    units: Units { second: " s", minute: " min", hour: " h", day: " d" },
    date: |month, day| format!("{} {day}", MONTHS[month as usize % 12]),
    as_of: |time| format!("As of {time}. Reload for newer."),
    ago: Said { relative: |age| format!("{age} ago"), absolute: str::to_owned },
    within: Said { relative: |left| format!("in {left}"), absolute: |time| format!("at {time} UTC") },
    again_within: Said {
        relative: |left| format!("again in {left}"),
        absolute: |time| format!("again at {time} UTC"),
    },
    lasting: Said { relative: |age| format!("for {age}"), absolute: |time| format!("since {time}") },
    copy: "Copy",
    copied: "Copied",
    loading: "Loading…",
    try_again: "Try again",
    trouble: "The gateway did not answer as it should",

    connecting: "Connecting",
    live: "Live",
    reconnecting: |seconds| match seconds {
        0 => "Reconnecting".to_owned(),
        seconds => format!("Reconnecting in {seconds} s"),
    },
    offline: "Offline",
    connecting_long: "Opening the live stream.",
    live_long: "Every change appears here by itself.",
    reconnecting_long: "The live stream broke off. What you see is as it was then; nothing will be missed.",
    offline_long: "This device has no network. What you see is as it was before.",
    config_refused: |error| {
        format!("The last edit of the configuration was refused; the one before it is in force. {error}")
    },

    all_well: "All endpoints well",
    no_endpoints: "No endpoints yet",
    nothing_sent: "Nothing sent yet",
    endpoints_failing: |count| match count {
        1 => "1 endpoint failing".to_owned(),
        count => format!("{count} endpoints failing"),
    },
    endpoints_misconfigured: |count| match count {
        1 => "1 endpoint misconfigured".to_owned(),
        count => format!("{count} endpoints misconfigured"),
    },
    endpoints_degraded: |count| match count {
        1 => "1 endpoint degraded".to_owned(),
        count => format!("{count} endpoints degraded"),
    },
    one_failing: |name| format!("{name} failing"),
    one_misconfigured: |name| format!("{name} misconfigured"),
    one_degraded: |name| format!("{name} degraded"),
    verdict_more: |count| format!("and {count} more"),
    lost: "Gateway not reachable",
    lost_long: |at| format!("since {at} UTC; what stands below is as it was then"),
    verdict_detail: |well, all| format!("{well} of {all} well"),

    totals: "Totals of the last 5 minutes",
    per_second: "Delivered/s",
    success: "Success",
    waiting: "Waiting",
    in_flight: "In flight",
    held: "Held",
    failing: "Failing",
    events: "Events",
    latency: "Latency",
    ten_seconds: "10 s",
    five_minutes: "5 min",
    now: "now",
    due: "now",
    spark_attempts: |delivered, failed| {
        format!("Attempts over 15 minutes: {delivered} delivered, {failed} failed")
    },
    spark_success: |least| format!("Success by the minute over 15 minutes: at least {least}"),
    spark_latency: |most| format!("p95 by the minute over 15 minutes: at most {most}"),
    spark_nothing: "No attempts in 15 minutes",
    quarter: "15 min",
    runs: "Open runs",
    next: Said { relative: |left| format!("next in {left}"), absolute: |time| format!("next at {time} UTC") },
    next_long: "When the next one is sent",

    endpoints: "Endpoints",
    endpoints_empty: "No endpoint is configured. Add one to webhooks.endpoints in openclaw.json5; it appears here as soon as the file is saved.",
    endpoints_add: "Add an endpoint",
    unsigned: "unsigned",
    unsigned_long: "There is no secret: the receiver can't tell who sent it.",
    circuit: |state, failures| match state {
        CircuitState::Closed => String::new(),
        CircuitState::Open => format!("Circuit open after {failures} failures"),
        CircuitState::HalfOpen => "One delivery is trying".to_owned(),
    },
    try_now: "Try now",
    trying: "Trying…",
    nothing_waits: "Nothing waits: the next delivery tries.",
    circuit_tries: Said {
        relative: |left| format!("tries again in {left}"),
        absolute: |time| format!("tries again at {time} UTC"),
    },

    log: "Event log",
    log_empty: "Waiting for the first event",
    log_empty_filter: "No such delivery",
    log_empty_try: "Post one now; it appears here for each endpoint that takes it:",
    log_empty_nobody: "There is no endpoint to deliver to: events are accepted and go nowhere. Add an endpoint first, here or to webhooks.endpoints in the configuration file.",
    show_all: "Show all",
    filter: "Show deliveries",
    filter_all: "All",
    query: "Filter the event log",
    query_example: "status:failed endpoint:crm since:1h \"text\"",
    query_show: "Show",
    query_wrong: |words| {
        format!(
            "Not understood: {words}. Known are status, endpoint, type, reason, agent, since, and text in quotes."
        )
    },
    freeze: "Freeze",
    thaw: "Go on",
    older: "Show older",
    many: "Redeliver all…",
    many_counting: "Counting…",
    many_matched: |count, line| match count {
        "1" => format!("1 delivery matches {line}."),
        count => format!("{count} deliveries match {line}."),
    },
    many_rate: "At most a second:",
    many_rate_none: "no limit",
    many_go: "Redeliver them",
    many_queued: |count| format!("{count} on their way."),
    close: "Close",
    fresh: |count| format!("{count} new"),
    column_status: "Status",
    column_event: "Event",
    column_endpoint: "Endpoint",
    column_attempts: "Attempts",
    column_result: "Result",
    column_took: "Took",
    column_when: "When",
    status_held_why: "waits for its endpoint",

    redeliver: "Redeliver",
    redelivering: "Sending…",
    redelivered: "Queued",
    refused: |why| format!("Not redelivered: {why}"),

    inbound: "Inbound",
    hits_empty: "No hits yet",
    hits_empty_try: "Any system can start an agent run by posting here:",
    hits_empty_record: "Any system can post here. Until webhooks.agent says where OpenClaw is, hits are recorded only:",
    hits_none_configured: "No inbound endpoint is configured. With one under webhooks.inbound.endpoints, this line works:",
    hit_missing: |count| match count {
        1 => "1 value missing".to_owned(),
        count => format!("{count} values missing"),
    },

    keys: "Keyboard",
    commands: "Commands",
    display: "Display",
    select: |what| format!("Select {what}"),
    event_of: |what| format!("Event of {what}"),
    pages: "Pages",
    overview: "Overview",
    settings_title: "Settings",
    reachable: |code, took| match code {
        Some(code) => format!("Reachable: {code} in {took}"),
        None => format!("Reachable in {took}"),
    },
    not_reachable: |why| format!("Not reachable: {why}"),
    endpoint_actions: |name| format!("Actions for {name}"),
    endpoint_menu: "Check, pause, test",
    checked: Said {
        relative: |age| format!("checked {age} ago"),
        absolute: |time| format!("checked {time}"),
    },
    openclaw: "OpenClaw",
    agent_state,

    back: "Overview",
    delivery_title: |event, endpoint| format!("{event} to {endpoint}"),
    event_id: "Event",
    delivery_id: "Delivery",
    agent: "Agent",
    instance: "Instance",
    created: "Accepted",
    happened: "Happened",
    finished: "Finished",
    next_attempt: "Next attempt",
    hit: "Answers hit",
    event_json: "Event",
    event_type: "Type",
    cancel: "Cancel",
    cancelling: "Cancelling…",
    cancelled: "Nothing more is sent.",
    copy_curl: "Copy as curl",
    difference: |number| format!("Unlike attempt {number}:"),
    no_difference: |number| format!("Went like attempt {number}."),
    request_body_changed: "another body was sent",
    request_headers_changed: "other headers were sent",
    answer_changed: "another answer came",
    attempts: "Attempts",
    no_attempts: "No attempt yet.",
    attempt_number: |number| format!("Attempt {number}"),
    timings: "Timings",
    request: "Request",
    response: "Response",
    no_response: "No response.",
    headers: "Headers",
    body: "Body",
    body_empty: "Empty.",
    body_cut: "Cut here: only this much was read.",
    remote: "Address",
    node: "Node",
    phase_dns: "DNS",
    phase_connect: "Connect",
    phase_tls: "TLS",
    phase_ttfb: "Wait",
    phase_body: "Body",
    phase_total: "Total",

    login_title: "Sign in",
    login_text: "This gateway asks for a token. It is adminToken or viewerToken of its configuration.",
    login_token: "Token",
    login_button: "Sign in",
    login_busy: "Signing in…",
    login_script: "Signing in needs JavaScript.",
    not_found_title: "Nothing here",
    not_found_text: "This address leads nowhere, or what it showed is older than what the gateway keeps.",
    to_overview: "To the overview",
    unreachable: "The gateway can't be reached.",
    comes_back: "This page comes by itself as soon as the gateway answers again.",
    incomplete: "A part of this page could not be loaded, though the gateway may be well. Load the page again.",

    status,
    state,
    reason,
    hint,
    trigger,
    result,
    outcome,
    verification,
    run,
    // The gateway's own words are English.
    state_reason: |_| None,
};

/// From December, month 0, on.
const MONTHS: [&str; 12] =
    ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"];

fn status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "Pending",
        DeliveryStatus::Delivering => "Delivering",
        DeliveryStatus::Retrying => "Retrying",
        DeliveryStatus::Held => "Held",
        DeliveryStatus::Delivered => "Delivered",
        DeliveryStatus::Failed => "Failed",
        DeliveryStatus::Cancelled => "Cancelled",
    }
}

fn state(state: EndpointState) -> &'static str {
    match state {
        EndpointState::Healthy => "Healthy",
        EndpointState::Degraded => "Degraded",
        EndpointState::Failing => "Failing",
        EndpointState::Paused => "Paused",
        EndpointState::Misconfigured => "Misconfigured",
        EndpointState::Idle => "Idle",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Dns => "Host not found",
        Reason::ConnectRefused => "Connection refused",
        Reason::ConnectTimeout => "No connection in time",
        Reason::ConnectionReset => "Connection broke",
        Reason::Tls => "TLS failed",
        Reason::Timeout => "No answer in time",
        Reason::Http3xx => "Redirected",
        Reason::Http4xx => "Refused",
        Reason::Http429 => "Too many requests",
        Reason::Http410 => "Gone",
        Reason::Http5xx => "Receiver failed",
        Reason::BodyTimeout => "Answer did not end",
        Reason::InvalidResponse => "Not an HTTP answer",
        Reason::BlockedAddress => "Address not allowed",
        Reason::TransformError => "Transform failed",
        Reason::Misconfigured => "Misconfigured",
    }
}

fn hint(reason: Reason) -> &'static str {
    match reason {
        Reason::Dns => "Check the host's name in the URL and its DNS record.",
        Reason::ConnectRefused => "Nothing listens there. Is the receiver running, and is the port right?",
        Reason::ConnectTimeout => "The host does not answer at all. Check the address and firewalls between.",
        Reason::ConnectionReset => {
            "The receiver closed before it answered. Look at its log and at proxies between."
        }
        Reason::Tls => "Check the certificate's name, its end date and its chain.",
        Reason::Timeout => "Answer first and work after, or raise timeoutMs.",
        Reason::Http3xx => "Redirects are not followed. Put the final URL into the configuration.",
        Reason::Http4xx => {
            "The receiver refused it. Its answer often says why; check path, headers and secret."
        }
        Reason::Http429 => "The receiver wants fewer requests. Set rateLimit for this endpoint.",
        Reason::Http410 => {
            "The receiver is gone for good; the endpoint is paused. Resume it once that is wrong."
        }
        Reason::Http5xx => "The receiver has a fault of its own. Look at its log.",
        Reason::BodyTimeout => "The answer began but did not end. Answer with a short body or none.",
        Reason::InvalidResponse => {
            "Something other than HTTP answered. Check the port, and http against https."
        }
        Reason::BlockedAddress => {
            "Private addresses are blocked. Add this one to network.allow if you trust it."
        }
        Reason::TransformError => "Check the names in this endpoint's transform against the event.",
        Reason::Misconfigured => "Mend what the endpoint's state names in the configuration.",
    }
}

fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule => "by schedule",
        Trigger::Manual => "redelivery",
        Trigger::Test => "test",
    }
}

fn result(result: AttemptResult) -> &'static str {
    match result {
        AttemptResult::Delivered => "Delivered",
        AttemptResult::Failed => "Failed",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "Accepted",
        Outcome::Refused => "Refused",
        Outcome::Duplicate => "Duplicate",
    }
}

fn verification(verification: Verification) -> &'static str {
    match verification {
        Verification::Passed => "verified",
        Verification::Failed => "not verified",
        Verification::None => "no verification",
    }
}

fn run(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "Run queued",
        RunStatus::Running => "Agent working",
        RunStatus::Succeeded => "Agent answered",
        RunStatus::Failed => "Run failed",
        RunStatus::Accepted => "Agent took it",
    }
}

fn agent_state(state: AgentState) -> &'static str {
    match state {
        AgentState::Unknown => "not asked yet",
        AgentState::Ready => "ready",
        AgentState::Away => "away",
        AgentState::Refusing => "refuses us",
    }
}
