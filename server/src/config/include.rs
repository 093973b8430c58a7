//! `$include`: parts of a configuration in other files, joined the way OpenClaw joins its own.

use super::error::{At, Report};
use super::node::{Entry, Kind, Node, join};
use super::syntax;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// How deep includes may be nested.
const MAX_DEPTH: usize = 10;
/// How long a file may be.
pub(super) const MAX_FILE: u64 = 2 * 1024 * 1024;
/// How many files may be included: few files that include each other twice would make thousands.
const MAX_FILES: usize = 256;
/// How long the name of an included file may be.
const MAX_NAME: usize = 4096;

const KEY: &str = "$include";

/// Puts the included files into a tree.
pub(super) struct Includer<'a> {
    /// The folder that nothing may be included from outside of, links resolved.
    root: Option<PathBuf>,
    report: &'a Report,
    /// The files that are being read now, links resolved, and their folders as they were named.
    open: Vec<PathBuf>,
    /// Every file that was read.
    pub(super) files: Vec<PathBuf>,
}

impl<'a> Includer<'a> {
    /// For the configuration in `file`.
    pub(super) fn new(file: &Path, report: &'a Report) -> Self {
        let real = file.canonicalize().ok();
        let root = real.as_deref().and_then(Path::parent).map(Path::to_owned);
        Self { root, report, open: real.into_iter().collect(), files: Vec::new() }
    }

    /// Replaces every `$include` in `node`, which stands in a file of `folder`.
    pub(super) fn resolve(&mut self, node: Node, folder: &Path, path: &str) -> Node {
        let Node { at, kind } = node;
        let kind = match kind {
            Kind::List(items) => {
                let items = items.into_iter().enumerate();
                Kind::List(
                    items
                        .map(|(index, item)| self.resolve(item, folder, &format!("{path}[{index}]")))
                        .collect(),
                )
            }
            Kind::Map(entries) => {
                let mut include = None;
                let mut siblings = Vec::with_capacity(entries.len());
                for entry in entries {
                    if entry.key == KEY {
                        include = Some(entry.value);
                    } else {
                        let path = join(path, &entry.key);
                        siblings.push(Entry { value: self.resolve(entry.value, folder, &path), ..entry });
                    }
                }
                match include {
                    Some(names) => {
                        return self.include(&names, path, folder, Node { at, kind: Kind::Map(siblings) });
                    }
                    None => Kind::Map(siblings),
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite | Kind::Text(_) => kind,
        };
        Node { at, kind }
    }

    /// What the files called `names` hold, joined, and `siblings` on top; it stands at `place`.
    fn include(&mut self, names: &Node, place: &str, folder: &Path, siblings: Node) -> Node {
        let path = &join(place, KEY);
        let names_of_files: Vec<&Node> = match &names.kind {
            Kind::Text(_) => vec![names],
            Kind::List(names) => names.iter().collect(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::NotFinite | Kind::Map(_) => {
                self.report.fault(
                    names.at,
                    path,
                    format!("must be a file's name or a list of them, not {}", names.describe()),
                );
                vec![]
            }
        };
        let mut included: Option<Node> = None;
        for name in names_of_files {
            if let Some(node) = self.read(name, (path, place), folder) {
                included = Some(match included {
                    Some(before) => merge(before, node),
                    None => node,
                });
            }
        }
        let is_alone = matches!(&siblings.kind, Kind::Map(entries) if entries.is_empty());
        match included {
            None => siblings,
            Some(node) if is_alone => node,
            Some(node @ Node { kind: Kind::Map(_), .. }) => merge(node, siblings),
            Some(node) => {
                let found = node.describe();
                let message =
                    format!("keys beside $include need an object in the included file, which holds {found}");
                self.report.fault(names.at, path, message);
                siblings
            }
        }
    }

    /// Reads the file `name` that the `$include` at `path` puts at `place`.
    fn read(&mut self, name: &Node, (path, place): (&str, &str), folder: &Path) -> Option<Node> {
        let fault = |message: String| -> Option<Node> {
            self.report.fault(name.at, path, message);
            None
        };
        let Kind::Text(text) = &name.kind else {
            return fault(format!("must be a file's name, not {}", name.describe()));
        };
        let text = text.value.as_str();
        let relative = Path::new(text);
        if text.is_empty() || text.len() >= MAX_NAME || text.contains('\0') {
            return fault(format!("must be a file's name of 1 to {} bytes without NUL", MAX_NAME - 1));
        }
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir))
        {
            return fault(format!("\"{text}\" must be relative to the file that includes it"));
        }
        let named =
            folder.join(relative.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>());
        let real = match named.canonicalize() {
            Ok(real) => real,
            Err(error) => return fault(format!("can't read \"{}\": {error}", named.display())),
        };
        if !self.root.as_ref().is_some_and(|root| real.starts_with(root)) {
            return fault(format!("\"{text}\" is outside the configuration's folder; move it inside"));
        }
        if self.open.contains(&real) {
            return fault(format!("\"{text}\" includes itself, by way of the files between"));
        }
        if self.open.len() > MAX_DEPTH {
            return fault(format!("includes are nested more than {MAX_DEPTH} deep"));
        }
        if self.files.len() >= MAX_FILES {
            return fault(format!("more than {MAX_FILES} files are included"));
        }
        let content = match read_file(&real) {
            Ok(content) => content,
            Err(problem) => return fault(format!("can't read \"{}\": {problem}", named.display())),
        };
        self.files.push(named.clone());
        let node = syntax::parse(&content, self.report.add_file(&named), place, self.report)?;
        self.open.push(real);
        let node = self.resolve(node, named.parent().unwrap_or(folder), place);
        self.open.pop();
        Some(node)
    }
}

/// A file's text, or why it can't be had.
pub(super) fn read_file(file: &Path) -> Result<String, String> {
    let length = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if length > MAX_FILE {
        return Err(format!("it is longer than {} MiB", MAX_FILE / 1024 / 1024));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map_err(|error| format!("it is no UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// `over` on top of `base`: objects are merged key by key, lists joined, anything else replaced.
fn merge(base: Node, over: Node) -> Node {
    match (base.kind, over.kind) {
        (Kind::Map(mut entries), Kind::Map(more)) => {
            for entry in more {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        let below =
                            std::mem::replace(&mut known.value, Node { at: At::default(), kind: Kind::Null });
                        *known = Entry { value: merge(below, entry.value), ..entry };
                    }
                    None => entries.push(entry),
                }
            }
            Node { at: over.at, kind: Kind::Map(entries) }
        }
        (Kind::List(mut items), Kind::List(more)) => {
            items.extend(more);
            Node { at: over.at, kind: Kind::List(items) }
        }
        (_, kind) => Node { at: over.at, kind },
    }
}
