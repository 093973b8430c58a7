//! Configurations that are refused, with every line that is printed.

use super::*;

#[track_caller]
fn assert_faults(text: &str, faults: &[&str]) {
    let found: Vec<String> = match parse(text) {
        Ok(_) => vec![],
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    };
    let faults: Vec<String> = faults.iter().map(|fault| format!("openclaw.json5:{fault}")).collect();
    assert_eq!(found, faults, "{text}");
}

/// The faults of an endpoint with these keys beside `name`, `url` and `events`; the first stands in column 1 of line 2.
#[track_caller]
fn assert_endpoint(keys: &str, faults: &[&str]) {
    let text = format!(
        "{{ webhooks: {{ endpoints: [{{ name: \"a\", url: \"https://a.example\", events: [\"*\"],\n{keys} }}] }} }}"
    );
    let faults: Vec<String> =
        faults.iter().map(|fault| fault.replacen(' ', " webhooks.endpoints[0].", 1)).collect();
    assert_faults(&text, &faults.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn no_json5() {
    for (text, fault) in [
        ("", "1:1: the file is empty; the smallest configuration is { webhooks: {} }"),
        ("// nothing", "1:1: the file is empty; the smallest configuration is { webhooks: {} }"),
        ("{ webhooks: {\n  endpoints: [ }", "2:16: not valid JSON5: unexpected close brace"),
        ("{ webhooks: {} ", "1:1: not valid JSON5: unterminated object"),
        ("{ a: 1 b: 2 }", "1:7: not valid JSON5: expected comma"),
        ("{ webhooks: {} } x", "1:18: not valid JSON5: text cannot contain more than one JSON value"),
        ("{ $schema: 'x\ny' }", "1:14: $schema: not valid JSON5: a line break inside a text; write \\n"),
        ("{ webhooks: 01 }", "1:14: not valid JSON5: expected comma"),
        ("{ webhooks: 'x", "1:13: not valid JSON5: unterminated string literal"),
    ] {
        let first = parse(text).unwrap_err().iter().next().unwrap().to_string();
        assert_eq!(first, format!("openclaw.json5:{fault}"), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(parse(&deep).unwrap_err().to_string().contains("nesting depth"), "{}", parse(&deep).unwrap_err());
}

#[test]
fn keys_that_are_not_known() {
    assert_faults(
        "{ webhook: {} }",
        &["1:3: webhook: unknown key; did you mean \"webhooks\"? Allowed: webhooks, $schema"],
    );
    assert_faults(
        "{ webhooks: {}, hooks: {}, gateway: {} }",
        &[
            "1:17: hooks: unknown key; allowed: webhooks, $schema",
            "1:28: gateway: unknown key; allowed: webhooks, $schema",
        ],
    );
    assert_faults(
        "{ webhooks: { endpoint: [], retentions: {} } }",
        &[
            "1:15: webhooks.endpoint: unknown key; did you mean \"endpoints\"? Allowed: endpoints, inbound, server, agent, network, retention",
            "1:29: webhooks.retentions: unknown key; did you mean \"retention\"? Allowed: endpoints, inbound, server, agent, network, retention",
        ],
    );
    assert_endpoint(
        "retry: {\n        maxAttempt: 3 }",
        &[
            "3:9: retry.maxAttempt: unknown key; did you mean \"maxAttempts\"? Allowed: maxAttempts, backoffMs",
        ],
    );
    assert_endpoint(
        "filter: { agents: [\"a\"] }",
        &["2:11: filter.agents: unknown key; did you mean \"agentIds\"? Allowed: agentIds"],
    );
    assert_endpoint(
        "filter: {}, filter: {}",
        &["2:13: filter: this key is given twice; the first is at openclaw.json5:2:1"],
    );
}

#[test]
fn what_an_endpoint_must_have() {
    assert_faults(
        "{ webhooks: { endpoints: [{}, 3] } }",
        &[
            "1:27: webhooks.endpoints[0].name: is required",
            "1:27: webhooks.endpoints[0].url: is required",
            "1:27: webhooks.endpoints[0].events: is required",
            "1:31: webhooks.endpoints[1]: must be an object, not a number",
        ],
    );
    assert_faults(
        "{ webhooks: { endpoints: {} } }",
        &["1:26: webhooks.endpoints: must be a list of endpoints, not an object"],
    );
    assert_faults(
        "{ webhooks: { endpoints: [\n{ name: 'a', url: 'https://a', events: ['*'] },\n{ url: 'https://a', events: ['*'], name: 'a' }] } }",
        &[
            "3:42: webhooks.endpoints[1].name: the name \"a\" is taken: the first endpoint of that name is at openclaw.json5:2:9",
        ],
    );
    assert_faults(
        "{ webhooks: { endpoints: [{ name: 'a b', url: 'a.example/x', events: [] }] } }",
        &[
            "1:35: webhooks.endpoints[0].name: a name has 1 to 64 characters of a-z A-Z 0-9 _ - .",
            "1:47: webhooks.endpoints[0].url: no URL such as https://example.com/hook: relative URL without a base",
            "1:70: webhooks.endpoints[0].events: must name at least one event type; \"*\" stands for all",
        ],
    );
    assert_faults(
        "{ webhooks: { endpoints: [{ name: 3, url: 'ftp://a.example/#x', events: ['message.send', 'x', 3] }] } }",
        &[
            "1:35: webhooks.endpoints[0].name: must be a text, not a number",
            "1:43: webhooks.endpoints[0].url: must begin with https:// or http://, not ftp:",
            "1:74: webhooks.endpoints[0].events[0]: unknown event type \"message.send\"; did you mean \"message.sent\"? Allowed: \
             message.received, message.sent, session.created, session.ended, tool.called, tool.completed, error.occurred, *",
            "1:90: webhooks.endpoints[0].events[1]: unknown event type \"x\"; did you mean \"*\"? Allowed: \
             message.received, message.sent, session.created, session.ended, tool.called, tool.completed, error.occurred, *",
            "1:95: webhooks.endpoints[0].events[2]: must be a text, not a number",
        ],
    );
}

#[test]
fn values_of_an_endpoint() {
    assert_endpoint(
        "retry: { maxAttempts: 0, backoffMs: 3600001 }",
        &[
            "2:23: retry.maxAttempts: must be a whole number from 1 to 50, not 0",
            "2:37: retry.backoffMs: must be a whole number from 0 to 3600000, not 3600001",
        ],
    );
    assert_endpoint(
        "retry: { maxAttempts: '3', backoffMs: -1 }",
        &[
            "2:23: retry.maxAttempts: must be a whole number from 1 to 50, not a text",
            "2:39: retry.backoffMs: must be a whole number from 0 to 3600000, not -1",
        ],
    );
    assert_endpoint(
        "retry: 3, timeoutMs: 99, concurrency: 1.5, enabled: 'yes'",
        &[
            "2:8: retry: must be an object, not a number",
            "2:22: timeoutMs: must be a whole number from 100 to 120000, not 99",
            "2:39: concurrency: must be a whole number from 1 to 1024, not 1.5",
            "2:53: enabled: must be true or false, not a text",
        ],
    );
    assert_endpoint(
        "timeoutMs: Infinity, concurrency: null, secret: '', redact: ['data..x', 1]",
        &[
            "2:12: timeoutMs: must be a whole number from 100 to 120000, not Infinity or NaN",
            "2:35: concurrency: must be a whole number from 1 to 1024, not null",
            "2:49: secret: must not be empty",
            "2:62: redact[0]: no path such as data.message.content; lists are entered without [0]",
            "2:73: redact[1]: must be a text, not a number",
        ],
    );
    assert_endpoint(
        "rateLimit: { perSecond: 0, burst: 0 }",
        &[
            "2:25: rateLimit.perSecond: must be a number above 0 and at most 1000000",
            "2:35: rateLimit.burst: must be a whole number from 1 to 1000000, not 0",
        ],
    );
    assert_endpoint("rateLimit: {}", &["2:12: rateLimit.perSecond: is required"]);
    assert_endpoint(
        "healthCheck: { intervalMs: 999, method: 'POST' }",
        &[
            "2:28: healthCheck.intervalMs: must be a whole number from 1000 to 86400000, not 999",
            "2:41: healthCheck.method: unknown word \"POST\"; allowed: HEAD, GET, OPTIONS",
        ],
    );
    assert_endpoint(
        "filter: { agentIds: [] }",
        &["2:21: filter.agentIds: must name at least one agent; leave the key out for all"],
    );
    assert_endpoint(
        "previousSecrets: [{ secret: 'x', until: 'tomorrow' }, { until: 3 }]",
        &[
            "2:41: previousSecrets[0].until: \"tomorrow\" is no RFC 3339 time such as 2026-03-14T10:30:00Z",
            "2:55: previousSecrets[1].secret: is required",
            "2:64: previousSecrets[1].until: must be a text, not a number",
        ],
    );
    assert_endpoint(
        "transform: { a: [{ text: '{{ data.x' }] }",
        &[
            "2:12: transform: in .a[0].text: syntax error: unexpected end of input, expected end of variable block",
        ],
    );
    assert_endpoint("transform: { a: NaN }", &["2:12: transform: Infinity and NaN have no place in JSON"]);
}

#[test]
fn headers_of_an_endpoint() {
    assert_endpoint(
        "headers: { Host: 'a', 'X-OpenClaw-Signature': 'a', 'proxy-x': 'a', 'a b': 'a', 'X-A': 'a', 'x-a': 'b' }",
        &[
            "2:12: headers.Host: this header is set by the gateway or by HTTP itself and can't be given here",
            "2:23: headers.X-OpenClaw-Signature: this header is set by the gateway or by HTTP itself and can't be given here",
            "2:52: headers.proxy-x: this header is set by the gateway or by HTTP itself and can't be given here",
            "2:68: headers[\"a b\"]: no header name: it has letters, digits and - only",
            "2:92: headers.x-a: this header is given twice: case makes no difference",
        ],
    );
    assert_endpoint(
        "headers: { A: 'a\\r\\nB: c', C: 'a\\0', D: 3 }, ",
        &[
            "2:15: headers.A: a header's value has no line breaks, NUL or other control characters",
            "2:31: headers.C: a header's value has no line breaks, NUL or other control characters",
            "2:41: headers.D: must be a text, not a number",
        ],
    );
    assert_endpoint(
        "headers: ['a']",
        &["2:10: headers: must be an object of header names and values, not a list"],
    );
}

/// What an endpoint carries is bounded, and each fault says what helps.
#[test]
fn an_endpoint_holds_so_much_and_no_more() {
    let list = |count: usize, of: &str| {
        (0..count).map(|number| of.replace('#', &number.to_string())).collect::<Vec<_>>().join(", ")
    };
    let headers = |count| format!("headers: {{ {} }}", list(count, "\"x-#\": \"1\""));
    let previous = |count| {
        format!("previousSecrets: [{}]", list(count, "{ secret: \"s#\", until: \"2099-01-01T00:00:00Z\" }"))
    };
    let redact = |count| format!("redact: [{}]", list(count, "\"data.x#\""));
    let agents = |count| format!("filter: {{ agentIds: [{}] }}", list(count, "\"a#\""));
    let long = |bytes| format!("headers: {{ \"x\": \"{}\" }}", "y".repeat(bytes));
    for fits in [headers(50), previous(10), redact(100), agents(1000), long((16 << 10) - 1)] {
        assert_endpoint(&fits, &[]);
    }
    assert_endpoint(
        &headers(51),
        &["2:10: headers: has 51 entries, and may have 50: take away what the receiver does not read"],
    );
    assert_endpoint(
        &long(16 << 10),
        &[
            "2:10: headers: has 16385 bytes in all, and may have 16384: a longer text belongs into the body, by transform",
        ],
    );
    assert_endpoint(
        &previous(11),
        &[
            "2:18: previousSecrets: has 11 entries, and may have 10: take away those that no receiver verifies with any more, or \
           rotate with overlapSeconds: 0",
        ],
    );
    assert_endpoint(
        &redact(101),
        &["2:9: redact: has 101 entries, and may have 100: name what holds several of them instead"],
    );
    assert_endpoint(
        &agents(1001),
        &[
            "2:21: filter.agentIds: has 1001 entries, and may have 1000: leave the key out for all agents, or make another \
           endpoint for the rest",
        ],
    );
}

#[test]
fn signing_needs_what_it_signs_with() {
    assert_endpoint(
        "signing: 'standards'",
        &[
            "2:10: signing: unknown word \"standards\"; did you mean \"standard\"? Allowed: openclaw, standard, both",
        ],
    );
    assert_endpoint("signing: 'both'", &["2:10: signing: signing \"both\" needs a secret; there is none"]);
    assert_endpoint("signing: 'openclaw', secret: 'any text'", &[]);
    assert_endpoint(
        "signing: 'standard', secret: 'whsec_no base64', previousSecrets: [{ secret: '!', until: '2026-01-01T00:00:00Z' }]",
        &[
            "2:30: secret: signing \"standard\" needs a secret of whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw; this one is no base64",
            "2:77: previousSecrets[0].secret: signing \"standard\" needs a secret of whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw; this one is no base64",
        ],
    );
}

#[test]
fn inbound_endpoints() {
    assert_faults(
        "{ webhooks: { inbound: { basePath: 'in', endpoints: { 'a/b': {}, c: { agentId: '', template: '{{ x', callback: 1 } } } } }",
        &[
            "1:36: webhooks.inbound.basePath: must be a path such as /webhooks/inbound: it begins with / and has letters, digits and - _ . ~",
            "1:55: webhooks.inbound.endpoints[\"a/b\"]: a name has 1 to 64 characters of a-z A-Z 0-9 _ - .",
            "1:62: webhooks.inbound.endpoints[\"a/b\"].agentId: is required",
            "1:62: webhooks.inbound.endpoints[\"a/b\"].template: is required",
            "1:80: webhooks.inbound.endpoints.c.agentId: must not be empty",
            "1:94: webhooks.inbound.endpoints.c.template: syntax error: unexpected end of input, expected end of variable block",
            "1:112: webhooks.inbound.endpoints.c.callback: must be true or false, not a number",
        ],
    );
    for path in ["/", "/api", "/api/v1/x", "/healthz", "/a//b", "/a/../b", "/a?b", "/ä", "//"] {
        assert!(
            parse(&format!("{{ webhooks: {{ inbound: {{ basePath: '{path}' }} }} }}")).is_err(),
            "{path}"
        );
    }
    for path in ["/apis", "/x", "/webhooks/inbound/"] {
        assert!(parse(&format!("{{ webhooks: {{ inbound: {{ basePath: '{path}' }} }} }}")).is_ok(), "{path}");
    }
}

#[test]
fn verifying_needs_a_secret_or_its_absence_in_writing() {
    let inbound = |verify: &str, server: &str| {
        parse(&format!("{{ webhooks: {{ inbound: {{ endpoints: {{ a: {{ agentId: 'a', template: 'x', {verify} }} }} }}, {server} }} }}"))
            .map(drop)
            .map_err(|errors| errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join(" | "))
    };
    let open = "server: { listen: '0.0.0.0:1', adminToken: 't' }";
    assert_eq!(inbound("", ""), Ok(()));
    assert_eq!(inbound("verify: { scheme: 'none' }", open), Ok(()));
    assert_eq!(
        inbound("", open).unwrap_err(),
        "verify is required where others than this machine can post; { scheme: \"none\" } takes hits from anyone"
    );
    for scheme in ["openclaw", "github", "stripe", "slack", "standard"] {
        assert_eq!(
            inbound(&format!("verify: {{ scheme: '{scheme}' }}"), ""),
            Err(format!("\"{scheme}\" needs the secret that the sender signs with"))
        );
        assert_eq!(inbound(&format!("verify: {{ scheme: '{scheme}', secret: 'whsec_YWJj' }}"), open), Ok(()));
    }
    for scheme in ["bearer", "gitlab"] {
        assert_eq!(
            inbound(&format!("verify: {{ scheme: '{scheme}' }}"), ""),
            Err(format!("\"{scheme}\" needs the token that the sender puts into its requests"))
        );
        assert_eq!(inbound(&format!("verify: {{ scheme: '{scheme}', token: 't' }}"), open), Ok(()));
        assert_eq!(inbound(&format!("verify: {{ scheme: '{scheme}', secret: 't' }}"), open), Ok(()));
    }
    assert_eq!(
        inbound("verify: { scheme: 'bearer', secret: 'a', token: 'b' }", "").unwrap_err(),
        "secret and token are two names of one thing here; give one of them"
    );
    assert!(
        inbound("verify: { scheme: 'none', secret: 'a' }", "")
            .unwrap_err()
            .starts_with("\"none\" verifies nothing")
    );
    assert!(
        inbound("verify: { scheme: 'standard', secret: '!' }", "")
            .unwrap_err()
            .starts_with("must be whsec_ and base64")
    );
    assert_eq!(
        inbound("verify: { scheme: 'git' }", "").unwrap_err(),
        "unknown word \"git\"; allowed: none, bearer, openclaw, standard, github, gitlab, stripe, slack"
    );
    assert_eq!(inbound("verify: {}", "").unwrap_err(), "is required");
    assert_eq!(inbound("verify: 'github'", "").unwrap_err(), "must be an object, not a text");
    assert_eq!(
        inbound("dispatch: { mode: 'hooks' }", "").unwrap_err(),
        "needs webhooks.agent, which says where the agent is"
    );
    assert_eq!(inbound("dispatch: { mode: 'hooks' }", "agent: { url: 'http://127.0.0.1:1' }"), Ok(()));
    assert_eq!(
        inbound("dispatch: { channel: 'x' }", "").unwrap_err(),
        "channel and to go together: give both or none"
    );
}

#[test]
fn tokens_that_are_one_or_none() {
    assert_faults(
        "{ webhooks: { server: { adminToken: 'same', viewerToken: 'same', ingestToken: 'same' } } }",
        &[
            "1:58: webhooks.server.viewerToken: must differ from adminToken, or it is not known which of them is shown",
            "1:79: webhooks.server.ingestToken: must differ from adminToken, or it is not known which of them is shown",
        ],
    );
    let text = "{ webhooks: { server: { adminToken: 'a', viewerToken: 'hidden', ingestToken: '${SAME}' } } }";
    let environment = |name: &str| (name == "SAME").then(|| "hidden".to_owned());
    let errors = Config::parse(text, Path::new(FILE), &environment).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "openclaw.json5:1:78: webhooks.server.ingestToken: must differ from viewerToken, or it is not known which of them is shown"
    );
    assert_faults(
        "{ webhooks: { server: { adminToken: ' ', viewerToken: ' ', ingestToken: '\t' } } }",
        &[
            "1:37: webhooks.server.adminToken: must not be blank",
            "1:55: webhooks.server.viewerToken: must not be blank",
            "1:73: webhooks.server.ingestToken: must not be blank",
        ],
    );
}

#[test]
fn the_rest() {
    assert_faults(
        "{ webhooks: { server: { listen: '0.0.0.0:8787' } } }",
        &[
            "1:33: webhooks.server.listen: others than this machine can reach 0.0.0.0:8787: set webhooks.server.adminToken, as \
         \"${OPENCLAW_WEBHOOKS_TOKEN}\", or listen at 127.0.0.1",
        ],
    );
    assert_faults(
        "{ webhooks: { server: { listen: '8787', database: 'mysql://x', trustedProxies: ['x'], publicUrl: 'x' } } }",
        &[
            "1:33: webhooks.server.listen: must be a host and a port, as 127.0.0.1:8787 or [::1]:8787",
            "1:51: webhooks.server.database: must begin with sqlite:// or postgres://",
            "1:81: webhooks.server.trustedProxies[0]: must be an address or a net, as 127.0.0.1 or 10.0.0.0/8",
            "1:98: webhooks.server.publicUrl: no URL such as https://example.com/hook: relative URL without a base",
        ],
    );
    assert_faults(
        "{ webhooks: { agent: { mode: 'none', timeoutMs: 1 }, network: { allow: ['*.x'] }, retention: { days: 0, maxPayloadBytes: 8388609 } } }",
        &[
            "1:22: webhooks.agent.url: is required",
            "1:30: webhooks.agent.mode: unknown word \"none\"; allowed: hooks, chat",
            "1:49: webhooks.agent.timeoutMs: must be a whole number from 1000 to 86400000, not 1",
            "1:73: webhooks.network.allow[0]: must be a host's exact name, an address or a net, as crm.internal, 10.1.2.3 or 10.0.0.0/8",
            "1:102: webhooks.retention.days: must be a whole number from 1 to 3650, not 0",
            "1:122: webhooks.retention.maxPayloadBytes: must be a whole number from 1024 to 8388608, not 8388609",
        ],
    );
    assert_faults(
        "{ webhooks: { server: { adminToken: '${NO}' }, agent: { url: 'http://x', token: '${NO}' } } }",
        &[
            "1:37: webhooks.server.adminToken: the environment variable NO is missing or empty; set it and start again",
            "1:81: webhooks.agent.token: the environment variable NO is missing or empty; set it and start again",
        ],
    );
    assert_faults("[]", &["1:1: must be an object, not a list"]);
    assert_faults("{ webhooks: 3 }", &["1:13: webhooks: must be an object, not a number"]);
}
