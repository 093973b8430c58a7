//! The command line: one file a command, and what they share.
//!
//! Exit status: 0 done, 1 found a problem, 2 wrong use.

mod check;
mod demo;
mod serve;

use crate::config::{Config, ConfigSource};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// OpenClaw's events out as signed webhooks, other systems' requests in as agent runs.
#[derive(Debug, Parser)]
#[command(name = "openclaw-webhooks", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway and its dashboard
    Serve {
        /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Try it: a gateway with receivers and events of its own
    Demo(demo::Demo),
    /// Work on the configuration file
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with it, all at once
    Check {
        /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(arguments(std::env::args_os()));
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("can't start: {error}")),
    };
    runtime.block_on(async {
        match cli.command {
            Command::Serve { config } => serve::run(config.as_deref()).await,
            Command::Demo(demo) => demo::run(demo).await,
            Command::Config { command: ConfigCommand::Check { config } } => check::run(config.as_deref()),
        }
    })
}

/// Linked as `openclaw`, the binary answers `openclaw webhooks list`: the leading word is dropped.
fn arguments(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_some_and(|word| word == "webhooks") {
        arguments.remove(1);
    }
    arguments
}

/// The log goes to standard error: text on a terminal, one JSON object a line otherwise.
fn log() {
    let filter = EnvFilter::try_from_env("OPENCLAW_WEBHOOKS_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn,leptos=warn,any_spawner=error"));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if terminal {
        builder.with_target(false).init();
    } else {
        builder.json().flatten_event(true).init();
    }
}

/// Finds and reads the configuration; `None` and the words on standard error when it can't be used.
fn load(flag: Option<&Path>) -> Option<(Config, ConfigSource)> {
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: can't tell the working folder: {error}");
            return None;
        }
    };
    let source = ConfigSource::find(flag, &environment, &folder);
    match Config::load(&source, &environment) {
        Ok(config) => Some((config, source)),
        Err(errors) => {
            eprintln!("{errors}");
            None
        }
    }
}

/// A variable of the environment; what is not UTF-8 counts as missing.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment, for the configuration"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn failed(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(1)
}
