//! `config check`: says all that is wrong with the configuration at once.

use crate::cli::end::{Failure, Verdict};
use crate::cli::out::{Out, note};
use crate::cli::plain;
use crate::config::{Config, ConfigError, ConfigSource};
use serde_json::json;
use std::io;

pub(super) fn run(source: &ConfigSource, out: Out) -> Result<Verdict, Failure> {
    let config = match Config::load(source, &crate::cli::environment) {
        Ok(config) => config,
        Err(errors) => {
            errors.iter().try_for_each(|error| write(out, "error", error))?;
            return Ok(Verdict::Found);
        }
    };
    let file = config.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
    let faults: Vec<ConfigError> = faults(&config, &file).collect();
    faults.iter().try_for_each(|fault| write(out, "error", fault))?;
    config.warnings.iter().try_for_each(|warning| write(out, "warning", warning))?;
    if !out.is_json() {
        let endpoints = plain::count(config.endpoints.len(), "endpoint");
        let inbound = plain::count(config.inbound.endpoints.len(), "inbound endpoint");
        out.line(format!("{}: {endpoints}, {inbound}", plain::line(&file)))?;
    }
    Ok(Verdict::of(faults.is_empty()))
}

/// What costs an endpoint alone: variables without a value.
fn faults(config: &Config, file: &str) -> impl Iterator<Item = ConfigError> {
    let outbound = config.endpoints.iter().filter_map(|endpoint| endpoint.fault.as_ref());
    let inbound = config.inbound.endpoints.iter().filter_map(|endpoint| endpoint.fault.as_ref());
    outbound.chain(inbound).map(move |fault| ConfigError {
        file: Some(file.to_owned()),
        position: None,
        path: String::new(),
        message: fault.clone(),
    })
}

fn write(out: Out, kind: &str, error: &ConfigError) -> io::Result<()> {
    if !out.is_json() {
        let prefix = if kind == "error" { "" } else { "warning: " };
        note(format!("{prefix}{}", plain::lines(&error.to_string())));
        return Ok(());
    }
    let mut object = json!({ "kind": kind });
    if let Some(file) = &error.file {
        object["file"] = file.as_str().into();
    }
    if let Some((line, column)) = error.position {
        object["line"] = line.into();
        object["column"] = column.into();
    }
    if !error.path.is_empty() {
        object["path"] = error.path.as_str().into();
    }
    object["message"] = error.message.as_str().into();
    out.object(&object)
}
