//! A message of the live stream, as the dashboard reads it: what is understood is written as it was read, what is not
//! hides nothing else, and numbers only grow.

use app::live::{Cursor, concerns_the_hidden, is_for_the_hidden, parse};
use serde_json::Value;
use wire::Frame;

pub(crate) fn fuzz(input: &[u8]) {
    let Ok(message) = std::str::from_utf8(input) else { return };
    let frames = parse(message);
    let written = write(&frames);
    assert_eq!(write(&parse(&written)), written, "read again it is the same");
    if frames.iter().any(is_for_the_hidden) {
        assert!(concerns_the_hidden(&written), "a page that nobody sees misses {written}");
    }
    if let Ok(Value::Array(all)) = serde_json::from_str(message)
        && let Some(rest) = message.trim_start().strip_prefix('[')
    {
        assert!(frames.len() <= all.len(), "more than there is");
        let comma = if all.is_empty() { "" } else { "," };
        // Put in as text: a value would lose what a text can have, as a key that stands twice.
        let with_unknown = format!(r#"[{{"kind":"of another version","seq":1}}{comma}{rest}"#);
        assert_eq!(
            write(&parse(&with_unknown)),
            written,
            "a kind that is not known hides another: {message}"
        );
    }
    // The cursor goes on from the highest number that it was given, and never back.
    let mut cursor = Cursor::default();
    cursor.receive(vec![Frame::Hello {
        stream: "s".to_owned(),
        seq: 5,
        resumed: false,
        version: String::new(),
    }]);
    let others = frames.into_iter().filter(|frame| !matches!(frame, Frame::Hello { .. })).collect();
    let seqs: Vec<u64> = cursor.receive(others).frames.iter().filter_map(seq).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next) && seqs.iter().all(|seq| *seq > 5), "{seqs:?}");
}

fn write(frames: &[Frame]) -> String {
    serde_json::to_string(frames).unwrap_or_else(|error| panic!("{error}"))
}

fn seq(frame: &Frame) -> Option<u64> {
    serde_json::to_value(frame).ok()?.get("seq")?.as_u64()
}
