//! Hits: bodies of every kind under templates of every kind, and signatures.

use crate::fuzz;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{Index, select};
use proptest::{prop_assert, prop_oneof};
use server::config::{Scheme, Verify};
use server::inbound::{body, render, verify};
use server::secret::Secret;
use server::template::{MAX_OUTPUT, Template};
use wire::{Hit, Outcome, Time, Verification};

/// Good bodies, from which others are made.
const BODIES: [&str; 6] = [
    r#"{"repo":"my-app","branch":"메인","items":[{"name":"a"},{"name":{"deep":[1,2.5e300,null,true]}}]}"#,
    r#"[[[[[["x"]]]]]]"#,
    r#""{{ body.repo }}""#,
    "repo=my-app&branch=main&a=1&a=2&%EB%B0%B0=%ED%8F%AC&=&&x",
    "<xml>&amp;\u{202e}\u{0}</xml>",
    "",
];

/// Pieces of templates.
const PIECES: [&str; 22] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "body",
    ".repo",
    ".items[0].name",
    "[",
    "]",
    "headers",
    "query.x",
    "now",
    " if ",
    " for x in body ",
    " endif ",
    " endfor ",
    "|upper",
    "|tojson",
    "{{body}}",
    "배포 ",
];

const TYPES: [&str; 6] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/ld+json; charset=utf-8",
    "multipart/form-data; boundary=x",
    "",
];

/// A good body with some bytes changed, taken away or doubled; or any bytes; or something deep.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let changed = (select(&BODIES[..]), vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..6)).prop_map(
        |(good, changes)| {
            let mut bytes = good.as_bytes().to_vec();
            for (at, byte, kind) in changes {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.extend_from_within(at..),
                }
            }
            bytes
        },
    );
    let deep = (1..5_000_usize, select(&["[", "{\"a\":", "a[", "%"][..]))
        .prop_map(|(times, piece)| piece.repeat(times).into_bytes());
    prop_oneof![4 => changed, 2 => vec(any::<u8>(), 0..300), 1 => deep]
}

fn templates() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => Just("{{body.repo}}'s {{body.branch}} branch {{body.items[1].name}} {{headers.x}}".to_owned()),
    ]
}

fn hit(content_type: &'static str, query: String) -> (Hit, HeaderMap) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let hit = Hit {
        id: "hit_1".parse().unwrap(),
        inbound: "deploy".to_owned(),
        received_at: Time(0),
        remote_address: String::new(),
        method: "POST".to_owned(),
        query: Some(query),
        headers: vec![("x".into(), "{{ body }}".to_owned()), ("x".into(), "2".to_owned())],
        body: String::new(),
        body_truncated: false,
        headers_truncated: false,
        verification: Verification::None,
        outcome: Outcome::Accepted,
        cause: None,
        status_code: 202,
        duplicate_of: None,
        replay_of: None,
        prompt: None,
        missing: Vec::new(),
        run: None,
    };
    (hit, headers)
}

#[test]
fn any_body_under_any_template_is_a_prompt_or_an_error() {
    fuzz((bodies(), templates(), select(&TYPES[..]), ".{0,40}"), |(bytes, source, content_type, query)| {
        let (hit, headers) = hit(content_type, query);
        let Ok(body) = body::read(&headers, &bytes) else { return Ok(()) };
        let Ok(template) = Template::text(&source) else { return Ok(()) };
        if let Ok(rendered) = render::prompt(&template, &hit, &body, Time(0)) {
            prop_assert!(rendered.body.len() <= MAX_OUTPUT);
        }
        Ok(())
    });
}

#[test]
fn a_value_never_becomes_a_template() {
    let code =
        select(&["{{ 6 * 7 }}", "{% for i in range(9) %}42{% endfor %}", "{{ body }}", "{# 42 #}"][..]);
    fuzz((code, "[a-z가-힣]{0,9}"), |(code, around)| {
        let (hit, _) = hit("", String::new());
        let template = Template::text("{{body.a}}|{{body.a|upper}}|{{body}}").unwrap();
        let value = format!("{around}{code}{around}");
        let body = serde_json::json!({ "a": value });
        let rendered = render::prompt(&template, &hit, &body, Time(0)).unwrap().body;
        prop_assert!(rendered.starts_with(&format!("{value}|{}|", value.to_uppercase())), "{rendered}");
        Ok(())
    });
}

/// Without the secret nothing passes, and nothing that is sent makes the check fall over.
#[test]
fn no_signature_made_by_chance_passes() {
    const NAMES: [&str; 10] = [
        "authorization",
        "x-openclaw-signature",
        "x-openclaw-timestamp",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "x-hub-signature-256",
        "x-gitlab-token",
        "stripe-signature",
        "x-slack-signature",
    ];
    let schemes: Vec<Scheme> = Scheme::ALL.into_iter().filter(|scheme| *scheme != Scheme::None).collect();
    let value = prop_oneof![
        "[ -~]{0,60}",
        "sha256=[0-9a-f]{0,70}",
        "v1,[A-Za-z0-9+/=]{0,50}( v1,[A-Za-z0-9+/=]{0,50})?",
        "t=-?[0-9]{0,22},v1=[0-9a-f]{0,64}",
        "-?[0-9]{0,25}",
        "Bearer .{0,9}",
        Just("1700000000".to_owned()),
    ];
    let headers = vec((select(&NAMES[..]), value), 0..6);
    fuzz((select(schemes), headers, vec(any::<u8>(), 0..50)), |(scheme, given, body)| {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let secret = Some(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        let now = Time(1_700_000_000_000);
        let verified = verify::verify(&Verify { scheme, secret }, &headers, &body, now);
        prop_assert!(verified.is_err(), "it passed");
        let _ = verify::repeat_key(scheme, &headers, &serde_json::Value::Null);
        Ok(())
    });
}
