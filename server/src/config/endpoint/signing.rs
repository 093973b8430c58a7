//! What an endpoint's deliveries are signed with: `signing`, `secret` and `previousSecrets`.

use crate::config::fields::{Field, Fields};
use crate::config::node::{Kind, Node};
use crate::secret::Secret;
use serde_json::Value;
use wire::{Signing, Time};

/// Each signs every delivery once more.
const MOST_PREVIOUS: usize = 10;

/// A secret that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when deliveries are signed with it as well.
    pub until: Time,
}

pub(super) fn read_signing(fields: &mut Fields<'_>) -> Signing {
    let words: Vec<&str> = Signing::ALL.iter().map(|signing| signing.as_str()).collect();
    fields.choice("signing", &words).unwrap_or_else(|| {
        fields.show_default("signing", Value::from(Signing::default().as_str()));
        Signing::default()
    })
}

pub(super) fn read_previous_secrets(fields: &mut Fields<'_>) -> Vec<PreviousSecret> {
    let Some(field) = fields.get("previousSecrets") else { return Vec::new() };
    let Kind::List(items) = &field.node.kind else {
        field.fault(
            fields.reading,
            format!("must be a list of {{ secret, until }}, not {}", field.node.describe()),
        );
        return Vec::new();
    };
    let advice = "take away those that no receiver verifies with any more, or rotate with overlapSeconds: 0";
    if !fields.is_short("previousSecrets", MOST_PREVIOUS, advice) {
        return Vec::new();
    }
    let mut secrets = Vec::new();
    let mut shown = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{}[{index}]", field.path);
        let mut previous = Fields::of(item, &path, &["secret", "until"], fields.reading);
        previous.require("secret");
        previous.require("until");
        let secret = previous.secret("secret");
        let until = previous
            .checked_text("until", |text| text.parse::<Time>().map(drop).map_err(|error| error.to_string()));
        let until = until.and_then(|text| text.value().parse().ok());
        secrets.extend(secret.zip(until).map(|(secret, until)| PreviousSecret { secret, until }));
        shown.push(Value::Object(previous.shown));
    }
    fields.show_given("previousSecrets", Value::Array(shown));
    secrets
}

/// Standard Webhooks needs keys in base64, and something to sign with at all.
pub(super) fn check_keys(fields: &Fields<'_>, signing: Signing, secret: Option<&Secret>) {
    match signing {
        Signing::Openclaw => return,
        Signing::Standard | Signing::Both => {}
    }
    let message = format!(
        "signing \"{signing}\" needs a secret of whsec_ and base64, as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw; \
         this one is no base64"
    );
    if fields.get("secret").is_none() {
        fields.fault("signing", format!("signing \"{signing}\" needs a secret; there is none"));
    }
    if secret.is_some_and(|secret| secret.standard_key().is_none()) {
        fields.fault("secret", &*message);
    }
    let Some(Field { node: Node { kind: Kind::List(items), .. }, path }) = fields.get("previousSecrets")
    else {
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let Kind::Map(entries) = &item.kind else { continue };
        for entry in entries.iter().filter(|entry| entry.key == "secret") {
            let Kind::Text(text) = &entry.value.kind else { continue };
            if text.missing.is_empty() && Secret::new(&text.value).standard_key().is_none() {
                fields.reading.report.fault(entry.value.at, &format!("{path}[{index}].secret"), &*message);
            }
        }
    }
}
