//! Requests: query strings, of which each parameter is read by name and what is left over refused; names in paths; and
//! bodies.

use crate::bodies::Room;
use crate::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;
use wire::{List, Time};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 500;
/// Of a body that tells what to do.
const MOST_BODY_BYTES: usize = 1 << 20;
/// So much memory all bodies together may take while they come, in KiB: those of who has a token.
const BODIES_KIB: usize = 64 << 10;
pub(super) static ROOM: Room = Room::new(BODIES_KIB);
/// A body must be here by then, from whomever it comes.
const BODY_TIME: Duration = Duration::from_mins(1);
/// So often may one parameter stand, and so long may it be. SQLite fails beyond some multiple of it.
pub(crate) const MOST_VALUES: usize = 100;
pub(crate) const MOST_CHARACTERS: usize = 1024;

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
        if found.len() > MOST_VALUES {
            return Err(invalid(name, &format!("may stand at most {MOST_VALUES} times")));
        }
        found
            .into_iter()
            .map(|(_, value)| {
                check_text(name, &value)?;
                value.parse().map_err(|error: T::Err| invalid(name, &error))
            })
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
        self.one::<String>(name)?.map(|text| moment(name, &text, now)).transpose()
    }

    /// How many items a page has.
    pub(crate) fn limit(&mut self) -> Result<u32, Problem> {
        match self.one::<u32>("limit")? {
            None => Ok(DEFAULT_LIMIT),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(invalid("limit", &format!("must be 1 to {MOST}"))),
        }
    }

    /// The page of a list that is short enough to be held in memory, in the order of its names, by which a cursor
    /// goes on.
    pub(crate) fn page<T>(mut self, mut items: Vec<T>, name: fn(&T) -> &str) -> Result<List<T>, Problem> {
        let limit = self.limit()? as usize;
        let after: Option<String> = self.one("cursor")?;
        self.end()?;
        items.sort_by(|one, other| name(one).cmp(name(other)));
        items.retain(|item| after.as_deref().is_none_or(|after| name(item) > after));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| name(last).to_owned());
        Ok(List { items, next })
    }

    /// Refuses what no one asked for: a mistyped filter must not look like one that matched everything.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) if name.is_empty() => {
                Err(invalid("", &"a parameter has no name: nothing stands before one of the ="))
            }
            Some((name, _)) => Err(invalid(name, &"is not a parameter of this resource")),
        }
    }
}

/// A page's place in a list: the id of the item before it.
pub(crate) fn cursor<T: FromStr>(text: Option<String>) -> Result<Option<T>, Problem> {
    let wrong = |_| invalid("cursor", &"is none that this list gave");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// The name or id in a resource's path.
#[derive(Debug)]
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(name)| Self(name))
            .map_err(|error| Problem::bad_request("invalid_path", &error.body_text()))
    }
}

/// A body of at most `most` bytes, whole and in time; `advice` is for whoever sends more.
pub(crate) async fn whole(room: &Room, body: Body, most: usize, advice: &str) -> Result<Bytes, Problem> {
    let read = room.read(body, most, BODY_TIME).await?;
    if read.whole {
        Ok(read.bytes)
    } else {
        Err(Problem::too_large("", &format!("the body is larger than {most} bytes{advice}")))
    }
}

/// A request's body as JSON; an empty one is an empty object.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = whole(&ROOM, request.into_body(), MOST_BODY_BYTES, "").await?;
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(body).map(Self).map_err(|error| {
            if error.is_data() {
                Problem::unprocessable("invalid_body", "", &error.to_string())
            } else {
                Problem::bad_request("invalid_json", &error.to_string())
            }
        })
    }
}

/// A time: RFC 3339, or how long ago, as `30s`, `5m`, `1h`, `7d`.
pub(crate) fn moment(name: &str, text: &str, now: Time) -> Result<Time, Problem> {
    if let Some(ago) = ago(text) {
        return Ok(now.plus_ms(-ago));
    }
    let wrong = |error: wire::TimeError| invalid(name, &format!("{error}, nor a span such as 5m, 1h or 7d"));
    text.parse().map_err(wrong)
}

/// Refuses a text that the database is not to be asked for.
pub(crate) fn check_text(name: &str, text: &str) -> Result<(), Problem> {
    // No text of ours holds one, and PostgreSQL can't be asked for it.
    if text.contains('\0') {
        return Err(invalid(name, &"may not hold the character NUL"));
    }
    if text.chars().count() > MOST_CHARACTERS {
        return Err(invalid(name, &format!("may have at most {MOST_CHARACTERS} characters")));
    }
    Ok(())
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
        assert!(Query::new(Some("=1")).end().unwrap_err().into_wire().detail.contains("has no name"));
    }

    #[test]
    fn a_list_in_memory_is_given_in_pages() {
        let page = |query: &str| Query::new(Some(query)).page(vec!["c", "a", "b"], |name| name);
        let first = page("limit=2").unwrap();
        assert_eq!((first.items, first.next.as_deref()), (vec!["a", "b"], Some("b")));
        let last = page("limit=2&cursor=b").unwrap();
        assert_eq!((last.items, last.next), (vec!["c"], None));
        assert!(page("limt=2").is_err());
    }

    #[test]
    fn bad_values_name_their_parameter() {
        for (text, name) in
            [("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("limit=1%00", "limit")]
        {
            assert_eq!(Query::new(Some(text)).limit().unwrap_err().into_wire().field.as_deref(), Some(name));
        }
        let problem =
            Query::new(Some("status=lost")).many::<DeliveryStatus>("status").unwrap_err().into_wire();
        assert!(problem.detail.contains("known are: pending"), "{}", problem.detail);
        assert!(Query::new(Some("since=yesterday")).time("since", Time(0)).is_err());
        let (often, long) =
            ("status=held&".repeat(MOST_VALUES + 1), format!("q={}", "a".repeat(MOST_CHARACTERS + 1)));
        assert!(Query::new(Some(&often)).many::<DeliveryStatus>("status").is_err());
        assert!(Query::new(Some(&long)).one::<String>("q").is_err());
        assert!(Query::new(Some(&long[..long.len() - 1])).one::<String>("q").unwrap().is_some());
    }
}
