//! Whole configurations, good and bad, with the exact words of every fault.

use super::*;
use crate::net::Allow;
use std::fs;
use wire::{EventType, Filter, MASK, RateLimit, Retry, Signing};

mod any;
mod files;
mod wrong;

const FILE: &str = "openclaw.json5";

fn nothing(_: &str) -> Option<String> {
    None
}

fn parse(text: &str) -> Result<Config, ConfigErrors> {
    Config::parse(text, Path::new(FILE), &nothing)
}

fn seed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed-config").join(name)
}

#[test]
fn every_seed_loads_unchanged() {
    let mut count = 0;
    for entry in fs::read_dir(seed("")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "json5") {
            let config = Config::load(&ConfigSource::Named(file.clone()), &|name| {
                (name == "CRM_API_KEY").then(|| "k".to_owned())
            });
            let config = config.unwrap_or_else(|errors| panic!("{errors}"));
            assert!(config.endpoints.iter().all(|endpoint| endpoint.fault.is_none()), "{}", file.display());
            assert!(config.endpoints.len() + config.inbound.endpoints.len() > 0, "{}", file.display());
            let tells = |warning: &ConfigError| warning.message.starts_with("there is no webhooks.agent");
            assert!(config.warnings.iter().all(tells), "{:?}", config.warnings);
            assert_eq!(config.warnings.len(), config.inbound.endpoints.len());
            count += 1;
        }
    }
    assert_eq!(count, 7);
}

#[test]
fn the_basic_seed_has_the_contracts_defaults() {
    let config = Config::load(&ConfigSource::Named(seed("basic.json5")), &nothing).unwrap();
    let endpoint = config.endpoint("main-webhook").unwrap();
    assert_eq!(endpoint.url.value(), "https://your-server.com/openclaw/events");
    assert_eq!(endpoint.secret.as_ref().unwrap().expose(), "whsec_xxxxxxxxxxxxxxxx");
    assert_eq!(endpoint.events, EventType::ALL);
    assert_eq!(endpoint.retry, Retry { max_attempts: 3, backoff_ms: Some(1000) });
    assert_eq!((endpoint.enabled, endpoint.timeout_ms, endpoint.concurrency), (true, 15_000, 8));
    assert_eq!((endpoint.signing, &endpoint.rate_limit, &endpoint.filter), (Signing::Openclaw, &None, &None));
    let check = HealthCheck { enabled: true, interval_ms: 60_000, method: CheckMethod::Head };
    assert_eq!(endpoint.health_check, check);
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8787");
    assert_eq!(config.server.database.value(), "sqlite://openclaw-webhooks.db");
    assert_eq!(config.retention, RetentionConfig { days: 30, max_payload_bytes: 262_144 });
    assert_eq!((config.inbound.enabled, config.inbound.base_path.as_str()), (true, "/webhooks/inbound"));
    assert_eq!(config.agent, None);
}

#[test]
fn the_crm_seed_needs_its_key() {
    let source = ConfigSource::Named(seed("crm.json5"));
    let config = Config::load(&source, &|name| (name == "CRM_API_KEY").then(|| "k-123".to_owned())).unwrap();
    let (name, value) = &config.endpoint("crm-integration").unwrap().headers[0];
    assert_eq!((name.as_str(), value.value(), value.shown()), ("X-API-Key", "k-123", MASK));
    let shown = config.effective.to_string();
    assert!(!shown.contains("k-123") && shown.contains(MASK), "{shown}");

    for empty in [None, Some(String::new())] {
        let config = Config::load(&source, &|_| empty.clone()).unwrap();
        let endpoint = config.endpoint("crm-integration").unwrap();
        assert_eq!(
            endpoint.fault.as_deref(),
            Some(
                "the environment variable CRM_API_KEY is missing or empty (webhooks.endpoints[0].headers.X-API-Key)"
            )
        );
        assert_eq!(endpoint.headers, [], "nothing with a literal variable may be sent");
    }
}

#[test]
fn the_seeds_transform_and_templates_render() {
    let event: Value = serde_json::from_str(&fs::read_to_string(seed("event.json")).unwrap()).unwrap();
    let config = Config::load(&ConfigSource::Named(seed("slack.ko.json5")), &nothing).unwrap();
    let rendered =
        config.endpoint("slack-alert").unwrap().transform.as_ref().unwrap().render(&event).unwrap();
    assert_eq!(
        rendered.body,
        r#"{"text":"🚨 OpenClaw 알림: \nAgent: my-agent\n시간: 2026-03-14T10:30:00Z"}"#
    );
    assert_eq!(rendered.missing, ["data.error.message"]);
    let prompt = config.inbound_endpoint("ticket-update").unwrap().template.as_ref().unwrap();
    let prompt = prompt.render(&json!({ "body": { "ticketId": 7, "status": "closed" } })).unwrap();
    assert_eq!(prompt.body, "티켓 #7 상태가 closed(으)로 업데이트되었습니다");
}

/// Every key there is, as the README shows them, in every notation that JSON5 has.
const FULL: &str = r#"
// everything
{ $schema: "./schema.json", webhooks: {
    endpoints: [ {
      name: 'main.web-hook_1', url: "https://${HOST}/events?key=${KEY}", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      events: ["message.received", "error.occurred", "message.received"], filter: { agentIds: ["support-bot"] },
      transform: { text: "{{data.error.message}} at {{timestamp}} ${KEY}", n: 0x10, list: [.5, +1, 5., null, true], },
      headers: { "X-API-Key": "${KEY}", "X-Team": "a-${KEY}-b", Accept: "text/\
plain", },
      retry: { maxAttempts: 3, backoffMs: 1e3 }, enabled: false, timeoutMs: 15000, concurrency: 8.0,
      rateLimit: { perSecond: 0.5, burst: 100 }, signing: "both",
      previousSecrets: [ { secret: "whsec_YWJj", until: "2026-12-31T00:00:00Z" } ],
      healthCheck: { enabled: false, intervalMs: 1000, method: "OPTIONS" }, redact: ["data.message.content"],
    }, { name: "all", url: "http://u:pw@10.0.0.1/", events: ["*"], transform: "{{ data }}", rateLimit: { perSecond: 2.5 } }, ],
    inbound: { enabled: true, basePath: "/in/", endpoints: { deploy: {
        agentId: "devops-agent", template: "{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}",
        verify: { scheme: "github", secret: "${KEY}" }, dispatch: { mode: "chat", deliver: true, channel: "telegram", to: "1",
          model: "m", thinking: "low", sessionKey: "hook:x", sessionMode: "persistent", timeoutSeconds: 60 },
        concurrency: 4, rateLimit: { perSecond: 20, burst: 40 }, callback: false },
      "get.it": { agentId: "a", template: "x", verify: { scheme: "bearer", token: "t" }, dispatch: { mode: "none" } },
      open: { agentId: "a", template: "x", verify: { scheme: "none" } } } },
    server: { listen: "0.0.0.0:0", database: "postgres://u:${KEY}@db/x", instanceId: "node-7", adminToken: "${KEY}", viewerToken: "v",
              ingestToken: "i", publicUrl: "https://hooks.example.com", trustedProxies: ["127.0.0.1", "10.0.0.0/8"] },
    agent: { url: "http://127.0.0.1:18789", token: "${KEY}", mode: "chat", timeoutMs: 600000 },
    network: { allow: ["10.0.0.0/8", "CRM.internal"] },
    retention: { days: 7, maxPayloadBytes: 1024 },
} }
"#;

fn full() -> Config {
    let environment = |name: &str| match name {
        "HOST" => Some("hooks.example.com".to_owned()),
        "KEY" => Some("s3cret".to_owned()),
        _ => None,
    };
    Config::parse(FULL, Path::new(FILE), &environment).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_key_of_an_endpoint_is_read() {
    let config = full();
    let endpoint = config.endpoint("main.web-hook_1").unwrap();
    assert_eq!(endpoint.url.value(), "https://hooks.example.com/events?key=s3cret");
    assert_eq!(endpoint.url.shown(), "https://••••/events?key=••••");
    assert_eq!(endpoint.events, [EventType::MessageReceived, EventType::ErrorOccurred]);
    assert_eq!(endpoint.filter, Some(Filter { agent_ids: Some(vec!["support-bot".to_owned()]) }));
    let rendered = endpoint.transform.as_ref().unwrap().render(&json!({ "timestamp": "now" })).unwrap();
    assert_eq!(rendered.body, r#"{"text":" at now s3cret","n":16,"list":[0.5,1,5.0,null,true]}"#);
    let source = endpoint.transform_source.as_ref().unwrap().to_string();
    assert_eq!(
        source,
        r#"{"text":"{{data.error.message}} at {{timestamp}} ••••","n":16,"list":[0.5,1,5.0,null,true]}"#
    );
    assert_eq!(
        endpoint.transform_hidden.iter().map(crate::secret::Secret::expose).collect::<Vec<_>>(),
        ["s3cret"]
    );
    let headers: Vec<_> =
        endpoint.headers.iter().map(|(name, value)| (name.as_str(), value.value(), value.shown())).collect();
    assert_eq!(
        headers,
        [
            ("X-API-Key", "s3cret", MASK),
            ("X-Team", "a-s3cret-b", "a-••••-b"),
            ("Accept", "text/plain", "text/plain")
        ]
    );
    assert_eq!(endpoint.retry, Retry { max_attempts: 3, backoff_ms: Some(1000) });
    assert_eq!(
        (endpoint.enabled, endpoint.timeout_ms, endpoint.concurrency, endpoint.signing),
        (false, 15_000, 8, Signing::Both)
    );
    assert_eq!(endpoint.rate_limit, Some(RateLimit { per_second: 0.5, burst: 100 }));
    assert_eq!(endpoint.previous_secrets[0].secret.expose(), "whsec_YWJj");
    assert_eq!(endpoint.previous_secrets[0].until.to_string(), "2026-12-31T00:00:00.000Z");
    assert_eq!(
        endpoint.health_check,
        HealthCheck { enabled: false, interval_ms: 1000, method: CheckMethod::Options }
    );
    assert_eq!(
        (endpoint.redact.as_slice(), &endpoint.fault),
        (["data.message.content".to_owned()].as_slice(), &None)
    );

    let all = config.endpoint("all").unwrap();
    assert_eq!(all.events, EventType::ALL);
    assert_eq!(all.retry, Retry { max_attempts: 10, backoff_ms: None });
    assert_eq!(all.rate_limit, Some(RateLimit { per_second: 2.5, burst: 3 }));
    assert_eq!((all.url.value(), all.url.shown()), ("http://u:pw@10.0.0.1/", "http://u:••••@10.0.0.1/"));
    assert_eq!(all.transform.as_ref().unwrap().render(&json!({ "data": {} })).unwrap().body, r#""{}""#);
}

#[test]
fn everything_else_is_read() {
    let config = full();
    assert_eq!(config.inbound.base_path, "/in");
    let deploy = config.inbound_endpoint("deploy").unwrap();
    assert_eq!((deploy.agent_id.as_str(), deploy.concurrency, deploy.callback), ("devops-agent", 4, false));
    assert_eq!(
        (deploy.verify.scheme, deploy.verify.secret.as_ref().unwrap().expose()),
        (Scheme::Github, "s3cret")
    );
    assert_eq!(deploy.rate_limit, Some(RateLimit { per_second: 20.0, burst: 40 }));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        deploy.dispatch,
        Dispatch {
            mode: Some(DispatchMode::Chat),
            deliver: Some(true),
            channel: text("telegram"),
            to: text("1"),
            model: text("m"),
            thinking: text("low"),
            session_key: text("hook:x"),
            session_mode: text("persistent"),
            timeout_seconds: Some(60),
        }
    );
    let get = config.inbound_endpoint("get.it").unwrap();
    assert_eq!((get.verify.scheme, get.verify.secret.as_ref().unwrap().expose()), (Scheme::Bearer, "t"));
    assert_eq!((get.dispatch.mode, get.callback, get.concurrency), (Some(DispatchMode::None), true, 4));
    assert_eq!(
        config.inbound_endpoint("open").unwrap().verify,
        Verify { scheme: Scheme::None, secret: None }
    );

    let server = &config.server;
    assert_eq!((server.listen.to_string().as_str(), server.instance_id.as_str()), ("0.0.0.0:0", "node-7"));
    assert_eq!(
        (server.database.value(), server.database.shown()),
        ("postgres://u:s3cret@db/x", "postgres://u:••••@db/x")
    );
    let tokens = [&server.admin_token, &server.viewer_token, &server.ingest_token]
        .map(|token| token.as_ref().unwrap().expose());
    assert_eq!(tokens, ["s3cret", "v", "i"]);
    assert_eq!(server.public_url.as_ref().unwrap().value(), "https://hooks.example.com");
    assert_eq!(server.trusted_proxies, ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
    let agent = config.agent.as_ref().unwrap();
    assert_eq!(
        (agent.url.value(), agent.mode, agent.timeout_ms),
        ("http://127.0.0.1:18789", DispatchMode::Chat, 600_000)
    );
    assert_eq!(agent.token.as_ref().unwrap().expose(), "s3cret");
    assert_eq!(
        config.network.allow,
        [Allow::Net("10.0.0.0/8".parse().unwrap()), Allow::Host("crm.internal".to_owned())]
    );
    assert_eq!(config.retention, RetentionConfig { days: 7, max_payload_bytes: 1024 });
}

#[test]
fn the_effective_configuration_hides_secrets_and_knows_its_sources() {
    let config = full();
    let shown = config.effective.to_string();
    for hidden in ["s3cret", "hooks.example.com/events", "whsec_", ":pw@", "\"t\"", "\"v\"", "\"i\""] {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
    assert!(!format!("{config:?}").contains("s3cret"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&config.effective["webhooks"]),
        ["endpoints", "inbound", "server", "agent", "network", "retention"]
    );
    assert_eq!(
        config.effective["webhooks"]["endpoints"][1],
        json!({
            "name": "all", "url": "http://u:••••@10.0.0.1/", "events": ["*"], "transform": "{{ data }}",
            "retry": { "maxAttempts": 10 }, "enabled": true, "timeoutMs": 15000, "concurrency": 8,
            "rateLimit": { "perSecond": 2.5, "burst": 3 }, "signing": "openclaw",
            "healthCheck": { "enabled": true, "intervalMs": 60000, "method": "HEAD" }
        })
    );
    for (path, source) in [
        ("webhooks.endpoints[0].url", "environment"),
        ("webhooks.endpoints[0].name", "file"),
        ("webhooks.endpoints[1].timeoutMs", "default"),
        ("webhooks.endpoints[1].rateLimit.burst", "default"),
        ("webhooks.inbound.endpoints.deploy.verify.secret", "environment"),
        ("webhooks.inbound.endpoints[\"get.it\"].concurrency", "default"),
        ("webhooks.server.adminToken", "environment"),
        ("webhooks.server.listen", "file"),
        ("webhooks.retention.days", "file"),
    ] {
        assert_eq!(config.sources.get(path).map(String::as_str), Some(source), "{path}");
    }
}

#[test]
fn without_a_file_the_defaults_are_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(&ConfigSource::find(None, &nothing, folder.path()), &nothing).unwrap();
    assert_eq!(config, Config::empty());
    assert_eq!((config.endpoints.len(), config.file), (0, None));
    assert_eq!(config.sources.get("webhooks.server.listen").map(String::as_str), Some("default"));
    let same = Config { file: None, files: vec![], ..parse("{}").unwrap() };
    assert_eq!(same, Config::empty());
}

#[test]
fn what_only_looks_like_a_variable_is_warned_about() {
    let config = parse(r#"{ webhooks: { endpoints: [{ name: "a", url: "https://x.example/${key}/$${KEY}", events: ["*"] }] } }"#).unwrap();
    assert_eq!(config.endpoints[0].url.value(), "https://x.example/${key}/${KEY}");
    assert_eq!(
        config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "openclaw.json5:1:45: webhooks.endpoints[0].url: ${key} is no variable and stays as it is: a name has only A-Z, 0-9 and _"
        ]
    );
}

#[test]
fn what_would_come_to_nothing_is_warned_about() {
    let warnings = |text: &str| {
        let config = parse(text).unwrap();
        config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let endpoint = |url: &str, rest: &str| {
        format!(r#"{{ webhooks: {{ endpoints: [{{ name: "a", url: "{url}", events: ["*"] }}]{rest} }} }}"#)
    };
    let place = "openclaw.json5:1:45: webhooks.endpoints[0].url";
    for (url, start) in [
        ("http://127.0.0.1:9000/x", "127.0.0.1 (this machine) is not a public address; add it to"),
        (
            "http://localhost:9000",
            "localhost is at 127.0.0.1 (this machine), which is not a public address; add",
        ),
        ("https://10.1.2.3", "10.1.2.3 (private network) is not a public address; add it to"),
        ("http://169.254.169.254/", "169.254.169.254, which hands out a cloud's credentials"),
    ] {
        let found = warnings(&endpoint(url, ""));
        assert!(found.len() == 1 && found[0].starts_with(&format!("{place}: {start}")), "{found:?}");
    }
    // A name is looked up when it is dialled, not before.
    for (url, allow) in [
        ("https://crm.internal", "a.example"),
        ("http://127.0.0.1:9000", "127.0.0.0/8"),
        ("http://localhost", "localhost"),
        ("http://localhost", "127.0.0.1"),
    ] {
        let text = endpoint(url, &format!(r#", network: {{ allow: ["{allow}"] }}"#));
        assert_eq!(warnings(&text), Vec::<String>::new(), "{text}");
    }

    let inbound = |dispatch: &str, agent: &str| {
        format!(
            r#"{{ webhooks: {{ inbound: {{ endpoints: {{ alert: {{ agentId: "a", template: "x"{dispatch} }} }} }}{agent} }} }}"#
        )
    };
    let slip = r#", dispatch: { mode: "none" }"#;
    let found = warnings(
        &inbound(slip, "")
            .replace("\"x\"", "\"{{boddy.repo}} {{ body.x }} {% for i in range(2) %}{{ i }}{% endfor %}\""),
    );
    let said = "template: {{boddy}} is always empty: there is no boddy; did you mean \"body\"? Allowed: body, headers, query, now";
    assert!(found.len() == 1 && found[0].ends_with(said), "{found:?}");
    let transform = |text: &str| {
        endpoint("https://a.example", "")
            .replace("events:", &format!("transform: {{ text: \"{text}\" }}, events:"))
    };
    assert_eq!(warnings(&transform("{{data.x}} {{type}} {{own.field}}")), Vec::<String>::new());
    let found = warnings(&transform("{{dta.x}}"));
    assert!(
        found.len() == 1 && found[0].ends_with("{{dta}}: an event has no dta; did you mean \"data\"?"),
        "{found:?}"
    );

    let found = warnings(&inbound("", ""));
    let start = "openclaw.json5:1:39: webhooks.inbound.endpoints.alert: there is no webhooks.agent, so hits are only recorded";
    assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
    assert_eq!(warnings(&inbound(r#", dispatch: { mode: "none" }"#, "")), Vec::<String>::new());
    assert_eq!(warnings(&inbound("", r#", agent: { url: "http://127.0.0.1:18789" }"#)), Vec::<String>::new());
}

#[test]
fn short_tokens_are_warned_about_where_others_can_guess() {
    let warnings = |listen: &str, token: &str| {
        let text = format!("{{ webhooks: {{ server: {{ listen: '{listen}', adminToken: '{token}' }} }} }}");
        parse(&text).unwrap().warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let found = warnings("0.0.0.0:8787", "fifteen-letters");
    let start = "openclaw.json5:1:61: webhooks.server.adminToken: has fewer than 16 characters, and others";
    assert!(found.len() == 1 && found[0].starts_with(start) && !found[0].contains("fifteen"), "{found:?}");
    assert_eq!(warnings("0.0.0.0:8787", "sixteen--letters"), Vec::<String>::new());
    assert_eq!(warnings("127.0.0.1:8787", "short"), Vec::<String>::new());
}

#[test]
fn no_fault_and_no_warning_tells_what_a_variable_holds() {
    let environment = |name: &str| match name {
        "MARKER" => Some("marker-of-the-environment".to_owned()),
        "WORD" => Some("marker".to_owned()),
        "HERE" => Some("127.0.0.1".to_owned()),
        _ => None,
    };
    let told = |text: &str| match Config::parse(text, Path::new(FILE), &environment) {
        Ok(config) => config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Err(errors) => errors.to_string(),
    };
    let endpoint = |keys: &str| {
        format!(
            r#"{{ webhooks: {{ endpoints: [{{ name: "a", url: "https://a.example", events: ["*"], {keys} }}] }} }}"#
        )
    };
    let template = |text: &str| {
        format!(
            r#"{{ webhooks: {{ inbound: {{ endpoints: {{ a: {{ agentId: "a", template: "{text}", dispatch: {{ mode: "none" }} }} }} }} }} }}"#
        )
    };
    for text in [
        endpoint(r#"previousSecrets: [{ secret: "s", until: "20${MARKER}" }]"#),
        endpoint(r#"transform: { text: "{{data|${WORD}}}" }"#),
        template("{{body|${WORD}}}"),
        template("{% ${MARKER} %}"),
    ] {
        let told = told(&text);
        assert!(told.ends_with("try it without ${…} to read what is wrong"), "{told}");
    }
    let silent = [
        template("{{${WORD}.x}}"),
        endpoint(r#"transform: { text: "{{${WORD}.x}}" }"#),
        endpoint("").replace("https://a.example", "http://${HERE}/x"),
    ];
    for text in silent {
        assert_eq!(told(&text), "", "{text}");
    }
}

#[test]
fn an_endpoint_comes_from_the_apis_json_too() {
    let endpoint = EndpointConfig::from_json(&json!({
        "name": "api", "url": "https://x.example/$${A}", "events": "*", "retry": { "maxAttempts": 3 }, "secret": "s"
    }));
    let endpoint = endpoint.unwrap();
    assert_eq!((endpoint.url.value(), endpoint.fault), ("https://x.example/${A}", None));
    assert_eq!(endpoint.retry, Retry { max_attempts: 3, backoff_ms: None });

    let problems = EndpointConfig::from_json(&json!({
        "name": "a b", "url": "https://${HOST}/", "retry": { "maxAttempt": 3 }, "secret": MASK, "headers": { "Host": "x" }
    }));
    let problems: Vec<_> =
        problems.unwrap_err().into_iter().map(|problem| (problem.field, problem.detail)).collect();
    assert_eq!(problems.len(), 6, "{problems:?}");
    for (field, detail) in [
        ("name", "a name has 1 to 64 characters of a-z A-Z 0-9 _ - ."),
        ("url", "${HOST} is for the configuration file; write $${HOST} where it is meant as it stands"),
        ("events", "is required"),
        ("retry.maxAttempt", "unknown key; did you mean \"maxAttempts\"? Allowed: maxAttempts, backoffMs"),
        ("secret", "•••• stands for a secret that isn't shown; write the secret itself"),
        ("headers.Host", "this header is set by the gateway or by HTTP itself and can't be given here"),
    ] {
        assert!(problems.contains(&(field.to_owned(), detail.to_owned())), "{field} in {problems:?}");
    }
    assert_eq!(EndpointConfig::from_json(&json!([])).unwrap_err()[0].detail, "must be an object, not a list");
}

#[test]
fn a_missing_variable_costs_its_endpoint_alone() {
    let config = parse(
        "{ webhooks: { endpoints: [
           { name: 'a', url: 'https://a.example/${A}', events: ['*'], secret: '${B}', headers: { X: 'x${C}' }, transform: ['{{x}} ${D}'],
             previousSecrets: [{ secret: '${E}', until: '2026-01-01T00:00:00Z' }], signing: 'both', redact: ['${F}'] },
           { name: 'b', url: 'https://b.example', events: ['*'] },
           { name: '${G}', url: 'https://c.example', events: ['*'] } ],
         inbound: { endpoints: { d: { agentId: '${H}', template: '{{x}} ${I}', verify: { scheme: 'github', secret: '${J}' } },
                                 e: { agentId: 'e', template: 'e' } } } } }",
    );
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let fault = |name: &str, path: &str| {
        format!("the environment variable {name} is missing or empty (webhooks.{path})")
    };
    let a = &config.endpoints[0];
    let faults = [
        fault("A", "endpoints[0].url"),
        fault("B", "endpoints[0].secret"),
        fault("D", "endpoints[0].transform[0]"),
        fault("C", "endpoints[0].headers.X"),
        fault("E", "endpoints[0].previousSecrets[0].secret"),
        fault("F", "endpoints[0].redact[0]"),
    ];
    assert_eq!(a.fault, Some(faults.join("; ")));
    assert_eq!((a.url.value(), a.url.shown()), ("", "https://a.example/••••"));
    assert_eq!((&a.secret, a.headers.len(), &a.transform, a.previous_secrets.len()), (&None, 0, &None, 0));
    assert_eq!((&*config.endpoints[1].name, &config.endpoints[1].fault), ("b", &None));
    assert_eq!(
        (&*config.endpoints[2].name, config.endpoints[2].fault.clone()),
        ("endpoint-2", Some(fault("G", "endpoints[2].name")))
    );
    let d = config.inbound_endpoint("d").unwrap();
    let faults = [
        fault("H", "inbound.endpoints.d.agentId"),
        fault("I", "inbound.endpoints.d.template"),
        fault("J", "inbound.endpoints.d.verify.secret"),
    ];
    assert_eq!(d.fault, Some(faults.join("; ")));
    assert_eq!((&d.template, d.verify.scheme, &d.verify.secret), (&None, Scheme::Github, &None));
    assert_eq!(config.inbound_endpoint("e").unwrap().fault, None);
    assert!(!format!("{config:?} {}", config.effective).replace("${OPENCLAW", "").contains("${"));
}
