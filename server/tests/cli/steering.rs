//! What receivers and senders write reaches no terminal as it is, whichever command shows it.
//!
//! The program runs as at a terminal: where none is, its own colours are taken out, and with them whatever else a terminal
//! would go by; that would pass for harmless here and is not.

use crate::program::{Ran, Running, finish, program};
use crate::support::{Answer, Gateway, Receiver, event};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use wire::DeliveryStatus;

const BAD: &str = "a\u{1b}[2Jb\u{202e}c\u{9b}1m<script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}]8;;http://evil.example\u{7}";
/// The same of what a path or a header may hold.
const BAD_WORD: &str = "a\u{9b}2Jb\u{202e}c";
const BAD_ANSWER: &str = "\u{1b}]0;mine\u{7}\u{9b}31m";

fn at_a_terminal(words: &[&str]) -> Command {
    let mut command = program(words, &tempfile::tempdir().unwrap());
    command.env("CLICOLOR_FORCE", "1");
    // The folder is gone by now, and none of these needs one.
    command.current_dir(std::env::temp_dir());
    command
}

async fn run_on(gateway: &Gateway, words: &[&str]) -> Ran {
    finish(at_a_terminal(&[words, &["--url", &gateway.url("")]].concat()), "").await
}

/// The text without the program's own colours: `ESC [`, numbers, `m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        match part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => out.extend(["\u{1b}[", part]),
        }
    }
    out
}

#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    let is_odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!without_colours(text).contains(is_odd), "{what}: {text:?}");
}

/// Posts this as no client would that keeps to the rules, and waits for the answer.
async fn post_raw(address: SocketAddr, path: &str, body: &str) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Odd: {BAD_WORD}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 ") && !answer.contains(" 400 "), "{answer}");
}

#[tokio::test]
async fn what_is_stored_steers_no_terminal() {
    let receiver = Receiver::start(vec![Answer(500, Vec::new(), BAD_ANSWER.to_owned()); 5]).await;
    let endpoint =
        json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } });
    let inbound = json!({ "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.text}}" } } });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint], "inbound": inbound })).await;
    let mut watcher = gateway.watch().await;
    let id = gateway.event(&json!({ "type": "tool.called", "data": { "agentId": BAD, "text": BAD } })).await;
    let delivery = watcher.delivery(DeliveryStatus::Failed).await;
    let (status, hit) =
        gateway.post("/webhooks/inbound/deploy", json!({ "text": BAD, (BAD): [BAD] }).to_string()).await;
    assert_eq!(status, 202, "{hit}");
    // What nobody could do, and a file that nobody could read, stand in the audit.
    post_raw(gateway.server.address, &format!("/api/v1/endpoints/{BAD_WORD}/pause"), "").await;
    let fault = json!({ "webhooks": { (BAD): 1 } });
    let error = gateway.reload_whole(&fault).await.unwrap_err();
    assert!(error.lines().next().unwrap().contains('\u{202e}'), "{error:?}");

    let hit = hit["id"].as_str().unwrap();
    for (words, status) in [
        (&["hits"][..], 0),
        (&["hits", "--json"], 0),
        (&["show", hit], 0),
        (&["show", "--json", hit], 0),
        (&["show", delivery.id.as_str()], 0),
        (&["show", "--json", delivery.id.as_str()], 0),
        (&["show", &id], 0),
        (&["show", "--json", &id], 0),
        (&["list"], 0),
        (&["list", "--json"], 0),
        (&["endpoints", "crm"], 0),
        (&["endpoints", "crm", "--json"], 0),
        (&["audit"], 0),
        (&["audit", "--json"], 0),
        // It fails at all of these.
        (&["check", "crm"], 1),
        (&["check", "crm", "--json"], 1),
        (&["test", "crm"], 1),
        (&["test", "crm", "--json"], 1),
    ] {
        let ran = run_on(&gateway, words).await;
        assert_eq!(ran.status, status, "{words:?}: {}", ran.err);
        assert!(!ran.raw.is_empty(), "{words:?}");
        assert_harmless(&format!("{words:?}"), &ran.raw);
        assert_harmless(&format!("{words:?}"), &ran.err);
    }
    // And it was all there to be shown.
    let shown = run_on(&gateway, &["show", "--json", delivery.id.as_str()]).await.json();
    assert_eq!(shown[0]["event"]["data"]["text"], BAD);
    assert_eq!(shown[0]["attemptLog"][0]["response"]["body"], BAD_ANSWER);
    let audit = run_on(&gateway, &["audit", "--json"]).await.json();
    assert!(audit.iter().any(|entry| entry["target"] == BAD_WORD), "{audit:?}");
    assert!(audit.iter().any(|entry| entry["detail"] == *error), "{audit:?}");
}

#[tokio::test]
async fn what_tail_shows_steers_no_terminal() {
    let receiver = Receiver::start([Answer(500, Vec::new(), BAD_ANSWER.to_owned())]).await;
    let endpoint =
        json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    let url = gateway.url("");
    let mut people = Running::of(at_a_terminal(&["tail", "--url", &url]));
    let mut programs = Running::of(at_a_terminal(&["tail", "--url", &url, "--json"]));
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", BAD)).await;
    watcher.delivery(DeliveryStatus::Failed).await;
    // The result and what to do about it, from the list or by the stream; then one that comes by the stream for certain.
    for line in [people.line().await, people.line().await] {
        assert_harmless("tail", &line);
    }
    gateway.event(&event("tool.called", BAD)).await;
    assert_harmless("tail", &people.line().await);
    for status in ["failed", "delivered"] {
        let line = programs.line().await;
        assert_harmless("tail --json", &line);
        let delivery: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&delivery["agentId"], &delivery["status"]), (&json!(BAD), &json!(status)));
    }
}

#[tokio::test]
async fn what_listen_receives_steers_no_terminal() {
    for json in [&[][..], &["--json"]] {
        let words = [&["listen", "--port", "0", "--headers"], json].concat();
        let mut listen = Running::of(at_a_terminal(&words));
        let first = listen.line().await;
        let address = without_colours(&first);
        let address = address.strip_prefix("Listening on http://").unwrap().trim_end_matches('/');
        post_raw(address.parse().unwrap(), &format!("/{BAD_WORD}"), &format!("{BAD}\r\nits end")).await;
        let mut shown = listen.line().await;
        while !shown.contains("its end") {
            shown = format!("{shown}\n{}", listen.line().await);
        }
        assert_harmless(&format!("{words:?}"), &shown);
        assert!(shown.contains("x-odd") && shown.contains("onerror"), "{shown}");
    }
}
