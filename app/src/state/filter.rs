//! Which deliveries the log shows: held by the page's address, said in one line.

use std::fmt::Write;
use wire::{Delivery, DeliveryStatus, EventType, Reason, Time};

/// Which deliveries are shown: those that every part names; an empty part names all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// How they stand.
    pub statuses: Vec<DeliveryStatus>,
    /// Where they go.
    pub endpoints: Vec<String>,
    /// What happened.
    pub types: Vec<EventType>,
    /// Why their last attempt failed.
    pub reasons: Vec<Reason>,
    /// Whose event it was.
    pub agent: Option<String>,
    /// Which event it is.
    pub event: Option<String>,
    /// From when on: `1h`, or a time.
    pub since: Option<String>,
    /// What the event holds.
    pub text: Option<String>,
    /// What was asked for and not understood.
    pub wrong: Vec<String>,
}

impl Filter {
    /// All of one status.
    pub fn only(status: DeliveryStatus) -> Self {
        Self { statuses: vec![status], ..Self::default() }
    }

    /// The filter that a page's address asks for, given its parameters in order.
    pub fn of<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut filter = Self::default();
        for (name, value) in parameters {
            match name {
                // The whole line, as a page without scripts sends it.
                "query" => filter.read_line(value),
                "status" | "endpoint" | "type" | "reason" | "agentId" | "eventId" | "since" | "q" => {
                    filter.read(name, value);
                }
                // Not ours.
                _ => {}
            }
        }
        filter
    }

    /// The filter of a line: `status:failed endpoint:crm since:1h "text"`.
    pub fn of_line(line: &str) -> Self {
        let mut filter = Self::default();
        filter.read_line(line);
        filter
    }

    /// The same as a line.
    pub fn line(&self) -> String {
        let mut line = String::new();
        for (name, value) in self.parts() {
            let gap = if line.is_empty() { "" } else { " " };
            // Writing into a string can't fail.
            let _ = match name {
                "q" => write!(line, "{gap}{}", in_quotes(&value)),
                "agentId" => write!(line, "{gap}agent:{}", as_word(&value)),
                "eventId" => write!(line, "{gap}event:{}", as_word(&value)),
                name => write!(line, "{gap}{name}:{}", as_word(&value)),
            };
        }
        line
    }

    /// The same as parameters of an address; the API has the same ones.
    pub fn query(&self) -> String {
        let parts: Vec<String> = self
            .parts()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", crate::api::segment(&value)))
            .collect();
        parts.join("&")
    }

    /// The overview's address with this filter.
    pub fn href(&self) -> String {
        if self.is_all() { "/".to_owned() } else { format!("/?{}", self.query()) }
    }

    /// The same with this status and no other, or with all of them.
    #[must_use]
    pub fn with_status(&self, status: Option<DeliveryStatus>) -> Self {
        Self { statuses: status.into_iter().collect(), wrong: Vec::new(), ..self.clone() }
    }

    /// Whether it shows every delivery.
    pub fn is_all(&self) -> bool {
        self.parts().is_empty()
    }

    /// Whether only the gateway can tell what it shows: an event's text is not in the stream of deliveries.
    pub fn needs_the_gateway(&self) -> bool {
        self.text.is_some()
    }

    /// From when on, at this time.
    pub fn since_at(&self, now: Time) -> Option<Time> {
        let since = self.since.as_ref()?;
        span_ms(since).map(|ms| now.plus_ms(-ms)).or_else(|| since.parse().ok())
    }

    /// Whether a delivery is shown, as far as can be told here.
    pub fn shows(&self, delivery: &Delivery) -> bool {
        fn among<T: PartialEq>(named: &[T], one: &T) -> bool {
            named.is_empty() || named.contains(one)
        }
        let since = self.since.as_ref().and_then(|since| since.parse::<Time>().ok());
        among(&self.statuses, &delivery.status)
            && among(&self.endpoints, &delivery.endpoint)
            && among(&self.types, &delivery.event_type)
            && (self.reasons.is_empty()
                || delivery.last_reason.is_some_and(|reason| self.reasons.contains(&reason)))
            && (self.agent.is_none() || self.agent == delivery.agent_id)
            && self.event.as_ref().is_none_or(|event| *event == delivery.event_id.as_str())
            && since.is_none_or(|since| delivery.created_at >= since)
            && !self.needs_the_gateway()
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts: Vec<(&'static str, String)> = Vec::new();
        parts.extend(self.statuses.iter().map(|status| ("status", status.to_string())));
        parts.extend(self.endpoints.iter().map(|endpoint| ("endpoint", endpoint.clone())));
        parts.extend(self.types.iter().map(|event_type| ("type", event_type.to_string())));
        parts.extend(self.reasons.iter().map(|reason| ("reason", reason.to_string())));
        parts.extend(self.agent.iter().map(|agent| ("agentId", agent.clone())));
        parts.extend(self.event.iter().map(|event| ("eventId", event.clone())));
        parts.extend(self.since.iter().map(|since| ("since", since.clone())));
        parts.extend(self.text.iter().map(|text| ("q", text.clone())));
        parts
    }

    fn read_line(&mut self, line: &str) {
        let mut texts: Vec<String> = Vec::new();
        for Word { name, text } in words_of(line) {
            match name.as_deref() {
                None => texts.push(text),
                Some("agent") => self.read("agentId", &text),
                Some("event") => self.read("eventId", &text),
                Some(name @ ("status" | "endpoint" | "type" | "reason" | "since")) => self.read(name, &text),
                Some(name) => self.wrong.push(format!("{name}:{text}")),
            }
        }
        texts.retain(|text| !text.is_empty());
        self.read("q", &texts.join(" "));
    }

    fn read(&mut self, name: &str, value: &str) {
        fn add<T: std::str::FromStr + PartialEq>(list: &mut Vec<T>, value: &str) -> bool {
            value.parse().is_ok_and(|value| {
                if !list.contains(&value) {
                    list.push(value);
                }
                true
            })
        }
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let lists = matches!(name, "status" | "endpoint" | "type" | "reason");
        if let Some((one, others)) = value.split_once(',').filter(|_| lists) {
            self.read(name, one);
            self.read(name, others);
            return;
        }
        let understood = match name {
            "status" => add(&mut self.statuses, value),
            "endpoint" => add(&mut self.endpoints, value),
            "type" => add(&mut self.types, value),
            "reason" => add(&mut self.reasons, value),
            "since" => {
                let good = span_ms(value).is_some() || value.parse::<Time>().is_ok();
                if good {
                    self.since = Some(value.to_owned());
                }
                good
            }
            "eventId" => {
                self.event = Some(value.to_owned());
                true
            }
            "agentId" => {
                self.agent = Some(value.to_owned());
                true
            }
            _ => {
                self.text = Some(value.to_owned());
                true
            }
        };
        if !understood {
            self.wrong.push(format!("{name}:{value}"));
        }
    }
}

/// A span such as `30s`, `5m`, `1h`, `7d`, in ms.
fn span_ms(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    count.parse::<u32>().ok().map(|count| i64::from(count) * unit_ms)
}

/// A word of a line: `name:text`, or a text alone.
#[derive(Debug, Default)]
struct Word {
    name: Option<String>,
    text: String,
}

/// The words of a line. What stands in quotes is part of one word, whatever it holds; in there `\"` is a quote and `\\` a
/// backslash.
fn words_of(line: &str) -> Vec<Word> {
    let mut words = vec![Word::default()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(word) = words.last_mut() else { break };
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                word.text.push(letters.next_if(|next| matches!(next, '"' | '\\')).unwrap_or(letter));
            }
            ':' if !quoted && word.name.is_none() => word.name = Some(std::mem::take(&mut word.text)),
            letter if letter.is_whitespace() && !quoted => words.push(Word::default()),
            letter => word.text.push(letter),
        }
    }
    words.retain(|word| word.name.is_some() || !word.text.is_empty());
    words
}

/// A text that reads as one word, however many it has.
fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value as it stands behind its name.
fn as_word(value: &str) -> String {
    if value.contains(|letter: char| letter.is_whitespace() || letter == '"') {
        in_quotes(value)
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_an_address_and_a_filter_say_the_same() {
        let line = "status:failed status:held endpoint:crm type:message.sent reason:timeout agent:hr since:1h \"two words\"";
        let filter = Filter::of_line(line);
        assert_eq!(filter.line(), line);
        let short = line.replace("status:failed status:held", "status:failed,held");
        assert_eq!(Filter::of_line(&short), filter);
        assert_eq!(
            filter.query(),
            "status=failed&status=held&endpoint=crm&type=message.sent&reason=timeout&agentId=hr&since=1h&q=two%20words"
        );
        let parameters = [
            ("status", "failed"),
            ("status", "held"),
            ("endpoint", "crm"),
            ("type", "message.sent"),
            ("reason", "timeout"),
            ("agentId", "hr"),
            ("since", "1h"),
            ("q", "two words"),
            ("other", "x"),
        ];
        assert_eq!(Filter::of(parameters), filter);
        assert_eq!(Filter::of([("query", line)]), filter);
        assert_eq!(Filter::default().href(), "/");
    }

    #[test]
    fn a_value_of_any_letters_is_written_so_that_it_reads_as_the_same() {
        for value in ["a b", "a\" b:c", "C:\\new \\\"", "\"", "\\", "a:b", "두 단어\u{3000}셋"] {
            for name in ["q", "agentId", "eventId", "endpoint"] {
                let filter = Filter::of([(name, value)]);
                assert_eq!(Filter::of_line(&filter.line()), filter, "{}", filter.line());
            }
        }
        assert_eq!(Filter::of_line("agent:\"a b\" \" c:\\d \"").query(), "agentId=a%20b&q=c%3A%5Cd");
        // While it is being typed.
        assert_eq!(Filter::of_line("\"a b").text.as_deref(), Some("a b"));
    }

    #[test]
    fn what_is_not_understood_is_named_and_the_rest_counts() {
        let filter = Filter::of_line("status:broken colour:red since:soon hello \"a:b\" world");
        assert_eq!(filter.wrong, ["status:broken", "colour:red", "since:soon"]);
        assert_eq!(filter.text.as_deref(), Some("hello a:b world"));
        assert!(Filter::of_line("   ").is_all());
        assert_eq!(Filter::of_line("since:2h").since_at(Time(7_200_001)), Some(Time(1)));
    }

    #[test]
    fn every_part_must_fit() {
        let delivery: Delivery = serde_json::from_value(serde_json::json!({
            "id": "dlv_1", "eventId": "evt_1", "eventType": "message.sent", "endpoint": "crm", "status": "failed",
            "attempts": 1, "maxAttempts": 3, "createdAt": "2026-03-14T10:30:00.000Z", "lastReason": "timeout",
        }))
        .unwrap();
        let shows = |line: &str| Filter::of_line(line).shows(&delivery);
        assert!(shows("") && shows("status:failed status:held endpoint:crm reason:timeout since:1h"));
        assert!(
            !shows("status:held") && !shows("endpoint:other") && !shows("agent:hr") && !shows("reason:dns")
        );
        assert!(shows("since:2026-03-14T10:00:00.000Z") && !shows("since:2026-03-14T11:00:00.000Z"));
    }
}
