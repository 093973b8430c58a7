//! `config`: work on the configuration's file, without a gateway.

mod check;

use super::end::{Failure, Verdict};
use super::out::Out;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const CHECK: &str = "\
Examples:
  openclaw-webhooks config check
  openclaw-webhooks config check --config /etc/openclaw-webhooks/openclaw.json5 --json

Status 1: there is something wrong. Each line names file, line, column and key, and what is allowed.";

/// What is done with the file.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with it, all at once
    #[command(after_help = CHECK)]
    Check(File),
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
    }
}
