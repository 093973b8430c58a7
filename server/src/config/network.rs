//! What may be reached beside public addresses.

use super::fields::Fields;
use crate::net::{AddressRules, Allow};
use serde_json::Value;

/// What may be reached beside public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Hosts and nets.
    pub allow: Vec<Allow>,
}

impl NetworkConfig {
    /// The rules by which addresses are judged.
    pub fn rules(&self) -> AddressRules {
        AddressRules::new(self.allow.iter().cloned())
    }
}

/// Reads the object `network`.
pub(super) fn read_network(fields: &mut Fields<'_>) -> NetworkConfig {
    let mut network = fields.object_or_defaults("network", &["allow"]);
    let mut allow = Vec::new();
    if let Some(texts) = network.texts("allow") {
        for (text, field) in texts {
            match text.value.parse() {
                Ok(allowed) => allow.push(allowed),
                Err(message) => field.fault(network.reading, message),
            }
        }
    } else if network.get("allow").is_none() {
        network.show_default("allow", Value::Array(Vec::new()));
    }
    fields.show_object("network", network);
    NetworkConfig { allow }
}
