//! The audit: who changed what, and who tried.

use crate::Time;
use serde::{Deserialize, Serialize};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// `aud_…`, in the order of time.
    pub id: String,
    /// When.
    pub at: Time,
    /// `admin`, `viewer`, `ingest` or `nobody`, by the token; `local` where there are no tokens; `file` for the configuration.
    pub who: String,
    /// Where from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `redeliver cancel redeliver_many make_endpoint change_endpoint remove_endpoint pause resume check test
    /// rotate_secret reveal_secret replay check_agent login logout reload`; and, where a role was refused it, `read post_events
    /// preview unknown`.
    pub action: String,
    /// Which delivery, endpoint or hit; of what was not to be read its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it was answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// What went wrong, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
