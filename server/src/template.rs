//! Templates for outgoing bodies and inbound prompts: compiled once, rendered by many tasks at a time.
//!
//! The language is that of minijinja without includes, imports, macros and `namespace`: a template reads
//! the values it is given and nothing else, has no state that outlives a loop's turn, and what it may cost
//! is bounded. A value that isn't there renders as nothing and is reported ([`Rendered::missing`]).

mod context;

use context::Context;
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use serde_json::Value;
use std::fmt;
use std::io;
use std::sync::Arc;

/// The longest text that is rendered.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// The longest source of a template, all of a transform's strings together.
pub const MAX_SOURCE: usize = 64 * 1024;
/// How deep a transform, or a value that a template prints, may be nested.
pub const MAX_DEPTH: usize = 128;
/// What a rendering may cost, in minijinja's unit (an instruction, or 64 bytes of data). Rendering 1 MiB
/// takes 16 thousand; this much takes some 50 ms.
const FUEL: u64 = 1_000_000;

/// A compiled template. Cloning it is cheap.
#[derive(Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    source: Value,
    parts: Vec<Part>,
    /// Holds the compiled strings, named by their number.
    environment: Environment<'static>,
    /// Whether the result is JSON, or a text.
    json: bool,
}

/// A piece of the output.
enum Part {
    /// Stands in every output.
    Fixed(String),
    /// The string of this name in the environment.
    Text(String),
}

/// Why a template can't be compiled or rendered, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError(String);

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Compact JSON of a transform, or the text of a text template.
    pub body: String,
    /// The paths of the values that were to be rendered and weren't there, each once, in order.
    pub missing: Vec<String>,
}

impl Template {
    /// Compiles a transform: any JSON value whose strings are templates, as
    /// `{"text": "{{data.error.message}} at {{timestamp}}"}`. Keys and other values stay what they are, and a
    /// rendered string stays a string.
    pub fn compile(transform: &Value) -> Result<Self, TemplateError> {
        let mut compiler = Compiler::new(true);
        compiler.value(transform, 0)?;
        compiler.finish(transform.clone())
    }

    /// Compiles a text template, as `"Alert received: {{body.title}}"`.
    pub fn text(source: &str) -> Result<Self, TemplateError> {
        let mut compiler = Compiler::new(false);
        compiler.template(source)?;
        compiler.finish(Value::String(source.to_owned()))
    }

    /// Renders with the fields of the object `context` as variables.
    pub fn render(&self, context: &Value) -> Result<Rendered, TemplateError> {
        let Inner { parts, environment, json, .. } = &*self.inner;
        let context = Context::new(context, environment)?;
        let mut out = Bounded(Vec::new());
        for part in parts {
            match part {
                Part::Fixed(text) => out.push(text.as_bytes()).map_err(too_long)?,
                Part::Text(name) => {
                    let template = environment.get_template(name).map_err(in_words)?;
                    if *json {
                        let mut text = Bounded(Vec::new());
                        template.render_captured_to(context.root(), &mut text).map_err(in_words)?;
                        let text = String::from_utf8_lossy(&text.0);
                        serde_json::to_writer(&mut out, &*text).map_err(|_| too_long(()))?;
                    } else {
                        template.render_captured_to(context.root(), &mut out).map_err(in_words)?;
                    }
                }
            }
        }
        let body = String::from_utf8(out.0).map_err(|_| TemplateError("the result is no UTF-8".to_owned()))?;
        Ok(Rendered { body, missing: context.missing() })
    }

    /// The template as it was given.
    pub fn source(&self) -> &Value {
        &self.inner.source
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.inner.json == other.inner.json && self.inner.source == other.inner.source
    }
}

impl fmt::Debug for Template {
    /// The source is left out: it may hold values from the environment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("json", &self.inner.json).finish_non_exhaustive()
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TemplateError {}

/// Takes a transform apart into what is fixed and what is rendered.
struct Compiler {
    parts: Vec<Part>,
    environment: Environment<'static>,
    source_length: usize,
    strings: usize,
    json: bool,
}

impl Compiler {
    fn new(json: bool) -> Self {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default());
        context::teach(&mut environment);
        Self { parts: Vec::new(), environment, source_length: 0, strings: 0, json }
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), TemplateError> {
        if depth > MAX_DEPTH {
            return Err(TemplateError(format!("nested more than {MAX_DEPTH} deep")));
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.fixed(&value.to_string()),
            Value::String(source) => self.template(source)?,
            Value::Array(items) => {
                self.fixed("[");
                for (index, item) in items.iter().enumerate() {
                    self.fixed(if index == 0 { "" } else { "," });
                    self.value(item, depth + 1).map_err(|error| error.at(&format!("[{index}]")))?;
                }
                self.fixed("]");
            }
            Value::Object(fields) => {
                self.fixed("{");
                for (index, (key, field)) in fields.iter().enumerate() {
                    self.fixed(if index == 0 { "" } else { "," });
                    self.fixed(&Value::from(key.as_str()).to_string());
                    self.fixed(":");
                    self.value(field, depth + 1).map_err(|error| error.at(&format!(".{key}")))?;
                }
                self.fixed("}");
            }
        }
        Ok(())
    }

    fn template(&mut self, source: &str) -> Result<(), TemplateError> {
        self.source_length += source.len();
        if self.source_length > MAX_SOURCE {
            return Err(TemplateError(format!("longer than {} KiB", MAX_SOURCE / 1024)));
        }
        if !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark)) {
            let text = if self.json { Value::from(source).to_string() } else { source.to_owned() };
            self.fixed(&text);
            return Ok(());
        }
        let name = self.strings.to_string();
        self.strings += 1;
        self.environment.add_template_owned(name.clone(), source.to_owned()).map_err(in_words)?;
        self.parts.push(Part::Text(name));
        Ok(())
    }

    /// Joins what is fixed, so that rendering has few pieces to put together.
    fn fixed(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Fixed(before)) => before.push_str(text),
            Some(Part::Text(_)) | None => self.parts.push(Part::Fixed(text.to_owned())),
        }
    }

    /// Shares the fuel among the strings, and finds unknown filters and tests, which minijinja
    /// meets only when it renders, by rendering nothing at all.
    fn finish(mut self, source: Value) -> Result<Template, TemplateError> {
        self.environment.set_fuel(Some(FUEL / self.strings.max(1) as u64));
        let nothing = Context::new(&Value::Object(serde_json::Map::new()), &self.environment)?;
        for (_, template) in self.environment.templates() {
            if let Err(error) = template.render(nothing.root())
                && context::is_unknown_name(&error)
            {
                return Err(in_words(error));
            }
        }
        let Self { parts, environment, json, .. } = self;
        Ok(Template { inner: Arc::new(Inner { source, parts, environment, json }) })
    }
}

impl TemplateError {
    /// The error with `step` before the place that it names.
    fn at(self, step: &str) -> Self {
        match self.0.strip_prefix("in ") {
            Some(rest) => Self(format!("in {step}{rest}")),
            None => Self(format!("in {step}: {}", self.0)),
        }
    }
}

/// An output that refuses to grow past [`MAX_OUTPUT`].
struct Bounded(Vec<u8>);

impl Bounded {
    fn push(&mut self, bytes: &[u8]) -> Result<(), ()> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(());
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(|()| io::Error::from(io::ErrorKind::FileTooLarge))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_long((): ()) -> TemplateError {
    TemplateError(format!("the result is longer than {} MiB", MAX_OUTPUT / 1024 / 1024))
}

/// minijinja's error without the name of the string, which is only a number.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn in_words(error: minijinja::Error) -> TemplateError {
    match error.kind() {
        minijinja::ErrorKind::WriteFailure => too_long(()),
        minijinja::ErrorKind::OutOfFuel => TemplateError("it takes too long to render".to_owned()),
        kind => {
            let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            let line = error.line().filter(|line| *line > 1);
            let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            TemplateError(format!("{kind}{detail}{line}"))
        }
    }
}

#[cfg(test)]
mod tests;
