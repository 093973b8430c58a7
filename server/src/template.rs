//! Templates for outgoing bodies and inbound prompts: compiled once, rendered by many tasks at a time.
//!
//! The language is minijinja's: expressions, filters, `if`, `for` and `raw`. A template reads the values that
//! it is given and nothing else, and what it may cost is bounded by fuel and by what the `guard` lets in. A value
//! that isn't there renders as nothing and is reported ([`Rendered::missing`]).

mod compile;
mod context;
mod guard;

use compile::Compiler;
use context::Context;
use minijinja::Environment;
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
/// What a rendering may cost, in minijinja's unit: an instruction, 64 bytes of text or 4 bytes of JSON. The longest
/// output of JSON takes 262 thousand.
const FUEL: u64 = 400_000;

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
    /// The names of the values that it reads, each once.
    reads: Vec<String>,
}

/// A piece of the output.
enum Part {
    /// Stands in every output.
    Fixed(String),
    /// The string of this name in the environment, and the dotted paths in it.
    Text { name: String, paths: Vec<String> },
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
        let mut fuel = 0;
        for part in parts {
            match part {
                Part::Fixed(text) => out.push(text.as_bytes()).map_err(too_long)?,
                Part::Text { name, paths } if *json => {
                    let mut text = Bounded(Vec::new());
                    fuel += self.print(name, paths, &context, &mut text)?;
                    serde_json::to_writer(&mut out, &*String::from_utf8_lossy(&text.0))
                        .map_err(|_| too_long(()))?;
                }
                Part::Text { name, paths } => fuel += self.print(name, paths, &context, &mut out)?,
            }
            if fuel > FUEL || context.is_exhausted() {
                return Err(too_costly());
            }
        }
        let body =
            String::from_utf8(out.0).map_err(|_| TemplateError("the result is no UTF-8".to_owned()))?;
        Ok(Rendered { body, missing: context.missing() })
    }

    /// Renders one string and gives the fuel that it took.
    fn print(
        &self,
        name: &str,
        paths: &[String],
        context: &Context,
        out: &mut Bounded,
    ) -> Result<u64, TemplateError> {
        let template = self.inner.environment.get_template(name).map_err(in_words)?;
        let done = template.render_captured_to(context.root(), out).map_err(in_words)?;
        if done.state().get_extension::<context::PrintedNothing>().is_some() {
            for path in paths {
                context.note_blocked(path);
            }
        }
        Ok(done.state().fuel_levels().map_or(0, |(taken, _)| taken))
    }

    /// The names of the values that it reads, as `body` of `{{body.items[0].name}}`, each once.
    pub fn reads(&self) -> &[String] {
        &self.inner.reads
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

fn too_costly() -> TemplateError {
    TemplateError("it takes too long to render".to_owned())
}

/// minijinja's error without the name of the string, which is only a number.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn in_words(error: minijinja::Error) -> TemplateError {
    match error.kind() {
        minijinja::ErrorKind::WriteFailure => too_long(()),
        minijinja::ErrorKind::OutOfFuel => too_costly(),
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
