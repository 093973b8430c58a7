//! `serve`: runs the gateway until it is told to stop.

use super::end::{Failure, Verdict};
use crate::clock::Clock;
use crate::config::Role;
use crate::listen::Server;
use std::io::Write;
use std::path::PathBuf;

/// `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What this gateway does, where many share a PostgreSQL database
    #[arg(long, value_enum, default_value_t, value_name = "ROLE")]
    role: Role,
}

pub(super) async fn run(serve: Serve) -> Result<Verdict, Failure> {
    let (mut config, source) = super::load(serve.config.as_deref())?;
    config.server.role = serve.role;
    if serve.role != Role::All && config.server.database.value().starts_with("sqlite:") {
        return Err(Failure::Problem(
            "--role shares the work among gateways on one PostgreSQL database, and webhooks.server.database is a SQLite \
             file, which belongs to one gateway: leave --role away, or set webhooks.server.database to postgres://…"
                .to_owned(),
        ));
    }
    if config.file.is_none() {
        let file = source.file().display();
        tracing::warn!(
            "There is no configuration at {file}: running with the defaults, without endpoints. Write one there, it is taken up \
             at once (`openclaw-webhooks config example > example.json5` shows every key), or see a gateway at work with \
             `openclaw-webhooks demo`"
        );
    }
    config.tell_warnings();
    let stop = stop_asked();
    let mut started = Server::start(config, Clock::system(), false).await.map_err(Failure::Problem)?;
    started.watch(source, super::environment);
    if say(&format!("Listening on {}", started.url())).is_err() {
        // Nobody reads what we print; the gateway is for others.
        tracing::debug!("standard output is closed");
    }
    tracing::info!(url = %started.url(), database = %started.gateway.store, "Listening on {}", started.url());
    stop.await;
    tracing::info!("Stopping: finishing what is on its way");
    started.stop().await;
    Ok(Verdict::Done)
}

/// What returns when the process is asked to end (SIGINT, SIGTERM). It counts from this call on: who reads that we listen
/// may ask at once.
pub(super) fn stop_asked() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Prints a line at once, even into a pipe.
pub(super) fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
