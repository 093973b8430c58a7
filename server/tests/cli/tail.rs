//! `tail`: what it shows, and that it misses nothing while the gateway restarts.

use crate::program::{Running, same};
use crate::support::{Gateway, Receiver, event};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;
use wire::DeliveryStatus;

#[tokio::test]
async fn results_are_shown_as_they_come() {
    let receiver = Receiver::start([200u16, 200, 500]).await;
    let endpoint =
        json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    let mut watcher = gateway.watch().await;
    let first = gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;

    let url = gateway.url("");
    let mut tail = Running::start(&["tail", "--url", &url, "--json"]);
    let next = async |tail: &mut Running| serde_json::from_str::<Value>(&tail.line().await).unwrap();
    assert_eq!(next(&mut tail).await["eventId"], first, "what is there already comes first");
    let second = gateway.event(&event("tool.called", "main")).await;
    let shown = next(&mut tail).await;
    assert_eq!((&shown["eventId"], &shown["status"]), (&json!(second), &json!("delivered")));

    let mut people =
        Running::start(&["tail", "--url", &url, "--recent", "1", "--status", "delivered,failed"]);
    people.line().await;
    gateway.event(&event("tool.called", "main")).await;
    let line = same(&people.line().await);
    let (clock, line) = line.split_at(8);
    assert!(clock.split(':').all(|part| part.parse::<u8>().is_ok()), "{clock}");
    assert_eq!(
        line,
        "  failed      dlv_0123456789abcdef0123456789abcdef  tool.called       crm  http_5xx (500) in N ms"
    );
    assert_eq!(
        people.line().await,
        "  The receiver itself failed: look into its log at this time; its answer may name the cause."
    );
}

/// What ended last stands next to what comes, whenever it was accepted.
#[tokio::test]
async fn what_is_there_already_comes_in_the_order_of_its_times() {
    let receiver = Receiver::start([500u16]).await;
    let endpoint = json!({ "name": "crm", "url": receiver.url(), "events": ["*"],
        "retry": { "maxAttempts": 2, "backoffMs": 1000 } });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    let mut watcher = gateway.watch().await;
    let first = gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Retrying).await;
    let second = gateway.event(&event("tool.called", "main")).await;
    for _ in 0..2 {
        watcher.delivery(DeliveryStatus::Delivered).await;
    }
    let mut tail = Running::start(&["tail", "--json", "--url", &gateway.url("")]);
    let live = gateway.event(&event("tool.called", "main")).await;
    for id in [second, first, live] {
        let shown: Value = serde_json::from_str(&tail.line().await).unwrap();
        assert_eq!(shown["eventId"], id);
    }
}

/// The gateway ends and comes back at the same address, with another stream.
#[tokio::test]
async fn nothing_is_missed_over_a_restart() {
    let receiver = Receiver::healthy().await;
    let folder = tempfile::tempdir().unwrap();
    // Who restarts takes the same port again; nobody else was told of it.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = json!({ "webhooks": {
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }],
        "server": { "listen": address.to_string() },
        "network": { "allow": ["127.0.0.1"] },
    } });
    std::fs::write(folder.path().join("openclaw.json5"), config.to_string()).unwrap();
    let serve = async || {
        let mut serve = Running::start_in(&["serve"], &folder);
        assert_eq!(serve.line().await, format!("Listening on http://{address}/"));
        serve
    };
    let post = async || {
        let url = format!("http://{address}/api/v1/events");
        let body = event("tool.called", "main").to_string();
        let answer = reqwest::Client::new().post(url).body(body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let next = async |tail: &mut Running| {
        let delivery: Value = serde_json::from_str(&tail.line().await).unwrap();
        delivery["eventId"].as_str().unwrap().to_owned()
    };
    let mut gateway = serve().await;
    // The gateway is found by its file.
    let mut tail = Running::start_in(&["tail", "--json"], &folder);
    // Either it is there before tail looks, or it comes by the stream.
    let mut posted = vec![post().await];
    let mut shown = vec![next(&mut tail).await];
    assert_eq!(gateway.terminate().await, 0);
    let note = tail.note("Disconnected").await;
    assert!(note.starts_with("Disconnected from http://127.0.0.1:PORT/: "), "{note}");

    let mut gateway = serve().await;
    // Some of it before tail is back, perhaps, and some of it after.
    for _ in 0..20 {
        posted.push(post().await);
    }
    assert_eq!(tail.note("Connected").await, "Connected to http://127.0.0.1:PORT/ again.");
    tail.note("begins anew: fetching the list again").await;
    for _ in 0..20 {
        posted.push(post().await);
    }
    while shown.len() < posted.len() {
        shown.push(next(&mut tail).await);
    }
    shown.sort();
    posted.sort();
    assert_eq!(shown, posted, "each once");
    assert_eq!(gateway.terminate().await, 0);
}

/// A way to `target` that can be cut.
async fn way(target: SocketAddr) -> (SocketAddr, Arc<watch::Sender<bool>>) {
    let cut = Arc::new(watch::Sender::new(false));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = Arc::clone(&cut);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut told = told.subscribe();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = told.wait_for(|cut| *cut) => {}
                }
            });
        }
    });
    (address, cut)
}

/// Only the connection is lost: the stream goes on where it was left, and no list is fetched.
#[tokio::test]
async fn a_lost_connection_leaves_no_gap() {
    let receiver = Receiver::healthy().await;
    let endpoint = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    let mut watcher = gateway.watch().await;
    let (address, cut) = way(gateway.server.address).await;
    let mut tail = Running::start(&["tail", "--json", "--url", &format!("http://{address}")]);
    let next = async |tail: &mut Running| {
        let delivery: Value = serde_json::from_str(&tail.line().await).unwrap();
        delivery["eventId"].as_str().unwrap().to_owned()
    };
    let first = gateway.event(&event("tool.called", "main")).await;
    assert_eq!(next(&mut tail).await, first);
    // What came by the list has come; this comes by the stream, so that its place is known.
    let second = gateway.event(&event("tool.called", "main")).await;
    assert_eq!(next(&mut tail).await, second);
    watcher.delivery(DeliveryStatus::Delivered).await;

    cut.send_replace(true);
    tail.note("Disconnected").await;
    let mut missed = Vec::new();
    for _ in 0..3 {
        missed.push(gateway.event(&event("tool.called", "main")).await);
        watcher.delivery(DeliveryStatus::Delivered).await;
    }
    cut.send_replace(false);
    tail.note("Connected").await;
    for id in missed {
        assert_eq!(next(&mut tail).await, id);
    }
    let notes = tail.end().await;
    assert!(!notes.contains("anew"), "{notes}");
}
