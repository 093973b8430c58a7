//! Secrets that come back: whoever is sent one may send it back in an answer, and what is kept and shown of that answer has
//! `••••` in its place.

use crate::secret::Secret;
use serde_json::Value;
use std::cmp::Reverse;
use wire::MASK;

/// Shorter ones stand in half of all texts by chance.
const SHORTEST: usize = 5;

/// What must not be seen in an answer.
#[derive(Clone, Debug)]
pub struct Echoes(Vec<Secret>);

impl Echoes {
    /// Knows `secrets`, as they are and as JSON writes them.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            known.push(secret.to_owned());
            let quoted = Value::from(secret).to_string();
            let escaped = &quoted[1..quoted.len() - 1];
            // Some writers put a backslash before each slash too.
            known.extend([escaped.to_owned(), escaped.replace('/', "\\/")]);
        }
        // Of two that begin alike the longer one goes first, or its rest would stay.
        known.sort_by(|a, b| (Reverse(a.len()), a).cmp(&(Reverse(b.len()), b)));
        known.dedup();
        Self(known.into_iter().map(Secret::new).collect())
    }

    /// Masks them in `text`.
    pub fn mask(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.expose()) {
                *text = text.replace(secret.expose(), MASK);
            }
        }
    }

    /// Masks the beginning of one with which a `text` ends that was cut.
    pub fn mask_end(&self, text: &mut String) {
        let begins = |secret: &Secret| {
            let secret = secret.expose();
            let beginning = |length: &usize| secret.get(..*length).is_some_and(|part| text.ends_with(part));
            (SHORTEST..secret.len()).rev().find(beginning)
        };
        if let Some(length) = self.0.iter().filter_map(begins).max() {
            text.replace_range(text.len() - length.., MASK);
        }
    }

    /// A body as text and as JSON (`null` where it is none), with nothing in either that must not be seen.
    pub fn read(&self, body: &[u8]) -> (String, Value) {
        let mut text = String::from_utf8_lossy(body).into_owned();
        let mut json = serde_json::from_str(&text).unwrap_or_default();
        self.mask_json(&mut json);
        self.mask(&mut text);
        (text, json)
    }

    fn mask_json(&self, json: &mut Value) {
        match json {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(entries) => entries.values_mut().for_each(|value| self.mask_json(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masked(secrets: &[&str], text: &str) -> String {
        let mut text = text.to_owned();
        Echoes::of(secrets.iter().copied()).mask(&mut text);
        text
    }

    #[test]
    fn what_comes_back_is_masked_however_it_is_written() {
        assert_eq!(
            masked(&["a/b\"c"], r#"a/b"c {"t":"a/b\"c","u":"a\/b\"c"}"#),
            r#"•••• {"t":"••••","u":"••••"}"#
        );
        assert_eq!(
            masked(&["token", "token-two"], "token token-two"),
            "•••• ••••",
            "the longer one leaves no rest"
        );
        assert_eq!(masked(&["abc", ""], "abc"), "abc", "too short to be told from chance");
    }

    #[test]
    fn of_one_that_is_cut_nothing_stays() {
        let ends = |text: &str| {
            let mut text = text.to_owned();
            Echoes::of(["s3cret-word", "s3cret/two"]).mask_end(&mut text);
            text
        };
        assert_eq!(ends("you sent s3cret-wor"), "you sent ••••");
        assert_eq!(ends("you sent s3cret\\/t"), "you sent ••••");
        assert_eq!(ends("you sent s3c"), "you sent s3c", "too short to be told from chance");
    }

    #[test]
    fn a_body_is_read_without_them() {
        let (text, json) = Echoes::of(["s3cret"]).read(br#"{"a":["Bearer s3cret"],"n":1}"#);
        assert_eq!(text, r#"{"a":["Bearer ••••"],"n":1}"#);
        assert_eq!(json, json!({ "a": ["Bearer ••••"], "n": 1 }));
        assert_eq!(Echoes::of([]).read(b"<html>"), ("<html>".to_owned(), Value::Null));
    }
}
