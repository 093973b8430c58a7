//! Any text at all: it is read or refused, and nothing else happens.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_json5_like_text_is_read_or_refused(text in "([{}\\[\\],:\"'\\\\/*\n\r $+.0-9-]|a|webhooks|endpoints|\\$include|x41|u00e9|//|0x|Infinity|true|null|é){0,60}") {
        let _ = parse(&text);
        let _ = parse(&format!("{{webhooks:{text}}}"));
        let _ = parse(&format!("{{webhooks:{{endpoints:[{{{text}}}]}}}}"));
    }

    #[test]
    fn any_value_at_any_key_is_read_or_refused(
        key in prop::sample::select(vec![
            "name", "url", "secret", "events", "filter", "transform", "headers", "retry", "enabled", "timeoutMs", "concurrency",
            "rateLimit", "signing", "previousSecrets", "healthCheck", "redact",
        ]),
        value in prop::sample::select(vec![
            "null", "true", "-1", "0", "1e400", "-0", "NaN", "0xffffffffffffffffffff", "'x'", "''", "'${A}'", "'••••'", "[]", "[null]", "['*']", "{}",
            "{a:1}", "{secret:1}", "[{}]", "[[]]", "'{{'", "'https://'", "{perSecond:1e-300}", "{perSecond:1e300,burst:1}",
        ]),
    ) {
        let text = format!("{{ webhooks: {{ endpoints: [{{ name: 'a', url: 'https://a.example', events: ['*'], {key}: {value} }}], {key}: {value} }} }}");
        let _ = parse(&text);
        let text = format!("{{ webhooks: {{ endpoints: [{{ {key}: {value} }}] }} }}");
        let _ = parse(&text);
    }
}
