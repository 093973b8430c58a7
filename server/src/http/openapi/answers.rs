//! Answers that many operations share: the problems of a place in the code stand together, as that place makes them.

use std::collections::BTreeMap;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

/// A parameter of the query string is wrong.
pub(crate) enum Unfit {}

/// A body that tells what to do can't be taken.
pub(crate) enum Unread {}

/// The path names what is not there.
pub(crate) enum Missing {}

/// The database is asked.
pub(crate) enum Stored {}

/// The database is written to.
pub(crate) enum Written {}

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Unfit {
    fn responses() -> Responses {
        problems(&[(
            422,
            "`invalid_parameter`: `field` names a parameter that is wrong, or is none of these.",
        )])
    }
}

impl IntoResponses for Unread {
    fn responses() -> Responses {
        problems(&[
            (400, "`invalid_json` or `incomplete_body`: the body is no JSON, or broke off."),
            (408, "`body_timeout`: the body did not come in time."),
            (413, "`payload_too_large`: the body is larger than is taken."),
            (422, "`invalid_…`: the body is read and wrong; `field` says where, `errors` every place."),
        ])
    }
}

impl IntoResponses for Missing {
    fn responses() -> Responses {
        problems(&[(404, "`not_found`: there is none of this name or id.")])
    }
}

impl IntoResponses for Stored {
    fn responses() -> Responses {
        problems(&[
            (500, "`database_failed`: the gateway's log says how."),
            (
                503,
                "`database_unavailable`: come back after `Retry-After` seconds. Or `too_slow`: narrow it by `since` and `until`.",
            ),
        ])
    }
}

impl IntoResponses for Written {
    fn responses() -> Responses {
        problems(&[
            (500, "`database_failed`: the gateway's log says how."),
            (
                503,
                "`queue_full`, `storage_full`, `database_unavailable` or `stopping`: nothing was stored; come back \
                 after `Retry-After` seconds.",
            ),
        ])
    }
}

fn problems(problems: &[(u16, &str)]) -> Responses {
    problems.iter().map(|(status, about)| (status.to_string(), problem(about).into())).collect()
}

fn problem(about: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(wire::Problem::name()))).build();
    ResponseBuilder::new().description(about).content(super::PROBLEM, content).build()
}
