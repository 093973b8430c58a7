//! "Did you mean": the nearest of the words that are allowed.

use strsim::osa_distance;

/// So many names are easily read.
const FEW: usize = 10;

/// What is allowed in place of `word`: `; did you mean "maxAttempts"? Allowed: maxAttempts, backoffMs`.
pub(crate) fn allowed(word: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(word, known) {
        Some(near) => format!("; did you mean \"{near}\"? Allowed: {list}"),
        None => format!("; allowed: {list}"),
    }
}

/// What may be meant by a name that nothing has: `; did you mean "crm"?`, or those that there are, if they are few.
pub(crate) fn instead_of(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None if (1..=FEW).contains(&known.len()) => format!("; there are: {}", known.join(", ")),
        None => String::new(),
    }
}

/// The word that is meant most likely; `None` where none is near. Case, `_` and `-` count for nothing, and
/// a third of the characters may be wrong.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
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
        assert_eq!(instead_of("cmr", &["audit", "crm"]), "; did you mean \"crm\"?");
        assert_eq!(instead_of("nope", &["audit", "crm"]), "; there are: audit, crm");
        assert_eq!(instead_of("nope", &[]), "");
        assert_eq!(instead_of("nope", &["endpoint"; 11]), "");
    }
}
