//! Commands that need no gateway: `verify`, `config`, `migrate`, `completions`, `man`.

use crate::program::{finish, program, run, run_in};

const BODY: &str = "{\"id\":\"evt_1\"}";

/// By `openssl dgst -sha256 -hmac`, as README.md has it.
async fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut openssl = tokio::process::Command::new("openssl");
    openssl.args(["dgst", "-sha256", "-hmac", secret]).current_dir(folder.path());
    let ran = crate::program::finish(openssl, &format!("{timestamp}.{body}")).await;
    ran.raw.trim().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn verify_agrees_with_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let good = format!("sha256={}", signature("whsec_abc", "1773484200", BODY).await);
    let verify = async |signature: &str, body: &str| {
        let words =
            ["verify", "--secret", "whsec_abc", "--timestamp", "1773484200", "--signature", signature, "-"];
        run_in(&words, &folder, body).await
    };
    let ran = verify(&good, BODY).await;
    assert_eq!((ran.status, ran.raw.as_str()), (0, "passed: this body was signed with this secret\n"));
    assert!(ran.err.contains("more than 5 minutes"), "{}", ran.err);
    let ran = verify(&good, "{}").await;
    assert_eq!(ran.status, 1);
    assert!(ran.raw.starts_with("failed: another secret, another timestamp, or a body"), "{}", ran.raw);
    assert_eq!(verify("sha256=00", BODY).await.status, 1);
    assert_eq!(verify("v1,AAAA", BODY).await.status, 2, "Standard Webhooks needs --id");

    std::fs::write(folder.path().join("body.json"), BODY).unwrap();
    let words = [
        "verify",
        "--json",
        "--secret",
        "whsec_abc",
        "--timestamp",
        "1773484200",
        "--signature",
        &good,
        "body.json",
    ];
    let ran = run_in(&words, &folder, "").await;
    assert_eq!(ran.raw, "{\"verification\":\"passed\",\"scheme\":\"openclaw\"}\n");
}

#[tokio::test]
async fn config_check_names_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("openclaw.json5"), text).unwrap();
    write("{ webhooks: {\n  retention: { days: 0 },\n  network: { alow: [] } } }");
    let ran = run_in(&["config", "check", "--json"], &folder, "").await;
    assert_eq!(ran.status, 1);
    let faults = ran.json();
    let file = folder.path().join("openclaw.json5");
    assert_eq!(
        faults,
        [
            serde_json::json!({ "kind": "error", "file": file, "line": 2, "column": 22, "path": "webhooks.retention.days",
                "message": "must be a whole number from 1 to 3650, not 0" }),
            serde_json::json!({ "kind": "error", "file": file, "line": 3, "column": 14, "path": "webhooks.network.alow",
                "message": "unknown key; did you mean \"allow\"? Allowed: allow" }),
        ]
    );
    write(
        "{ webhooks: { endpoints: [{ name: 'a', url: 'https://a.example/${a}', events: ['*'], secret: '${NO_SUCH}' }] } }",
    );
    let ran = run_in(&["config", "check"], &folder, "").await;
    assert_eq!(ran.status, 1);
    assert!(
        ran.err.contains("variable NO_SUCH is missing or empty (webhooks.endpoints[0].secret)"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("warning: ") && ran.err.contains("${a} is no variable"), "{}", ran.err);
    write("{ webhooks: {} }");
    let ran = run_in(&["config", "check"], &folder, "").await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.raw.ends_with("openclaw.json5: 0 endpoints, 0 inbound endpoints\n"), "{}", ran.raw);
}

#[tokio::test]
async fn config_show_tells_what_is_in_force_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{ webhooks: { server: { adminToken: '${TOKEN}', instanceId: 'node-1' }, network: { allow: ['10.0.0.0/8'] } } }";
    std::fs::write(folder.path().join("openclaw.json5"), text).unwrap();
    let show = async |words: &[&str]| {
        let mut command = program(&[&["config", "show"], words].concat(), &folder);
        command.env("TOKEN", "s3cret");
        finish(command, "").await
    };
    let ran = show(&[]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let (file, table) = ran.raw.split_once('\n').unwrap();
    assert_eq!(file, folder.path().join("openclaw.json5").to_str().unwrap());
    assert_eq!(
        table,
        "\
SOURCE       KEY                                 VALUE
default      webhooks.inbound.enabled            true
default      webhooks.inbound.basePath           \"/webhooks/inbound\"
default      webhooks.server.listen              \"127.0.0.1:8787\"
default      webhooks.server.database            \"sqlite://openclaw-webhooks.db\"
file         webhooks.server.instanceId          \"node-1\"
environment  webhooks.server.adminToken          \"••••\"
file         webhooks.network.allow              [\"10.0.0.0/8\"]
default      webhooks.retention.days             30
default      webhooks.retention.maxPayloadBytes  262144
"
    );
    let object = &show(&["--json"]).await.json()[0];
    assert_eq!(object["effective"]["webhooks"]["retention"]["days"], 30);
    assert_eq!(object["sources"]["webhooks.server.adminToken"], "environment");
    assert!(!object.to_string().contains("s3cret"));
}

#[tokio::test]
async fn config_example_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&["config", "example"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    std::fs::write(folder.path().join("openclaw.json5"), &ran.raw).unwrap();
    let check = run_in(&["config", "check"], &folder, "").await;
    assert_eq!(check.status, 0, "{}", check.err);
    // The agent in it is commented out.
    assert!(
        check.err.starts_with("warning: ") && check.err.contains("there is no webhooks.agent"),
        "{}",
        check.err
    );
    assert_eq!(check.err.lines().count(), 1, "{}", check.err);
    assert!(check.raw.ends_with("openclaw.json5: 1 endpoint, 1 inbound endpoint\n"), "{}", check.raw);
    let schema = run(&["config", "schema"]).await;
    let schema: serde_json::Value = serde_json::from_str(&schema.raw).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let days = &schema["properties"]["webhooks"]["properties"]["retention"]["properties"]["days"];
    assert_eq!((&days["default"], &days["maximum"]), (&serde_json::json!(30), &serde_json::json!(3650)));
}

#[tokio::test]
async fn migrate_makes_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(&["migrate"], &folder, "").await;
    assert_eq!(
        (ran.status, ran.raw.as_str(), ran.err.as_str()),
        (0, "sqlite://openclaw-webhooks.db: the tables are up to date\n", "")
    );
    assert!(folder.path().join("openclaw-webhooks.db").exists());
    assert_eq!(run_in(&["migrate"], &folder, "").await.status, 0);
}

#[tokio::test]
async fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completions", shell]).await;
        assert_eq!(ran.status, 0);
        for word in ["redeliver", "endpoints", "forward-to", "retrying"] {
            assert!(ran.raw.contains(word), "{shell}: {word}");
        }
    }
    let ran = run(&["man"]).await;
    assert!(ran.status == 0 && ran.raw.contains(".TH openclaw-webhooks 1"), "{}", ran.raw);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run_in(&["man", "--dir", "man1"], &folder, "").await.status, 0);
    for page in ["openclaw-webhooks.1", "openclaw-webhooks-redeliver.1", "openclaw-webhooks-config-check.1"] {
        let text = std::fs::read_to_string(folder.path().join("man1").join(page)).unwrap();
        assert!(text.contains("Examples:") || page == "openclaw-webhooks.1", "{page}");
    }
}
