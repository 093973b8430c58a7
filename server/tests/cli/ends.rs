//! How commands end: exit statuses, which gateway is asked, tokens, colour, and readers that stop reading.

use crate::program::{finish, program, run, run_in, run_on};
use crate::support::{Gateway, Receiver, event, nobody};
use serde_json::json;
use std::process::Stdio;
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn wrong_use_is_2_with_the_known_words() {
    for words in [
        &["surf"][..],
        &["list", "--status", "lost"],
        &["list", "--since", "yesterday"],
        &["list", "--url", "ftp://x"],
        &["tail", "--recent", "many"],
        &["verify", "--secret", "s"],
    ] {
        let ran = run(words).await;
        assert_eq!((ran.status, ran.raw.as_str()), (2, ""), "{words:?}");
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
    }
    let ran = run(&["list", "--status", "fialed"]).await;
    assert!(ran.err.contains("failed") && ran.err.contains("retrying"), "{}", ran.err);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_3_with_the_remedy() {
    let nobody = format!("http://{}", nobody().await);
    for words in [
        &["list"][..],
        &["show", "evt_1"],
        &["tail"],
        &["redeliver", "dlv_1"],
        &["redeliver", "--status", "failed"],
        &["endpoints"],
        &["check", "crm"],
        &["test", "crm"],
        &["pause", "crm"],
        &["resume", "crm"],
        &["hits"],
        &["send", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/seed-config/event.json")],
        &["listen", "--port", "0", "--register", "x"],
    ] {
        let ran = run(&[words, &["--url", &nobody]].concat()).await;
        assert_eq!(ran.status, 3, "{words:?}");
        let error = "error: can't reach the gateway at http://127.0.0.1:PORT/: connection refused\n  Start it with `openclaw-webhooks serve`, or name another with --url.\n";
        assert!(ran.err.starts_with(error), "{words:?}: {}", ran.err);
    }
    let receiver = Receiver::healthy().await;
    let ran = run(&["list", "--url", &receiver.url()]).await;
    assert_eq!(ran.status, 3);
    assert!(ran.err.contains("is no OpenClaw Webhooks gateway"), "{}", ran.err);
}

#[tokio::test]
async fn the_gateway_is_found_by_flag_variable_or_file() {
    let gateway = Gateway::start(json!({})).await;
    let nobody = nobody().await;
    let folder = tempfile::tempdir().unwrap();
    let listen = |address: &str| {
        let text = json!({ "webhooks": { "server": { "listen": address } } }).to_string();
        std::fs::write(folder.path().join("openclaw.json5"), text).unwrap();
    };
    listen(&gateway.server.address.to_string());
    assert_eq!(run_in(&["endpoints"], &folder, "").await.status, 0);

    let mut command = program(&["endpoints"], &folder);
    command.env("OPENCLAW_WEBHOOKS_URL", format!("http://{nobody}"));
    assert_eq!(finish(command, "").await.status, 3, "the variable comes before the file");
    let url = gateway.url("");
    let mut command = program(&["endpoints", "--url", &url], &folder);
    command.env("OPENCLAW_WEBHOOKS_URL", format!("http://{nobody}"));
    assert_eq!(finish(command, "").await.status, 0, "the flag comes first");

    listen("127.0.0.1:0");
    let ran = run_in(&["endpoints"], &folder, "").await;
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("name it with --url"), "{}", ran.err);
}

#[tokio::test]
async fn a_token_opens_the_gateway() {
    let server = json!({ "adminToken": "secret-1", "viewerToken": "secret-2" });
    let gateway = Gateway::start(json!({ "server": server })).await;
    let ran = run_on(&gateway, &["list"]).await;
    assert_eq!(ran.status, 1);
    assert_eq!(
        ran.err,
        "error: Unauthorized: send the header Authorization: Bearer <token>, or log in\n  Give its token with --token, or \
         in OPENCLAW_WEBHOOKS_TOKEN.\n"
    );
    assert_eq!(run_on(&gateway, &["tail"]).await.status, 1);
    assert_eq!(run_on(&gateway, &["list", "--token", "secret-2"]).await.status, 0);
    let ran = run_on(&gateway, &["pause", "x", "--token", "secret-2"]).await;
    assert!(ran.status == 1 && ran.err.contains("adminToken with --token"), "{}", ran.err);
    let folder = tempfile::tempdir().unwrap();
    let url = gateway.url("");
    let mut command = program(&["list", "--url", &url], &folder);
    command.env("OPENCLAW_WEBHOOKS_TOKEN", "secret-1");
    assert_eq!(finish(command, "").await.status, 0);
}

#[tokio::test]
async fn colour_is_for_terminals() {
    let receiver = Receiver::healthy().await;
    let endpoint = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] });
    let gateway = Gateway::start(json!({ "endpoints": [endpoint] })).await;
    gateway.event(&event("message.sent", "main")).await;
    let url = gateway.url("");
    let folder = tempfile::tempdir().unwrap();
    let list = async |variables: &[(&str, &str)]| {
        let mut command = program(&["list", "--url", &url], &folder);
        command.envs(variables.iter().copied());
        finish(command, "").await.raw
    };
    assert!(!list(&[]).await.contains('\u{1b}'), "a pipe is no terminal");
    assert!(!list(&[("NO_COLOR", "1")]).await.contains('\u{1b}'));
    assert!(list(&[("CLICOLOR_FORCE", "1")]).await.contains('\u{1b}'), "unless it is asked for");
}

/// `… | head -1` ends quietly.
#[tokio::test]
async fn a_reader_that_stops_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    // They are longer than a pipe holds.
    for words in [&["completions", "bash"][..], &["completions", "zsh"], &["config", "schema"]] {
        let mut child =
            program(words, &folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).await.unwrap();
        assert_eq!((child.wait().await.unwrap().code(), error.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[tokio::test]
async fn every_command_has_a_help_with_examples() {
    for words in
        ["list", "show", "tail", "redeliver", "send", "listen", "verify", "config check", "migrate", "serve"]
    {
        let mut words: Vec<&str> = words.split(' ').collect();
        words.push("--help");
        let ran = run(&words).await;
        assert_eq!(ran.status, 0);
        assert!(ran.raw.contains("Examples:\n  openclaw-webhooks "), "{}", ran.raw);
    }
}

/// Another gateway may listen where this one would: a file that does not say where is no reason to ask that.
#[tokio::test]
async fn a_file_that_cannot_be_used_sends_nothing_elsewhere() {
    for server in ["listen: '${NOT_SET_ANYWHERE}'", "lisen: '127.0.0.1:1'"] {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("{{ webhooks: {{ server: {{ {server} }} }} }}");
        std::fs::write(folder.path().join("openclaw.json5"), file).unwrap();
        let ran = run_in(&["redeliver", "--status", "failed"], &folder, "").await;
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains("openclaw.json5 can't be used") && ran.err.contains("--url"), "{}", ran.err);
    }
}

/// What only the gateway needs of its file, only its own environment may have.
#[tokio::test]
async fn a_variable_of_the_gateways_own_is_not_missed() {
    let folder = tempfile::tempdir().unwrap();
    let file = r#"{ webhooks: {
        server: { listen: "127.0.0.1:1", adminToken: "${NOT_SET_ANYWHERE}" },
        agent: { url: "http://127.0.0.1:1", token: "${NOT_SET_ANYWHERE}" },
    } }"#;
    std::fs::write(folder.path().join("openclaw.json5"), file).unwrap();
    let ran = run_in(&["list"], &folder, "").await;
    assert_eq!(ran.status, 3, "{}", ran.err);
    assert!(ran.err.contains("can't reach the gateway at http://127.0.0.1:"), "{}", ran.err);
}
