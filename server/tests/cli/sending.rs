//! `send`: one event, many, and a file of lines.

use crate::program::{run_in, run_on};
use crate::support::{Gateway, Receiver};
use serde_json::json;
use std::fs;

async fn start() -> (Gateway, Receiver) {
    let receiver = Receiver::healthy().await;
    let endpoint = json!({ "name": "crm", "url": receiver.url(), "events": ["message.sent"] });
    (Gateway::start(json!({ "endpoints": [endpoint] })).await, receiver)
}

#[tokio::test]
async fn one_event_goes_byte_for_byte() {
    let (gateway, receiver) = start().await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/seed-config/event.json");
    let ran = run_on(&gateway, &["send", file]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "evt_abc123def456 was accepted: 1 delivery\n");
    let body = fs::read_to_string(file).unwrap();
    assert_eq!(receiver.got(1).await[0].body, body.trim().as_bytes());
    let ran = run_on(&gateway, &["send", file]).await;
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (0, "evt_abc123def456 was accepted before: nothing was stored\n")
    );
    let ran = run_on(&gateway, &["send", file, "--json"]).await;
    assert_eq!(ran.raw, "{\"id\":\"evt_abc123def456\",\"deliveries\":1,\"duplicate\":true}\n");
}

#[tokio::test]
async fn many_come_from_lines_or_an_object() {
    let (gateway, _receiver) = start().await;
    let folder = tempfile::tempdir().unwrap();
    let url = gateway.url("");
    let lines = "{\"type\":\"message.sent\",\"data\":{}}\n\n{\"type\":\"tool.called\",\"data\":{}}\n";
    let ran = run_in(&["send", "-", "--url", &url], &folder, lines).await;
    assert_eq!(
        (ran.status, ran.out.as_str(), ran.err.as_str()),
        (0, "2 events were accepted: 1 delivery\n", "")
    );
    let object =
        "{\"events\":[{\"type\":\"message.sent\",\"data\":{}},{\"type\":\"message.sent\",\"data\":{}}]}";
    let ran = run_in(&["send", "-", "--json", "--url", &url], &folder, object).await;
    assert_eq!((ran.status, ran.json().len()), (0, 2));
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/openclaw-events.jsonl");
    let ran = run_on(&gateway, &["send", recorded]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("96 events were accepted: "), "{}", ran.out);
    let many = "{\"type\":\"tool.called\",\"data\":{}}\n".repeat(2500);
    let ran = run_in(&["send", "-", "--url", &url], &folder, &many).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "2500 events were accepted: 0 deliveries\n"));
    let ran = run_in(&["send", "-", "--url", &url], &folder, "\n").await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "There was no event to send.\n"));
}

#[tokio::test]
async fn a_bad_event_is_named_by_its_line() {
    let (gateway, _receiver) = start().await;
    let folder = tempfile::tempdir().unwrap();
    let url = gateway.url("");
    let lines =
        format!("{}{{\"type\":\"message.lost\"}}\n", "{\"type\":\"tool.called\",\"data\":{}}\n".repeat(1001));
    let ran = run_in(&["send", "-", "--url", &url], &folder, &lines).await;
    assert_eq!(ran.status, 1);
    let error = "error: line 1002: Unprocessable Entity: events[1].type names an unknown event type \"message.lost\"; known are: ";
    assert!(ran.err.starts_with(error), "{}", ran.err);
    assert!(
        ran.err.ends_with(
            "\n  1000 events before line 1001 were accepted; what comes from there on was not sent.\n"
        ),
        "{}",
        ran.err
    );
    let ran = run_in(&["send", "-", "--url", &url], &folder, "{}\n{\"type\":\n").await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (1, "error: -: line 2 is no JSON: EOF while parsing a value\n")
    );
    let ran = run_in(&["send", "nothing.json", "--url", &url], &folder, "").await;
    assert_eq!(ran.status, 2);
}
