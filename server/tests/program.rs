//! The program as it is started: what it prints, and the status it ends with.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"));
    command.args(arguments).current_dir(folder).env_remove("OPENCLAW_WEBHOOKS_CONFIG");
    command
}

fn output(arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(arguments, folder).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn with_config(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openclaw.json5"), text).unwrap();
    folder
}

#[test]
fn a_wrong_configuration_names_every_place() {
    let folder = with_config(
        "{\n  webhooks: {\n    endpoints: [{ name: 'a', url: 'https://x.example', events: ['message.sent'],\n      \
         retry: { maxAttempt: 3 } }],\n    server: { listen: 'here' },\n  },\n}\n",
    );
    for command in [&["serve"][..], &["config", "check"], &["webhooks", "config", "check"]] {
        let (status, error) = output(command, folder.path());
        assert_eq!(status, Some(1), "{error}");
        let place = "openclaw.json5:4:16: webhooks.endpoints[0].retry.maxAttempt: unknown key; did you mean \"maxAttempts\"";
        assert!(error.contains(place), "{error}");
        assert!(error.contains("webhooks.server.listen: must be a host and a port"), "{error}");
    }
}

#[test]
fn a_missing_file_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let (status, error) = output(&["serve", "--config", "nothing.json5"], folder.path());
    assert_eq!(status, Some(1));
    assert!(error.contains("nothing.json5") && error.contains("--config"), "{error}");
}

#[test]
fn wrong_use_is_status_2() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(output(&["surf"], folder.path()).0, Some(2));
    assert_eq!(output(&["serve", "--port"], folder.path()).0, Some(2));
}

#[test]
fn a_port_in_use_and_a_database_elsewhere_are_told_apart() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder =
        with_config(&json!({ "webhooks": { "server": { "listen": address.to_string() } } }).to_string());
    let (status, error) = output(&["serve"], folder.path());
    assert_eq!(status, Some(1));
    assert!(
        error.contains(&format!("{address} is in use")) && error.contains("webhooks.server.listen"),
        "{error}"
    );

    let server = json!({ "listen": "127.0.0.1:0", "database": "sqlite:///no/such/folder/x.db" });
    let folder = with_config(&json!({ "webhooks": { "server": server } }).to_string());
    let (status, error) = output(&["serve"], folder.path());
    assert_eq!(status, Some(1));
    assert!(error.contains("/no/such/folder/x.db"), "{error}");
}

#[test]
fn without_a_file_it_serves_and_ends_when_asked() {
    let folder = with_config(r#"{ webhooks: { server: { listen: "127.0.0.1:0" } } }"#);
    let (mut process, url, _) = start(&["serve"], folder.path());
    assert!(url.starts_with("http://127.0.0.1:"));
    assert!(folder.path().join("openclaw-webhooks.db").exists());
    terminate(&mut process);
}

#[test]
fn without_a_file_it_says_where_it_looked_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    // Its usual address may be another's, so it is not to come as far as that.
    std::fs::create_dir(folder.path().join("openclaw-webhooks.db")).unwrap();
    let (status, said) = output(&["serve"], folder.path());
    assert_eq!(status, Some(1), "{said}");
    let file = folder.path().join("openclaw.json5");
    assert!(said.contains(&format!("There is no configuration at {}", file.display())), "{said}");
    assert!(said.contains("without endpoints") && said.contains("config example > example.json5"), "{said}");

    let folder = with_config(r#"{ webhooks: { server: { database: "sqlite:///no/such/folder/x.db" } } }"#);
    assert!(!output(&["serve"], folder.path()).1.contains("There is no configuration"));
}

/// The demo delivers by itself, and leaves nothing behind.
#[test]
fn the_demo_is_alive() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&["demo", "--listen", "127.0.0.1:0", "--rate", "50"], folder.path());
    command.env("TMPDIR", folder.path());
    let (mut process, url, second) = spawn(command);
    assert!(second.contains("demo"), "{second}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        loop {
            let stats: Value =
                reqwest::get(format!("{url}api/v1/stats")).await.unwrap().json().await.unwrap();
            let of = |endpoint: &str, key: &str| {
                let all = stats["byEndpoint"].as_array().unwrap();
                all.iter()
                    .find(|stats| stats["endpoint"] == endpoint)
                    .and_then(|stats| stats[key].as_u64())
                    .unwrap_or(0)
            };
            let alive = of("crm", "delivered") > 0
                && of("audit-log", "delivered") > 0
                && of("ticketing", "failed") > 0
                && of("slack-alert", "failed") > 0;
            if alive {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "{stats}");
            tokio::task::yield_now().await;
        }
        // A hit from outside, the agent's answer to it, and that answer at a receiver.
        loop {
            let get = async |path: String| {
                reqwest::get(format!("{url}api/v1/{path}")).await.unwrap().json::<Value>().await.unwrap()
            };
            let hits = get("hits".to_owned()).await;
            let mut hit = Value::Null;
            if let Some(id) = hits["items"][0]["id"].as_str() {
                hit = get(format!("hits/{id}")).await;
                let deliveries = hit["deliveries"].as_array().unwrap();
                if deliveries.iter().any(|delivery| delivery["status"] == "delivered") {
                    assert_eq!(
                        (&hit["run"]["status"], &hit["run"]["model"]),
                        (&json!("succeeded"), &json!("openclaw/devops-agent"))
                    );
                    assert!(hit["run"]["reply"].as_str().is_some_and(|reply| !reply.is_empty()), "{hit}");
                    break;
                }
            }
            assert!(started.elapsed() < PATIENCE, "{hit}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let agent: Value = reqwest::get(format!("{url}api/v1/agent")).await.unwrap().json().await.unwrap();
        assert_eq!(agent["state"], "ready", "{agent}");
    });
    terminate(&mut process);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo's folder is gone");
}

fn start(arguments: &[&str], folder: &Path) -> (Child, String, String) {
    spawn(program(arguments, folder))
}

/// Starts it and gives the address from its first line, and the line behind that if it is a demo's.
fn spawn(mut command: Command) -> (Child, String, String) {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let url = first.trim().strip_prefix("Listening on ").expect("the address comes first").to_owned();
    let mut second = String::new();
    if command.get_args().any(|argument| argument == "demo") {
        lines.read_line(&mut second).unwrap();
    }
    // Whoever reads our output keeps reading, as a terminal does.
    std::thread::spawn(move || drop(lines.read_to_end(&mut Vec::new())));
    (process, url, second)
}

/// SIGTERM, and then status 0 within the time that attempts on their way may take.
fn terminate(process: &mut Child) {
    let killed = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let started = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0));
            return;
        }
        assert!(started.elapsed() < PATIENCE, "it ends when asked");
        std::thread::yield_now();
    }
}
