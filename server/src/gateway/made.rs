//! Endpoints made through the API: their definitions live in the database, under the file's names and rules.

use super::Gateway;
use crate::config::EndpointConfig;
use crate::problem::Problem;
use crate::store::{MadeEndpoint, Pause, StoreError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::atomic::Ordering;
use wire::{MASK, Time};

/// Endpoints that the API may make: each has a lane, a health check and figures of its own.
const MOST_MADE: usize = 500;
/// Bytes of a secret that is made here: 192 bits.
const SECRET_BYTES: usize = 24;
/// What the log says to whoever reads that secrets lie open.
const REMEDY: &str = "OPENCLAW_WEBHOOKS_KEY seals whatever is made through the API";

impl Gateway {
    /// Makes an endpoint. The name must be free.
    pub async fn make_endpoint(&self, definition: Value) -> Result<wire::Endpoint, Problem> {
        let config = read(&definition)?;
        if self.endpoints.get(&config.name).is_some() {
            let detail = format!("there is an endpoint {} already; choose another name", config.name);
            return Err(Problem::new(StatusCode::CONFLICT, "name_taken", detail));
        }
        let made = self.store.made_endpoints().await?.len();
        if made >= MOST_MADE {
            let detail = format!(
                "there are {made} endpoints made through the API, and no more are made: remove what is not needed, or define \
                 endpoints in the configuration's file"
            );
            return Err(Problem::unprocessable("too_many_endpoints", "", &detail));
        }
        self.put(&config.name, definition).await
    }

    /// Changes an endpoint by a merge patch (RFC 7396): `null` takes a key away, what is not named stays.
    pub async fn change_endpoint(&self, name: &str, patch: &Value) -> Result<wire::Endpoint, Problem> {
        let mut definition = self.made(name).await?.definition;
        if !patch.is_object() {
            return Err(Problem::unprocessable("invalid_endpoint", "", "a patch is a JSON object"));
        }
        if patch.get("name").is_some_and(|new| *new != name) {
            let detail = "can't be changed: deliveries belong to it; make another endpoint";
            return Err(Problem::unprocessable("invalid_endpoint", "name", detail));
        }
        merge(&mut definition, patch);
        read(&definition)?;
        self.put(name, definition).await
    }

    /// Removes an endpoint; what waits for it is cancelled.
    pub async fn remove_endpoint(&self, name: &str) -> Result<(), Problem> {
        self.made(name).await?;
        // Should the gateway end in between, the endpoint is still there, and so is what is left of its queue.
        if let Some(endpoint) = self.endpoints.get(name) {
            endpoint.remove();
        }
        self.cancel_open(name).await?;
        self.forget_pause(name).await?;
        self.committer.remove(name).await?;
        self.define_again().await
    }

    /// Whoever gets the name next is not paused. Told as any resuming, so that other gateways know it too.
    async fn forget_pause(&self, name: &str) -> Result<(), Problem> {
        let mut pauses = self.store.pauses().await?.into_iter();
        if pauses.any(|pause| pause.endpoint == name && pause.paused) {
            let (endpoint, since) = (name.to_owned(), self.clock.now());
            self.committer.pause(Pause { endpoint, paused: false, reason: None, since }).await?;
        }
        Ok(())
    }

    /// Gives an endpoint another secret. The one before stays good for `overlap_ms`, which receivers of Standard Webhooks
    /// signatures can use to change over.
    pub async fn rotate_secret(
        &self,
        name: &str,
        secret: Option<String>,
        overlap_ms: i64,
    ) -> Result<(String, Option<Time>), Problem> {
        let mut definition = self.made(name).await?.definition;
        let secret = secret.unwrap_or_else(new_secret);
        let until = self.clock.now().plus_ms(overlap_ms);
        let before = definition.get("secret").cloned();
        let mut kept: Vec<Value> = definition
            .get("previousSecrets")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|kept| self.is_in_force(kept))
            .cloned()
            .collect();
        kept.extend(before.iter().map(|before| json!({ "secret": before, "until": until })));
        merge(&mut definition, &json!({ "secret": secret, "previousSecrets": kept }));
        read(&definition)?;
        self.put(name, definition).await?;
        Ok((secret, before.map(|_| until)))
    }

    /// The secret that an endpoint of the API is signed for with.
    pub async fn secret_of(&self, name: &str) -> Result<String, Problem> {
        let definition = self.made(name).await?.definition;
        let secret = definition.get("secret").and_then(Value::as_str);
        secret.map(ToOwned::to_owned).ok_or_else(|| Problem::not_found("secret of the endpoint", name))
    }

    fn is_in_force(&self, previous: &Value) -> bool {
        let until =
            previous.get("until").and_then(Value::as_str).and_then(|until| until.parse::<Time>().ok());
        until.is_some_and(|until| until > self.clock.now())
    }

    async fn put(&self, name: &str, definition: Value) -> Result<wire::Endpoint, Problem> {
        let lies_open = !self.vault.is_closed() && holds_secret(&definition);
        let definition = self.vault.seal(name, &definition).map_err(StoreError::Open)?;
        let made = MadeEndpoint { name: name.to_owned(), definition, changed_at: self.clock.now() };
        self.committer.define(made).await?;
        // Of a hundred endpoints the first says it for all.
        if lies_open && !self.told_of_plain.swap(true, Ordering::Relaxed) {
            tracing::warn!(endpoint.name = %name, "The secrets of {name} lie in the database as they are; {REMEDY}");
        }
        self.define_again().await?;
        let endpoint = self.endpoints.find(name)?;
        Ok(self.endpoint(&endpoint))
    }

    /// Every endpoint that the API made, unsealed.
    pub(super) async fn made_endpoints(&self) -> Result<Vec<MadeEndpoint>, StoreError> {
        let stored = self.store.made_endpoints().await?.into_iter();
        let opened = stored.map(|made| {
            let definition = self.vault.open(&made.name, made.definition).map_err(StoreError::Open)?;
            Ok(MadeEndpoint { definition, ..made })
        });
        opened.collect()
    }

    /// Seals what was stored before there was a key, or with another one.
    pub(super) async fn seal_all(&self) -> Result<(), StoreError> {
        let stored = self.store.made_endpoints().await?;
        if !self.vault.is_closed() {
            let open = stored.iter().filter(|made| holds_secret(&made.definition));
            let names: Vec<&str> = open.map(|made| made.name.as_str()).collect();
            if !names.is_empty() {
                let (count, names) = (names.len(), names.join(", "));
                tracing::warn!(
                    endpoints = count,
                    "Secrets lie in the database as they are, those of {names}; {REMEDY}"
                );
            }
        }
        for made in stored {
            if self.vault.is_current(&made.definition) {
                continue;
            }
            let definition = self.vault.open(&made.name, made.definition).map_err(StoreError::Open)?;
            let definition = self.vault.seal(&made.name, &definition).map_err(StoreError::Open)?;
            let sealed = self.committer.define(MadeEndpoint { definition, ..made }).await;
            sealed
                .map_err(|_| StoreError::Open("endpoints could not be sealed in the database".to_owned()))?;
        }
        Ok(())
    }

    /// An endpoint that the API made, and so may change.
    async fn made(&self, name: &str) -> Result<MadeEndpoint, Problem> {
        self.endpoints.find(name)?;
        let in_file = self.config().endpoint(name).is_some();
        let made = self.made_endpoints().await?.into_iter().find(|made| made.name == name);
        made.filter(|_| !in_file).ok_or_else(|| {
            let detail = format!("{name} is in the configuration's file: change it there");
            Problem::new(StatusCode::CONFLICT, "in_file", detail)
        })
    }
}

/// Reads a definition, or tells everything that is wrong with it.
fn read(definition: &Value) -> Result<EndpointConfig, Problem> {
    EndpointConfig::from_json(definition).map_err(|errors| Problem::faults("invalid_endpoint", errors))
}

/// Whether it holds something that is shown to nobody.
fn holds_secret(definition: &Value) -> bool {
    let Ok(config) = read(definition) else { return false };
    let mut carried = config.headers.iter().map(|(_, value)| value).chain([&config.url]);
    config.secret.is_some()
        || !config.previous_secrets.is_empty()
        || carried.any(|text| text.shown() != text.value())
}

/// RFC 7396; a masked value, as the API shows it, stands for the one that is there.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        if *patch != MASK {
            target.clone_from(patch);
        }
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut target = json!({ "url": "a", "headers": { "X": "1", "Y": "2" }, "secret": "s", "retry": {} });
        merge(
            &mut target,
            &json!({ "url": "b", "headers": { "X": null, "Z": "3" }, "secret": MASK, "retry": null }),
        );
        assert_eq!(target, json!({ "url": "b", "headers": { "Y": "2", "Z": "3" }, "secret": "s" }));
    }

    #[test]
    fn a_new_secret_is_one_that_a_configuration_takes() {
        let secret = new_secret();
        let definition = json!({ "name": "a", "url": "https://a.example/", "events": ["*"], "secret": secret, "signing": "both" });
        assert!(read(&definition).is_ok());
        assert_ne!(secret, new_secret());
    }
}
