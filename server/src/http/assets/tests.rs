//! What browsers get of the dashboard's files, and that the style sheet has a rule for every class in use.

use super::*;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

async fn fetch(path: &str, encoding: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(header::ACCEPT_ENCODING, encoding).body(Body::empty()).unwrap();
    let answer = router().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_good_and_comes_compressed_where_that_is_wanted() {
    let (status, headers, plain) = fetch(&site().style, "gzip, br;q=0").await;
    assert_eq!((status, headers.get(header::CONTENT_ENCODING)), (StatusCode::OK, None));
    assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let (_, headers, small) = fetch(&site().style, "gzip, br").await;
    assert_eq!(headers[header::CONTENT_ENCODING], "br");
    assert!(small.len() < plain.len() / 2, "{} of {}", small.len(), plain.len());
}

#[tokio::test]
async fn a_file_of_another_version_is_not_found() {
    assert_eq!(fetch("/assets/0000000000000000/app.css", "br").await.0, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&path("none.css"), "br").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_icon_has_its_name_and_its_type() {
    let (status, headers, _) = fetch("/favicon.svg", "").await;
    assert_eq!((status, &headers[header::CONTENT_TYPE]), (StatusCode::OK, &content_type("favicon.svg")));
}

/// A class without a rule is a typing error, or one that encre-css does not know.
#[test]
fn every_class_in_use_has_a_rule() {
    let sheet = std::str::from_utf8(find("app.css").unwrap().plain).unwrap();
    let mut used = std::collections::BTreeSet::new();
    let code = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("app").join("src");
    let mut folders = vec![code.join("parts"), code.join("pages")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                used.extend(classes(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(used.contains("badge") && used.contains("truncate") && used.contains("verdict-bad"), "{used:?}");
    let missing: Vec<_> = used.iter().filter(|class| !has_rule(sheet, class)).collect();
    assert!(missing.is_empty(), "no rule for {missing:?}");
}

#[test]
fn classes_are_found_wherever_they_stand() {
    let code = r#"<p class="a b" id="x"><i class=move || if c { "d" } else { "e f" } role="status" class:g=move || h>
        fn class(self) -> &'static str { match self { Self::I => "j k" } }
        let class = move || match l { M => "n", O => "p" };"#;
    let found: Vec<_> = classes(code).into_iter().collect();
    assert_eq!(found, ["a", "b", "d", "e", "f", "g", "j", "k", "n", "p"]);
}

fn has_rule(sheet: &str, class: &str) -> bool {
    let escaped: String = class
        .chars()
        .flat_map(|char| {
            let plain = char.is_alphanumeric() || char == '-' || char == '_';
            (!plain).then_some('\\').into_iter().chain([char])
        })
        .collect();
    sheet.match_indices(&format!(".{escaped}")).any(|(at, rule)| {
        sheet[at + rule.len()..]
            .chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric() && !"-_\\".contains(next))
    })
}

/// The classes in `class="…"`, `class=…`, `class:…=`, and in what is named `class`: a function or a variable.
fn classes(code: &str) -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    for (at, word) in code.match_indices("class") {
        let rest = &code[at + word.len()..];
        let before = &code[..at];
        if before.ends_with(|char: char| char.is_alphanumeric() || char == '_' || char == '.') {
            continue;
        }
        if let Some(name) = rest.strip_prefix(':').and_then(|rest| rest.split_once('=')) {
            found.extend((!name.0.starts_with([' ', ':'])).then(|| name.0.to_owned()));
        } else if let Some(value) = rest.strip_prefix("=\"") {
            add(&mut found, value.split('"').next().unwrap_or_default());
        } else if rest.starts_with('=') || before.ends_with("let ") || before.ends_with("fn ") {
            literals(rest, &mut found);
        }
    }
    found
}

/// The literals of the expression at the start of `code`: up to the next attribute, the tag's or the body's end.
fn literals(code: &str, found: &mut std::collections::BTreeSet<String>) {
    let (mut depth, mut last) = (0_i32, ' ');
    let mut rest = code;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        match char {
            '"' => {
                let (literal, after) = rest.split_once('"').unwrap_or((rest, ""));
                add(found, literal);
                rest = after;
            }
            '{' | '(' => depth += 1,
            '}' | ')' => {
                depth -= 1;
                let next =
                    rest.trim_start().split(|char: char| !char.is_alphanumeric() && char != ':').next();
                let goes_on = next == Some("else") || rest.starts_with(" ->") || char == ')';
                if depth <= 0 && !goes_on {
                    return;
                }
            }
            ' ' | '\n' if depth == 0 && is_attribute(rest.trim_start()) => return,
            '>' if depth == 0 && last != '=' && last != '-' => return,
            ';' if depth == 0 => return,
            _ => {}
        }
        last = char;
    }
}

/// Whether another attribute begins here: `name=`.
fn is_attribute(code: &str) -> bool {
    let name = code.len()
        - code.trim_start_matches(|char: char| char.is_alphanumeric() || "-_:".contains(char)).len();
    name > 0 && code[name..].starts_with('=') && !code[name..].starts_with("==")
}

fn add(found: &mut std::collections::BTreeSet<String>, literal: &str) {
    found.extend(literal.split_whitespace().map(str::to_owned));
}
