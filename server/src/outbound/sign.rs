//! Signatures: the headers by which a receiver knows that a request is ours and how old it is.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write;
use wire::{Signing, Time};

/// What an endpoint signs with.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// The current secret's whole text.
    pub secret: &'a str,
    /// Secrets that receivers may still hold, current one excluded.
    pub previous: &'a [&'a str],
    /// Which headers are sent.
    pub signing: Signing,
}

/// The signature headers of one attempt: of `body` for the message `id`, at `now`.
///
/// `X-OpenClaw-Signature` is `sha256=` and the hex of HMAC-SHA256 under the secret's whole text over
/// `<timestamp>.<body>`. `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard Webhooks
/// 1.0.0: `v1,` and the base64 of HMAC-SHA256 under the base64 behind `whsec_` over `<id>.<timestamp>.<body>`, one
/// for every secret in force.
pub fn headers(keys: Keys<'_>, id: &str, now: Time, body: &[u8]) -> Vec<(&'static str, String)> {
    let timestamp = now.unix_seconds().to_string();
    let mut headers = Vec::with_capacity(4);
    if matches!(keys.signing, Signing::Openclaw | Signing::Both) {
        let mac = mac(keys.secret.as_bytes(), &[timestamp.as_bytes(), b".", body]);
        headers.push(("X-OpenClaw-Signature", format!("sha256={}", hex(&mac))));
    }
    if matches!(keys.signing, Signing::Standard | Signing::Both) {
        let signatures: Vec<String> = std::iter::once(keys.secret)
            .chain(keys.previous.iter().copied())
            .filter_map(standard_key)
            .map(|key| {
                let mac = mac(&key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
                format!("v1,{}", STANDARD.encode(mac))
            })
            .collect();
        headers.push(("webhook-id", id.to_owned()));
        headers.push(("webhook-timestamp", timestamp));
        headers.push(("webhook-signature", signatures.join(" ")));
    }
    headers
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The key of a Standard Webhooks secret: the base64 behind `whsec_`, padded or not.
pub fn standard_key(secret: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length (RFC 2104), so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Vectors {
        openclaw: Vec<Vector>,
        standard: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        secret: String,
        #[serde(default)]
        id: String,
        timestamp: i64,
        body: String,
        signature: String,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../tests/data/vectors.json")).unwrap()
    }

    fn header(headers: &[(&str, String)], name: &str) -> String {
        headers.iter().find(|(found, _)| *found == name).unwrap().1.clone()
    }

    #[test]
    fn every_published_vector_comes_out() {
        for (vectors, signing, name) in [
            (vectors().openclaw, Signing::Openclaw, "X-OpenClaw-Signature"),
            (vectors().standard, Signing::Standard, "webhook-signature"),
        ] {
            for vector in vectors {
                let keys = Keys { secret: &vector.secret, previous: &[], signing };
                let signed = headers(keys, &vector.id, Time(vector.timestamp * 1000), vector.body.as_bytes());
                assert_eq!(header(&signed, name), vector.signature);
            }
        }
    }

    #[test]
    fn both_sends_both_and_a_rotation_signs_with_every_secret() {
        let [first, second] = &vectors().standard[..] else { panic!("two vectors") };
        let keys = Keys { secret: &first.secret, previous: &[&second.secret], signing: Signing::Both };
        let signed = headers(keys, "evt_1", Time(1_000_000), b"{}");
        assert_eq!(signed.len(), 4);
        assert_eq!(header(&signed, "webhook-signature").split(' ').count(), 2);
        let alone = Keys { previous: &[], signing: Signing::Openclaw, ..keys };
        assert_eq!(headers(alone, "evt_1", Time(1_000_000), b"{}")[0], signed[0]);
    }
}
