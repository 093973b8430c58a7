//! Checking a signature as a receiver would, and telling what went wrong when it does not match.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It matches.
    Good,
    /// It is no signature.
    NotHex,
    /// It matches without the line break at the body's end.
    Newline,
    /// It matches the same JSON without spaces.
    Spaced,
    /// It matches with the decoded secret.
    Decoded,
    /// It matches the body without the timestamp.
    Bare,
    /// It does not match.
    Wrong,
}

/// Checks `X-OpenClaw-Signature` against what a receiver got.
pub fn check(secret: &str, timestamp: &str, signature: &str, body: &str) -> Finding {
    let Some(given) = signature.trim().strip_prefix("sha256=").and_then(bytes_of_hex) else {
        return Finding::NotHex;
    };
    let (secret, timestamp) = (secret.trim(), timestamp.trim());
    let matches = |key: &[u8], text: &str| {
        // A key of any length is allowed.
        Hmac::<Sha256>::new_from_slice(key).is_ok_and(|mut mac| {
            mac.update(text.as_bytes());
            mac.verify_slice(&given).is_ok()
        })
    };
    let key = secret.as_bytes();
    let signed = |body: &str| format!("{timestamp}.{body}");
    let rewritten = serde_json::from_str::<serde_json::Value>(body).map(|value| value.to_string());
    let decoded = secret.strip_prefix("whsec_").and_then(bytes_of_base64);
    if matches(key, &signed(body)) {
        Finding::Good
    } else if matches(key, &signed(body.trim_end_matches(['\r', '\n']))) {
        Finding::Newline
    } else if rewritten.is_ok_and(|body| matches(key, &signed(&body))) {
        Finding::Spaced
    } else if decoded.is_some_and(|key| matches(&key, &signed(body))) {
        Finding::Decoded
    } else if matches(key, body) {
        Finding::Bare
    } else {
        Finding::Wrong
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    (digits.len() == 64).then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        held = (held << 6 | u32::try_from(digit).ok()?) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_dGVzdA==";

    fn sign(key: &[u8], text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize()
            .into_bytes()
            .iter()
            .fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }

    #[test]
    fn what_was_signed_matches_and_what_was_changed_is_named() {
        let body = r#"{"b":1,"a":2}"#;
        let good = sign(SECRET.as_bytes(), &format!("17.{body}"));
        let check = |signature: &str, body: &str| check(SECRET, "17", signature, body);
        assert_eq!(check(&good, body), Finding::Good);
        assert_eq!(check(&good, &format!("{body}\n")), Finding::Newline);
        assert_eq!(check(&good, r#"{"b": 1, "a": 2}"#), Finding::Spaced);
        assert_eq!(check(&good, r#"{"b":2,"a":2}"#), Finding::Wrong);
        assert_eq!(check(&sign(b"test", &format!("17.{body}")), body), Finding::Decoded);
        assert_eq!(check(&sign(SECRET.as_bytes(), body), body), Finding::Bare);
        assert_eq!(check("sha256=00", body), Finding::NotHex);
        assert_eq!(check("v1,abc", body), Finding::NotHex);
    }

    #[test]
    fn base64_is_read() {
        assert_eq!(bytes_of_base64("dGVzdA==").as_deref(), Some(&b"test"[..]));
        assert_eq!(bytes_of_base64("dGVz*"), None);
    }
}
