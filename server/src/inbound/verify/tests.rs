//! Each scheme with a request as its provider signs it, and everything that may be wrong with one.

use super::*;
use crate::outbound::sign::hex;
use crate::secret::Secret;
use http::{HeaderName, HeaderValue};

const NOW: Time = Time(1_773_484_200_000);
const BODY: &[u8] = br#"{"repo":"my-app"}"#;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn signature(key: &[u8], parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    hex(&mac.finalize().into_bytes())
}

/// The headers of a right request at `seconds`.
fn right(scheme: Scheme, seconds: i64) -> Vec<(&'static str, String)> {
    let (key, time) = (SECRET.as_bytes(), seconds.to_string());
    match scheme {
        Scheme::None => Vec::new(),
        Scheme::Bearer => vec![("authorization", format!("Bearer {SECRET}"))],
        Scheme::Gitlab => vec![("x-gitlab-token", SECRET.to_owned())],
        Scheme::Github => vec![("x-hub-signature-256", format!("sha256={}", signature(key, &[BODY])))],
        Scheme::Openclaw => {
            let signature = format!("sha256={}", signature(key, &[time.as_bytes(), b".", BODY]));
            vec![("x-openclaw-timestamp", time), ("x-openclaw-signature", signature)]
        }
        Scheme::Slack => {
            let signature = format!("v0={}", signature(key, &[b"v0:", time.as_bytes(), b":", BODY]));
            vec![("x-slack-request-timestamp", time), ("x-slack-signature", signature)]
        }
        Scheme::Stripe => {
            let signature = signature(key, &[time.as_bytes(), b".", BODY]);
            vec![("stripe-signature", format!("t={time},v1={},v1={signature},v0=00", "0".repeat(64)))]
        }
        Scheme::Standard => {
            let key = Secret::new(SECRET).standard_key().unwrap();
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            for part in [b"msg_1".as_slice(), b".", time.as_bytes(), b".", BODY] {
                mac.update(part);
            }
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            vec![
                ("webhook-id", "msg_1".to_owned()),
                ("webhook-timestamp", time),
                ("webhook-signature", format!("v1,AAAA v1,{signature}")),
            ]
        }
    }
}

fn map(headers: &[(&'static str, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    map
}

/// Those that verify something.
fn schemes() -> impl Iterator<Item = Scheme> {
    Scheme::ALL.into_iter().filter(|scheme| *scheme != Scheme::None)
}

fn check(scheme: Scheme, headers: &HeaderMap, body: &[u8]) -> Result<Verification, String> {
    verify(&Verify { scheme, secret: Some(Secret::new(SECRET)) }, headers, body, NOW)
}

#[test]
fn what_the_holder_of_the_secret_sent_passes() {
    for scheme in schemes() {
        let headers = map(&right(scheme, NOW.unix_seconds()));
        assert_eq!(check(scheme, &headers, BODY), Ok(Verification::Passed), "{}", scheme.as_str());
    }
    let open = Verify { scheme: Scheme::None, secret: None };
    assert_eq!(verify(&open, &HeaderMap::new(), BODY, NOW), Ok(Verification::None));
}

#[test]
fn nothing_else_does() {
    for scheme in schemes() {
        let good = right(scheme, NOW.unix_seconds());
        // Any header missing, doubled, or with any one character changed.
        for index in 0..good.len() {
            let mut without = good.clone();
            without.remove(index);
            assert!(check(scheme, &map(&without), BODY).is_err(), "{} without", scheme.as_str());
            let mut twice = good.clone();
            twice.push(good[index].clone());
            assert!(check(scheme, &map(&twice), BODY).is_err(), "{} twice", scheme.as_str());
        }
        let mut other = good.clone();
        let last = other.len() - 1;
        let place = match scheme {
            Scheme::Stripe => other[last].1.rfind(",v0").unwrap() - 1,
            _ => other[last].1.len() - 2,
        };
        let flipped = if other[last].1.as_bytes()[place] == b'a' { "b" } else { "a" };
        other[last].1.replace_range(place..=place, flipped);
        assert!(check(scheme, &map(&other), BODY).is_err(), "{} flipped", scheme.as_str());
        let other_secret =
            Verify { scheme, secret: Some(Secret::new("whsec_AAAAr8GKYqrTwjUPD8ILPZIo2LaLaSw")) };
        assert!(verify(&other_secret, &map(&good), BODY, NOW).is_err(), "{} other secret", scheme.as_str());
        if !matches!(scheme, Scheme::Bearer | Scheme::Gitlab) {
            assert!(check(scheme, &map(&good), br#"{"repo":"my-apq"}"#).is_err(), "{} body", scheme.as_str());
        }
    }
}

#[test]
fn a_signed_time_may_be_five_minutes_off() {
    for scheme in [Scheme::Openclaw, Scheme::Standard, Scheme::Stripe, Scheme::Slack] {
        for (off, passes) in [(-300, true), (300, true), (-301, false), (301, false), (-86_400, false)] {
            let headers = map(&right(scheme, NOW.unix_seconds() + off));
            assert_eq!(check(scheme, &headers, BODY).is_ok(), passes, "{} {off}", scheme.as_str());
        }
    }
    let mut endless = right(Scheme::Openclaw, 0);
    endless[0].1 = i64::MIN.to_string();
    assert!(check(Scheme::Openclaw, &map(&endless), BODY).is_err());
}

#[test]
fn a_repeat_is_known_by_its_providers_id() {
    let headers = |name, value: &str| map(&[(name, value.to_owned())]);
    let body = serde_json::json!({ "id": "evt_1", "event_id": "Ev1" });
    let none = HeaderMap::new();
    let key = |scheme, headers: &HeaderMap| repeat_key(scheme, headers, &body);
    assert_eq!(key(Scheme::Stripe, &none).as_deref(), Some("id:evt_1"));
    assert_eq!(key(Scheme::Slack, &none).as_deref(), Some("id:Ev1"));
    assert_eq!(key(Scheme::Github, &none), None);
    let github = headers("x-github-delivery", "72d3162e");
    assert_eq!(key(Scheme::Github, &github).as_deref(), Some("x-github-delivery:72d3162e"));
    assert_eq!(key(Scheme::None, &headers("idempotency-key", "7")).as_deref(), Some("idempotency-key:7"));
    assert_eq!(key(Scheme::None, &headers("idempotency-key", &"x".repeat(400))), None);
}
