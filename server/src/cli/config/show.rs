//! `config show`: what is in force, secrets masked, and where each value comes from.

use crate::cli::end::{Failure, Verdict};
use crate::cli::out::{DIM, MOVES, Out};
use crate::cli::plain;
use crate::cli::table::{Cell, Table};
use crate::config::{Config, ConfigSource};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn run(source: &ConfigSource, out: Out) -> Result<Verdict, Failure> {
    let config = Config::load(source, &crate::cli::environment).map_err(|errors| {
        Failure::Problem(format!(
            "the configuration can't be read as it is here; what a running gateway has in force stands in its dashboard's settings\n{}",
            plain::lines(&errors.to_string())
        ))
    })?;
    let file = config.file.as_ref().map(|file| file.display().to_string());
    if out.is_json() {
        let mut object = json!({ "effective": config.effective, "sources": config.sources });
        if let Some(file) = file {
            object["file"] = file.into();
        }
        out.object(&object)?;
        return Ok(Verdict::Done);
    }
    let name =
        file.unwrap_or_else(|| format!("{} (not there: these are the defaults)", source.file().display()));
    out.line(plain::line(&name))?;
    let mut table = Table::new(&["SOURCE", "KEY", "VALUE"]);
    add(&mut table, "", &config.effective, &config.sources);
    table.lines().iter().try_for_each(|line| out.line(line))?;
    Ok(Verdict::Done)
}

/// Adds a row for each value whose source is known, and goes into everything else.
fn add(table: &mut Table, path: &str, value: &Value, sources: &BTreeMap<String, String>) {
    if let Some(source) = sources.get(path) {
        let style = match source.as_str() {
            "default" => DIM,
            "environment" => MOVES,
            _ => anstyle::Style::new(),
        };
        table.row([Cell::styled(source, style), path.into(), value.to_string().into()]);
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                add(table, &crate::config::join(path, key), value, sources);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add(table, &format!("{path}[{index}]"), item, sources);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
