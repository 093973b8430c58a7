//! A configuration file: read and checked, or refused with every fault in its place.

use server::config::Config;
use std::path::Path;

/// What a variable holds may be used and never be shown.
const HIDDEN: &str = "marker-of-the-environment";

pub(crate) fn fuzz(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // A folder that is not there: what is included is looked for, and not found.
    let file = Path::new("/nowhere/openclaw.json5");
    let environment = |name: &str| name.starts_with("SET").then(|| HIDDEN.to_owned());
    match Config::parse(text, file, &environment) {
        Ok(config) => {
            let shown = config.effective.to_string();
            assert!(!shown.contains(HIDDEN), "a variable's value is shown: {shown}");
            let shown = config.effective["webhooks"]["endpoints"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(shown.len(), config.endpoints.len(), "what is shown is what is in force");
            for (shown, endpoint) in shown.iter().zip(&config.endpoints) {
                // Of one that is shown by halves a variable is the reason.
                let shown = shown["name"].as_str().filter(|name| !name.contains(wire::MASK));
                assert!(shown.is_none_or(|shown| *shown == *endpoint.name), "{shown:?} is {}", endpoint.name);
            }
            for path in config.sources.keys() {
                assert!(path.starts_with("webhooks"), "a source of nothing: {path}");
            }
        }
        Err(errors) => {
            assert!(errors.iter().next().is_some(), "refused without a word");
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let lines: Vec<&str> = text.split('\n').collect();
            for error in &errors {
                let told = error.to_string();
                assert!(!error.message.is_empty() && !told.contains(HIDDEN), "{told}");
                assert_eq!(error.file.as_deref(), file.to_str(), "{told}");
                let (line, column) = error.position.unwrap_or_else(|| panic!("no place: {told}"));
                let line = lines.get(line - 1).unwrap_or_else(|| panic!("no such line: {told}"));
                assert!((1..=line.chars().count() + 1).contains(&column), "no such column: {told}");
            }
        }
    }
}
