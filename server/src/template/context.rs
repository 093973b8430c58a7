//! What a template can see: values that know their path, so that one which isn't there can be named.

use super::{Bounded, MAX_DEPTH, TemplateError};
use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// How many items of the context a rendering may go through; the longest body has about as many.
const MAX_VISITS: usize = 4_000_000;

/// The variables of one rendering.
pub(super) struct Context {
    root: Value,
    notes: Arc<Notes>,
}

impl Context {
    /// The fields of `object` as variables.
    pub(super) fn new(
        object: &serde_json::Value,
        environment: &Environment<'_>,
    ) -> Result<Self, TemplateError> {
        if deeper_than(object, MAX_DEPTH) {
            return Err(TemplateError(format!("the values are nested more than {MAX_DEPTH} deep")));
        }
        let notes = Arc::new(Notes::default());
        let globals = environment.globals().map(|(name, _)| name.to_owned()).collect();
        let root = Root { fields: Value::from(Serde(object)), globals, notes: Arc::clone(&notes) };
        Ok(Self { root: Value::from_object(root), notes })
    }

    /// What the engine takes as its context.
    pub(super) fn root(&self) -> Value {
        self.root.clone()
    }

    /// Notes what the engine didn't ask for: a field of something that has none, as `data.agentId.name` where
    /// `agentId` is a text.
    pub(super) fn note_blocked(&self, path: &str) {
        let mut value = self.root.clone();
        for key in path.split('.') {
            match value.kind() {
                ValueKind::Map | ValueKind::Plain => value = value.get_attr(key).unwrap_or_default(),
                ValueKind::Seq | ValueKind::Iterable | ValueKind::Undefined => return,
                _ => return self.notes.miss(path.to_owned()),
            }
        }
    }

    /// The paths of the values that were used and weren't there.
    pub(super) fn missing(&self) -> Vec<String> {
        self.notes.missing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the template went through more items than it may.
    pub(super) fn is_exhausted(&self) -> bool {
        self.notes.visited.load(Relaxed) > MAX_VISITS
    }
}

/// Makes an environment print and test values in our way.
pub(super) fn teach(environment: &mut Environment<'_>) {
    for global in ["dict", "namespace", "debug"] {
        environment.remove_global(global);
    }
    // They make lists of lists; the guard says why there are none.
    for filter in ["batch", "slice", "zip", "chain", "groupby", "pprint"] {
        environment.remove_filter(filter);
    }
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
    environment.set_recursion_limit(100);
    environment.set_formatter(print);
    environment.add_filter("default", or_default);
    environment.add_filter("d", or_default);
    environment.add_filter("tojson", to_json);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing);
}

/// Whether `error` is about a name of the language that doesn't exist, whatever the values are.
pub(super) fn is_unknown_name(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest)
}

/// A mark on a rendering that printed a value that doesn't know its path.
#[derive(Debug)]
pub(super) struct PrintedNothing;

/// What a rendering is noted to have done.
#[derive(Debug, Default)]
struct Notes {
    /// The paths of missing values, each once, in order.
    missing: Mutex<Vec<String>>,
    /// How many items of the context were gone through: `in` and `==` do so without a unit of fuel.
    visited: AtomicUsize,
}

impl Notes {
    fn miss(&self, path: String) {
        let mut paths = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }

    /// Counts `items`; `false` when it was enough.
    fn visit(&self, items: usize) -> bool {
        self.visited.fetch_add(items, Relaxed).saturating_add(items) <= MAX_VISITS
    }
}

/// The variables themselves.
#[derive(Debug)]
struct Root {
    fields: Value,
    /// Names of the engine's own functions, which would be hidden by a variable that is only missing.
    globals: BTreeSet<String>,
    notes: Arc<Notes>,
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
        Some(placed(field, Place { within: None, step: Value::from(key), notes: Arc::clone(&self.notes) }))
    }
}

/// Where a value is.
#[derive(Clone, Debug)]
struct Place {
    within: Option<Arc<Place>>,
    step: Value,
    notes: Arc<Notes>,
}

impl Place {
    /// The place of what `step` leads to from here.
    fn step(self: &Arc<Self>, step: Value) -> Self {
        Self { within: Some(Arc::clone(self)), step, notes: Arc::clone(&self.notes) }
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
        if !self.place.notes.visit(1) {
            return None;
        }
        let item = self.value.get_item(key).ok().filter(|item| !item.is_undefined());
        Some(placed(item, self.place.step(key.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if !self.place.notes.visit(self.value.len().unwrap_or_default()) {
            Enumerator::Empty
        } else if self.value.kind() == ValueKind::Map {
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
        self.0.notes.miss(self.0.path());
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
#[expect(clippy::needless_pass_by_value, reason = "the engine takes filters of this form")]
fn or_default(value: Value, arguments: Rest<Value>) -> Value {
    let or_when_falsy = arguments.get(1).is_some_and(Value::is_true);
    if is_missing(&value) || (or_when_falsy && !value.is_true()) {
        arguments.first().cloned().unwrap_or_else(|| Value::from(""))
    } else {
        value
    }
}

/// The filter `tojson`: compact, and no stranger to `<` and `&`, since no page is made here.
fn to_json(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let json = json(value)?;
    // Writing JSON costs more than copying it.
    state.consume_fuel(json.len() as u64 / 16)?;
    Ok(json)
}

/// How a value is printed: text as it is, nothing for null and what isn't there, all else as compact JSON.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return Ok(out.write_str(text)?);
    }
    if value.is_none() {
        return Ok(());
    }
    if value.is_undefined() {
        state.get_or_insert_extension(PrintedNothing);
        return Ok(());
    }
    if let Some(lack) = value.downcast_object_ref::<Lack>() {
        lack.note();
        return Ok(());
    }
    Ok(out.write_str(&json(value)?)?)
}

/// Compact JSON of a value; more than is let out anyway isn't made.
fn json(value: &Value) -> Result<String, Error> {
    let value = value.downcast_object_ref::<Container>().map_or(value, |container| &container.value);
    let mut json = Bounded(Vec::new());
    serde_json::to_writer(&mut json, value)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, "can't write JSON").with_source(error))?;
    String::from_utf8(json.0)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, "no UTF-8").with_source(error))
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
