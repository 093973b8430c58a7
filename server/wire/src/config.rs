//! The effective configuration as the API shows it.

use crate::Time;
use serde::{Deserialize, Serialize};

/// What is in force, secrets masked, and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigView {
    /// The gateway's version.
    pub version: String,
    /// Whether this is the demo, with receivers and a source of its own.
    pub demo: bool,
    /// The configuration's file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The node's name in events and attempts.
    pub instance_id: String,
    /// Where hits are posted.
    pub inbound_base_path: String,
    /// Everything in force, secrets masked.
    pub effective: serde_json::Value,
    /// Where each value comes from: `file`, `environment` or `default`, by its path.
    pub sources: std::collections::BTreeMap<String, String>,
    /// The agent, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<crate::Agent>,
    /// Whether the definitions of endpoints made through the API, secrets included, are sealed in the database.
    #[serde(default)]
    pub sealed: bool,
    /// The last time the file was read.
    pub reload: Reload,
}

/// How the last reading of the file went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reload {
    /// When.
    pub at: Time,
    /// Why it was refused; the configuration before it is in force then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
