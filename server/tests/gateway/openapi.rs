//! The API's description: sound in itself, true of every route, and each example of it tried.

mod schema;
mod seeded;

use crate::openclaw::OpenClaw;
use crate::support::{Gateway, Receiver, event};
use schema::{at, fits};
use seeded::Seeded;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use wire::DeliveryStatus;

/// One operation of the document.
struct Operation<'a> {
    method: String,
    path: &'a str,
    of: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.of["operationId"].as_str().unwrap()
    }

    fn statuses(&self) -> Vec<u16> {
        self.of["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect()
    }

    fn parameters(&self) -> &[Value] {
        self.of["parameters"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Who may, as `admin|viewer`; empty where everybody may.
    fn roles(&self) -> Vec<&str> {
        let bearer = self.of["security"].as_array().unwrap().first();
        bearer.map_or_else(Vec::new, |bearer| {
            bearer["bearer"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect()
        })
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, of)| Operation {
                method: method.to_ascii_uppercase(),
                path,
                of,
            })
        })
        .collect()
}

async fn document() -> Value {
    Gateway::start(json!({ "endpoints": [] })).await.get("/api/v1/openapi.json").await
}

#[tokio::test]
async fn the_document_is_sound() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    schema::references(&document, &document);
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let (id, of) = (operation.id(), operation.of);
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
        assert!(of["summary"].is_string() && tags.contains(&&of["tags"][0]), "{id}");
        assert!(operation.statuses().iter().any(|status| *status < 300), "{id} never succeeds");
        for (status, response) in of["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|about| about.len() > 3), "{id} {status}");
            assert!(response.get("content").is_none_or(Value::is_object), "{id} {status}");
            let is_problem = status.as_str() >= "400";
            assert_eq!(
                response["content"]["application/problem+json"].is_object(),
                is_problem,
                "{id} {status}"
            );
        }
        let in_path: Vec<&str> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
        let declared = operation.parameters().iter().filter(|parameter| parameter["in"] == "path");
        let declared: Vec<&str> = declared.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, declared, "{id}");
        for parameter in operation.parameters() {
            assert!(parameter["description"].is_string() && parameter["schema"].is_object(), "{id}");
            assert_eq!(parameter["required"].as_bool().unwrap_or(false), parameter["in"] == "path", "{id}");
        }
        for scheme in of["security"].as_array().unwrap() {
            let name = scheme.as_object().unwrap().keys().next().unwrap();
            assert!(document["components"]["securitySchemes"][name].is_object(), "{id}: {name}");
        }
    }
}

#[tokio::test]
async fn a_change_of_it_is_seen() {
    let document = document().await;
    let mut found = String::new();
    for operation in operations(&document) {
        let statuses: Vec<String> = operation.statuses().iter().map(ToString::to_string).collect();
        let (method, path, id) = (&operation.method, operation.path, operation.id());
        let roles = operation.roles().join("|");
        let _ = writeln!(found, "{method} {path} {id} [{roles}] {}", statuses.join(" "));
        let names: Vec<&str> = operation
            .parameters()
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        if !names.is_empty() {
            let _ = writeln!(found, "    ?{}", names.join("&"));
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let _ = writeln!(found, "{name}: {}", schema::outline(schema));
    }
    let known = include_str!("../data/openapi.txt");
    assert!(found == known, "tests/data/openapi.txt is no longer so; if that is meant, it is now:\n{found}");
}

/// The router is made of the same list as the document, so that neither has what the other lacks; this is for what is
/// answered before the router, and for paths whose parameters differ.
#[tokio::test]
async fn every_operation_is_answered() {
    let seeded = Seeded::start().await;
    let document = seeded.document().await;
    for operation in operations(&document) {
        let (status, answer) = seeded.ask(&operation.method, &seeded.url(operation.path, |_| "none")).await;
        let id = operation.id();
        assert_ne!(status, 405, "{id}");
        let nothing =
            answer["detail"].as_str().is_some_and(|detail| detail.starts_with("there is no resource"));
        assert!(!nothing, "{id}: {answer}");
        assert!(operation.statuses().contains(&status), "{id} answered {status}, which is not documented");
    }
    let (status, problem) = seeded.ask("GET", "/api/v1/nothing").await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = seeded.ask("PUT", "/api/v1/events").await;
    assert_eq!((status, &problem["code"]), (405, &json!("method_not_allowed")));
    let response = seeded.request("DELETE", "/api/v1/endpoints").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD,POST");
}

#[tokio::test]
async fn every_example_is_answered_as_documented() {
    let document = document().await;
    let mut tried = 0;
    for operation in operations(&document) {
        let bodies = seeded::bodies(operation.of);
        for query in seeded::queries(operation.parameters()) {
            for body in &bodies {
                let seeded = Seeded::start().await;
                let path = seeded.url(operation.path, |name| {
                    let parameter = operation.parameters().iter().find(|parameter| parameter["name"] == name);
                    parameter.unwrap()["example"].as_str().unwrap()
                });
                let what = format!("{} {}{query} {body:?}", operation.method, operation.path);
                let (status, answer) =
                    seeded.try_example(&operation.method, &format!("{path}{query}"), body.as_ref()).await;
                assert!(status < 300, "{what}: {status} {answer}");
                let response = &operation.of["responses"][status.to_string()];
                assert!(response.is_object(), "{what}: {status} is not documented");
                let schema = &response["content"]["application/json"]["schema"];
                if schema.is_object() {
                    fits(&answer, schema, &document)
                        .unwrap_or_else(|fault| panic!("{what}: {fault} in {answer}"));
                }
                if let Some(body) = body {
                    let schema = &operation.of["requestBody"]["content"]["application/json"]["schema"];
                    fits(body, schema, &document).unwrap_or_else(|fault| panic!("{what}: {fault}"));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "only {tried} examples");
}

/// Whatever is answered, and by whom: no browser guesses a type, and none keeps what the API says.
#[tokio::test]
async fn every_answer_tells_browsers_to_guess_and_keep_nothing() {
    let seeded = Seeded::start().await;
    let document = seeded.document().await;
    let routes = operations(&document);
    let mut asked: Vec<(&str, String)> = routes
        .iter()
        .map(|operation| (operation.method.as_str(), seeded.url(operation.path, |_| "none")))
        .collect();
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/favicon.svg"),
        ("GET", "/assets/0/nothing.js"),
        ("GET", "/api/nothing"),
        ("GET", "/api/v1/nothing"),
        ("PUT", "/api/v1/events"),
        ("GET", "/api/v1/stats?token=x"),
        ("POST", "/webhooks/inbound/deploy"),
        ("GET", "/webhooks/inbound/deploy"),
    ] {
        asked.push((method, path.to_owned()));
    }
    for (method, path) in asked {
        for as_somebody in [true, false] {
            let request = if as_somebody {
                seeded.request(method, &path)
            } else {
                seeded.gateway.http.request(method.parse().unwrap(), seeded.gateway.url(&path))
            };
            let headers = request.send().await.unwrap().headers().clone();
            assert_eq!(headers["x-content-type-options"], "nosniff", "{method} {path}");
            if path.starts_with("/api/v1/") {
                assert_eq!(headers["cache-control"], "no-store", "{method} {path}");
            }
        }
    }
}

const READERS: &[&str] = &["viewer", "admin"];
/// Anybody may have the dashboard's files: a login needs them. Without the dashboard nothing is there, which only readers
/// are told.
const FILES: &[&str] = if cfg!(feature = "ui") { &[] } else { READERS };

/// What the description does not tell of, and who may ask for it. What it does tell of stands in `data/openapi.txt`, roles
/// included.
const UNDESCRIBED: [(&str, &str, &[&str]); 13] = [
    ("GET", "/", READERS),
    ("GET", "/endpoints", READERS),
    ("GET", "/settings", READERS),
    ("GET", "/favicon.svg", FILES),
    ("GET", "/assets/0/nothing.js", FILES),
    ("GET", "/webhooks/inbound/nothing", &[]),
    ("HEAD", "/api/v1/config", READERS),
    ("HEAD", "/metrics", READERS),
    ("GET", "/api/v1/nonsense", READERS),
    ("GET", "/api/nonsense", READERS),
    ("POST", "/api/v1/nonsense", &["admin"]),
    ("PUT", "/api/v1/events", &["admin"]),
    ("OPTIONS", "/api/v1/config", &["admin"]),
];

/// As nobody, by each token, and by the cookie of each login.
#[tokio::test]
async fn each_role_may_what_is_documented() {
    let seeded = Seeded::start().await;
    let document = seeded.document().await;
    let described = operations(&document);
    let mut walked: Vec<(&str, String, Vec<&str>)> = described
        .iter()
        .map(|operation| {
            (operation.method.as_str(), seeded.url(operation.path, |_| "none"), operation.roles())
        })
        .collect();
    walked.extend(UNDESCRIBED.map(|(method, path, roles)| (method, path.to_owned(), roles.to_vec())));
    for path in ["/healthz", "/readyz", "/metrics", "/webhooks/inbound/none"] {
        assert!(walked.iter().any(|(_, walked, _)| walked == path), "{path}");
    }
    for (method, path, roles) in &walked {
        let ask = async |header: Option<(&str, String)>| {
            let request = seeded.gateway.http.request(method.parse().unwrap(), seeded.gateway.url(path));
            let request =
                header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
            request.send().await.unwrap().status().as_u16()
        };
        let status = ask(None).await;
        assert_eq!(status == 401, !roles.is_empty(), "{method} {path} as nobody: {status}");
        assert!(![403, 429].contains(&status), "{method} {path} as nobody: {status}");
        for role in ["ingest", "viewer", "admin"] {
            let token = format!("the-{role}-token");
            let mut shown = vec![("Authorization", format!("Bearer {token}"))];
            // The ingest token opens no page. A login of its own for each: logging out is among what is asked.
            if role != "ingest" {
                shown.push(("Cookie", seeded.cookie(&token).await));
            }
            for header in shown {
                let (by, may) = (header.0, roles.is_empty() || roles.contains(&role));
                let status = ask(Some(header)).await;
                if may {
                    assert!(
                        ![401, 403, 429].contains(&status),
                        "{method} {path} as {role} by {by}: {status}"
                    );
                } else {
                    assert_eq!(status, 403, "{method} {path} as {role} by {by}");
                }
            }
        }
    }
}

/// Also to a program that knows nothing but the description: that it has to wait, and how long.
#[tokio::test]
async fn who_guesses_is_told_to_wait_as_documented() {
    let seeded = Seeded::start().await;
    let document = seeded.document().await;
    let ask = async |method: &str, path: &str, token: &str| {
        let request = seeded.gateway.http.request(method.parse().unwrap(), seeded.gateway.url(path));
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().get("Retry-After").cloned())
    };
    for number in 0..10 {
        assert_eq!(ask("GET", "/api/v1/stats", &format!("guess-{number}")).await, (401, None));
    }
    for operation in operations(&document) {
        if operation.roles().is_empty() {
            continue;
        }
        let path = seeded.url(operation.path, |_| "none");
        let (status, seconds) = ask(&operation.method, &path, "one-guess-more").await;
        assert_eq!(status, 429, "{}", operation.id());
        let schema = &operation.of["responses"]["429"]["headers"]["Retry-After"]["schema"];
        let seconds: u64 = seconds.unwrap().to_str().unwrap().parse().unwrap();
        fits(&json!(seconds), schema, &document)
            .unwrap_or_else(|fault| panic!("{}: {fault}", operation.id()));
        assert!(schema.is_object() && seconds <= 61, "{}: {seconds}", operation.id());
    }
}

#[tokio::test]
async fn each_shape_has_an_example_that_fits() {
    let document = document().await;
    let mut found = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            fits(example, schema, &document).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            found += 1;
        }
        let is_answer =
            ["Event", "Delivery", "Attempt", "Check", "Endpoint", "Hit", "Run", "Stats", "Problem"];
        assert!(schema["examples"].is_array() || !is_answer.contains(&name.as_str()), "{name}");
    }
    assert!(found > 20, "only {found} examples");
}

/// With attempts, checks and runs in them, which the examples' own gateway lacks.
#[tokio::test]
async fn what_happened_is_shown_as_documented() {
    let (receiver, openclaw) = (Receiver::start([500]).await, OpenClaw::start().await);
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "secret": "s3cret-s3cret",
            "headers": { "X-Key": "k" }, "retry": { "maxAttempts": 1 }, "rateLimit": { "perSecond": 50 } }],
        "agent": openclaw.config("hooks"),
        "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}", "callback": false } } },
    }))
    .await;
    let document = gateway.get("/api/v1/openapi.json").await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    let (_, check) = gateway.post("/api/v1/endpoints/crm/check", "").await;
    let (_, hit) = gateway.post("/webhooks/inbound/deploy", r#"{"repo":"shop"}"#).await;
    let frame = watcher
        .find(|frame| match &frame {
            wire::Frame::Run { run, .. } if run.status == wire::RunStatus::Succeeded => Some(frame),
            _ => None,
        })
        .await;
    let frame = serde_json::to_value(frame).unwrap();
    for (shape, value) in [("Frame", frame), ("Check", check)] {
        let schema = at(&document, &format!("#/components/schemas/{shape}"));
        fits(&value, schema, &document).unwrap_or_else(|fault| panic!("{shape}: {fault} in {value}"));
    }
    let (delivery, hit) = (failed.id.as_str(), hit["id"].as_str().unwrap());
    for (path, documented) in [
        (format!("/api/v1/deliveries/{delivery}"), "/api/v1/deliveries/{id}"),
        ("/api/v1/deliveries".to_owned(), "/api/v1/deliveries"),
        ("/api/v1/endpoints/crm".to_owned(), "/api/v1/endpoints/{name}"),
        ("/api/v1/inbound".to_owned(), "/api/v1/inbound"),
        ("/api/v1/stats".to_owned(), "/api/v1/stats"),
        ("/api/v1/config".to_owned(), "/api/v1/config"),
        ("/api/v1/agent".to_owned(), "/api/v1/agent"),
        (format!("/api/v1/hits/{hit}"), "/api/v1/hits/{id}"),
    ] {
        let value = gateway.get(&path).await;
        let schema = &document["paths"][documented]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        fits(&value, schema, &document).unwrap_or_else(|fault| panic!("{path}: {fault} in {value}"));
    }
}
