//! From SQLite to PostgreSQL.

use crate::database_server;
use crate::gateway::Place;
use crate::receiver::Receiver;
use crate::until;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use tokio::process::Command;
use wire::DeliveryStatus;

async fn copy(from: &str, to: &str) -> (bool, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
        .args(["copy", "--json", "--from", from, "--to", to])
        .output()
        .await
        .unwrap();
    (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
}

#[tokio::test]
async fn what_was_on_sqlite_goes_on_on_postgresql() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let endpoints = json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "concurrency": 4 }]);
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}", folder.path().join("gateway.db").display());
    let before = Place::new(sqlite.clone(), endpoints.clone());
    let gateway = before.start("before").await;
    gateway.post("evt_done").await;
    gateway.nothing_waits().await;
    receiver.stalls.send_replace(true);
    for number in 0..50 {
        gateway.post(&format!("evt_{number}")).await;
    }
    let made = json!({ "name": "made", "url": receiver.url(), "events": ["error.occurred"] });
    assert_eq!(gateway.ask(Method::POST, "endpoints", made).await.0, 201);
    let database = server.create("moved");
    let (done, said) = copy(&sqlite, &database).await;
    assert!(!done && said.contains("another gateway has it open"), "{said}");
    gateway.kill().await;
    receiver.stalls.send_replace(false);
    let already = receiver.arrivals().len();

    let (done, said) = copy(&sqlite, &database).await;
    assert!(done, "{said}");
    let rows = |table: &str| {
        let line = said.lines().find(|line| line.contains(&format!("\"{table}\""))).unwrap();
        serde_json::from_str::<Value>(line).unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!((rows("events"), rows("deliveries"), rows("endpoints")), (51, 51, 1));
    let (done, said) = copy(&sqlite, &database).await;
    assert!(!done && said.contains("holds rows already"), "{said}");

    let place = Place::new(database.clone(), endpoints);
    // As it is while a copy is not finished.
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    beside
        .execute("CREATE TABLE copy_progress (name TEXT PRIMARY KEY, reached TEXT NOT NULL)")
        .await
        .unwrap();
    let early = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
        .args(["serve", "--config"])
        .arg(place.configure("early"))
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&early.stderr);
    assert!(!early.status.success() && said.contains("a copy into this database is not finished"), "{said}");
    beside.execute("DROP TABLE copy_progress").await.unwrap();

    let after = place.start("after").await;
    let (done, said) = copy(&sqlite, &database).await;
    assert!(!done && said.contains("gateways work on the target"), "{said}");
    after.nothing_waits().await;
    assert_eq!(receiver.arrivals().len() - already, 50, "what waited goes out, and what was done does not");
    assert_eq!(after.delivery_of("evt_done").await.attempt_log[0].node_id, "before");
    until("the endpoint that was made", async || {
        (after.get("endpoints").await["items"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    assert_eq!(after.delivery_of("evt_7").await.delivery.status, DeliveryStatus::Delivered);
}
