//! Text as HTML.

/// With the characters that mean something in HTML written out.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// One line, with code where backticks stand.
pub(super) fn line(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let html =
        parts.map(
            |(index, part)| {
                if index % 2 == 0 { escaped(part) } else { format!("<code>{}</code>", escaped(part)) }
            },
        );
    html.collect()
}

/// Paragraphs, parted by empty lines.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for part in text.split("\n\n").filter(|part| !part.is_empty()) {
        html += "<p>";
        html += &line(part);
        html += "</p>";
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup() {
        assert_eq!(
            prose("a `<b>` & c\n\n\"d\""),
            "<p>a <code>&lt;b&gt;</code> &amp; c</p><p>&quot;d&quot;</p>"
        );
    }
}
