//! `backup`, while the gateway takes events; and the copy in its place.

use crate::program::{Running, run_in};
use crate::support::{Receiver, event};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

fn configure(folder: &TempDir, receiver: &Receiver) {
    let config = json!({ "webhooks": {
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }],
        "server": { "listen": "127.0.0.1:0", "database": format!("sqlite://{}", folder.path().join("g.db").display()) },
        "network": { "allow": ["127.0.0.1"] },
    } });
    std::fs::write(folder.path().join("openclaw.json5"), config.to_string()).unwrap();
}

async fn serve(folder: &TempDir) -> (Running, String) {
    let mut gateway = Running::start_in(&["serve"], folder);
    let line = gateway.line().await;
    (gateway, line.trim().strip_prefix("Listening on ").unwrap().to_owned())
}

async fn ids(url: &str, what: &str) -> BTreeSet<String> {
    let list: Value =
        reqwest::get(format!("{url}api/v1/{what}?limit=500")).await.unwrap().json().await.unwrap();
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_copy_made_while_events_come_holds_all_that_was_accepted_before() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::healthy().await);
    configure(&folder, &receiver);
    let (mut gateway, url) = serve(&folder).await;
    // Whatever the umask says, before anything is in them.
    for name in ["g.db", "g.db-wal", "g.db-shm"] {
        let rights = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(rights & 0o777, 0o600, "{name} is for its own user alone");
    }
    let client = reqwest::Client::new();
    let post = async || {
        let body = event("tool.called", "main").to_string();
        let answer = client.post(format!("{url}api/v1/events")).body(body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mut before = BTreeSet::new();
    for _ in 0..100 {
        before.insert(post().await);
    }
    receiver.got(100).await;
    let mut after = 0;
    let ran = {
        let mut backing_up = Box::pin(run_in(&["backup", "copy.db"], &folder, ""));
        loop {
            tokio::select! {
                ran = &mut backing_up => break ran,
                _ = post() => after += 1,
            }
        }
    };
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.raw.starts_with("copy.db: ") && ran.raw.ends_with(" bytes, checked\n"), "{}", ran.raw);
    assert!(after > 0, "the gateway goes on meanwhile");
    let rights = std::fs::metadata(folder.path().join("copy.db")).unwrap().permissions().mode();
    assert_eq!(rights & 0o777, 0o600, "for its own user alone");
    let deliveries_before = 100;
    assert_eq!(gateway.terminate().await, 0);

    // The copy, in a place of its own, is a database like any other.
    let restored = tempfile::tempdir().unwrap();
    configure(&restored, &receiver);
    std::fs::copy(folder.path().join("copy.db"), restored.path().join("g.db")).unwrap();
    let (mut gateway, url) = serve(&restored).await;
    assert!(ids(&url, "events").await.is_superset(&before));
    assert!(ids(&url, "deliveries").await.len() >= deliveries_before);
    assert_eq!(gateway.terminate().await, 0);
}

/// Who copies the database has not all that the gateway has in its environment, and needs it for nothing.
#[tokio::test]
async fn what_only_the_gateway_needs_stops_neither_a_copy_nor_a_migration() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("openclaw.json5"), text).unwrap();
    write(
        "{ webhooks: { server: { database: 'sqlite://here.db', adminToken: '${NO_SUCH_ADMIN}' },
           agent: { url: 'http://127.0.0.1:1', token: '${NO_SUCH_TOKEN}' }, retention: { days: 0 } } }",
    );
    let ran = run_in(&["migrate"], &folder, "").await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(run_in(&["backup", "copy.db"], &folder, "").await.status, 0);
    assert!(folder.path().join("here.db").exists() && folder.path().join("copy.db").exists());
    // What may have been meant for the database is no other's fault: another one would be taken.
    for (wrong, said) in [
        ("{ webhooks: { server: { databse: 'sqlite://here.db' } } }", "did you mean \"database\""),
        ("{ webhooks: { serve: { database: 'sqlite://here.db' } } }", "did you mean \"server\""),
        ("{ webhook: { server: { database: 'sqlite://here.db' } } }", "did you mean \"webhooks\""),
        ("{ webhooks: { server: { database: 'sqlite://${NO_SUCH_NAME}.db' } } }", "NO_SUCH_NAME"),
        ("{ webhooks: { server: 'sqlite://here.db' } }", "webhooks.server: must be an object"),
        ("{ webhooks: { server: { database: 'sqlite://here.db' }", "openclaw.json5:1:"),
    ] {
        write(wrong);
        for words in [&["migrate"][..], &["backup", "other.db"]] {
            let ran = run_in(words, &folder, "").await;
            assert_eq!(ran.status, 1, "{wrong}: {}", ran.err);
            assert!(ran.err.contains(said), "{wrong}: {}", ran.err);
        }
    }
    assert!(!folder.path().join("openclaw-webhooks.db").exists());
}

#[tokio::test]
async fn nothing_is_written_over_and_what_is_no_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    configure(&folder, &Receiver::healthy().await);
    let ran = run_in(&["backup", "copy.db"], &folder, "").await;
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("can't read the database"), "{}", ran.err);
    assert_eq!(run_in(&["migrate"], &folder, "").await.status, 0);
    std::fs::write(folder.path().join("copy.db"), "mine").unwrap();
    let ran = run_in(&["backup", "copy.db"], &folder, "").await;
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("copy.db is there already; name a new file"), "{}", ran.err);
    assert_eq!(std::fs::read(folder.path().join("copy.db")).unwrap(), b"mine");
    assert_eq!(run_in(&["backup", "other.db"], &folder, "").await.status, 0);
    assert!(!folder.path().join("other.db.part").exists());
}
