//! What every answer tells browsers, whoever gives it.

use http::{HeaderMap, HeaderValue, Uri, header};

/// No answer is taken for another type than it says it is; and what the API answers is kept nowhere, unless it says
/// otherwise itself: it shows messages, and to one visitor only.
pub(crate) fn tell(asked: &Uri, headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if asked.path().starts_with("/api/v1/") {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
