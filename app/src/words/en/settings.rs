//! The settings' page in English.

use crate::words::settings::Settings;

pub(in crate::words) static SETTINGS: Settings = Settings {
    gateway: "Gateway",
    version: "Version",
    listens: "Listens on",
    public: "Public address",
    file: "Configuration file",
    no_file: "none",
    read: "Last read",
    read_well: "In force",
    read_refused: "Refused; what was in force before still is",
    agent: "Agent",
    no_agent: "None is configured: webhooks.agent says where OpenClaw is. Hits are recorded only.",
    agent_url: "Address",
    agent_mode: "Asked by",
    database: "Database",
    keeps: "Keeps",
    days: |days| format!("{days} days"),
    biggest: "Longest payload",
    made_here: "Endpoints made here",
    sealed: "Sealed in the database, secrets included",
    unsealed: "Not sealed: whoever reads the database reads their secrets",
    unsealed_hint: "Start the gateway with a key in OPENCLAW_WEBHOOKS_KEY, or a file that holds it in OPENCLAW_WEBHOOKS_KEY_FILE.",
    in_force: "In force",
    in_force_long: "Every value, and where it comes from. Secrets, and what came from the environment, are masked.",
    path: "Setting",
    value: "Value",
    source: "From",
    source_of,
    access: "Access",
    open: "Open to this machine alone; no token is set.",
    signed_in: "This browser is signed in.",
    sign_out: "Sign out",
    signing_out: "Signing out…",
};

fn source_of(source: &str) -> &'static str {
    match source {
        "file" => "file",
        "environment" => "environment",
        _ => "default",
    }
}
