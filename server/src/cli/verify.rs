//! `verify`: whether a signature is that of a body, by the scheme of `X-OpenClaw-Signature` or by Standard Webhooks.

use super::end::{Failure, Verdict};
use super::out::{BAD, GOOD, Out, note, styled};
use super::when;
use crate::outbound::sign::{self, Keys};
use clap::Args;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;
use wire::{Signing, Time};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks verify --secret whsec_… --timestamp 1773484200 --signature sha256=… body.json
  openclaw-webhooks verify --secret whsec_… --timestamp 1773484200 --signature v1,… --id evt_abc123def456 -

Status 1: the signature is not that of this body.";

/// Older requests are refused by a receiver that does as it should.
pub(super) const WINDOW_SECONDS: i64 = 300;

/// What is verified.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The endpoint's secret, `whsec_` included
    #[arg(long, value_name = "SECRET")]
    secret: String,
    /// The header X-OpenClaw-Timestamp or webhook-timestamp
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timestamp: i64,
    /// The header X-OpenClaw-Signature or webhook-signature
    #[arg(long, value_name = "SIGNATURE")]
    signature: String,
    /// The header webhook-id, which Standard Webhooks signs too
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The body as it came, byte for byte; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verify: &Verify) -> Result<Verdict, Failure> {
    let out = Out::new(verify.json);
    let body = read(&verify.file)?;
    let signed = Signed {
        id: verify.id.as_deref(),
        timestamp: verify.timestamp,
        signature: &verify.signature,
        body: &body,
    };
    let good = fits(&verify.secret, &signed)?;
    let scheme = if signed.is_standard() { "standard" } else { "openclaw" };
    if out.is_json() {
        out.object(&json!({ "verification": if good { "passed" } else { "failed" }, "scheme": scheme }))?;
    } else if good {
        out.line(format!("{}: this body was signed with this secret", styled("passed", GOOD)))?;
    } else {
        let why = "another secret, another timestamp, or a body that is not byte for byte as it came";
        out.line(format!("{}: {why}", styled("failed", BAD)))?;
    }
    let age = when::now().unix_seconds() - verify.timestamp;
    if good && age.abs() > WINDOW_SECONDS {
        note(
            "It was signed more than 5 minutes from now: a receiver should refuse it, as it may be a repeat.",
        );
    }
    Ok(Verdict::of(good))
}

/// What a request carries to be verified by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) timestamp: i64,
    pub(super) signature: &'a str,
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    fn is_standard(&self) -> bool {
        self.signature.starts_with("v1,")
    }
}

/// Whether the signature is the one that `secret` makes; `Err` where that can't be told.
pub(super) fn fits(secret: &str, signed: &Signed<'_>) -> Result<bool, Failure> {
    let is_standard = signed.is_standard();
    let wrong = |text: &str| Err(Failure::Use(text.to_owned()));
    let id = match (is_standard, signed.id) {
        (true, None) => {
            return wrong(
                "a signature that begins with v1, signs the id too: give the header webhook-id with --id",
            );
        }
        (true, Some(id)) => id,
        (false, _) => "",
    };
    if is_standard && sign::standard_key(secret).is_none() {
        return wrong("Standard Webhooks needs a secret of whsec_ and base64; this one is no base64");
    }
    let signing = if is_standard { Signing::Standard } else { Signing::Openclaw };
    let keys = Keys { secret, previous: &[], signing };
    let time = Time(signed.timestamp.saturating_mul(1000));
    let made = sign::headers(keys, id, time, signed.body);
    let made = made.iter().find(|(name, _)| matches!(*name, "X-OpenClaw-Signature" | "webhook-signature"));
    let Some((_, made)) = made else { return Ok(false) };
    let is_made = |given: &str| bool::from(given.as_bytes().ct_eq(made.as_bytes()));
    // Standard Webhooks sends one for each secret in force.
    Ok(if is_standard {
        signed.signature.split(' ').any(is_made)
    } else {
        is_made(&signed.signature.to_lowercase())
    })
}

/// A file's bytes, or those of standard input.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    bytes.map_err(|error| Failure::Use(format!("can't read {}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_knows_its_own_signature() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/vectors.json")).unwrap();
        for scheme in ["openclaw", "standard"] {
            for vector in vectors[scheme].as_array().unwrap() {
                let text = |key: &str| vector[key].as_str().unwrap();
                let signed = Signed {
                    id: vector["id"].as_str(),
                    timestamp: vector["timestamp"].as_i64().unwrap(),
                    signature: text("signature"),
                    body: text("body").as_bytes(),
                };
                assert!(fits(text("secret"), &signed).unwrap(), "{vector}");
                assert!(!fits(text("secret"), &Signed { body: b"{}", ..signed }).unwrap());
                assert!(!fits("whsec_YWJj", &signed).unwrap());
                let rotated = format!("v1,AAAA {}", signed.signature);
                let rotated = Signed {
                    signature: if scheme == "standard" { &rotated } else { signed.signature },
                    ..signed
                };
                assert!(fits(text("secret"), &rotated).unwrap());
            }
        }
    }

    #[test]
    fn what_cant_be_told_is_wrong_use() {
        let signed = Signed { id: None, timestamp: 1, signature: "v1,AAAA", body: b"" };
        assert!(matches!(fits("whsec_YWJj", &signed), Err(Failure::Use(_))));
        assert!(matches!(fits("no base64", &Signed { id: Some("a"), ..signed }), Err(Failure::Use(_))));
    }
}
