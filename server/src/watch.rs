//! Watching the configuration's file: a changed one is read again, and put in force if all of it is right.
//!
//! The files are looked at twice a second rather than by the system's notices: a few calls cost nothing, and it works
//! alike on files that are replaced, linked, or mounted from elsewhere.

use crate::config::{Config, ConfigSource};
use crate::gateway::Gateway;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often the files are looked at. A change counts once a look finds it as the one before did: whoever writes it
/// has finished then.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Watches, for ever. `environment` looks a variable up.
pub async fn run(gateway: Gateway, source: ConfigSource, environment: fn(&str) -> Option<String>) {
    let mut before = look(&gateway, &source);
    // Nothing is known to be in force: the file may have changed since it was read.
    let mut in_force = Seen::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = look(&gateway, &source);
        let settled = now == before;
        before.clone_from(&now);
        if now == in_force || !settled {
            continue;
        }
        let from = source.clone();
        let read = tokio::task::spawn_blocking(move || Config::load(&from, &environment)).await;
        let Ok(read) = read else { continue };
        let is_in_force = read.as_ref().is_ok_and(|config| *config == *gateway.config());
        if !is_in_force || gateway.reload().error.is_some() {
            // What is wrong with it is told there.
            let _ = gateway.reconfigure(read).await;
        }
        // It may include other files than before.
        in_force = look(&gateway, &source);
        before.clone_from(&in_force);
    }
}

/// What tells one state of a file from another; `None` if it is not there.
type Seen = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

fn look(gateway: &Gateway, source: &ConfigSource) -> Seen {
    let mut files = gateway.config().files.clone();
    if !files.iter().any(|file| file == source.file()) {
        files.push(source.file().to_owned());
    }
    let seen = |file: PathBuf| {
        let state =
            std::fs::metadata(&file).ok().and_then(|state| Some((state.modified().ok()?, state.len())));
        (file, state)
    };
    files.into_iter().map(seen).collect()
}
