//! A check: one health check of an endpoint, for which no event is sent.

use crate::{CheckId, Reason, Time, Timings};
use serde::{Deserialize, Serialize};

/// What a health check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its id.
    pub id: CheckId,
    /// The endpoint's name.
    pub endpoint: String,
    /// When it began.
    pub at: Time,
    /// Whether any HTTP answer below 500 came.
    pub reachable: bool,
    /// The answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why it was not reachable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// One line on how to mend that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where the time went.
    pub timings: Timings,
    /// The address that was dialled, with its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_address: Option<String>,
}
