//! How a command ends: what it found or why it could not go on, and the exit status that says so.

use super::plain;
use std::fmt::Write;
use std::io;
use std::process::ExitCode;
use wire::Problem;

/// What a command that did its work found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well: status 0.
    Done,
    /// Something a person has to look at: status 1.
    Found,
}

impl Verdict {
    /// `Done` where `good`.
    pub(super) const fn of(good: bool) -> Self {
        if good { Self::Done } else { Self::Found }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something is wrong, and the text says what to do: status 1.
    Problem(String),
    /// The command can't be used like this: status 2.
    Use(String),
    /// No gateway answers: status 3.
    Unreachable(String),
    /// Whoever read the output has stopped (as `head` does): nothing more is said, status 0.
    Unread,
}

/// Writing our own output is the only I/O whose error is passed on as it is.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Unread
        } else {
            Self::Problem(format!("can't write the output: {error}"))
        }
    }
}

impl From<Problem> for Failure {
    /// `Conflict: there is an endpoint crm already; choose another name`, the field where one is at fault, every fault where
    /// there are several.
    fn from(problem: Problem) -> Self {
        let mut text = format!("{}: {}", plain::line(&problem.title), plain::line(&problem.detail));
        for error in problem.errors.iter().skip(1) {
            let _ = write!(text, "\n  {} {}", plain::line(&error.field), plain::line(&error.detail));
        }
        if let Some(field) = &problem.field {
            let _ = write!(text, "\n  field: {}", plain::line(field));
        }
        if let Some(remedy) = remedy(&problem) {
            let _ = write!(text, "\n  {remedy}");
        }
        if problem.code == "invalid_parameter" { Self::Use(text) } else { Self::Problem(text) }
    }
}

/// What only the command line can say about it.
fn remedy(problem: &Problem) -> Option<&'static str> {
    match problem.code.as_str() {
        "unauthorized" => Some("Give its token with --token, or in OPENCLAW_WEBHOOKS_TOKEN."),
        "forbidden" => Some("Give the gateway's adminToken with --token, or in OPENCLAW_WEBHOOKS_TOKEN."),
        "in_file" => Some("The gateway takes a change of the file up by itself."),
        _ => None,
    }
}

/// Says on standard error why a command failed, and gives its status.
pub(super) fn status(ended: Result<Verdict, Failure>) -> ExitCode {
    let (code, message) = match ended {
        Ok(Verdict::Done) | Err(Failure::Unread) => return ExitCode::SUCCESS,
        Ok(Verdict::Found) => return ExitCode::from(1),
        Err(Failure::Problem(message)) => (1, message),
        Err(Failure::Use(message)) => (2, message),
        Err(Failure::Unreachable(message)) => (3, message),
    };
    anstream::eprintln!("error: {message}");
    ExitCode::from(code)
}
