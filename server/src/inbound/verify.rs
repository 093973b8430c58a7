//! Verification: whether a hit comes from the one who holds the secret, and of late.
//!
//! Each scheme is its provider's own: the bearer token of RFC 6750; `X-OpenClaw-Signature`, as this gateway sends it;
//! Standard Webhooks 1.0.0; GitHub's `X-Hub-Signature-256`; GitLab's `X-Gitlab-Token`; Stripe's and Slack's signatures.
//! What is compared is compared in constant time. A signed time may be five minutes off.

use crate::config::{Scheme, Verify};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use wire::{Time, Verification};

/// How far a signed time may be from ours.
const WINDOW_SECONDS: i64 = 300;

/// Verifies `body` as it came. The error says what is wrong, for the one who runs the gateway: a sender is told nothing.
pub fn verify(verify: &Verify, headers: &HeaderMap, body: &[u8], now: Time) -> Result<Verification, String> {
    let secret = match (&verify.secret, verify.scheme) {
        (_, Scheme::None) => return Ok(Verification::None),
        (Some(secret), _) => secret,
        (None, _) => return Err("the inbound endpoint's secret has no value".to_owned()),
    };
    let key = secret.expose().as_bytes();
    match verify.scheme {
        Scheme::None => return Ok(Verification::None),
        Scheme::Bearer => {
            let given = one(headers, "authorization")?;
            let token = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let (_, token) = token.ok_or("the header authorization is not Bearer and a token")?;
            same(token.trim().as_bytes(), key, "the bearer token")?;
        }
        Scheme::Gitlab => same(one(headers, "x-gitlab-token")?.as_bytes(), key, "the header x-gitlab-token")?,
        Scheme::Github => {
            let given = one(headers, "x-hub-signature-256")?;
            let given = given.strip_prefix("sha256=").and_then(from_hex);
            signed(key, &[body], given, "x-hub-signature-256")?;
        }
        Scheme::Openclaw => {
            let timestamp = one(headers, "x-openclaw-timestamp")?;
            in_time(timestamp, now)?;
            let given = one(headers, "x-openclaw-signature")?.strip_prefix("sha256=").and_then(from_hex);
            signed(key, &[timestamp.as_bytes(), b".", body], given, "x-openclaw-signature")?;
        }
        Scheme::Slack => {
            let timestamp = one(headers, "x-slack-request-timestamp")?;
            in_time(timestamp, now)?;
            let given = one(headers, "x-slack-signature")?.strip_prefix("v0=").and_then(from_hex);
            signed(key, &[b"v0:", timestamp.as_bytes(), b":", body], given, "x-slack-signature")?;
        }
        Scheme::Stripe => stripe(key, one(headers, "stripe-signature")?, body, now)?,
        Scheme::Standard => {
            let (id, timestamp) = (one(headers, "webhook-id")?, one(headers, "webhook-timestamp")?);
            in_time(timestamp, now)?;
            let key = secret.standard_key().ok_or("the secret is not whsec_ and base64")?;
            let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
            // During a rotation there is one for each secret.
            let is_any_right = one(headers, "webhook-signature")?
                .split(' ')
                .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
                .any(|given| is_signed(&key, &parts, &given));
            is_any_right.then_some(()).ok_or("no signature in webhook-signature is right")?;
        }
    }
    Ok(Verification::Passed)
}

/// `t=<seconds>,v1=<hex>[,v1=<hex>…]`, over `<seconds>.<body>`.
fn stripe(key: &[u8], header: &str, body: &[u8], now: Time) -> Result<(), String> {
    let parts: Vec<(&str, &str)> = header.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let timestamp = parts.iter().find(|(name, _)| *name == "t").map(|(_, value)| *value);
    let timestamp = timestamp.ok_or("stripe-signature has no t=")?;
    in_time(timestamp, now)?;
    let is_any_right = parts
        .iter()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, value)| from_hex(value))
        .any(|given| is_signed(key, &[timestamp.as_bytes(), b".", body], &given));
    is_any_right.then_some(()).ok_or_else(|| "no v1 in stripe-signature is right".to_owned())
}

/// The header's value; it must stand once, or one could be verified and another be used.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(format!("the header {name} is missing")),
        (Some(_), Some(_)) => Err(format!("the header {name} stands more than once")),
        (Some(value), None) => {
            value.to_str().map_err(|_| format!("the header {name} has other than ASCII characters"))
        }
    }
}

fn in_time(timestamp: &str, now: Time) -> Result<(), String> {
    let signed: i64 = timestamp.parse().map_err(|_| "the signed time is no number of seconds".to_owned())?;
    let off = now.unix_seconds().saturating_sub(signed);
    if off.saturating_abs() <= WINDOW_SECONDS {
        return Ok(());
    }
    Err(if off > 0 {
        format!("the signed time is {off} s old, more than {WINDOW_SECONDS} s")
    } else {
        format!("the signed time is {} s ahead, more than {WINDOW_SECONDS} s", off.saturating_neg())
    })
}

fn same(given: &[u8], expected: &[u8], what: &str) -> Result<(), String> {
    if bool::from(given.ct_eq(expected)) { Ok(()) } else { Err(format!("{what} is wrong")) }
}

fn signed(key: &[u8], parts: &[&[u8]], given: Option<Vec<u8>>, header: &str) -> Result<(), String> {
    let given = given.ok_or_else(|| format!("the header {header} is not of this scheme's form"))?;
    if is_signed(key, parts, &given) { Ok(()) } else { Err(format!("the signature in {header} is wrong")) }
}

fn is_signed(key: &[u8], parts: &[&[u8]], given: &[u8]) -> bool {
    // HMAC takes a key of any length (RFC 2104), so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// By what a repeat of this hit is known: the provider's own id of the delivery.
pub fn repeat_key(scheme: Scheme, headers: &HeaderMap, body: &serde_json::Value) -> Option<String> {
    let in_body = |key: &str| body.get(key)?.as_str().map(str::to_owned);
    let id = match scheme {
        Scheme::Stripe => in_body("id"),
        Scheme::Slack => in_body("event_id"),
        Scheme::None
        | Scheme::Bearer
        | Scheme::Openclaw
        | Scheme::Standard
        | Scheme::Github
        | Scheme::Gitlab => None,
    };
    let named = |name: &&str| Some(format!("{name}:{}", headers.get(*name)?.to_str().ok()?));
    id.map(|id| format!("id:{id}"))
        .or_else(|| KEY_HEADERS.iter().find_map(named))
        .filter(|key| key.len() <= 300)
}

/// Headers that hold an id of the delivery, the most particular first.
const KEY_HEADERS: [&str; 6] = [
    "idempotency-key",
    "webhook-id",
    "x-github-delivery",
    "x-gitlab-webhook-uuid",
    "x-gitlab-event-uuid",
    "x-openclaw-event-id",
];

#[cfg(test)]
mod tests;
