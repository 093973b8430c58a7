//! A hit's headers and body under every scheme: nothing passes that was not signed, what was signed passes, and nothing
//! makes the check fall over. The first line is the scheme, then headers to an empty line, then the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use server::config::{Scheme, Verify};
use server::inbound::{body, verify};
use server::secret::Secret;
use sha2::Sha256;
use wire::{Time, Verification};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: Time = Time(1_700_000_000_000);

pub(crate) fn fuzz(input: &[u8]) {
    let head = input.windows(2).position(|two| two == b"\n\n").unwrap_or(input.len());
    let body = input.get(head + 2..).unwrap_or_default();
    let mut lines = input[..head].split(|byte| *byte == b'\n');
    let named = lines.next().unwrap_or_default();
    let Some(scheme) = Scheme::ALL.into_iter().find(|scheme| scheme.as_str().as_bytes() == named) else {
        return;
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let of_body = body::read(&headers, body).unwrap_or_default();
    if let Some(key) = verify::repeat_key(scheme, &headers, &of_body) {
        assert!((1..=300).contains(&key.len()), "a key of {} bytes", key.len());
    }
    let secret = Some(Secret::new(SECRET));
    let check = |headers: &HeaderMap, body: &[u8]| {
        verify::verify(&Verify { scheme, secret: secret.clone() }, headers, body, NOW)
    };
    if scheme == Scheme::None {
        return assert_eq!(check(&headers, body), Ok(Verification::None));
    }
    match check(&headers, body) {
        Ok(_) => panic!("it passed without the secret"),
        Err(cause) => {
            assert!(!cause.is_empty() && !cause.contains(SECRET), "{cause}");
        }
    }
    // Whatever else is in the request, a right signature is right.
    for (name, value) in signed(scheme, body) {
        headers.insert(name, HeaderValue::from_str(&value).unwrap_or_else(|error| panic!("{error}")));
    }
    assert_eq!(check(&headers, body), Ok(Verification::Passed), "signed, and refused");
    if !matches!(scheme, Scheme::Bearer | Scheme::Gitlab) {
        assert!(check(&headers, &[body, b" "].concat()).is_err(), "another body passes");
    }
    let unset = verify::verify(&Verify { scheme, secret: None }, &headers, body, NOW);
    assert!(unset.is_err(), "it passes where there is no secret");
}

/// The headers of who has the secret, as each scheme's provider documents them.
fn signed(scheme: Scheme, body: &[u8]) -> Vec<(&'static str, String)> {
    let (key, time) = (SECRET.as_bytes(), NOW.unix_seconds().to_string());
    let hex = |parts: &[&[u8]]| server::outbound::sign::hex(&mac(key, parts));
    match scheme {
        Scheme::None => Vec::new(),
        Scheme::Bearer => vec![("authorization", format!("Bearer {SECRET}"))],
        Scheme::Gitlab => vec![("x-gitlab-token", SECRET.to_owned())],
        Scheme::Github => vec![("x-hub-signature-256", format!("sha256={}", hex(&[body])))],
        Scheme::Openclaw => {
            let signature = format!("sha256={}", hex(&[time.as_bytes(), b".", body]));
            vec![("x-openclaw-timestamp", time), ("x-openclaw-signature", signature)]
        }
        Scheme::Slack => {
            let signature = format!("v0={}", hex(&[b"v0:", time.as_bytes(), b":", body]));
            vec![("x-slack-request-timestamp", time), ("x-slack-signature", signature)]
        }
        Scheme::Stripe => {
            let signature = hex(&[time.as_bytes(), b".", body]);
            vec![("stripe-signature", format!("t={time},v1={signature}"))]
        }
        Scheme::Standard => {
            let key = STANDARD.decode(&SECRET["whsec_".len()..]).unwrap_or_default();
            let signature = STANDARD.encode(mac(&key, &[b"msg_1", b".", time.as_bytes(), b".", body]));
            let id = ("webhook-id", "msg_1".to_owned());
            vec![id, ("webhook-timestamp", time), ("webhook-signature", format!("v1,{signature}"))]
        }
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|error| panic!("{error}"));
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}
