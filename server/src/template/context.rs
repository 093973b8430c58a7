//! What a template can see: values that know their path, so that one which isn't there can be named.

use super::{MAX_DEPTH, MAX_OUTPUT, TemplateError};
use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The variables of one rendering.
pub(super) struct Context {
    root: Value,
    missing: Arc<Missing>,
}

impl Context {
    /// The fields of `object` as variables.
    pub(super) fn new(object: &serde_json::Value, environment: &Environment<'_>) -> Result<Self, TemplateError> {
        if deeper_than(object, MAX_DEPTH) {
            return Err(TemplateError(format!("the values are nested more than {MAX_DEPTH} deep")));
        }
        let missing = Arc::new(Missing::default());
        let globals = environment.globals().map(|(name, _)| name.to_owned()).collect();
        let root = Root { fields: Value::from(Serde(object)), globals, missing: Arc::clone(&missing) };
        Ok(Self { root: Value::from_object(root), missing })
    }

    /// What the engine takes as its context.
    pub(super) fn root(&self) -> Value {
        self.root.clone()
    }

    /// The paths of the values that were used and weren't there.
    pub(super) fn missing(&self) -> Vec<String> {
        self.missing.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes an environment print and test values in our way.
pub(super) fn teach(environment: &mut Environment<'_>) {
    // A state that outlives a loop's turn could nest values without end; `debug` prints the whole context.
    environment.remove_global("namespace");
    environment.remove_global("debug");
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
    environment.set_recursion_limit(100);
    environment.set_formatter(print);
    environment.add_filter("default", or_default);
    environment.add_filter("d", or_default);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing);
}

/// Whether `error` is about a name of the language that doesn't exist, whatever the values are.
pub(super) fn is_unknown_name(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest)
}

/// The paths of missing values, each once, in order.
#[derive(Debug, Default)]
struct Missing(Mutex<Vec<String>>);

impl Missing {
    fn note(&self, path: String) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
}

/// The variables themselves.
#[derive(Debug)]
struct Root {
    fields: Value,
    /// Names of the engine's own functions, which would be hidden by a variable that is only missing.
    globals: BTreeSet<String>,
    missing: Arc<Missing>,
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let field = self.fields.get_attr(key).ok().filter(|field| !field.is_undefined());
        if field.is_none() && self.globals.contains(key) {
            return None;
        }
        Some(placed(field, Place { within: None, step: Value::from(key), missing: Arc::clone(&self.missing) }))
    }
}

/// Where a value is.
#[derive(Clone, Debug)]
struct Place {
    within: Option<Arc<Place>>,
    step: Value,
    missing: Arc<Missing>,
}

impl Place {
    /// The place of what `step` leads to from here.
    fn step(self: &Arc<Self>, step: Value) -> Self {
        Self { within: Some(Arc::clone(self)), step, missing: Arc::clone(&self.missing) }
    }

    /// The dotted path, as `body.items[0].name`.
    fn path(&self) -> String {
        let mut path = self.within.as_ref().map(|within| within.path()).unwrap_or_default();
        let written = match self.step.as_str() {
            Some(key) if path.is_empty() => path.write_str(key),
            Some(key) => write!(path, ".{key}"),
            None => write!(path, "[{}]", self.step),
        };
        // Writing into a string does not fail.
        written.map_or_else(|_| String::new(), |()| path)
    }
}

/// A value of the context for the engine: containers and missing values carry their place.
fn placed(value: Option<Value>, place: Place) -> Value {
    match value {
        None => Value::from_object(Lack(Arc::new(place))),
        Some(value) if matches!(value.kind(), ValueKind::Map | ValueKind::Seq) => {
            Value::from_object(Container { value, place: Arc::new(place) })
        }
        Some(value) => value,
    }
}

/// An object or array of the context.
#[derive(Debug)]
struct Container {
    value: Value,
    place: Arc<Place>,
}

impl Object for Container {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.value.kind() == ValueKind::Map { ObjectRepr::Map } else { ObjectRepr::Seq }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let item = self.value.get_item(key).ok().filter(|item| !item.is_undefined());
        Some(placed(item, self.place.step(key.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if self.value.kind() == ValueKind::Map {
            self.value.try_iter().map_or(Enumerator::Empty, |keys| Enumerator::Values(keys.collect()))
        } else {
            Enumerator::Seq(self.value.len().unwrap_or_default())
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.value.len()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.value).map_err(|_| fmt::Error)?)
    }
}

/// A value that isn't there. It behaves as an empty list does and says so where it is used.
#[derive(Debug)]
struct Lack(Arc<Place>);

impl Lack {
    fn note(&self) {
        self.0.missing.note(self.0.path());
    }
}

impl Object for Lack {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(placed(None, self.0.step(key.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.note();
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note();
        Ok(())
    }
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.downcast_object_ref::<Lack>().is_some()
}

/// The filter `default(other, or_when_falsy)`.
fn or_default(value: Value, arguments: Rest<Value>) -> Value {
    let or_when_falsy = arguments.get(1).is_some_and(Value::is_true);
    if is_missing(&value) || (or_when_falsy && !value.is_true()) {
        arguments.first().cloned().unwrap_or_else(|| Value::from(""))
    } else {
        value
    }
}

/// How a value is printed: text as it is, nothing for null and what isn't there, all else as compact JSON.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return Ok(out.write_str(text)?);
    }
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    if let Some(lack) = value.downcast_object_ref::<Lack>() {
        lack.note();
        return Ok(());
    }
    let value = match value.downcast_object_ref::<Container>() {
        Some(container) => &container.value,
        None if is_shallow(value, MAX_DEPTH, &mut MAX_OUTPUT.clone()) => value,
        None => return Err(Error::new(ErrorKind::InvalidOperation, "the value is too large or too deep to print")),
    };
    serde_json::to_writer(Json { out, left: MAX_OUTPUT }, value)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, "can't print").with_source(error))
}

/// Whether a value that the template built is nested at most `depth` deep and has at most `nodes` parts.
fn is_shallow(value: &Value, depth: usize, nodes: &mut usize) -> bool {
    if depth == 0 || *nodes == 0 {
        return false;
    }
    *nodes -= 1;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .is_ok_and(|mut items| items.all(|item| is_shallow(&item, depth - 1, nodes))),
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.all(|key| value.get_item(&key).is_ok_and(|item| is_shallow(&item, depth - 1, nodes)))
        }),
        _ => true,
    }
}

/// Whether a JSON value is nested more than `depth` deep.
fn deeper_than(value: &serde_json::Value, depth: usize) -> bool {
    let is_deep = |inner: &serde_json::Value| depth == 0 || deeper_than(inner, depth - 1);
    match value {
        serde_json::Value::Array(items) => items.iter().any(is_deep),
        serde_json::Value::Object(fields) => fields.values().any(is_deep),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => false,
    }
}

/// Lets JSON be written into the engine's output, up to a limit.
struct Json<'a, 'o> {
    out: &'a mut Output<'o>,
    left: usize,
}

impl io::Write for Json<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.out.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
