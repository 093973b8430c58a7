//! The example: a configuration with every key, what each is for, and what holds without it.

use super::{CONFIGURATION, Key, Takes, Without};
use std::fmt::Write;

const HEAD: &str = "\
// The configuration of OpenClaw Webhooks, with every key. What is written out is required or the default; what is behind //
// holds only if it is written. This is the gateway's own file: OpenClaw's openclaw.json refuses keys it does not know.
";

/// A configuration with every key, good as it stands.
pub fn example() -> String {
    render(false)
}

/// The same with (`whole`) nothing behind `//`.
pub(super) fn render(whole: bool) -> String {
    let mut out = HEAD.to_owned();
    out.push_str("{\n  webhooks: {\n");
    Writer { out: &mut out, whole }.keys(CONFIGURATION, Place { depth: 2, hidden: None });
    out.push_str("  },\n}\n");
    out
}

/// Where a line stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// From which depth on it is behind `//`.
    hidden: Option<usize>,
}

impl Place {
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// The place of the words about what is hidden from here on: they are a comment anyway.
    fn outside(self) -> Self {
        Self { hidden: self.hidden.filter(|from| *from < self.depth), ..self }
    }
}

struct Writer<'a> {
    out: &'a mut String,
    whole: bool,
}

impl Writer<'_> {
    fn keys(&mut self, keys: &[Key], place: Place) {
        for key in keys {
            let hides = !self.whole && matches!(key.without, Without::Absent(_));
            let hidden = place.hidden.or_else(|| hides.then_some(place.depth));
            let own = Place { hidden, ..place };
            self.line(own.outside(), &format!("// {}{}", key.about, in_words(key.takes)));
            self.key(key, own);
        }
    }

    fn key(&mut self, key: &Key, place: Place) {
        let name = key.name;
        match (key.takes, key.without) {
            // The default is less than all of its keys, which follow behind `//`.
            (Takes::Object(keys), Without::Default(value)) if !self.whole => {
                self.line(place, &format!("{name}: {value},"));
                let hidden = place.hidden.or(Some(place.depth));
                self.block(&format!("{name}: {{"), keys, Place { hidden, ..place });
            }
            (Takes::Object(keys), _) => self.block(&format!("{name}: {{"), keys, place),
            (Takes::Objects(keys), _) => {
                self.line(place, &format!("{name}: ["));
                self.block("{", keys, place.inside());
                self.line(place, "],");
            }
            (Takes::Named(first, keys), _) => {
                self.line(place, &format!("{name}: {{"));
                self.block(&format!("{first}: {{"), keys, place.inside());
                self.line(place, "},");
            }
            (_, Without::Refused(value) | Without::Default(value) | Without::Absent(value)) => {
                self.line(place, &format!("{name}: {value},"));
            }
            (_, Without::OfItsKeys) => {}
        }
    }

    fn block(&mut self, open: &str, keys: &[Key], place: Place) {
        self.line(place, open);
        self.keys(keys, place.inside());
        self.line(place, "},");
    }

    fn line(&mut self, place: Place, text: &str) {
        let Place { depth, hidden } = place;
        let _ = match hidden {
            Some(from) => {
                writeln!(
                    self.out,
                    "{:before$}// {:inside$}{text}",
                    "",
                    "",
                    before = from * 2,
                    inside = (depth - from) * 2
                )
            }
            None => writeln!(self.out, "{:indent$}{text}", "", indent = depth * 2),
        };
    }
}

/// What numbers and words are taken.
fn in_words(takes: Takes) -> String {
    match takes {
        Takes::Whole(from, to) => format!(" ({from} to {to})"),
        Takes::Rate(most) => format!(" (above 0, at most {most})"),
        Takes::Word(words) => format!(" ({})", words.join(", ")),
        Takes::Text
        | Takes::Secret
        | Takes::Url
        | Takes::Name
        | Takes::Time
        | Takes::Flag
        | Takes::Texts(_)
        | Takes::Events
        | Takes::Headers
        | Takes::Json
        | Takes::Object(_)
        | Takes::Objects(_)
        | Takes::Named(..) => String::new(),
    }
}
