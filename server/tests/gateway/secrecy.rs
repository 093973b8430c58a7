//! Secrets: sealed in the database where there is a key, and shown nowhere.

use crate::support::{Answer, Gateway, Receiver, event};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;
use std::sync::{Mutex, Once};
use wire::DeliveryStatus;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEWER: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

#[tokio::test]
async fn definitions_are_sealed_once_there_is_a_key_and_open_with_it_alone() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(json!({ "endpoints": [] })).await;
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "secret": "whsec_b3duLXNlY3JldA==",
        "headers": { "X-Api-Key": "crm-key" } });
    assert_eq!(gateway.post("/api/v1/endpoints", definition.to_string()).await.0, 201);
    assert_eq!(gateway.get("/api/v1/config").await["sealed"], false);
    assert_eq!(gateway.stored_definitions().await[0]["secret"], "whsec_b3duLXNlY3JldA==");

    let gateway = gateway.restart_sealed(KEY).await.unwrap();
    let stored = gateway.stored_definitions().await[0].clone();
    let sealed = stored.as_str().unwrap();
    assert!(
        sealed.contains("sealed:1:") && !sealed.contains("whsec") && !sealed.contains("crm-key"),
        "{sealed}"
    );
    assert_eq!(gateway.get("/api/v1/config").await["sealed"], true);
    // It is used as before, changed as before, and sealed again.
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(receiver.got(1).await[0].header("x-api-key"), "crm-key");
    assert_eq!(gateway.patch("/api/v1/endpoints/crm", &json!({ "timeoutMs": 5000 })).await.0, 200);
    let changed = gateway.stored_definitions().await[0].clone();
    assert!(changed.is_string() && changed != stored);

    // A newer key beside it takes over; afterwards the old one is no longer needed, and no longer enough.
    let gateway = gateway.restart_sealed(&format!("{NEWER} {KEY}")).await.unwrap();
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["timeoutMs"], 5000);
    let gateway = gateway.restart_sealed(NEWER).await.unwrap();
    let revealed = gateway.post("/api/v1/endpoints/crm/reveal", "").await;
    assert_eq!(revealed, (200, json!({ "secret": "whsec_b3duLXNlY3JldA==" })));
    let refused = gateway.restart_sealed(KEY).await.err().unwrap();
    assert!(refused.contains("OPENCLAW_WEBHOOKS_KEY") && refused.contains("crm"), "{refused}");
}

/// An agent, or a proxy before it, that sends back what it got.
#[tokio::test]
async fn what_an_agent_echoes_gives_its_token_to_nobody() {
    const TOKEN: &str = "token/of-the-agent";
    let receiver = Receiver::healthy().await;
    let said = format!("you sent authorization: Bearer {TOKEN}");
    let told = json!({ "error": { "message": said } }).to_string().replace('/', "\\/");
    let answers = [(500, told), (500, said.clone()), (503, said.clone()), (503, said)];
    let agent = Receiver::start(answers.map(|(status, text)| Answer(status, Vec::new(), text))).await;
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["error.occurred"] }],
        "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}", "verify": { "scheme": "none" } } } },
        "agent": { "url": format!("http://{}", agent.address), "token": TOKEN },
    }))
    .await;
    let mut seen = Vec::new();
    for repo in ["shop", "depot"] {
        let (status, hit) =
            gateway.post("/webhooks/inbound/deploy", json!({ "repo": repo }).to_string()).await;
        assert_eq!(status, 202);
        let callback = receiver.got(seen.len() / 2 + 1).await.pop().unwrap();
        seen.push(String::from_utf8(callback.body.to_vec()).unwrap());
        seen.push(gateway.get(&format!("/api/v1/hits/{}", hit["id"].as_str().unwrap())).await.to_string());
    }
    let checked = gateway.post("/api/v1/agent/check", "").await.1;
    assert_eq!(checked["state"], "away");
    seen.extend([checked.to_string(), gateway.get("/api/v1/config").await.to_string()]);
    seen.push(String::from_utf8_lossy(&gateway.back_up()).into_owned());
    for text in &seen {
        assert!(text.contains("Bearer ••••") && !text.contains("of-the-agent"), "{text}");
    }
}

/// Every place where a secret is configured, each with a word of its own.
fn with_markers(receiver: &str) -> Value {
    let walled = receiver.replace("://", "://user:marker-url-password@");
    let receiver = format!("{receiver}?team=a&access_token=marker-url-token&key=marker-url-key");
    json!({
        "endpoints": [{ "name": "crm", "url": receiver, "events": ["*"], "secret": "marker-endpoint-secret",
            "previousSecrets": [{ "secret": "marker-previous-secret", "until": "2099-01-01T00:00:00Z" }],
            "headers": { "X-Api-Key": "marker-header", "Authorization": "Bearer marker-authorization",
                "X-Auth": "marker-auth", "X-Team": "${CRM_API_KEY}" },
            "retry": { "maxAttempts": 1 } },
            { "name": "walled", "url": walled, "events": ["tool.called"] }],
        "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}",
            "verify": { "scheme": "bearer", "secret": "marker-inbound-secret" } } } },
        "agent": { "url": "http://user:marker-agent-password@127.0.0.1:9", "token": "marker-agent-token" },
        "server": { "adminToken": "marker-admin-token", "viewerToken": "marker-viewer-token",
            "ingestToken": "marker-ingest-token" },
    })
}

/// Everything that a marker may not be seen in.
const RESOURCES: &[&str] = &[
    "/api/v1/config",
    "/api/v1/endpoints",
    "/api/v1/endpoints/crm",
    "/api/v1/endpoints/made",
    "/api/v1/endpoints/walled",
    "/api/v1/endpoints/crm/checks",
    "/api/v1/events",
    "/api/v1/deliveries",
    "/api/v1/inbound",
    "/api/v1/hits",
    "/api/v1/agent",
    "/api/v1/audit",
    "/api/v1/stats",
    "/api/v1/openapi.json",
    "/api/docs",
    "/metrics",
    "/readyz",
    "/api/v1/nothing",
    "/api/v1/deliveries?status=marker",
];

/// Every page of the dashboard, by its path and a text that shows that it is there; for `{…}` an id is put in.
#[cfg(feature = "ui")]
const PAGES: &[(&str, &str)] = &[
    ("/", "crm"),
    ("/?status=failed", "{delivery}"),
    ("/?query=marked", "marked"),
    ("/deliveries/{delivery}", "you sent"),
    ("/events/{event}", "message.sent"),
    ("/endpoints", "crm"),
    ("/endpoints/crm", "access_token"),
    ("/endpoints/made", "error.occurred"),
    ("/endpoints/walled", "user:"),
    ("/hits/{hit}", "shop"),
    ("/settings", "crm"),
    ("/nothing", "OpenClaw Webhooks"),
];

/// What this process logs, from here on, with all that only those see who look for a fault.
static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log_everything() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let builder = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        builder.with_writer(|| Log).init();
    });
}

fn logged() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap()).into_owned()
}

#[tokio::test]
async fn the_log_warns_of_secrets_that_lie_open_in_the_database() {
    log_everything();
    let warnings = || {
        let is_one = |line: &&str| line.contains(" WARN ") && line.contains("in the database as they are");
        logged()
            .lines()
            .filter(is_one)
            .filter(|line| line.contains("open-"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let gateway = Gateway::start(json!({})).await;
    let make = async |name: &str, key: &str, value: Value| {
        let mut definition = json!({ "name": name, "url": "http://127.0.0.1:9/", "events": ["tool.called"] });
        definition[key] = value;
        assert_eq!(gateway.post("/api/v1/endpoints", definition.to_string()).await.0, 201);
    };
    make("open-to-all", "timeoutMs", json!(5000)).await;
    assert_eq!(warnings(), Vec::<String>::new(), "there is no secret in it");
    make("open-by-header", "headers", json!({ "X-Api-Key": "lies-open" })).await;
    make("open-by-secret", "secret", json!("lies-open")).await;
    let told = warnings();
    assert!(told.len() == 1 && told[0].contains("open-by-header"), "once for all: {told:?}");

    let gateway = gateway.restart().await;
    let told = warnings();
    assert!(told.len() == 2 && told[1].contains("those of open-by-header, open-by-secret;"), "{told:?}");
    assert!(!told.concat().contains("lies-open"));
    let gateway = gateway.restart_sealed(KEY).await.unwrap();
    let sealed =
        json!({ "name": "open-never", "url": "http://127.0.0.1:9/", "events": ["*"], "secret": "lies-open" });
    assert_eq!(gateway.post("/api/v1/endpoints", sealed.to_string()).await.0, 201);
    assert_eq!(warnings().len(), 2, "with a key there is nothing to tell");
}

/// A hit with the right secret, one with wrong ones in several places, and guesses at the gateway's own tokens.
async fn strangers_try(gateway: &Gateway) {
    let hit = gateway.http.post(gateway.url("/webhooks/inbound/deploy")).bearer_auth("marker-inbound-secret");
    assert_eq!(hit.json(&json!({ "repo": "shop" })).send().await.unwrap().status(), 202);
    // A secret in a place of its own, from a sender whose other secret is wrong; and one that nobody asked for.
    let path = "/webhooks/inbound/deploy?token=marker-query-token&key=marker-query-key&sig=marker-query-sig";
    let hit = gateway
        .http
        .post(gateway.url(path))
        .bearer_auth("marker-wrong-token")
        .header("x-api-key", "marker-key")
        .header("x-functions-key", "marker-functions-key");
    assert_eq!(hit.json(&json!({ "repo": "shop" })).send().await.unwrap().status(), 401);
    let guess =
        gateway.http.get(gateway.url("/api/v1/stats")).bearer_auth("marker-guess").send().await.unwrap();
    assert_eq!(guess.status(), 401);
    let login = json!({ "token": "marker-guess-at-the-login" });
    let login = gateway.http.post(gateway.url("/api/v1/login")).json(&login).send().await.unwrap();
    assert_eq!(login.status(), 401);
}

/// Not in an answer, a page, a frame, a log or a copy of the database, sealed as it is.
#[tokio::test]
async fn nothing_that_leaves_the_gateway_shows_a_secret() {
    log_everything();
    // One that sends back what it got.
    let echo = "you sent marker-header, marker-authorization, key-of-the-crm and marker-url-token";
    let failure = Answer(
        500,
        vec![
            ("x-echo", "marker-header".to_owned()),
            ("location", "/?access_token=marker-url-token".to_owned()),
        ],
        echo.to_owned(),
    );
    let receiver = Receiver::start([failure, 200.into(), 200.into()]).await;
    let given = [
        ("OPENCLAW_WEBHOOKS_KEY", KEY),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:marker-collector-password@127.0.0.1:9/"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=marker-collector-header"),
    ];
    let gateway = Gateway::start_given(with_markers(&receiver.url()), &given).await;
    let admin = "marker-admin-token";
    let ask = async |method: &str, path: &str, body: Option<Value>| {
        let request = gateway.http.request(method.parse().unwrap(), gateway.url(path)).bearer_auth(admin);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), format!("{:?}", response.headers()), response.text().await.unwrap())
    };
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut watcher = gateway.watch_as(admin).await;
    let made = json!({ "name": "made", "url": receiver.url(), "events": ["error.occurred"], "secret": "marker-made-secret" });
    let rotated = json!({ "secret": "marker-rotated-secret" });
    for (path, body) in [
        ("/api/v1/endpoints", made),
        ("/api/v1/events", event("message.sent", "main")),
        ("/api/v1/endpoints/crm/check", json!({})),
        ("/api/v1/endpoints/crm/preview", event("message.sent", "main")),
        (
            "/api/v1/endpoints",
            json!({ "name": "bad", "url": "ftp://x", "events": ["*"], "secret": "marker-refused" }),
        ),
    ] {
        let (status, headers, text) = ask("POST", path, Some(body)).await;
        assert!(status < 500, "{path}: {text}");
        seen.push((format!("POST {path}"), headers + &text));
    }
    // The one answer that is to show it, once.
    let (status, _, text) = ask("POST", "/api/v1/endpoints/made/rotate-secret", Some(rotated)).await;
    assert!(status == 200 && text.contains("marker-rotated-secret"), "{text}");
    strangers_try(&gateway).await;
    let mut cookies = Vec::new();
    for role in ["admin", "viewer"] {
        let login = json!({ "token": format!("marker-{role}-token") });
        let login = gateway.http.post(gateway.url("/api/v1/login")).json(&login).send().await.unwrap();
        let cookie = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let config = gateway.http.get(gateway.url("/api/v1/config")).header("Cookie", &cookie);
        let config = config.send().await.unwrap();
        assert_eq!(config.status(), 200);
        seen.push((format!("what the cookie of {role} opens"), config.text().await.unwrap()));
        cookies.push(cookie);
    }
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    let detail = format!("/api/v1/deliveries/{}", failed.id);
    for path in RESOURCES.iter().copied().chain([detail.as_str()]) {
        let (status, headers, text) = ask("GET", path, None).await;
        assert!(status < 500, "{path}: {text}");
        seen.push((path.to_owned(), headers + &text));
    }
    let hits: Value = serde_json::from_str(&ask("GET", "/api/v1/hits", None).await.2).unwrap();
    let hit = format!("/api/v1/hits/{}", hits["items"][0]["id"].as_str().unwrap());
    seen.push((hit.clone(), ask("GET", &hit, None).await.2));
    #[cfg(feature = "ui")]
    for (cookie, language) in cookies.iter().flat_map(|cookie| [(cookie, "en"), (cookie, "ko")]) {
        for (path, shows) in PAGES {
            let with_ids = |text: &str| {
                let hit = hits["items"][0]["id"].as_str().unwrap();
                text.replace("{delivery}", failed.id.as_str())
                    .replace("{event}", failed.event_id.as_str())
                    .replace("{hit}", hit)
            };
            let (path, shows) = (with_ids(path), with_ids(shows));
            let page = gateway.http.get(gateway.url(&path)).header("Cookie", cookie);
            let page = page.header("Accept-Language", language).send().await.unwrap();
            let headers = format!("{:?}", page.headers());
            let text = page.text().await.unwrap();
            assert!(text.contains("</html>") && text.contains(&shows), "{path} with {cookie}: {text}");
            seen.push((format!("the page {path} in {language}"), headers + &text));
        }
    }
    seen.extend(watcher.texts.iter().map(|text| ("a frame".to_owned(), text.clone())));
    assert!(seen.iter().any(|(_, text)| text.contains("shop")), "the hit is among what was looked at");
    assert!(seen.iter().any(|(_, text)| text.contains("you sent")), "and so is the echo");
    let copy = String::from_utf8_lossy(&gateway.back_up()).into_owned();
    assert!(copy.contains("shop") && copy.contains("you sent"), "the copy holds what came");
    seen.push(("the copy of the database".to_owned(), copy));
    let log = logged();
    assert!(log.contains("Refused hit_") && log.contains("Sending traces to http://user:••••@"));
    // Whatever wrote it: but for this test's own watcher, which says what it asks with.
    let is_the_gateways = |line: &&str| !line.contains(" tungstenite::handshake::client: ");
    seen.push(("the log".to_owned(), log.lines().filter(is_the_gateways).collect::<Vec<_>>().join("\n")));
    let values = cookies.iter().map(|cookie| cookie.split_once('=').unwrap().1);
    let words: Vec<&str> = ["marker-", "key-of-the-crm", KEY].into_iter().chain(values).collect();
    show_none(&words, &seen);
}

/// None of `words` is in what was `seen`, by its place and text.
fn show_none(words: &[&str], seen: &[(String, String)]) {
    for (place, line) in seen.iter().flat_map(|(place, text)| text.lines().map(move |line| (place, line))) {
        for word in words {
            assert!(!line.contains(word), "{word} is in {place}: {line}");
        }
    }
}

/// A fault of the file is told to people, with what is wrong and where; never with what was to be kept.
#[tokio::test]
async fn what_is_said_of_a_configuration_shows_no_secret() {
    log_everything();
    let gateway = Gateway::start(json!({})).await;
    let wrong = json!({ "webhooks": {
        "endpoints": [
            { "name": "a", "url": "ftp://user:buried-password@x.example/?token=buried-token", "events": ["*"] },
            { "name": "b", "url": "https://x.example/${CRM_API_KEY} ", "events": ["${CRM_API_KEY}"],
                "secret": "buried-secret", "signing": "both", "headers": { "X-Api-Key": "buried-header\n" } },
            { "name": "c", "url": "https://x.example/", "events": ["*"], "secret": ["buried-in-a-list"],
                "transform": "{{ buried_name | nothing('${CRM_API_KEY}') }}" },
        ],
        "agent": { "url": "user:buried-agent@x", "token": { "is": "buried-in-an-object" } },
        "server": { "adminToken": 5, "viewerToken": "", "database": "mysql://user:buried-database@x/y" },
    } });
    let fault = gateway.reload_whole(&wrong).await.unwrap_err();
    for place in
        ["endpoints[0].url", "endpoints[1].secret", "endpoints[2].secret", "agent.token", "server.database"]
    {
        assert!(fault.contains(place), "{place}: {fault}");
    }
    let mut seen = vec![("the fault".to_owned(), fault)];
    let look = async |seen: &mut Vec<(String, String)>| {
        for path in ["/api/v1/config", "/api/v1/audit"] {
            seen.push((path.to_owned(), gateway.get(path).await.to_string()));
        }
        for words in [&["check"][..], &["show"], &["show", "--json"]] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"));
            program
                .arg("config")
                .args(words)
                .arg("--config")
                .arg(gateway.file())
                .env("CRM_API_KEY", "key-of-the-crm");
            let said = program.output().unwrap();
            let said = [said.stdout, said.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
            seen.push((format!("config {words:?}"), said));
        }
    };
    look(&mut seen).await;
    let right = json!({ "webhooks": { "server": {
        "database": "postgres://user:buried-database@127.0.0.1:9/hooks?sslpassword=buried-parameter" } } });
    gateway.reload_whole(&right).await.unwrap();
    look(&mut seen).await;
    let shown = |(_, text): &&(String, String)| {
        text.contains("postgres://user:••••@127.0.0.1:9/hooks?sslpassword=••••")
    };
    assert_eq!(seen.iter().filter(shown).count(), 3, "the API and both forms of `config show`: {seen:?}");
    let log = logged();
    assert!(
        log.contains("The changed configuration is refused")
            && log.contains("webhooks.server.database changed")
    );
    seen.push(("the log".to_owned(), log));
    show_none(&["buried-", "key-of-the-crm"], &seen);
}
