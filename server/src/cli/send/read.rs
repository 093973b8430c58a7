//! Events of a file, in whichever of the three forms it has them, batch by batch: a file of lines is never held whole.

use super::batch::Batch;
use crate::cli::end::Failure;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The events of a file.
pub(super) struct Events {
    source: Box<dyn BufRead>,
    name: String,
    /// Read, and not in a batch yet.
    waiting: VecDeque<(usize, String)>,
    line: usize,
    /// Whether the file has one event and nothing else.
    single: bool,
    dropped: u64,
    ended: bool,
    /// Of a file.
    size: Option<u64>,
    bytes: u64,
}

/// A body as the API takes it for many events.
#[derive(Deserialize)]
struct Many {
    events: Vec<Box<RawValue>>,
    #[serde(default)]
    dropped: u64,
}

impl Events {
    /// Opens the file, or standard input for `-`.
    pub(super) fn open(file: &Path) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let unreadable = |error| Failure::Use(format!("can't read {name}: {error}"));
        let (source, size): (Box<dyn BufRead>, _) = if name == "-" {
            (Box::new(BufReader::new(std::io::stdin())), None)
        } else {
            let file = File::open(file).map_err(unreadable)?;
            let size = file.metadata().ok().map(|metadata| metadata.len());
            (Box::new(BufReader::with_capacity(1 << 16, file)), size)
        };
        let mut events = Self {
            source,
            name,
            waiting: VecDeque::new(),
            line: 0,
            single: false,
            dropped: 0,
            ended: false,
            size,
            bytes: 0,
        };
        events.begin()?;
        Ok(events)
    }

    /// How many bytes there are; unknown of standard input.
    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many of them were read.
    pub(super) const fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// The next events that go together.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, Failure> {
        let mut batch = Batch::new(self.single, std::mem::take(&mut self.dropped));
        loop {
            while let Some((line, event)) = self.waiting.pop_front() {
                if !batch.has_room(event.len()) {
                    self.waiting.push_front((line, event));
                    return Ok(Some(batch));
                }
                batch.push(line, event);
            }
            match self.next_line()? {
                Some((line, event)) => self.waiting.push_back((line, self.checked(line, &event)?)),
                None => return Ok((!batch.is_empty()).then_some(batch)),
            }
        }
    }

    /// Finds out by the first line which form the file has: a line that is JSON by itself begins a file of lines, unless it
    /// is all there is.
    fn begin(&mut self) -> Result<(), Failure> {
        let Some((line, first)) = self.next_line()? else { return Ok(()) };
        if serde_json::from_str::<&RawValue>(&first).is_err() {
            let mut whole = first;
            self.source
                .read_to_string(&mut whole)
                .map_err(|error| Failure::Use(format!("can't read {}: {error}", self.name)))?;
            self.ended = true;
            let text = self.checked(0, &whole)?;
            self.take_whole(text);
            return Ok(());
        }
        match self.next_line()? {
            None => self.take_whole(first),
            Some((second, text)) => {
                self.waiting.push_back((line, first.trim().to_owned()));
                let text = self.checked(second, &text)?;
                self.waiting.push_back((second, text));
            }
        }
        Ok(())
    }

    fn take_whole(&mut self, text: String) {
        if let Ok(many) = serde_json::from_str::<Many>(&text) {
            self.dropped = many.dropped;
            self.waiting.extend(many.events.into_iter().map(|event| (0, event.get().to_owned())));
        } else {
            self.single = true;
            self.waiting.push_back((0, text));
        }
    }

    /// The next line that is not empty.
    fn next_line(&mut self) -> Result<Option<(usize, String)>, Failure> {
        while !self.ended {
            let mut text = String::new();
            let read = self.source.read_line(&mut text);
            let read = read.map_err(|error| {
                Failure::Use(format!("can't read {} behind line {}: {error}", self.name, self.line))
            })?;
            self.line += 1;
            self.bytes += read as u64;
            self.ended = read == 0;
            if !text.trim().is_empty() {
                return Ok(Some((self.line, text)));
            }
        }
        Ok(None)
    }

    /// Text that is JSON; of anything else the gateway could not tell the line.
    fn checked(&self, line: usize, text: &str) -> Result<String, Failure> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => Ok(text.trim().to_owned()),
            Err(error) if line == 0 => Err(Failure::Problem(format!("{} is no JSON: {error}", self.name))),
            Err(error) => {
                let error = error.to_string();
                let what = error.split(" at line").next().unwrap_or_default();
                Err(Failure::Problem(format!("{}: line {line} is no JSON: {what}", self.name)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each batch begins, and its body.
    fn batches(text: &str) -> Result<Vec<(String, String)>, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut events = Events::open(file.path())?;
        let mut batches = Vec::new();
        while let Some(batch) = events.next_batch()? {
            batches.push((batch.place(), batch.body()));
        }
        Ok(batches)
    }

    #[test]
    fn each_form_is_known_by_its_beginning() {
        for (text, place, body) in [
            ("{\"type\":\"x\"}", "these", "{\"type\":\"x\"}"),
            ("{\n  \"type\": \"x\"\n}\n", "these", "{\n  \"type\": \"x\"\n}"),
            (
                "{\"events\":[{\"a\":1},{}],\"dropped\":2}",
                "these",
                "{\"events\":[{\"a\":1},{}],\"dropped\":2}",
            ),
            ("{\"events\":\n[{}]}", "these", "{\"events\":[{}]}"),
            ("\n{\"a\":1}\n\n{\"b\":2}\n", "line 2", "{\"events\":[{\"a\":1},{\"b\":2}]}"),
        ] {
            assert_eq!(batches(text).unwrap(), [(place.to_owned(), body.to_owned())], "{text}");
        }
        assert_eq!(batches(" \n").unwrap(), []);
    }

    #[test]
    fn lines_go_in_batches() {
        let text = "{}\n".repeat(2500);
        let places: Vec<String> = batches(&text).unwrap().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["line 1", "line 1001", "line 2001"]);
    }

    #[test]
    fn what_is_no_json_is_named_by_its_line() {
        let Err(Failure::Problem(text)) = batches("{}\n{\"a\":}\n") else { panic!("refused") };
        assert!(text.ends_with(": line 2 is no JSON: expected value"), "{text}");
        assert!(matches!(batches("{"), Err(Failure::Problem(_))));
    }
}
