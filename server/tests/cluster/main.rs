//! Many gateways on one PostgreSQL database: real programs, killed, stopped and cut off while events stream in.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod chaos;
mod fencing;
mod gateway;
mod moving;
#[path = "../common/postgres.rs"]
mod postgres;
mod proxy;
mod receiver;
mod runs;
mod sessions;
mod together;
mod vanishing;

use std::time::Duration;

/// Everything that is waited for comes within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(45);

/// A PostgreSQL server that forgets only what a power cut would make it forget.
fn database_server() -> postgres::Server {
    postgres::Server::start(tempfile::tempdir().unwrap(), &["fsync=off"])
}

/// Waits until `look` finds something.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what} did not come within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
