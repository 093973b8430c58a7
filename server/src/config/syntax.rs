//! JSON5 into a tree with places.
//!
//! jsonc-parser reads all of JSON5 but `\u` escapes and combining marks in unquoted keys, and a little more
//! than it: what other JSON5 readers would refuse (line breaks in texts, `-` in unquoted keys, keys given
//! twice) is refused here.

use super::error::{At, Report};
use super::node::{Entry, Kind, Node, Text, join};
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Number;

/// Reads the text of file number `file`, which stands for the value at `path`. Faults go to `report`; `None` where
/// nothing could be read.
pub(super) fn parse(text: &str, file: usize, path: &str, report: &Report) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = Reader { text, file, lines: Lines::of(text), report };
    let options = ParseOptions { allow_missing_commas: false, ..ParseOptions::default() };
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Ok(result) => {
            if result.value.is_none() {
                let message = "the file is empty; the smallest configuration is { webhooks: {} }";
                report.fault(At { file, line: 1, column: 1 }, path, message);
            }
            result.value.map(|value| reader.node(&value, path))
        }
        Err(error) => {
            let message = format!("not valid JSON5: {}", lower_first(&error.kind().to_string()));
            report.fault(reader.at(error.range().start), "", message);
            None
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    file: usize,
    lines: Lines,
    report: &'a Report,
}

impl Reader<'_> {
    fn node(&self, value: &Value<'_>, path: &str) -> Node {
        let range = value.range();
        let at = self.at(range.start);
        let kind = match value {
            Value::NullKeyword(_) => Kind::Null,
            Value::BooleanLit(literal) => Kind::Bool(literal.value),
            Value::NumberLit(literal) => number(literal.value),
            Value::StringLit(literal) => {
                self.refuse_line_breaks(range.start, range.end, path);
                Kind::Text(Text::plain(literal.value.clone().into_owned()))
            }
            Value::Array(array) => {
                let items = array.elements.iter().enumerate();
                Kind::List(items.map(|(index, item)| self.node(item, &format!("{path}[{index}]"))).collect())
            }
            Value::Object(object) => {
                let mut entries: Vec<Entry> = Vec::with_capacity(object.properties.len());
                for property in &object.properties {
                    let at = self.at(property.name.range().start);
                    let key = self.key(&property.name, at, path);
                    let path = join(path, &key);
                    match entries.iter_mut().find(|entry| entry.key == key) {
                        Some(first) => {
                            let first = self.report.place(first.at);
                            self.report.fault(
                                at,
                                &path,
                                format!("this key is given twice; the first is at {first}"),
                            );
                        }
                        None => entries.push(Entry { key, at, value: self.node(&property.value, &path) }),
                    }
                }
                Kind::Map(entries)
            }
        };
        Node { at, kind }
    }

    fn key(&self, name: &ObjectPropName<'_>, at: At, path: &str) -> String {
        match name {
            ObjectPropName::String(literal) => {
                self.refuse_line_breaks(literal.range.start, literal.range.end, path);
                literal.value.clone().into_owned()
            }
            ObjectPropName::Word(word) => {
                if word.value.contains('-') {
                    self.report.fault(
                        at,
                        path,
                        format!("not valid JSON5: the key {0} needs quotes: \"{0}\"", word.value),
                    );
                }
                word.value.to_owned()
            }
        }
    }

    /// A text may go on in the next line only after a backslash.
    fn refuse_line_breaks(&self, start: usize, end: usize, path: &str) {
        let mut before = '"';
        for (offset, character) in self.text.get(start..end).unwrap_or_default().char_indices() {
            // The line feed of CR LF is part of the same break.
            if matches!(character, '\n' | '\r') && !matches!(before, '\\' | '\r') {
                self.report.fault(
                    self.at(start + offset),
                    path,
                    "not valid JSON5: a line break inside a text; write \\n",
                );
                return;
            }
            before = if before == '\\' && character == '\\' { ' ' } else { character };
        }
    }

    fn at(&self, offset: usize) -> At {
        let (line, column) = self.lines.at(self.text, offset);
        At { file: self.file, line, column }
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect())
    }

    /// Line and column of a byte, from 1.
    fn at(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.0.get(index)).copied().unwrap_or_default();
        (line, text.get(start..offset).map_or(1, |before| before.chars().count() + 1))
    }
}

/// A JSON5 number: JSON's, or hexadecimal, or with a plus or a bare decimal point.
fn number(text: &str) -> Kind {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    if let Ok(whole) = i128::from_str_radix(digits, radix) {
        let whole = if negative { -whole } else { whole };
        if let Some(number) = Number::from_i128(whole) {
            return Kind::Number(number);
        }
    }
    let float = if radix == 16 {
        digits
            .chars()
            .filter_map(|digit| digit.to_digit(16))
            .fold(0.0, |sum, digit| sum * 16.0 + f64::from(digit))
    } else {
        digits.parse().unwrap_or(f64::NAN)
    };
    Number::from_f64(if negative { -float } else { float }).map_or(Kind::NotFinite, Kind::Number)
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
