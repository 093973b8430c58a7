//! The command lines that empty panels offer: with this gateway's own address, ready to run.

use serde_json::Value;
use std::fmt::Write;
use wire::{ConfigView, EventType, Inbound, SentRequest};

/// Posts a first event.
pub fn post_event(base: &str, config: Option<&ConfigView>, event_type: EventType) -> String {
    let event_type = event_type.as_str();
    let token = if config.is_some_and(has_token) {
        " \\\n  -H \"Authorization: Bearer $OPENCLAW_WEBHOOKS_TOKEN\""
    } else {
        ""
    };
    format!(
        "curl -X POST {base}/api/v1/events{token} \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"type\":\"{event_type}\",\"data\":{{\"agentId\":\"support-bot\",\"message\":{{\"content\":\"Hello\"}}}}}}'"
    )
}

/// Posts a hit to the first inbound endpoint, or to where one would be.
pub fn post_hit(base: &str, config: Option<&ConfigView>, inbound: &[Inbound]) -> String {
    let path = inbound.first().map_or_else(
        || format!("{}/NAME", config.map_or("/webhooks/inbound", |config| config.inbound_base_path.as_str())),
        |first| first.path.clone(),
    );
    format!(
        "curl -X POST {base}{path} \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"repo\":\"api\",\"branch\":\"main\",\"status\":\"succeeded\"}}'"
    )
}

/// Where the gateway is reached from outside, else where the page came from.
pub fn base<'a>(origin: &'a str, config: Option<&'a ConfigView>) -> &'a str {
    config
        .and_then(|config| server_value(config, "publicUrl"))
        .map_or(origin, |url| url.trim_end_matches('/'))
}

fn has_token(config: &ConfigView) -> bool {
    server_value(config, "adminToken").or_else(|| server_value(config, "ingestToken")).is_some()
}

fn server_value<'a>(config: &'a ConfigView, key: &str) -> Option<&'a str> {
    setting(config, "server", key).and_then(Value::as_str)
}

/// A value of the effective configuration, as `server`, `listen`.
pub fn setting<'a>(config: &'a ConfigView, part: &str, key: &str) -> Option<&'a Value> {
    let effective = config.effective.get("webhooks").unwrap_or(&config.effective);
    effective.get(part)?.get(key)
}

/// Sends a request again by hand; what was masked has to be filled in.
pub fn of_request(request: &SentRequest) -> String {
    let mut line = format!("curl -X {} {}", request.method, quoted(&request.url));
    for (name, value) in &request.headers {
        // curl makes these itself.
        if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            // Writing into a string can't fail.
            let _ = write!(line, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
        }
    }
    if !request.body.is_empty() {
        let _ = write!(line, " \\\n  --data-raw {}", quoted(&request.body));
    }
    line
}

/// A text as one word of a shell's line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(server: &Value) -> ConfigView {
        serde_json::from_value(json!({
            "version": "0.1.0", "demo": false, "instanceId": "node-1", "inboundBasePath": "/in",
            "effective": {"server": server}, "sources": {}, "reload": {"at": "2026-03-14T10:30:00.000Z"},
        }))
        .unwrap()
    }

    #[test]
    fn the_public_address_wins_over_the_pages() {
        let config = config(&json!({"publicUrl": "https://hooks.example.com/"}));
        assert_eq!(base("http://127.0.0.1:8787", Some(&config)), "https://hooks.example.com");
        assert_eq!(base("http://127.0.0.1:8787", None), "http://127.0.0.1:8787");
    }

    #[test]
    fn a_token_is_asked_of_the_environment_only_where_one_is_needed() {
        let line =
            post_event("http://h", Some(&config(&json!({"adminToken": "••••"}))), EventType::MessageReceived);
        assert!(line.contains("Bearer $OPENCLAW_WEBHOOKS_TOKEN"), "{line}");
        assert!(
            !post_event("http://h", Some(&config(&json!({}))), EventType::MessageReceived).contains("Bearer")
        );
    }

    #[test]
    fn an_event_of_that_type_is_posted() {
        assert!(post_event("http://h", None, EventType::ToolCalled).contains("\"type\":\"tool.called\""));
    }

    #[test]
    fn a_request_is_one_line_whatever_it_holds() {
        let request = SentRequest {
            method: "POST".into(),
            url: "https://crm.example/in?a=1&b=2".into(),
            headers: vec![("Host".into(), "crm.example".into()), ("X-A".into(), "it's".into())],
            body: "{\"a\":\"$HOME\"}".into(),
        };
        let line = "curl -X POST 'https://crm.example/in?a=1&b=2' \\\n  -H 'X-A: it'\\''s' \\\n  --data-raw '{\"a\":\"$HOME\"}'";
        assert_eq!(of_request(&request), line);
    }

    #[test]
    fn the_posted_texts_are_json() {
        for line in [post_event("http://h", None, EventType::ToolCalled), post_hit("http://h", None, &[])] {
            let body = line.split("-d '").nth(1).and_then(|rest| rest.strip_suffix('\'')).unwrap();
            assert!(serde_json::from_str::<Value>(body).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_hit_goes_to_the_first_inbound_endpoint() {
        let deploy = Inbound {
            name: "deploy".into(),
            path: "/in/deploy".into(),
            agent_id: "devops".into(),
            template: String::new(),
            scheme: "none".into(),
            mode: "hooks".into(),
            concurrency: 4,
            rate_limit: None,
            callback: true,
            fault: None,
            hits: wire::HitCounts::default(),
            queued: 0,
            running: 0,
        };
        assert!(post_hit("http://h", None, &[deploy]).contains("http://h/in/deploy "));
        assert!(post_hit("http://h", Some(&config(&json!({}))), &[]).contains("http://h/in/NAME "));
    }
}
