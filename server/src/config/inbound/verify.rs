//! How hits are verified: `verify` of an inbound endpoint.

use super::Place;
use crate::config::fields::Fields;
use crate::config::words::allowed;
use crate::secret::Secret;
use serde_json::json;
use std::str::FromStr;

/// How hits are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// The scheme.
    pub scheme: Scheme,
    /// What it verifies with: present for every scheme but `none`, unless there is a `fault`.
    pub secret: Option<Secret>,
}

/// A way to verify a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    None,
    /// `Authorization: Bearer` with the token.
    Bearer,
    /// `X-OpenClaw-Signature`, as this gateway sends it.
    Openclaw,
    /// Standard Webhooks.
    Standard,
    /// GitHub's `X-Hub-Signature-256`.
    Github,
    /// GitLab's `X-Gitlab-Token`.
    Gitlab,
    /// Stripe's `Stripe-Signature`.
    Stripe,
    /// Slack's `X-Slack-Signature`.
    Slack,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Bearer,
        Self::Openclaw,
        Self::Standard,
        Self::Github,
        Self::Gitlab,
        Self::Stripe,
        Self::Slack,
    ];

    /// The scheme's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::Openclaw => "openclaw",
            Self::Standard => "standard",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Stripe => "stripe",
            Self::Slack => "slack",
        }
    }
}

impl FromStr for Scheme {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == word).ok_or(())
    }
}

pub(super) fn read_verify(fields: &mut Fields<'_>, place: Place<'_>, is_loopback: bool) -> Verify {
    let none = Verify { scheme: Scheme::None, secret: None };
    let Some(field) = fields.get("verify") else {
        if is_loopback {
            fields.show_default("verify", json!({ "scheme": "none" }));
        } else {
            let message = "verify is required where others than this machine can post; \
                           { scheme: \"none\" } takes hits from anyone";
            fields.reading.report.fault(place.at, place.path, message);
        }
        return none;
    };
    let words = Scheme::ALL.map(Scheme::as_str);
    let mut verify = Fields::of(field.node, &field.path, &["scheme", "secret", "token"], fields.reading);
    verify.require("scheme");
    let scheme = verify.choice::<Scheme>("scheme", &words);
    let (secret, token) = (verify.secret("secret"), verify.secret("token"));
    let is_given = |key: &str| verify.get(key).is_some();
    match scheme {
        Some(Scheme::None) if is_given("secret") || is_given("token") => {
            verify.fault(
                "scheme",
                format!("\"none\" verifies nothing, but a secret is given{}", allowed("", &words)),
            );
        }
        None | Some(Scheme::None) => {}
        Some(_) if is_given("secret") && is_given("token") => {
            verify.fault("token", "secret and token are two names of one thing here; give one of them");
        }
        Some(scheme @ (Scheme::Bearer | Scheme::Gitlab)) if !is_given("secret") && !is_given("token") => {
            verify.fault(
                "token",
                format!("\"{}\" needs the token that the sender puts into its requests", scheme.as_str()),
            );
        }
        Some(scheme) if !is_given("secret") && !is_given("token") => {
            verify.fault(
                "secret",
                format!("\"{}\" needs the secret that the sender signs with", scheme.as_str()),
            );
        }
        Some(_) => {}
    }
    let key = if is_given("token") { "token" } else { "secret" };
    let secret = secret.or(token);
    if scheme == Some(Scheme::Standard)
        && secret.as_ref().is_some_and(|secret| secret.standard_key().is_none())
    {
        verify.fault(key, "must be whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
    fields.show_object("verify", verify);
    Verify { scheme: scheme.unwrap_or(Scheme::None), secret }
}
