//! A hit's page in English.

use crate::words::trace::Trace;
use wire::AgentState;

pub(super) const TRACE: Trace = Trace {
    title: |inbound| format!("Hit on {inbound}"),
    steps: "What came of it",
    step_hit: "Hit",
    step_prompt: "Prompt",
    step_run: "Run",
    step_callback: "Callback",
    received: "Received",
    from: "From",
    answered: "Answered",
    hit_id: "Hit",
    duplicate_of: "Repeats",
    replay_of: "Replays",
    query: "Query",
    cause: "Cause",
    cause_refused: "Refused",
    no_prompt_refused: "Nothing was made of it: the hit was refused.",
    no_prompt_duplicate: "Nothing was made of it: it came before, and the first one counts.",
    no_prompt: "This inbound endpoint makes no prompt.",
    prompt_whole: "Complete",
    message: "Message to the agent",
    missing: "Missing values",
    missing_long: "The template names them and the hit has none; they were left empty.",
    no_run_refused: "No run: the hit was refused.",
    no_run_duplicate: "No run of its own: the first one had it.",
    no_run: "No run: this inbound endpoint only records.",
    mode,
    way: "Asked by",
    asked: "Times asked",
    queued: "Queued",
    started: "Started",
    took: "Took",
    model: "Model",
    usage: "Usage",
    tokens: |input, output| format!("{input} tokens in, {output} out"),
    agent_run: "Agent's own id",
    reply: "Reply",
    no_reply: "The agent said how it ended, but not what it answered.",
    failed: "The run failed",
    callback_after: "An event goes out as soon as the run ends.",
    callback_none: "No event belongs to this run.",
    callback_never: "Nothing goes out: there was no run.",
    no_receiver: "No endpoint wants it.",
    replay: "Replay",
    replay_busy: "Replaying…",
    replayed: "Replayed.",
    show_new: "Show the new hit",

    agent: "OpenClaw",
    agent_state,
    check_now: "Check now",
    checking: "Checking…",
    agents: |names| format!("Agents: {names}"),
    day: "Hits of 24 hours, and runs now",
    accepted: "Accepted 24 h",
    refused: "Refused",
    repeated: "Repeated",
    waiting: "Waiting",
    running: "Running",
    refuses: |fault| format!("Takes no hit: {fault}"),
    newest: "Newest hits",
};

fn mode(mode: &str) -> &'static str {
    match mode {
        "hooks" => "a hook",
        "chat" => "a chat",
        _ => "nobody",
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
