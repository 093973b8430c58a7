//! What posting takes, and what it refuses with which words.

use super::*;

fn read_text(body: &str) -> Result<Posted, Problem> {
    let clock = Clock::manual(Time(1_710_412_200_000));
    read(
        Bytes::copy_from_slice(body.as_bytes()),
        &Defaults { clock: &clock, instance_id: "node-1", most_bytes: 4096 },
    )
}

fn one(body: &str) -> StoredEvent {
    match read_text(body) {
        Ok(Posted::One(event)) => event,
        other => panic!("one event expected, not {other:?}"),
    }
}

fn problem(body: &str) -> (u16, String, Option<String>) {
    let problem = read_text(body).unwrap_err().into_wire();
    (problem.status, problem.code, problem.field)
}

const WHOLE: &str = include_str!("../../../tests/data/seed-config/event.json");

#[test]
fn a_whole_event_stays_byte_for_byte() {
    let event = one(WHOLE);
    assert_eq!(&*event.body, WHOLE);
    assert_eq!(event.id.as_str(), "evt_abc123def456");
    assert_eq!(event.agent_id.as_deref(), Some("my-agent"));
    assert_eq!(event.timestamp, "2026-03-14T10:30:00Z");
}

#[test]
fn what_is_absent_or_null_is_filled_in_and_key_order_is_kept() {
    let event = one(r#"{ "type":"tool.called", "data":{"z":1,"a":2} }"#);
    let start =
        format!(r#"{{"id":"{}","timestamp":"2024-03-14T10:30:00.000Z","instanceId":"node-1", "#, event.id);
    assert_eq!(&*event.body, format!(r#"{start}"type":"tool.called", "data":{{"z":1,"a":2}} }}"#));

    let event = one(
        r#"{"id":null,"type":"tool.called","timestamp":"2026-03-14T10:30:00+09:00","instanceId":"n","data":{}}"#,
    );
    let value: serde_json::Value = serde_json::from_str(&event.body).unwrap();
    assert_eq!(value["id"], event.id.as_str());
    assert_eq!(value["timestamp"], "2026-03-14T10:30:00+09:00");
}

#[test]
fn a_batch_keeps_each_event_as_it_was_written() {
    let body = format!(r#"{{"events":[{WHOLE}, {{"type":"error.occurred","data":{{}}}}],"dropped":3}}"#);
    let Ok(Posted::Many { events, dropped }) = read_text(&body) else { panic!("a batch") };
    assert_eq!(dropped, 3);
    assert_eq!(&*events[0].body, WHOLE.trim());
    assert_eq!(events[1].event_type, EventType::ErrorOccurred);
}

#[test]
fn every_bad_input_names_its_place() {
    let unprocessable = |code: &str, field: &str| (422, code.to_owned(), Some(field.to_owned()));
    for (body, expected) in [
        ("", (400, "invalid_json".to_owned(), None)),
        ("{", (400, "invalid_json".to_owned(), None)),
        ("{\"type\":\"tool.called\",\"data\":{}} x", (400, "invalid_json".to_owned(), None)),
        ("[]", (422, "invalid_event".to_owned(), None)),
        ("{}", unprocessable("invalid_event", "type")),
        (r#"{"type":7,"data":{}}"#, unprocessable("invalid_event", "type")),
        (r#"{"type":"tool.cooled","data":{}}"#, unprocessable("unknown_type", "type")),
        (r#"{"type":"tool.called"}"#, unprocessable("invalid_event", "data")),
        (r#"{"type":"tool.called","data":[]}"#, unprocessable("invalid_event", "data")),
        (r#"{"type":"tool.called","data":{"agentId":1}}"#, unprocessable("invalid_event", "data.agentId")),
        (r#"{"type":"tool.called","data":{},"id":"a b"}"#, unprocessable("invalid_event", "id")),
        (r#"{"type":"tool.called","data":{},"id":5}"#, unprocessable("invalid_event", "id")),
        (
            r#"{"type":"tool.called","data":{},"timestamp":"now"}"#,
            unprocessable("invalid_event", "timestamp"),
        ),
        (r#"{"type":"tool.called","data":{},"instanceId":""}"#, unprocessable("invalid_event", "instanceId")),
        (r#"{"events":{}}"#, unprocessable("invalid_event", "events")),
        (
            r#"{"events":[{"type":"tool.called","data":{}},{"type":"x"}]}"#,
            unprocessable("unknown_type", "events[1].type"),
        ),
        (r#"{"events":[],"dropped":"x"}"#, unprocessable("invalid_event", "dropped")),
        (r#"{"events":[7]}"#, unprocessable("invalid_event", "events[0]")),
    ] {
        assert_eq!(problem(body), expected, "{body}");
    }
}

#[test]
fn a_number_that_nobody_could_read_again_is_refused() {
    let with =
        |number: &str| format!(r#"{{"type":"tool.called","data":{{"n":{number},"true":[false,"1e999"]}}}}"#);
    let long = "9".repeat(400);
    for bad in ["1e309", "-1E+400", "1e777750", &long] {
        assert_eq!(problem(&with(bad)), (422, "invalid_event".to_owned(), Some("data".to_owned())), "{bad}");
        // What stands beside the keys of an event goes out, too.
        let beside = format!(r#"{{"type":"tool.called","data":{{}},"own":{bad}}}"#);
        assert_eq!(problem(&beside).0, 422, "{bad}");
    }
    for good in ["1e308", "1e-999", "0.5E3", &long[..305], "12"] {
        assert!(read_text(&with(good)).is_ok(), "{good}");
    }
}

#[test]
fn half_of_a_character_is_refused() {
    let with = |text: &str| format!(r#"{{"type":"tool.called","data":{{"text":["{text}"]}}}}"#);
    for bad in [r"\ud83d", r"cut \uD83D", r"\ude00 first", r"\ud83d\u0041"] {
        let problem = read_text(&with(bad)).unwrap_err().into_wire();
        assert_eq!((problem.status, problem.field.as_deref()), (422, Some("data")), "{bad}");
        assert!(problem.detail.contains("half of a character"), "{}", problem.detail);
    }
    for good in [r"\ud83d\ude00", r"\\ud83d", r"\u00e9", "\u{1f600}"] {
        assert!(read_text(&with(good)).is_ok(), "{good}");
    }
}

#[test]
fn an_unknown_type_lists_the_known_ones() {
    let problem = read_text(r#"{"type":"x","data":{}}"#).unwrap_err().into_wire();
    assert!(problem.detail.contains("message.received, message.sent, session.created"), "{}", problem.detail);
}

#[test]
fn limits_hold() {
    let large = format!(r#"{{"type":"tool.called","data":{{"x":"{}"}}}}"#, "x".repeat(5000));
    assert_eq!(problem(&large).0, 413);
    let many = format!(r#"{{"events":[{}]}}"#, vec![r#"{"type":"tool.called","data":{}}"#; 1001].join(","));
    assert_eq!(problem(&many).1, "too_many_events");
}

#[test]
fn events_of_a_real_openclaw_are_taken_as_they_are() {
    for line in include_str!("../../../tests/data/openclaw-events.jsonl").lines() {
        assert_eq!(&*one(line).body, line);
    }
}

#[test]
fn what_could_not_be_read_back_is_refused() {
    let nested = |depth: usize| {
        format!(r#"{{"type":"tool.called","data":{{"a":{}{}}}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(read_text(&nested(99)).is_ok());
    let (status, _, field) = problem(&nested(100));
    assert_eq!((status, field.as_deref()), (422, Some("data")));
    // Brackets in texts are texts.
    let text = format!(r#"{{"type":"tool.called","data":{{"a":"\"{}"}}}}"#, "[".repeat(500));
    assert!(read_text(&text).is_ok());
}
