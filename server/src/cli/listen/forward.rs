//! Passing on what arrived, and saying truthfully whether anyone takes it.

use crate::cli::dial::dial;
use crate::cli::http::{Answer, send};
use crate::cli::out::note;
use axum::body::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use std::sync::atomic::{AtomicBool, Ordering};
use url::Url;

/// What belongs to a connection, not to a request.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Where requests are passed on to.
#[derive(Debug)]
pub(super) struct Forward {
    url: Url,
    /// Whether the last try got through.
    connected: AtomicBool,
}

impl Forward {
    pub(super) const fn new(url: Url) -> Self {
        Self { url, connected: AtomicBool::new(true) }
    }

    /// Looks whether anyone listens there, before there is anything to pass on.
    pub(super) async fn look(&self) {
        match dial(&self.url).await {
            Ok(_) => note(format!("Forwarding to {}: somebody listens there.", self.url)),
            Err(error) => {
                self.connected.store(false, Ordering::Relaxed);
                note(format!(
                    "NOT forwarding to {} yet: {error}. Each request is tried; until it gets through the gateway is answered 502.",
                    self.url
                ));
            }
        }
    }

    /// Passes a request on; the error says why nobody answered.
    pub(super) async fn pass_on(
        &self,
        method: Method,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut headers = headers.clone();
        for name in OF_THE_CONNECTION {
            headers.remove(name);
        }
        let answer = send(method, &self.url, headers, body).await;
        let was = self.connected.swap(answer.is_ok(), Ordering::Relaxed);
        match &answer {
            Ok(_) if !was => note(format!("Forwarding to {} works now.", self.url)),
            Err(error) if was => note(format!("Forwarding to {} does not work any more: {error}.", self.url)),
            Ok(_) | Err(_) => {}
        }
        answer
    }
}
