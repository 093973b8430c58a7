//! Verifies a webhook of OpenClaw Webhooks.
//!
//!     cargo run -q -- SECRET TIMESTAMP SIGNATURE < body        ends with 0 if the signature is good, else with 1

// Cargo.toml: hex = "0.4", hmac = "0.12", sha2 = "0.10"
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// `timestamp` and `signature`: the headers, `""` where they are absent. `body`: the bytes as they came.
fn verify(secret: &str, timestamp: &str, signature: &str, body: &[u8]) -> bool {
    let Ok(sent) = timestamp.parse::<u64>() else { return false };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    if now.abs_diff(sent) > 300 {
        return false;
    }
    let Some(Ok(given)) = signature.strip_prefix("sha256=").map(hex::decode) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body);
    mac.verify_slice(&given).is_ok() // in constant time
}

use std::io::Read;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [secret, timestamp, signature] = &arguments[..] else { return ExitCode::FAILURE };
    let mut body = Vec::new();
    match std::io::stdin().read_to_end(&mut body) {
        Ok(_) if verify(secret, timestamp, signature, &body) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
