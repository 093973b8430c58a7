//! Where an endpoint's requests go and what they carry beside the body: `url`, `headers` and `tls`.

use crate::config::checks;
use crate::config::fields::{Field, Fields};
use crate::config::node::{Kind, join};
use crate::net::TlsFiles;
use crate::secret::Masked;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// What is added to each request, and kept with each attempt: so many headers, and so many bytes of all together.
const MOST_HEADERS: usize = 50;
const MOST_HEADER_BYTES: usize = 16 << 10;

pub(in crate::config) fn read_url(fields: &mut Fields<'_>) -> Option<Masked> {
    let shown = fields.get("url").and_then(|field| match &field.node.kind {
        Kind::Text(text) => Some(checks::masked_url(text)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite | Kind::List(_) | Kind::Map(_) => None,
    });
    let whole = fields.checked_text("url", checks::http_url);
    if let Some(masked) = &shown {
        fields.show_given("url", Value::from(masked.shown()));
    }
    // Of a URL whose variable is missing only what is shown stays: there is nothing to send to.
    if whole.is_some() { shown } else { shown.map(|masked| Masked::partly("", masked.shown(), Vec::new())) }
}

pub(super) fn read_headers(fields: &mut Fields<'_>) -> Vec<(String, Masked)> {
    let Some(field) = fields.get("headers") else { return Vec::new() };
    let Kind::Map(entries) = &field.node.kind else {
        field.fault(
            fields.reading,
            format!("must be an object of header names and values, not {}", field.node.describe()),
        );
        return Vec::new();
    };
    if !fields.is_short("headers", MOST_HEADERS, "take away what the receiver does not read") {
        return Vec::new();
    }
    let mut headers: Vec<(String, Masked)> = Vec::new();
    let mut shown = Map::new();
    for entry in entries {
        let value = Field { node: &entry.value, path: join(&field.path, &entry.key) };
        let report = fields.reading.report;
        if let Err(message) = checks::header_name(&entry.key) {
            report.fault(entry.at, &value.path, message);
        }
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&entry.key)) {
            report.fault(entry.at, &value.path, "this header is given twice: case makes no difference");
        }
        if let Kind::Text(text) = &entry.value.kind {
            shown.insert(entry.key.clone(), Value::from(checks::masked_header(&entry.key, text).shown()));
        }
        let Some(text) = value.text(fields.reading) else { continue };
        if let Err(message) = checks::header_value(&text.value) {
            value.fault(fields.reading, message);
        }
        if text.value.contains(wire::MASK) {
            value.fault(fields.reading, "•••• stands for a value that isn't shown; write the value itself");
        }
        headers.push((entry.key.clone(), checks::masked_header(&entry.key, text)));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.value().len()).sum();
    if bytes > MOST_HEADER_BYTES {
        let message = format!(
            "has {bytes} bytes in all, and may have {MOST_HEADER_BYTES}: a longer text belongs into the body, by transform"
        );
        field.fault(fields.reading, message);
    }
    fields.show_given("headers", Value::Object(shown));
    headers
}

pub(super) fn read_tls(fields: &mut Fields<'_>) -> Option<TlsFiles> {
    let mut tls = fields.object("tls", &["caFile", "clientCertFile", "clientKeyFile"])?;
    let mut file =
        |key: &str| tls.checked_text(key, checks::absolute_path).map(|file| PathBuf::from(file.value()));
    let (ca, certificate, key) = (file("caFile"), file("clientCertFile"), file("clientKeyFile"));
    for (given, lacks) in [("clientCertFile", "clientKeyFile"), ("clientKeyFile", "clientCertFile")] {
        if tls.get(given).is_some() && tls.get(lacks).is_none() {
            tls.fault(given, format!("needs {lacks} beside it"));
        }
    }
    fields.show_object("tls", tls);
    Some(TlsFiles { ca, client: certificate.zip(key) })
}
