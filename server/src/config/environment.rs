//! `${VAR}` in texts: one pass, from the environment.

use super::node::{Kind, Node, Text};
use wire::MASK;

/// Replaces the variables in every text of `node`; keys stay as they are.
pub(super) fn substitute(node: &mut Node, environment: &dyn Fn(&str) -> Option<String>) {
    match &mut node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite => {}
        Kind::Text(text) => *text = expand(&text.value, environment),
        Kind::List(items) => items.iter_mut().for_each(|item| substitute(item, environment)),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| substitute(&mut entry.value, environment)),
    }
}

/// Replaces `${VAR}` by the variable's value and `$${VAR}` by a literal `${VAR}`. What a variable gives is
/// not looked at again. A variable that is empty counts as missing.
pub(crate) fn expand(source: &str, environment: &dyn Fn(&str) -> Option<String>) -> Text {
    let mut text = Text::default();
    let mut rest = source;
    while let Some(start) = rest.find('$') {
        let (before, from) = rest.split_at(start);
        text.push(before);
        if let Some((name, after)) = from.strip_prefix('$').and_then(variable) {
            match environment(name).filter(|value| !value.is_empty()) {
                Some(value) => {
                    text.value.push_str(&value);
                    text.hidden.push(value);
                }
                None => text.missing.push(name.to_owned()),
            }
            text.shown.push_str(MASK);
            rest = after;
        } else if let Some((_, after)) = from.strip_prefix("$$").and_then(variable) {
            text.push(&from[1..from.len() - after.len()]);
            rest = after;
        } else {
            if let Some(end) = from.strip_prefix("${").and_then(|inner| inner.find('}')) {
                text.odd.push(from[..end + 3].to_owned());
            }
            text.push("$");
            rest = &from[1..];
        }
    }
    text.push(rest);
    text
}

/// The name in a leading `{NAME}` and what follows.
fn variable(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let first_is_right = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    let all_are = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (first_is_right && name.bytes().all(all_are)).then_some((name, after))
}

impl Text {
    fn push(&mut self, literal: &str) {
        self.value.push_str(literal);
        self.shown.push_str(literal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str) -> Option<String> {
        match name {
            "A" => Some("1".to_owned()),
            "LONG_NAME2" => Some("two".to_owned()),
            "_X" => Some("x".to_owned()),
            "AGAIN" => Some("${A} $${A}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn only_variables_are_replaced() {
        for (source, value, shown) in [
            ("plain", "plain", "plain"),
            ("", "", ""),
            ("${A}", "1", "••••"),
            ("${A}${A}/${LONG_NAME2}", "11/two", "••••••••/••••"),
            ("${_X}", "x", "••••"),
            ("https://x/${A}?b=${A}&c", "https://x/1?b=1&c", "https://x/••••?b=••••&c"),
            ("$${A}", "${A}", "${A}"),
            ("$$${A}", "$${A}", "$${A}"),
            ("$$$${A}", "$$${A}", "$$${A}"),
            (
                "$A ${a} ${A-B} ${A:-x} ${} ${1A} $ $$ ${A",
                "$A ${a} ${A-B} ${A:-x} ${} ${1A} $ $$ ${A",
                "$A ${a} ${A-B} ${A:-x} ${} ${1A} $ $$ ${A",
            ),
            ("$${a}", "$${a}", "$${a}"),
            ("${AGAIN}", "${A} $${A}", "••••"),
            ("${x${A}}", "${x1}", "${x••••}"),
            ("é${A}é", "é1é", "é••••é"),
        ] {
            let text = expand(source, &given);
            assert_eq!((text.value.as_str(), text.shown.as_str()), (value, shown), "{source}");
            assert_eq!(text.missing, Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn what_is_missing_leaves_nothing_to_send() {
        let text = expand("a${NO}b${EMPTY}c${NO}", &given);
        assert_eq!((text.value.as_str(), text.shown.as_str()), ("abc", "a••••b••••c••••"));
        assert_eq!(text.missing, ["NO", "EMPTY", "NO"]);
    }

    #[test]
    fn what_only_looks_like_a_variable_is_told() {
        assert_eq!(expand("${api_key} $${A} ${A} ${", &given).odd, ["${api_key}"]);
    }
}
