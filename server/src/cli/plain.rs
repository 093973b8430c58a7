//! Text from outside on its way to a terminal: what could steer the terminal or turn the reading direction is written out.

use std::borrow::Cow;
use std::fmt::Write;

/// The text in one line: `\n` and `\x1b` stand where a line break and an escape character were.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    written_out(text, steers)
}

/// The text with its lines and tabs; everything else that steers is written out.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    // A line may end in CR LF; a CR elsewhere would overwrite the line.
    let text =
        if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let is_odd = |character| !matches!(character, '\n' | '\t') && steers(character);
    match text {
        Cow::Borrowed(text) => written_out(text, is_odd),
        Cow::Owned(text) => Cow::Owned(written_out(&text, is_odd).into_owned()),
    }
}

/// A JSON text: the same value, what steers in `\u` notation.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            // Between values these are space; in a text JSON itself forbids them.
            '\n' | '\r' | '\t' => out.push(' '),
            _ if steers(character) => drop(write!(out, "\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// So many of something: `1 endpoint`, `2 endpoints`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn written_out(text: &str, is_odd: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            _ if !is_odd(character) => out.push(character),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{ff}' => drop(write!(out, "\\x{:02x}", u32::from(character))),
            _ => drop(write!(out, "\\u{{{:x}}}", u32::from(character))),
        }
    }
    Cow::Owned(out)
}

/// Control characters (C1 too: one of them begins an escape sequence), line separators, and marks of direction.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        assert_eq!(line("a\x1b[31mb\r\nc\t\u{9b}2J\u{202e}ü🚨"), "a\\x1b[31mb\\r\\nc\\t\\x9b2J\\u{202e}ü🚨");
        assert_eq!(lines("a\r\n\tb\rc\x07"), "a\n\tb\\rc\\x07");
        assert_eq!(line("plain"), "plain");
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = "{\"a\":\"\u{9b}31m\u{7f}\u{202e}é\",\n\"b\":1}";
        let plain = json(text);
        assert_eq!(plain, "{\"a\":\"\\u009b31m\\u007f\\u202eé\", \"b\":1}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(text), value(&plain));
    }
}
