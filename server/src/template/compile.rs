//! Taking a transform apart: what stands in every output, and the strings that are rendered.

use super::context::{self, Context};
use super::{FUEL, Inner, MAX_DEPTH, MAX_SOURCE, Part, Template, TemplateError, guard, in_words};
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use serde_json::Value;
use std::sync::Arc;

/// Takes a transform apart into what is fixed and what is rendered.
pub(super) struct Compiler {
    parts: Vec<Part>,
    environment: Environment<'static>,
    source_length: usize,
    strings: usize,
    json: bool,
    reads: Vec<String>,
}

impl Compiler {
    pub(super) fn new(json: bool) -> Self {
        let mut environment = Environment::new();
        environment
            .set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default());
        environment.set_fuel(Some(FUEL));
        context::teach(&mut environment);
        Self { parts: Vec::new(), environment, source_length: 0, strings: 0, json, reads: Vec::new() }
    }

    pub(super) fn value(&mut self, value: &Value, depth: usize) -> Result<(), TemplateError> {
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

    pub(super) fn template(&mut self, source: &str) -> Result<(), TemplateError> {
        self.source_length += source.len();
        if self.source_length > MAX_SOURCE {
            return Err(TemplateError(format!("longer than {} KiB", MAX_SOURCE / 1024)));
        }
        if !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark)) {
            let text = if self.json { Value::from(source).to_string() } else { source.to_owned() };
            self.fixed(&text);
            return Ok(());
        }
        guard::check(source)?;
        let name = self.strings.to_string();
        self.strings += 1;
        self.environment.add_template_owned(name.clone(), source.to_owned()).map_err(in_words)?;
        let template = self.environment.get_template(&name).map_err(in_words)?;
        let mut paths: Vec<String> = template.undeclared_variables(true).into_iter().collect();
        for root in paths.iter().filter_map(|path| path.split('.').next()) {
            let is_known = self.reads.iter().any(|known| known == root)
                || self.environment.globals().any(|(function, _)| function == root);
            if !is_known {
                self.reads.push(root.to_owned());
            }
        }
        paths.retain(|path| path.contains('.'));
        paths.sort_by_key(|path| source.find(path.as_str()));
        self.parts.push(Part::Text { name, paths });
        Ok(())
    }

    /// Joins what is fixed, so that rendering has few pieces to put together.
    fn fixed(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Fixed(before)) => before.push_str(text),
            Some(Part::Text { .. }) | None => self.parts.push(Part::Fixed(text.to_owned())),
        }
    }

    /// Filters and tests that don't exist the engine meets only when it renders: so it renders once, with no
    /// values at all.
    pub(super) fn finish(self, source: Value) -> Result<Template, TemplateError> {
        let nothing = Context::new(&Value::Object(serde_json::Map::new()), &self.environment)?;
        for (_, template) in self.environment.templates() {
            if let Err(error) = template.render(nothing.root())
                && context::is_unknown_name(&error)
            {
                return Err(in_words(error));
            }
        }
        let Self { parts, environment, json, reads, .. } = self;
        Ok(Template { inner: Arc::new(Inner { source, parts, environment, json, reads }) })
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
