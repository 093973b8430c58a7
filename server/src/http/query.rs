//! Query strings: each parameter read by name, and what is left over refused by name.

use crate::problem::Problem;
use std::fmt::Display;
use std::str::FromStr;
use wire::Time;

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 500;

/// The parameters that were not read yet.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn new(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        // `status=` (as an empty form field sends it) means the same as no status.
        Self(pairs.into_owned().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Every value of a parameter that may be repeated.
    pub(crate) fn many<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Vec<T>, Problem> {
        let (found, rest) = std::mem::take(&mut self.0).into_iter().partition(|(found, _)| found == name);
        self.0 = rest;
        let found: Vec<(String, String)> = found;
        found
            .into_iter()
            .map(|(_, value)| value.parse().map_err(|error: T::Err| invalid(name, &error)))
            .collect()
    }

    /// The value of a parameter that may stand once.
    pub(crate) fn one<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let mut values = self.many(name)?;
        let value = values.pop();
        if values.is_empty() { Ok(value) } else { Err(invalid(name, &"may stand only once")) }
    }

    /// A time: RFC 3339, or how long ago, as `30s`, `5m`, `1h`, `7d`.
    pub(crate) fn time(&mut self, name: &str, now: Time) -> Result<Option<Time>, Problem> {
        let Some(text) = self.one::<String>(name)? else { return Ok(None) };
        if let Some(ago) = ago(&text) {
            return Ok(Some(now.plus_ms(-ago)));
        }
        let wrong =
            |error: wire::TimeError| invalid(name, &format!("{error}, nor a span such as 5m, 1h or 7d"));
        text.parse().map(Some).map_err(wrong)
    }

    /// How many items a page has.
    pub(crate) fn limit(&mut self) -> Result<u32, Problem> {
        match self.one::<u32>("limit")? {
            None => Ok(DEFAULT_LIMIT),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(invalid("limit", &format!("must be 1 to {MOST}"))),
        }
    }

    /// Refuses what no one asked for: a mistyped filter must not look like one that matched everything.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(invalid(name, &"is not a parameter of this resource")),
        }
    }
}

pub(crate) fn invalid(name: &str, detail: &dyn Display) -> Problem {
    Problem::unprocessable("invalid_parameter", name, &detail.to_string())
}

fn ago(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    text[..text.len() - 1].parse::<u32>().ok().map(|count| i64::from(count) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::DeliveryStatus;

    #[test]
    fn parameters_are_read_by_name_and_the_rest_is_refused() {
        let mut query = Query::new(Some("status=failed&status=held&limit=7&since=1h&q=a%20b&x=1&type="));
        let statuses: Vec<DeliveryStatus> = query.many("status").unwrap();
        assert_eq!(statuses, [DeliveryStatus::Failed, DeliveryStatus::Held]);
        assert_eq!(query.limit().unwrap(), 7);
        assert_eq!(query.time("since", Time(3_600_000)).unwrap(), Some(Time(0)));
        assert_eq!(query.one::<String>("q").unwrap().as_deref(), Some("a b"));
        assert_eq!(query.end().unwrap_err().into_wire().field.as_deref(), Some("x"));
    }

    #[test]
    fn bad_values_name_their_parameter() {
        for (text, name) in [("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit")] {
            assert_eq!(Query::new(Some(text)).limit().unwrap_err().into_wire().field.as_deref(), Some(name));
        }
        let problem =
            Query::new(Some("status=lost")).many::<DeliveryStatus>("status").unwrap_err().into_wire();
        assert!(problem.detail.contains("known are: pending"), "{}", problem.detail);
        assert!(Query::new(Some("since=yesterday")).time("since", Time(0)).is_err());
    }
}
