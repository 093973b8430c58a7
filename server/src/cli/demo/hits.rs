//! The demo's other system: a CI that tells of a deployment now and then.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;
use std::time::Duration;

/// Soon enough that whoever opens the page sees the first one come.
const FIRST_AFTER: Duration = Duration::from_secs(3);
/// Between two, in seconds.
const PAUSE_S: std::ops::Range<u64> = 20..30;

const REPOS: [&str; 3] = ["api", "shop", "my-app"];
const BRANCHES: [&str; 2] = ["main", "staging"];

/// Posts hits to the gateway at `url` until it is stopped.
pub(super) async fn run(url: String) {
    let client = reqwest::Client::new();
    let mut wait = FIRST_AFTER;
    loop {
        tokio::time::sleep(wait).await;
        let body = {
            let mut rng = rand::rng();
            wait = Duration::from_secs(rng.random_range(PAUSE_S));
            json!({
                "repo": REPOS.choose(&mut rng),
                "branch": BRANCHES.choose(&mut rng),
                "status": if rng.random_bool(0.25) { "failed" } else { "succeeded" },
            })
        };
        let posted = client.post(format!("{url}webhooks/inbound/deploy")).json(&body).send().await;
        if let Err(error) = posted.and_then(reqwest::Response::error_for_status) {
            tracing::warn!(%error, "The demo could not post a hit: {error}");
        }
    }
}
