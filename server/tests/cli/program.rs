//! The program under test: started in a folder of its own, in UTC, with what it prints made the same in every run.

use crate::support::Gateway;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    /// Standard output as it was printed.
    pub(crate) raw: String,
    /// Standard output, ids, ports and durations made the same.
    pub(crate) out: String,
    /// Standard error likewise.
    pub(crate) err: String,
}

impl Ran {
    /// Each line of standard output as JSON.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        self.raw.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The program, before it is started.
pub(crate) fn program(words: &[&str], folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"));
    command.args(words).current_dir(folder.path()).env("TZ", "UTC").stdin(Stdio::null()).kill_on_drop(true);
    for name in ["CONFIG", "URL", "TOKEN", "LOG"] {
        command.env_remove(format!("OPENCLAW_WEBHOOKS_{name}"));
    }
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) async fn run(words: &[&str]) -> Ran {
    run_in(words, &tempfile::tempdir().unwrap(), "").await
}

/// Runs the program on this gateway.
pub(crate) async fn run_on(gateway: &Gateway, words: &[&str]) -> Ran {
    let url = gateway.url("");
    run(&[words, &["--url", &url]].concat()).await
}

/// Runs the program in this folder, with this on its standard input.
pub(crate) async fn run_in(words: &[&str], folder: &TempDir, input: &str) -> Ran {
    finish(program(words, folder), input).await
}

/// Runs a command to its end.
pub(crate) async fn finish(mut command: Command, input: &str) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who does not read its input may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output =
        tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("an end in time").unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    Ran { status: output.status.code().unwrap_or(-1), out: same(&out), err: same(&err), raw: out }
}

/// A run that goes on until it is told to end.
pub(crate) struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_in(words, &tempfile::tempdir().unwrap())
    }

    /// Starts it in a folder whose files it needs.
    pub(crate) fn start_in(words: &[&str], folder: &TempDir) -> Self {
        Self::of(program(words, folder))
    }

    /// Starts a command.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let err = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, out, err }
    }

    /// The next line of standard output, as it was printed.
    pub(crate) async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.out.next_line()).await.expect("a line in time");
        line.unwrap().expect("a line before the end")
    }

    /// Waits for a line of standard error that holds `text`, and gives it.
    pub(crate) async fn note(&mut self, text: &str) -> String {
        let found = async {
            loop {
                let line = self
                    .err
                    .next_line()
                    .await
                    .unwrap()
                    .unwrap_or_else(|| panic!("\"{text}\" before the end"));
                if line.contains(text) {
                    return same(&line);
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("\"{text}\" in time"))
    }

    /// Ends it at once, and gives what standard error held that was not waited for.
    pub(crate) async fn end(mut self) -> String {
        self.child.kill().await.unwrap();
        let mut rest = String::new();
        while let Ok(Some(line)) = self.err.next_line().await {
            rest += &line;
            rest.push('\n');
        }
        rest
    }

    /// Asks it to end, as a service manager does, and gives its status.
    pub(crate) async fn terminate(&mut self) -> i32 {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("an end in time");
        ended.unwrap().code().unwrap_or(-1)
    }
}

/// The same text in every run: the part of an id behind its prefix, a port and a duration are made the same.
pub(crate) fn same(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("127.0.0.1:") {
            out.push_str("127.0.0.1:PORT");
            rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        } else if let Some(id) = id(rest) {
            out.push_str(&id[..4]);
            out.push_str("0123456789abcdef0123456789abcdef");
            rest = &rest[id.len()..];
        } else if let Some(after) = duration(rest, out.chars().last()) {
            out.push_str("N ms");
            rest = after;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn id(text: &str) -> Option<&str> {
    let prefixes = ["evt_", "dlv_", "att_", "chk_", "hit_", "run_"];
    let id = text.get(..36).filter(|id| prefixes.iter().any(|prefix| id.starts_with(prefix)))?;
    id[4..].bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(id)
}

/// What follows a leading `12 ms` or `1.2 s`.
fn duration(text: &str, before: Option<char>) -> Option<&str> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
    if before.is_some_and(|before| before.is_alphanumeric() || before == '.') {
        return None;
    }
    text[digits..].strip_prefix(" ms").or_else(|| text[digits..].strip_prefix(" s"))
}

/// The cells of a table whose columns' widths differ from run to run.
pub(crate) fn cells(table: &str) -> Vec<Vec<&str>> {
    table
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect()
}
