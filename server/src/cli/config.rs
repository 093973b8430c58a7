//! `config`: work on the configuration's file, without a gateway.

mod check;
mod show;

use super::end::{Failure, Verdict};
use super::out::Out;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const CHECK: &str = "\
Examples:
  openclaw-webhooks config check
  openclaw-webhooks config check --config /etc/openclaw-webhooks/openclaw.json5 --json

Status 1: there is something wrong. Each line names file, line, column and key, and what is allowed.";

const SHOW: &str = "\
Examples:
  openclaw-webhooks config show
  openclaw-webhooks config show --json

A source is file, environment (there is a ${VAR} in the value) or default.";

const EXAMPLE: &str = "\
Examples:
  openclaw-webhooks config example > openclaw.json5";

const SCHEMA: &str = "\
Examples:
  openclaw-webhooks config schema > openclaw.schema.json

With `$schema: \"./openclaw.schema.json\"` at the top of openclaw.json5, editors complete and check it.";

/// What is done with the file.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with it, all at once
    #[command(after_help = CHECK)]
    Check(File),
    /// Show what is in force, secrets masked, and where each value comes from
    #[command(after_help = SHOW)]
    Show(File),
    /// Print one with every key, what it is for, and its default
    #[command(after_help = EXAMPLE)]
    Example,
    /// Print its JSON Schema (draft 2020-12), for editors
    #[command(after_help = SCHEMA)]
    Schema,
}

/// Which file.
#[derive(Debug, Args)]
pub(super) struct File {
    /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command) -> Result<Verdict, Failure> {
    match command {
        Command::Check(file) => check::run(&super::source(file.config.as_deref())?, Out::new(file.json)),
        Command::Show(file) => show::run(&super::source(file.config.as_deref())?, Out::new(file.json)),
        Command::Example => print(crate::config::example().trim_end()),
        Command::Schema => print(&format!("{:#}", crate::config::schema())),
    }
}

fn print(text: &str) -> Result<Verdict, Failure> {
    Out::new(false).line(text)?;
    Ok(Verdict::Done)
}
