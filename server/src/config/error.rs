//! What is wrong with a configuration: every fault, each with its place, in the order of the files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

/// A place in one of the files that were read; line and column count from 1, 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    /// Which file, in the order of reading.
    pub(crate) file: usize,
    pub(crate) line: usize,
    /// In characters.
    pub(crate) column: usize,
}

/// One fault of a configuration. Prints as
/// `openclaw.json5:12:9: webhooks.endpoints[0].retry.maxAttempt: unknown key; did you mean "maxAttempts"? …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: Option<String>,
    /// Line and column, from 1.
    pub position: Option<(usize, usize)>,
    /// The key's path, as `webhooks.endpoints[2].retry.maxAttempts`; empty where the fault is the file's.
    pub path: String,
    /// What is wrong, and what is allowed or to be done.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some((line, column)) = self.position {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Every fault of a configuration; at least one. Prints one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// A file that can't be read, and what to do about it.
    /// A variable of the environment is wrong.
    pub(crate) fn of_variable(name: &str, problem: String) -> Self {
        Self(vec![ConfigError { file: None, position: None, path: name.to_owned(), message: problem }])
    }

    pub(crate) fn unreadable(file: &Path, problem: &str) -> Self {
        let remedy = match std::fs::metadata(file).map_err(|error| error.kind()) {
            Err(ErrorKind::NotFound) => {
                "; name another file with --config FILE, or write it: `openclaw-webhooks config example` shows one"
            }
            Err(ErrorKind::PermissionDenied) => "; the gateway's user must be able to read it",
            Err(_) | Ok(_) => "",
        };
        let message = format!("can't read the configuration: {problem}{remedy}");
        Self(vec![ConfigError {
            file: Some(file.display().to_string()),
            position: None,
            path: String::new(),
            message,
        }])
    }

    /// The faults in the order of the files.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "\n" })?;
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// What is noted while a configuration is read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    files: RefCell<Vec<String>>,
    faults: RefCell<Vec<(At, ConfigError)>>,
    warnings: RefCell<Vec<(At, ConfigError)>>,
    sources: RefCell<BTreeMap<String, String>>,
}

impl Report {
    /// Numbers a file for [`At::file`].
    pub(crate) fn add_file(&self, name: &Path) -> usize {
        let mut files = self.files.borrow_mut();
        files.push(name.display().to_string());
        files.len() - 1
    }

    /// Notes a fault.
    pub(crate) fn fault(&self, at: At, path: &str, message: impl Into<String>) {
        self.faults.borrow_mut().push((at, self.located(at, path, message.into())));
    }

    /// Notes something that is allowed but hardly meant.
    pub(crate) fn warn(&self, at: At, path: &str, message: impl Into<String>) {
        self.warnings.borrow_mut().push((at, self.located(at, path, message.into())));
    }

    /// Notes where the value at `path` comes from: `file`, `environment` or `default`.
    pub(crate) fn source(&self, path: &str, source: &str) {
        self.sources.borrow_mut().insert(path.to_owned(), source.to_owned());
    }

    /// A place for people, as `openclaw.json5:3:5`.
    pub(crate) fn place(&self, at: At) -> String {
        match self.files.borrow().get(at.file) {
            Some(file) if at.line > 0 => format!("{file}:{}:{}", at.line, at.column),
            Some(file) => file.clone(),
            None => String::new(),
        }
    }

    /// The value that was read, or the faults in order, if there are any.
    pub(crate) fn unless_faulty<T>(&self, value: T) -> Result<T, ConfigErrors> {
        let errors = in_order(&self.faults);
        if errors.is_empty() { Ok(value) } else { Err(ConfigErrors(errors)) }
    }

    /// Forgets the faults that are none to who reads.
    pub(crate) fn keep_faults(&self, counts: impl Fn(&ConfigError) -> bool) {
        self.faults.borrow_mut().retain(|(_, fault)| counts(fault));
    }

    /// The warnings in order.
    pub(crate) fn warnings(&self) -> Vec<ConfigError> {
        in_order(&self.warnings)
    }

    /// Where each value comes from, by its path.
    pub(crate) fn sources(&self) -> BTreeMap<String, String> {
        self.sources.borrow().clone()
    }

    fn located(&self, at: At, path: &str, message: String) -> ConfigError {
        ConfigError {
            file: self.files.borrow().get(at.file).cloned(),
            position: (at.line > 0).then_some((at.line, at.column)),
            path: path.to_owned(),
            message,
        }
    }
}

fn in_order(noted: &RefCell<Vec<(At, ConfigError)>>) -> Vec<ConfigError> {
    let mut noted = noted.borrow().clone();
    noted.sort_by_key(|(at, _)| *at);
    noted.into_iter().map(|(_, error)| error).collect()
}
