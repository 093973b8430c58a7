//! What a template may be made of: the parts of the language whose cost the engine's fuel doesn't cover stay out.
//!
//! The engine compiles a long expression by recursion, and printing a list that holds another one twice, which
//! holds a third one twice, and so on, takes it ages without a unit of fuel. So code between marks is short,
//! values can't be given new names, and a list written in a template holds constants only and isn't repeated.

use super::TemplateError;

/// The longest code between two marks, in bytes: each may be a level of recursion for the engine.
const MAX_BLOCK: usize = 512;
/// How many statements a string may have: a chain of `elif` is a level of recursion each.
const MAX_STATEMENTS: usize = 100;
/// What may be done beside printing.
const STATEMENTS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"];
/// Words that are no values.
const OPERATORS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "elif", "for", "recursive"];
const CONSTANTS: &[&str] = &["true", "false", "none", "True", "False", "None"];

/// Refuses what the engine must not get. Mistakes of syntax are left to the engine.
pub(super) fn check(source: &str) -> Result<(), TemplateError> {
    let mut statements = 0;
    let mut rest = source;
    while let Some(start) = rest.find('{') {
        let from = &rest[start..];
        rest = if let Some(comment) = from.strip_prefix("{#") {
            comment.split_once("#}").map_or("", |(_, after)| after)
        } else if let Some(code) = from.strip_prefix("{{") {
            after_block(code, "}}")?
        } else if let Some(code) = from.strip_prefix("{%") {
            statements += 1;
            if statements > MAX_STATEMENTS {
                return Err(TemplateError(format!("more than {MAX_STATEMENTS} statements")));
            }
            let word = statement(code);
            if !word.is_empty() && !STATEMENTS.contains(&word) {
                return Err(TemplateError(format!("the statement {word} can't be used; if and for can")));
            }
            let after = after_block(code, "%}")?;
            if word == "raw" { after_raw(after) } else { after }
        } else {
            &from[1..]
        };
    }
    Ok(())
}

/// The first word of a statement.
fn statement(code: &str) -> &str {
    let code = code.trim_start_matches(['-', '+']).trim_start();
    &code[..code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len())]
}

/// What follows the end of a raw part.
fn after_raw(text: &str) -> &str {
    for (start, _) in text.match_indices("{%") {
        let code = &text[start + 2..];
        if statement(code) == "endraw" {
            return code.split_once("%}").map_or("", |(_, after)| after);
        }
    }
    ""
}

/// A pair of brackets that is open.
#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    /// An index or a call: `items[0]`, `range(3)`.
    OfValue,
    /// A group or a tuple; whether there was a comma.
    Group(bool),
    /// A list or an object.
    Literal,
}

/// Checks the code of a block and gives what follows its `end`.
fn after_block<'a>(code: &'a str, end: &str) -> Result<&'a str, TemplateError> {
    let mut open: Vec<Bracket> = Vec::new();
    let mut names_in: Vec<bool> = Vec::new();
    let mut after_value = false;
    let (mut makes_list, mut multiplies) = (false, false);
    let mut offset = 0;
    while let Some(character) = code[offset..].chars().next() {
        let from = &code[offset..];
        if offset > MAX_BLOCK {
            break;
        }
        if open.is_empty() && from.starts_with(end) {
            if makes_list && multiplies {
                return Err(TemplateError(
                    "a list written in a template can't be repeated with *".to_owned(),
                ));
            }
            return Ok(&from[end.len()..]);
        }
        let length = match character {
            '"' | '\'' => {
                let length = string(from, character);
                after_value = true;
                length
            }
            '[' | '(' | '{' => {
                open.push(match character {
                    '[' | '(' if after_value => Bracket::OfValue,
                    '(' => Bracket::Group(false),
                    _ => Bracket::Literal,
                });
                names_in.push(false);
                makes_list |= open.last() == Some(&Bracket::Literal);
                after_value = false;
                1
            }
            ']' | ')' | '}' => {
                let has_names = names_in.pop().unwrap_or(false);
                match open.pop() {
                    Some(Bracket::Literal | Bracket::Group(true)) if has_names => {
                        return Err(TemplateError(
                            "a list or object written in a template has constants only, as [\"a\", 1]"
                                .to_owned(),
                        ));
                    }
                    Some(_) => {}
                    None => return Err(TemplateError(format!("unexpected {character}"))),
                }
                if let Some(outer) = names_in.last_mut() {
                    *outer |= has_names;
                }
                after_value = true;
                1
            }
            _ if character.is_alphanumeric() || character == '_' => {
                let length = from.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(from.len());
                let word = &from[..length];
                after_value = !OPERATORS.contains(&word);
                makes_list |= word == "range";
                let is_constant = CONSTANTS.contains(&word) || character.is_ascii_digit();
                if let (true, Some(names)) = (after_value && !is_constant, names_in.last_mut()) {
                    *names = true;
                }
                length
            }
            _ => {
                if let (',', Some(Bracket::Group(comma))) = (character, open.last_mut()) {
                    *comma = true;
                }
                multiplies |= character == '*';
                after_value &= character.is_whitespace();
                character.len_utf8()
            }
        };
        offset += length;
    }
    if code.len() > MAX_BLOCK {
        return Err(TemplateError(format!(
            "more than {MAX_BLOCK} bytes between {{{{ and }}}} or {{% and %}}"
        )));
    }
    Ok("")
}

/// The length of the quoted string that `text` begins with.
fn string(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}
