//! What is typed into the log's filter, or stands in the page's address: a filter, its line and its address say the same,
//! and the gateway understands it.

use crate::gateway::GATEWAY;
use app::state::Filter;

pub(crate) fn fuzz(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    assert_says_the_same(&Filter::of_line(text));
    let parameters: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    assert_says_the_same(&Filter::of(parameters.iter().map(|(name, value)| (&**name, &**value))));
}

fn assert_says_the_same(filter: &Filter) {
    // What was not understood is told once, and asked for no more.
    let understood = Filter { wrong: Vec::new(), ..filter.clone() };
    let line = filter.line();
    assert_eq!(Filter::of_line(&line), understood, "the line {line}");
    let query = filter.query();
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let of_query = Filter::of(parameters.iter().map(|(name, value)| (&**name, &**value)));
    assert_eq!(of_query, understood, "the address {query}");
    if filter.is_all() {
        assert_eq!((line.as_str(), filter.href().as_str()), ("", "/"));
    }
    let (status, answer) = GATEWAY.ask("GET", &format!("/api/v1/deliveries?{query}"), "");
    if status != 200 {
        // Of an id, a length and a number of values the gateway decides.
        assert_eq!(status, 422, "{query}: {answer}");
        let field = answer["field"].as_str().unwrap_or_default();
        assert!(!matches!(field, "status" | "type" | "reason" | "since"), "{query}: {answer}");
    }
}
