//! What the API's lists are asked with, as `deliveries?status=failed&cursor=…`: a page that goes on by its own cursor, or
//! a problem that names the parameter.

use crate::gateway::GATEWAY;
use http::Uri;
use serde_json::Value;

/// What is asked here; each reads a query of its own.
const LISTS: [&str; 8] =
    ["deliveries", "events", "hits", "endpoints", "endpoints/crm/checks", "inbound", "audit", "stats"];

pub(crate) fn fuzz(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (list, query) = text.split_once('?').unwrap_or((text, ""));
    // What stands behind a # is never sent.
    if !LISTS.contains(&list) || query.contains('#') {
        return;
    }
    let target = format!("/api/v1/{list}?{query}");
    if target.parse::<Uri>().is_err() {
        return;
    }
    let (status, answer) = GATEWAY.ask("GET", &target, "");
    if status != 200 {
        assert!(matches!(status.as_u16(), 400 | 404 | 422), "{target}: {status}: {answer}");
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty() && answer["code"].is_string(), "{target}: {answer}");
        if status == 422 {
            // One without a name has none to be told by.
            let field = answer["field"].as_str().unwrap_or_default();
            let given = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == field);
            assert!(given && (detail.contains("parameter") || !field.is_empty()), "{target}: {answer}");
        }
        return;
    }
    if let Some(next) = answer["next"].as_str() {
        let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair("cursor", next)
            .finish();
        let (status, following) = GATEWAY.ask("GET", &format!("/api/v1/{list}?{query}"), "");
        assert_eq!(status, 200, "{target}: its own cursor {next} is refused: {following}");
        let ids = |page: &Value| -> Vec<Value> {
            page["items"].as_array().into_iter().flatten().map(|item| item["id"].clone()).collect()
        };
        assert!(
            ids(&following).iter().all(|id| id.is_null() || !ids(&answer).contains(id)),
            "{target}: twice"
        );
    }
}
