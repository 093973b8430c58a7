//! Output: lines for people, with colour where a terminal shows it, or one JSON object a line for programs.
//!
//! `anstream` decides about colour (terminal, `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`) and takes it out again where none
//! is wanted.

use super::plain;
use anstyle::{AnsiColor, Style};
use serde_json::value::RawValue;
use std::io::{self, Write};
use wire::{DeliveryStatus, EndpointState};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const WAITS: Style = AnsiColor::Yellow.on_default();
pub(super) const MOVES: Style = AnsiColor::Cyan.on_default();

/// Where a command writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    json: bool,
}

impl Out {
    /// Writes for programs if `json`.
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(super) const fn is_json(self) -> bool {
        self.json
    }

    /// Writes a line; nothing in it may come from outside as it is.
    #[expect(clippy::unused_self, reason = "what is written goes through here, whoever reads it")]
    pub(super) fn line(self, line: impl AsRef<str>) -> io::Result<()> {
        let mut out = anstream::stdout();
        writeln!(out, "{}", line.as_ref())?;
        out.flush()
    }

    /// Writes an object of the API as it is, in one line.
    pub(super) fn raw(self, object: &RawValue) -> io::Result<()> {
        self.line(plain::json(object.get()))
    }

    /// Writes an object in one line.
    pub(super) fn object(self, object: &impl serde::Serialize) -> io::Result<()> {
        self.line(plain::json(&serde_json::to_string(object)?))
    }
}

/// Says something about the work itself, on standard error, where no program takes it for a result.
pub(super) fn note(text: impl AsRef<str>) {
    anstream::eprintln!("{}", text.as_ref());
}

/// The text in this style.
pub(super) fn styled(text: impl AsRef<str>, style: Style) -> String {
    format!("{style}{}{style:#}", text.as_ref())
}

/// How a delivery's status is shown.
pub(super) const fn of_status(status: DeliveryStatus) -> Style {
    match status {
        DeliveryStatus::Delivered => GOOD,
        DeliveryStatus::Failed => BAD,
        DeliveryStatus::Retrying | DeliveryStatus::Held => WAITS,
        DeliveryStatus::Pending | DeliveryStatus::Delivering => MOVES,
        DeliveryStatus::Cancelled => DIM,
    }
}

/// How an endpoint's state is shown.
pub(super) const fn of_state(state: EndpointState) -> Style {
    match state {
        EndpointState::Healthy => GOOD,
        EndpointState::Failing | EndpointState::Misconfigured => BAD,
        EndpointState::Degraded | EndpointState::Paused => WAITS,
        EndpointState::Idle => DIM,
    }
}
