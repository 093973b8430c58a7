//! The command line: one file a command, and what they share.
//!
//! - `serve`, `demo`, `migrate`, `backup` and `config` work on files; everything else speaks to a running gateway through [`client`]
//!   ([`dial`], [`http`], [`stream`]).
//! - [`out`], [`table`], [`when`], [`plain`] and [`progress`] are how it is shown; [`end`] is how it ends.
//!
//! Exit status: 0 done, 1 found a problem, 2 wrong use, 3 gateway unreachable. A command that shows something found it,
//! whatever state it is in; one that has something done (`check`, `test`, `redeliver`, `verify`, `send`) ends with 1 if that did
//! not succeed.

mod audit;
mod backup;
mod client;
mod config;
mod copy;
mod demo;
mod dial;
mod end;
mod endpoints;
mod filter;
mod hits;
mod http;
mod list;
mod listen;
mod migrate;
mod out;
mod plain;
mod progress;
mod redeliver;
mod send;
mod serve;
mod shell;
mod show;
mod stream;
mod table;
mod tail;
mod verify;
mod when;

use crate::config::{Config, ConfigErrors, ConfigSource};
use crate::secret::Masked;
use clap::{CommandFactory, Parser, Subcommand};
use end::{Failure, Verdict};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks demo
  openclaw-webhooks serve
  openclaw-webhooks list --recent 20
  openclaw-webhooks redeliver --status failed --since 1h

Exit status: 0 done, 1 found a problem, 2 wrong use, 3 gateway unreachable.";

const SERVE: &str = "\
Examples:
  openclaw-webhooks serve
  openclaw-webhooks serve --config /etc/openclaw-webhooks/openclaw.json5";

/// OpenClaw's events out as signed webhooks, other systems' requests in as agent runs.
#[derive(Debug, Parser)]
#[command(name = "openclaw-webhooks", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway and its dashboard
    #[command(after_help = SERVE)]
    Serve(serve::Serve),
    /// Try it: a gateway with receivers and events of its own
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Demo),
    /// The latest deliveries
    #[command(after_help = list::EXAMPLES)]
    List(list::List),
    /// One delivery, event or hit, with all that is known of it
    #[command(after_help = show::EXAMPLES)]
    Show(show::Show),
    /// Follow deliveries live
    #[command(after_help = tail::EXAMPLES)]
    Tail(tail::Tail),
    /// Send deliveries once more
    #[command(after_help = redeliver::EXAMPLES)]
    Redeliver(redeliver::Redeliver),
    /// The endpoints and how they do
    #[command(after_help = endpoints::EXAMPLES)]
    Endpoints(endpoints::Endpoints),
    /// Ask an endpoint whether it answers; no event is sent
    #[command(after_help = endpoints::CHECK)]
    Check(endpoints::Named),
    /// Send an endpoint a signed sample event
    #[command(after_help = endpoints::TEST)]
    Test(endpoints::Test),
    /// Hold an endpoint's deliveries
    #[command(after_help = endpoints::PAUSE)]
    Pause(endpoints::Named),
    /// Send what was held
    #[command(after_help = endpoints::RESUME)]
    Resume(endpoints::Named),
    /// Post events
    #[command(after_help = send::EXAMPLES)]
    Send(send::Send),
    /// The latest requests to inbound endpoints
    #[command(after_help = hits::EXAMPLES)]
    Hits(hits::Hits),
    /// Who changed what, and who tried
    #[command(after_help = audit::EXAMPLES)]
    Audit(audit::Audit),
    /// Receive on this machine: print, verify and forward what arrives
    #[command(after_help = listen::EXAMPLES)]
    Listen(listen::Listen),
    /// Say whether a signature is that of a body
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::Verify),
    /// Work on the configuration file
    Config {
        #[command(subcommand)]
        command: config::Command,
    },
    /// Bring the database's tables up to date
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(File),
    /// Copy the database to a file while the gateway runs
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Backup),
    /// Move everything from a SQLite file to PostgreSQL
    #[command(after_help = copy::EXAMPLES)]
    Copy(copy::CopyArgs),
    /// A shell's completions
    #[command(after_help = shell::COMPLETIONS)]
    Completions(shell::Completions),
    /// The manual pages
    #[command(after_help = shell::MAN)]
    Man(shell::Man),
}

/// Which configuration.
#[derive(Debug, clap::Args)]
struct File {
    /// The configuration; else `OPENCLAW_WEBHOOKS_CONFIG`, else ./openclaw.json5
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(arguments(std::env::args_os()));
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end::status(Err(Failure::Problem(format!("can't start: {error}")))),
    };
    let ended = runtime.block_on(run(cli.command));
    // A thread that waits for standard input would hold the end up.
    runtime.shutdown_background();
    end::status(ended)
}

async fn run(command: Command) -> Result<Verdict, Failure> {
    match command {
        Command::Serve(serve) => serve::run(serve).await,
        Command::Demo(demo) => demo::run(demo).await,
        Command::List(list) => list::run(list).await,
        Command::Show(show) => show::run(show).await,
        Command::Tail(tail) => tail::run(tail).await,
        Command::Redeliver(redeliver) => redeliver::run(redeliver).await,
        Command::Endpoints(endpoints) => endpoints::run(endpoints).await,
        Command::Check(named) => endpoints::check(named).await,
        Command::Test(test) => endpoints::test(test).await,
        Command::Pause(named) => endpoints::pause(named).await,
        Command::Resume(named) => endpoints::resume(named).await,
        Command::Send(send) => send::run(send).await,
        Command::Hits(hits) => hits::run(hits).await,
        Command::Audit(audit) => audit::run(audit).await,
        Command::Listen(listen) => listen::run(listen).await,
        Command::Verify(verify) => verify::run(&verify),
        Command::Config { command } => config::run(&command),
        Command::Migrate(file) => migrate::run(file.config.as_deref()).await,
        Command::Backup(backup) => backup::run(backup).await,
        Command::Copy(copy) => copy::run(copy).await,
        Command::Completions(completions) => shell::completions(&completions, Cli::command()),
        Command::Man(man) => shell::man(&man, Cli::command()),
    }
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
        // h2 warns of each connection that it ends for what its client did: strangers would write our log.
        .unwrap_or_else(|_| {
            EnvFilter::new("info,sqlx=warn,hyper=warn,h2=error,leptos=warn,any_spawner=error")
        });
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if terminal {
        builder.with_target(false).init();
    } else {
        builder.json().flatten_event(true).init();
    }
}

/// Where the configuration is read from.
fn source(flag: Option<&Path>) -> Result<ConfigSource, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::Problem(format!("can't tell the working folder: {error}")))?;
    Ok(ConfigSource::find(flag, &environment, &folder))
}

/// Finds and reads the configuration.
fn load(flag: Option<&Path>) -> Result<(Config, ConfigSource), Failure> {
    let source = source(flag)?;
    match Config::load(&source, &environment) {
        Ok(config) => Ok((config, source)),
        Err(errors) => Err(unusable(&errors)),
    }
}

/// Finds the configuration and reads which database it names; what else stands in it is for the gateway.
fn database(flag: Option<&Path>) -> Result<Masked, Failure> {
    Config::database(&source(flag)?, &environment).map_err(|errors| unusable(&errors))
}

fn unusable(errors: &ConfigErrors) -> Failure {
    Failure::Problem(format!("the configuration can't be used\n{}", plain::lines(&errors.to_string())))
}

/// A variable of the environment; what is not UTF-8 counts as missing.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment, for the configuration"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
