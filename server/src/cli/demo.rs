//! `demo`: a gateway with four receivers (healthy, slow, flaky, down), a source of events, an agent and a system that starts
//! it, all real, all on this machine.

mod agent;
mod hits;
mod receivers;
mod source;

use super::end::{Failure, Verdict};
use super::serve::{say, stop_asked};
use crate::clock::Clock;
use crate::config::Config;
use crate::listen::Server;
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks demo
  openclaw-webhooks demo --listen 127.0.0.1:8790 --rate 20";

/// Where the demo listens, and how busy it is.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the dashboard listens
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "HOST:PORT")]
    listen: String,
    /// Events a second
    #[arg(long, default_value_t = 2.0, value_name = "N")]
    rate: f64,
}

pub(super) async fn run(demo: Demo) -> Result<Verdict, Failure> {
    start(&demo).await.map(|()| Verdict::Done).map_err(Failure::Problem)
}

async fn start(demo: &Demo) -> Result<(), String> {
    let folder =
        Folder::new().map_err(|error| format!("can't make a folder for the demo's database: {error}"))?;
    let receivers =
        receivers::start().await.map_err(|error| format!("can't start the demo's receivers: {error}"))?;
    let agent = agent::start().await.map_err(|error| format!("can't start the demo's agent: {error}"))?;
    let config = config(demo, &folder, &receivers, agent)?;
    let stop = stop_asked();
    let server = Server::start(config, Clock::system(), true).await?;
    // Whoever closed our output still gets the page.
    let _ = say(&format!("Listening on {}", server.url()));
    let _ = say(
        "This is a demo: four receivers, a source of events and an agent, all on this machine. Ctrl+C ends it.",
    );
    let source = tokio::spawn(source::run(server.url(), demo.rate));
    let hits = tokio::spawn(hits::run(server.url()));
    stop.await;
    source.abort();
    hits.abort();
    server.stop().await;
    Ok(())
}

/// The demo's configuration, as its user would write it.
fn config(
    demo: &Demo,
    folder: &Folder,
    receivers: &receivers::Receivers,
    agent: SocketAddr,
) -> Result<Config, String> {
    let text = serde_json::json!({ "webhooks": {
        "endpoints": [
            {
                "name": "crm",
                "url": format!("http://{}/healthy", receivers.address),
                "secret": "whsec_ZGVtbyBjcm0gc2VjcmV0IDAx",
                "events": ["*"],
                "signing": "both",
                "headers": { "X-API-Key": "demo-key" }
            },
            {
                "name": "audit-log",
                "url": format!("http://{}/slow", receivers.address),
                "secret": "whsec_ZGVtbyBhdWRpdCBzZWNyZXQ",
                "events": ["message.received", "message.sent"],
                "filter": { "agentIds": ["support-bot", "hr-assistant"] }
            },
            {
                "name": "ticketing",
                "url": format!("http://{}/flaky", receivers.address),
                "secret": "whsec_ZGVtbyB0aWNrZXRpbmcgMDE",
                "events": ["session.created", "session.ended", "tool.completed"],
                "retry": { "maxAttempts": 4, "backoffMs": 2000 }
            },
            {
                "name": "slack-alert",
                "url": format!("http://{}/services/T00/B00/demo", receivers.nobody),
                "events": ["error.occurred", "tool.called"],
                "transform": { "text": "🚨 {{data.agentId}}: {{data.error.message}}{{data.tool.name}}\nTime: {{timestamp}}" },
                "retry": { "maxAttempts": 3, "backoffMs": 3000 }
            }
        ],
        "inbound": { "endpoints": {
            "deploy": {
                "agentId": agent::NAME,
                "template": "{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}"
            }
        } },
        // By chat: the reply comes with the answer, without OpenClaw's plugin.
        "agent": { "url": format!("http://{agent}"), "token": agent::TOKEN, "mode": "chat" },
        "server": {
            "listen": demo.listen,
            "database": format!("sqlite://{}", folder.0.join("demo.db").display()),
            "instanceId": "demo"
        },
        "network": { "allow": ["127.0.0.1"] }
    } });
    Config::parse(&text.to_string(), Path::new("demo"), &|_| None).map_err(|errors| errors.to_string())
}

/// A folder of this run's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("openclaw-webhooks-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files, the system clears.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
