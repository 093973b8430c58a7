//! An object of the configuration while it is read: every key is asked for once, and what is wrong, what is
//! shown and where it comes from is noted on the way.

use super::error::{At, Report};
use super::node::{Entry, Kind, Node, Text, join, without_values};
use super::words::allowed;
use crate::secret::{Masked, Secret};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::str::FromStr;
use wire::MASK;

/// Where a value comes from.
const FILE: &str = "file";
const ENVIRONMENT: &str = "environment";
const DEFAULT: &str = "default";

/// What is needed wherever something is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) report: &'a Report,
    /// Takes what a missing variable costs: only the endpoint that is read, where there is one.
    pub(crate) lacks: Option<&'a RefCell<Vec<String>>>,
}

impl<'a> Reading<'a> {
    /// Reading what the whole gateway needs.
    pub(crate) fn of_all(report: &'a Report) -> Self {
        Self { report, lacks: None }
    }

    /// Notes the variables of a text that have no value; `true` if it has none such.
    pub(crate) fn is_whole(&self, text: &Text, at: At, path: &str) -> bool {
        for name in &text.missing {
            match self.lacks {
                Some(lacks) => {
                    lacks
                        .borrow_mut()
                        .push(format!("the environment variable {name} is missing or empty ({path})"));
                }
                None => self.report.fault(
                    at,
                    path,
                    format!("the environment variable {name} is missing or empty; set it and start again"),
                ),
            }
        }
        text.missing.is_empty()
    }
}

/// An object and what was read of it.
pub(crate) struct Fields<'a> {
    pub(crate) reading: Reading<'a>,
    pub(crate) at: At,
    pub(crate) path: String,
    entries: &'a [Entry],
    /// Whether it is an object at all.
    is_object: bool,
    /// What is in force, secrets masked.
    pub(crate) shown: Map<String, Value>,
}

/// A value and its path.
pub(crate) struct Field<'a> {
    pub(crate) node: &'a Node,
    pub(crate) path: String,
}

impl<'a> Fields<'a> {
    /// The object `node`, whose keys must be of `known`. Something else is noted as a fault, and an empty
    /// object read in its place: nothing more is said about what it lacks.
    pub(crate) fn of(node: &'a Node, path: &str, known: &[&str], reading: Reading<'a>) -> Self {
        let Kind::Map(entries) = &node.kind else {
            reading.report.fault(node.at, path, format!("must be an object, not {}", node.describe()));
            return Self { is_object: false, ..Self::absent(path, reading) };
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!("unknown key{}", allowed(&entry.key, known));
                reading.report.fault(entry.at, &join(path, &entry.key), message);
            }
        }
        Self { reading, at: node.at, path: path.to_owned(), entries, is_object: true, shown: Map::new() }
    }

    /// An object that isn't there: everything in it is a default.
    pub(crate) fn absent(path: &str, reading: Reading<'a>) -> Self {
        Self {
            reading,
            at: At::default(),
            path: path.to_owned(),
            entries: &[],
            is_object: true,
            shown: Map::new(),
        }
    }

    /// The value of `key`, if there is one.
    pub(crate) fn get(&self, key: &str) -> Option<Field<'a>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field { node: &entry.value, path: join(&self.path, key) })
    }

    /// The object at `key`.
    pub(crate) fn object(&self, key: &str, known: &[&str]) -> Option<Fields<'a>> {
        let field = self.get(key)?;
        Some(Fields::of(field.node, &field.path, known, self.reading))
    }

    /// The object at `key`, or an empty one.
    pub(crate) fn object_or_defaults(&self, key: &str, known: &[&str]) -> Fields<'a> {
        let absent = || Fields::absent(&join(&self.path, key), self.reading);
        self.object(key, known).unwrap_or_else(absent)
    }

    /// Notes a fault of `key`, or of the whole object where the key isn't there.
    pub(crate) fn fault(&self, key: &str, message: impl Into<String>) {
        let at = self.get(key).map_or(self.at, |field| field.node.at);
        self.reading.report.fault(at, &join(&self.path, key), message);
    }

    /// Notes that what stands at `key` is hardly meant.
    pub(crate) fn warn(&self, key: &str, message: impl Into<String>) {
        let at = self.get(key).map_or(self.at, |field| field.node.at);
        self.reading.report.warn(at, &join(&self.path, key), message);
    }

    /// Notes what is in force at `key`, and that it is the default.
    pub(crate) fn show_default(&mut self, key: &str, value: Value) {
        self.show(key, value, DEFAULT);
    }

    /// Notes what is in force at `key`, and that it comes from the file.
    pub(crate) fn show_given(&mut self, key: &str, value: Value) {
        let from_variable = self.get(key).is_some_and(|field| {
            let mut any = false;
            field
                .node
                .each_text("", &mut |text, _, _| any |= !(text.hidden.is_empty() && text.missing.is_empty()));
            any
        });
        self.show(key, value, if from_variable { ENVIRONMENT } else { FILE });
    }

    /// Notes what is in force in the object at `key`.
    pub(crate) fn show_object(&mut self, key: &str, fields: Fields<'_>) {
        self.shown.insert(key.to_owned(), Value::Object(fields.shown));
    }

    fn show(&mut self, key: &str, value: Value, source: &str) {
        self.reading.report.source(&join(&self.path, key), source);
        self.shown.insert(key.to_owned(), value);
    }

    /// The text at `key`, whole and not empty; faults are noted.
    pub(crate) fn text(&self, key: &str) -> Option<&'a Text> {
        self.get(key)?.text(self.reading)
    }

    /// Notes it where `key` isn't there.
    pub(crate) fn require(&self, key: &str) {
        if self.is_object && self.get(key).is_none() {
            self.fault(key, "is required");
        }
    }

    /// The text at `key` that `check` finds nothing wrong with, shown as it is.
    pub(crate) fn checked_text(
        &mut self,
        key: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<Masked> {
        let text = self.text(key)?;
        let masked = Masked::partly(&text.value, &text.shown, text.hidden.clone());
        self.show_given(key, Value::from(masked.shown()));
        match check(&text.value) {
            Ok(()) => Some(masked),
            Err(message) => {
                self.fault(key, without_values(message, &text.hidden));
                None
            }
        }
    }

    /// The secret at `key`.
    pub(crate) fn secret(&mut self, key: &str) -> Option<Secret> {
        let text = self.text(key)?;
        self.show_given(key, Value::from(MASK));
        if text.value.contains(MASK) {
            self.fault(key, format!("{MASK} stands for a secret that isn't shown; write the secret itself"));
            return None;
        }
        Some(Secret::new(&text.value))
    }

    /// `true` or `false` at `key`.
    pub(crate) fn flag(&mut self, key: &str, default: bool) -> bool {
        let value = self.get(key).and_then(|field| match &field.node.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Null | Kind::Number(_) | Kind::NotFinite | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                self.fault(key, format!("must be true or false, not {}", field.node.describe()));
                None
            }
        });
        self.or_default(key, value, default)
    }

    /// The whole number at `key`.
    pub(crate) fn whole(&mut self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let field = self.get(key)?;
        let value = match &field.node.kind {
            Kind::Number(number) => {
                whole(number).filter(|value| range.contains(value)).ok_or_else(|| number.to_string())
            }
            Kind::Null | Kind::Bool(_) | Kind::NotFinite | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                Err(field.node.describe().to_owned())
            }
        };
        match value {
            Ok(value) => {
                self.show_given(key, Value::from(value));
                Some(value)
            }
            Err(found) => {
                let (from, to) = range.into_inner();
                self.fault(key, format!("must be a whole number from {from} to {to}, not {found}"));
                None
            }
        }
    }

    /// The whole number at `key`, or `default`.
    pub(crate) fn whole_or(&mut self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let value = self.whole(key, range);
        self.or_default(key, value, default)
    }

    /// The word at `key` of the closed set `words`.
    pub(crate) fn choice<T: FromStr>(&mut self, key: &str, words: &[&str]) -> Option<T> {
        let text = self.text(key)?;
        let value = text.value.parse().ok().filter(|_| words.contains(&text.value.as_str()));
        match value {
            Some(_) => self.show_given(key, Value::from(text.shown.as_str())),
            None => {
                self.fault(key, format!("unknown word \"{}\"{}", text.shown, allowed(&text.value, words)));
            }
        }
        value
    }

    /// The texts of the list at `key`, with their fields.
    pub(crate) fn texts(&mut self, key: &str) -> Option<Vec<(&'a Text, Field<'a>)>> {
        let field = self.get(key)?;
        let Kind::List(items) = &field.node.kind else {
            self.fault(key, format!("must be a list of texts, not {}", field.node.describe()));
            return None;
        };
        let shown = field.node.to_json(&|text| text.shown.clone());
        self.show_given(key, shown.unwrap_or_default());
        let fields = items
            .iter()
            .enumerate()
            .map(|(index, node)| Field { node, path: format!("{}[{index}]", field.path) });
        Some(fields.filter_map(|field| Some((field.text(self.reading)?, field))).collect())
    }

    /// Whether the value at `key` is a list without items.
    pub(crate) fn is_empty_list(&self, key: &str) -> bool {
        self.get(key).is_some_and(|field| matches!(&field.node.kind, Kind::List(items) if items.is_empty()))
    }

    /// Whether a list or an object has at most so many entries; a fault, with what helps, where it has more.
    pub(crate) fn is_short(&self, key: &str, most: usize, advice: &str) -> bool {
        let count = match self.get(key).map(|field| &field.node.kind) {
            Some(Kind::List(items)) => items.len(),
            Some(Kind::Map(entries)) => entries.len(),
            Some(_) | None => 0,
        };
        if count > most {
            self.fault(key, format!("has {count} entries, and may have {most}: {advice}"));
        }
        count <= most
    }

    fn or_default<T: Copy + Into<Value>>(&mut self, key: &str, value: Option<T>, default: T) -> T {
        match value {
            Some(value) => self.show_given(key, value.into()),
            None => self.show_default(key, json!(default.into())),
        }
        value.unwrap_or(default)
    }
}

impl<'a> Field<'a> {
    /// Notes a fault of this value.
    pub(crate) fn fault(&self, reading: Reading<'_>, message: impl Into<String>) {
        reading.report.fault(self.node.at, &self.path, message);
    }

    /// The text, whole and not empty; faults are noted.
    pub(crate) fn text(&self, reading: Reading<'_>) -> Option<&'a Text> {
        let Kind::Text(text) = &self.node.kind else {
            self.fault(reading, format!("must be a text, not {}", self.node.describe()));
            return None;
        };
        if !reading.is_whole(text, self.node.at, &self.path) {
            return None;
        }
        if text.value.is_empty() {
            self.fault(reading, "must not be empty");
            return None;
        }
        for odd in &text.odd {
            let message = format!("{odd} is no variable and stays as it is: a name has only A-Z, 0-9 and _");
            reading.report.warn(self.node.at, &self.path, message);
        }
        Some(text)
    }
}

/// The number as a whole one that is not negative: 3, 3.0 and 0x3 are the same.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only exact whole numbers get there"
)]
fn whole(number: &serde_json::Number) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || number.as_f64().filter(|value| value.fract() == 0.0 && (0.0..=EXACT).contains(value));
    number.as_u64().or_else(|| float().map(|value| value as u64))
}
