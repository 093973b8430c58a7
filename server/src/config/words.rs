//! "Did you mean": the nearest of the words that are allowed.

use strsim::osa_distance;

/// What is allowed in place of `word`: `; did you mean "maxAttempts"? Allowed: maxAttempts, backoffMs`.
pub(crate) fn allowed(word: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(word, known) {
        Some(near) => format!("; did you mean \"{near}\"? Allowed: {list}"),
        None => format!("; allowed: {list}"),
    }
}

/// The word that is meant most likely; `None` where none is near. Case, `_` and `-` count for nothing, and
/// a third of the characters may be wrong.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| {
        text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect::<String>().to_lowercase()
    };
    let word = plain(word);
    let distance = |candidate: &&&str| osa_distance(&word, &plain(candidate));
    known
        .iter()
        .min_by_key(distance)
        .filter(|near| distance(near) <= (word.chars().count() / 3).max(1))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let known = ["maxAttempts", "backoffMs", "timeoutMs", "events"];
        for (word, near) in [
            ("maxAttempt", Some("maxAttempts")),
            ("max_attempts", Some("maxAttempts")),
            ("MAXATTEMPTS", Some("maxAttempts")),
            ("timeout", Some("timeoutMs")),
            ("event", Some("events")),
            ("evnets", Some("events")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), near, "{word}");
        }
        assert_eq!(allowed("x", &["a", "b"]), "; did you mean \"a\"? Allowed: a, b");
        assert_eq!(allowed("colour", &["a", "b"]), "; allowed: a, b");
    }
}
