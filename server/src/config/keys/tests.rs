//! The table of keys against the readers: nothing is known to the one and not to the other.

use super::example::render;
use super::*;
use crate::config::error::Report;
use crate::config::{Config, ConfigSource, syntax};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

mod validator;

use validator::fits;

fn faults(config: &Value) -> Vec<String> {
    read(&config.to_string())
        .err()
        .map(|errors| errors.iter().map(ToString::to_string).collect())
        .unwrap_or_default()
}

fn read(text: &str) -> Result<Config, crate::config::ConfigErrors> {
    Config::parse(text, Path::new("x"), &variable)
}

/// Every variable that a configuration may name is set, each to a value of its own.
fn variable(name: &str) -> Option<String> {
    (!name.starts_with("OPENCLAW_WEBHOOKS_KEY")).then(|| name.to_owned())
}

/// JSON5 as a value, by the parser that reads the file.
fn json5(text: &str) -> Value {
    let report = Report::default();
    let tree = syntax::parse(text, report.add_file(Path::new("x")), "", &report).unwrap();
    tree.to_json(&|text| text.value.clone()).unwrap()
}

/// Every key, with the pointer of the object that it stands in.
fn each<'a>(keys: &'a [Key], pointer: &str, visit: &mut impl FnMut(&str, &'a [Key])) {
    visit(pointer, keys);
    for key in keys {
        let pointer = format!("{pointer}/{}", key.name);
        match key.takes {
            Takes::Object(keys) => each(keys, &pointer, visit),
            Takes::Objects(keys) => each(keys, &format!("{pointer}/0"), visit),
            Takes::Named(first, keys) => each(keys, &format!("{pointer}/{first}"), visit),
            _ => {}
        }
    }
}

#[test]
fn the_example_is_good_as_it_stands() {
    let config =
        Config::parse(&example(), Path::new("x"), &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((config.endpoints.len(), config.inbound.endpoints.len()), (1, 1));
    assert!(config.endpoints[0].fault.is_none());
    // The agent in it is commented out.
    let warnings: Vec<&str> = config.warnings.iter().map(|warning| &*warning.message).collect();
    assert!(matches!(warnings[..], [one] if one.starts_with("there is no webhooks.agent")), "{warnings:?}");
}

#[test]
fn the_example_is_good_with_everything_in_it() {
    let mut config = json5(&render(true));
    // Two names of one thing, of which one may stand; and a secret for a scheme that has one.
    let verify = config.pointer_mut("/webhooks/inbound/endpoints/deploy/verify").unwrap();
    verify["scheme"] = "github".into();
    verify.as_object_mut().unwrap().remove("token");
    assert_eq!(faults(&config), Vec::<String>::new());
}

/// Each reader names what it knows when it is given what it does not.
#[test]
fn the_readers_know_these_keys_and_no_others() {
    let whole = json5(&render(true));
    each(CONFIGURATION, "/webhooks", &mut |pointer, keys| {
        let mut config = whole.clone();
        config
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .insert("zzzzzzzz".to_owned(), Value::Null);
        let fault =
            faults(&config).into_iter().find(|fault| fault.contains("zzzzzzzz: unknown key")).unwrap();
        let mut known: Vec<&str> = fault.split("llowed: ").last().unwrap().split(", ").collect();
        let mut ours: Vec<&str> = keys.iter().map(|key| key.name).collect();
        known.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, known, "{pointer}");
    });
}

/// And each says what it takes.
#[test]
fn the_readers_take_these_numbers_and_words() {
    let whole = json5(&render(true));
    each(CONFIGURATION, "/webhooks", &mut |pointer, keys| {
        for key in keys {
            let (bad, says) = match key.takes {
                Takes::Whole(from, to) => {
                    (json!(-1), format!("must be a whole number from {from} to {to}, not -1"))
                }
                Takes::Rate(most) => (json!(0), format!("above 0 and at most {most}")),
                Takes::Word(words) => (json!("zzzzzzzz"), format!("allowed: {}", words.join(", "))),
                Takes::Flag => (json!("yes"), "must be true or false".to_owned()),
                Takes::Url => (json!("ftp://x"), "must begin with https:// or http://".to_owned()),
                Takes::Texts(true) | Takes::Events => (json!([]), "must name at least one".to_owned()),
                _ => continue,
            };
            let mut config = whole.clone();
            config.pointer_mut(pointer).unwrap()[key.name] = bad;
            let found = faults(&config);
            let path = format!("{}: ", key.name);
            assert!(
                found.iter().any(|fault| fault.contains(&path) && fault.contains(&says)),
                "{pointer} {}: {found:?}",
                key.name
            );
        }
    });
}

#[test]
fn the_readers_require_the_same() {
    let whole = json5(&render(true));
    each(CONFIGURATION, "/webhooks", &mut |pointer, keys| {
        for key in keys {
            let mut config = whole.clone();
            config.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key.name);
            let required = format!("{}: is required", key.name);
            let found = faults(&config).iter().any(|fault| fault.contains(&required));
            assert_eq!(found, matches!(key.without, Without::Refused(_)), "{pointer} {}", key.name);
        }
    });
}

/// A file with nothing but what is required.
fn bare(keys: &[Key]) -> Value {
    let mut object = Map::new();
    for key in keys {
        let value = match (key.takes, key.without) {
            (Takes::Objects(keys), Without::OfItsKeys) => json!([bare(keys)]),
            (Takes::Named(first, keys), _) => json!({ first: bare(keys) }),
            (Takes::Object(keys), Without::OfItsKeys) => bare(keys),
            // What is required in there has defaults beside it.
            (Takes::Object(keys), Without::Absent(_)) if key.name == "agent" => bare(keys),
            (_, Without::Refused(value)) => json5(value),
            _ => continue,
        };
        object.insert(key.name.to_owned(), value);
    }
    Value::Object(object)
}

#[test]
fn the_defaults_are_those_in_force() {
    let config = read(&json!({ "webhooks": bare(CONFIGURATION) }).to_string())
        .unwrap_or_else(|errors| panic!("{errors}"));
    let mut defaults: Vec<String> = Vec::new();
    each(CONFIGURATION, "/webhooks", &mut |pointer, keys| {
        for key in keys {
            let Without::Default(value) = key.without else { continue };
            let pointer = format!("{pointer}/{}", key.name);
            assert_eq!(config.effective.pointer(&pointer), Some(&json5(value)), "{pointer}");
            defaults.push(pointer.trim_start_matches('/').replace("/0/", "[0]/").replace('/', "."));
        }
    });
    // The machine's name is no default that could be written down; a burst follows perSecond.
    defaults.push("webhooks.server.instanceId".to_owned());
    for (path, source) in config.sources {
        assert!(
            source != "default" || defaults.contains(&path),
            "{path} has a default that the table does not know"
        );
    }
}

fn seeds() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed-config");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "json5")).collect()
}

#[test]
fn the_schema_takes_what_the_readers_take() {
    let schema = schema();
    let mut texts: Vec<String> = seeds().iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert_eq!(texts.len(), 7);
    texts.extend([
        example(),
        render(true),
        "{}".to_owned(),
        "{ webhooks: { $include: './a.json5' } }".to_owned(),
    ]);
    for text in texts {
        if let Err(fault) = fits(&json5(&text), &schema) {
            panic!("{fault} in {text}");
        }
    }
    for file in seeds() {
        assert!(Config::load(&ConfigSource::Named(file), &variable).is_ok());
    }
}

#[test]
fn the_schema_refuses_what_the_readers_refuse() {
    let schema = schema();
    let whole = json5(&example());
    for (pointer, bad) in [
        ("/webhooks/endpoints/0/retry/maxAttempt", json!(3)),
        ("/webhooks/endpoints/0/retry/maxAttempts", json!(0)),
        ("/webhooks/endpoints/0/url", json!("ftp://x")),
        ("/webhooks/endpoints/0/events", json!([])),
        ("/webhooks/endpoints/0/events", json!(["message.send"])),
        ("/webhooks/endpoints/0/name", json!("a b")),
        ("/webhooks/endpoints/0/signing", json!("none")),
        ("/webhooks/inbound/endpoints/a b", json!({ "agentId": "a", "template": "x" })),
        ("/webhooks/server/listen", json!(8787)),
        ("/hooks", json!({})),
    ] {
        let mut config = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        config.pointer_mut(parent).unwrap()[key] = bad;
        assert!(fits(&config, &schema).is_err(), "{pointer}");
        assert_ne!(faults(&config), Vec::<String>::new(), "{pointer}");
    }
    let mut variable = whole.clone();
    variable["webhooks"]["endpoints"][0]["signing"] = "${SIGNING}".into();
    assert_eq!(fits(&variable, &schema), Ok(()));
}
