//! What is the same for many operations, and follows from the code rather than from their notes: who may call, what the
//! gate in front of the handlers answers, and which values are shown as examples.

use super::{EXAMPLES, PROBLEM, definition};
use crate::http::access::{self, Role};
use crate::http::login;
use http::Method;
use serde_json::{Map, Value, json};

/// Shapes that are only read: a null there is as good as nothing.
const READ: [&str; 5] = ["Asked", "NewEvent", "NewEvents", "Rotation", "Test"];

/// Operations that do without a body.
const BODILESS: [&str; 4] = ["changeEndpoint", "postHit", "rotateSecret", "testEndpoint"];

/// Fills in what the notes leave out.
pub(super) fn finish(document: &mut Value) {
    leave_out_null(&mut document["paths"]);
    for (name, schema) in members(&mut document["components"]["schemas"]) {
        if !READ.contains(&name.as_str()) {
            leave_out_null(schema);
        }
    }
    document["components"]["securitySchemes"] = security_schemes();
    let schemas = &mut document["components"]["schemas"];
    schemas["EndpointDefinition"] = definition::definition();
    schemas["EndpointPatch"] = definition::patch();
    for (name, schema) in members(schemas) {
        if let Some(example) = EXAMPLES.get(name) {
            schema["examples"] = json!([example]);
        }
    }
    for (path, item) in members(&mut document["paths"]) {
        for (method, operation) in members(item) {
            say_who_may(operation, method, path);
            problems_have_their_type(operation);
            say_when_to_come_back(operation);
            say_what_may_be_empty(operation);
        }
    }
}

/// What is not there is left out: no answer holds a null.
fn leave_out_null(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|of| of != "null");
                if let [only] = &types[..] {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
                choices.retain(|choice| choice["type"] != "null");
                if let [Value::Object(only)] = &choices[..] {
                    let only = only.clone();
                    object.shift_remove("oneOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(leave_out_null);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "`adminToken` may do everything (role `admin`), `viewerToken` reads (`viewer`), `ingestToken` only posts \
                events (`ingest`).",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": login::COOKIE,
            "description": "Set by `POST /api/v1/login` for 12 hours; role `admin` or `viewer`.",
        },
    })
}

/// Names the role that an operation asks for, and what the gate answers to whoever lacks it.
fn say_who_may(operation: &mut Value, method: &str, path: &str) {
    let is_gated = path.starts_with("/api/") || path == "/metrics";
    let is_ours = is_gated || path == "/healthz" || path == "/readyz";
    if is_gated {
        add_problem(operation, 400, "`token_in_query`: a token in a query string ends up in logs.");
    }
    if is_ours {
        add_problem(operation, 403, "`not_loopback`: without an `adminToken` only this machine is answered.");
    }
    operation["security"] = json!([]);
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
    let role = access::needed(&method, path);
    if !is_gated || role == Role::Nobody {
        return;
    }
    let roles: Vec<&str> = [Role::Ingest, Role::Viewer, Role::Admin]
        .into_iter()
        .filter(|holder| access::may(*holder, role))
        .map(login::word)
        .collect();
    // No cookie is given for the ingest token.
    let of_cookie: Vec<&str> =
        roles.iter().copied().filter(|role| *role != login::word(Role::Ingest)).collect();
    operation["security"] = json!([{ "bearer": roles }, { "cookie": of_cookie }]);
    add_problem(operation, 401, "`unauthorized`: no token, or none that is known.");
    add_problem(
        operation,
        429,
        "`too_many_logins`: ten tokens from this address were wrong; come back after `Retry-After` seconds.",
    );
    add_problem(operation, 403, "`forbidden`: the token is not for that; or `wrong_origin`, `not_loopback`.");
}

fn add_problem(operation: &mut Value, status: u16, about: &str) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    let mut added = json!({ "description": about, "content": { PROBLEM: { "schema": schema } } });
    if let Some(told) =
        responses.get(&status.to_string()).and_then(|response| response["description"].as_str())
        && told != about
        && status != 403
    {
        added["description"] = format!("{told} {about}").into();
    }
    responses.insert(status.to_string(), added);
    responses.sort_keys();
}

fn problems_have_their_type(operation: &mut Value) {
    for (_, response) in members(&mut operation["responses"]) {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
        if content
            .get("application/json")
            .is_some_and(|media| media["schema"]["$ref"] == "#/components/schemas/Problem")
            && let Some(media) = content.shift_remove("application/json")
        {
            content.insert(PROBLEM.to_owned(), media);
        }
    }
}

/// Where the words tell of `Retry-After`, programs find the header too.
fn say_when_to_come_back(operation: &mut Value) {
    for (_, response) in members(&mut operation["responses"]) {
        if response["description"].as_str().is_some_and(|about| about.contains("`Retry-After`")) {
            let seconds = json!({ "type": "integer", "minimum": 1 });
            response["headers"]["Retry-After"] =
                json!({ "description": "Seconds to wait.", "schema": seconds });
        }
    }
}

/// An empty parameter is as good as none, and an empty body as an empty object.
fn say_what_may_be_empty(operation: &mut Value) {
    if operation["operationId"].as_str().is_some_and(|id| BODILESS.contains(&id)) {
        operation["requestBody"]["required"] = false.into();
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
        parameter["allowEmptyValue"] = true.into();
    }
}

/// The members of an object; of anything else none.
fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flat_map(Map::iter_mut)
}
