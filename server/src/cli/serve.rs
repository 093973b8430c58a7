//! `serve`: runs the gateway until it is told to stop.

use crate::clock::Clock;
use crate::listen::Server;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn run(flag: Option<&Path>) -> ExitCode {
    let Some((config, source)) = super::load(flag) else { return ExitCode::from(1) };
    let mut started = match Server::start(config, Clock::system(), false).await {
        Ok(started) => started,
        Err(message) => return super::failed(&message),
    };
    started.watch(source, super::environment);
    if say(&format!("Listening on {}", started.url())).is_err() {
        // Nobody reads what we print; the gateway is for others.
        tracing::debug!("standard output is closed");
    }
    tracing::info!(url = %started.url(), database = %started.gateway.store, "Listening on {}", started.url());
    stop_asked().await;
    tracing::info!("Stopping: finishing what is on its way");
    started.stop().await;
    ExitCode::SUCCESS
}

/// Returns when the process is asked to end (SIGINT, SIGTERM).
pub(super) async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Prints a line at once, even into a pipe.
pub(super) fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
