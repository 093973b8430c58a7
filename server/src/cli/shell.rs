//! `completions` and `man`: what a shell and a manual page need, made from the command line's own definition.

use super::end::{Failure, Verdict};
use clap::{Args, Command};
use clap_complete::Shell;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) const COMPLETIONS: &str = "\
Examples:
  openclaw-webhooks completions bash > ~/.local/share/bash-completion/completions/openclaw-webhooks
  openclaw-webhooks completions zsh > ~/.zfunc/_openclaw-webhooks
  openclaw-webhooks completions fish > ~/.config/fish/completions/openclaw-webhooks.fish";

pub(super) const MAN: &str = "\
Examples:
  openclaw-webhooks man > openclaw-webhooks.1
  openclaw-webhooks man --dir ~/.local/share/man/man1";

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Where the pages go.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write a page for each command into this folder, instead of the first page to standard output
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn completions(asked: &Completions, mut command: Command) -> Result<Verdict, Failure> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(asked.shell, &mut command, name, &mut script);
    write(&script)
}

pub(super) fn man(asked: &Man, command: Command) -> Result<Verdict, Failure> {
    if let Some(folder) = &asked.dir {
        return pages(folder, command);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    write(&page)
}

fn pages(folder: &Path, command: Command) -> Result<Verdict, Failure> {
    let wrong = |error| Failure::Problem(format!("can't write the pages into {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    clap_mangen::generate_to(command, folder).map_err(wrong)?;
    Ok(Verdict::Done)
}

fn write(bytes: &[u8]) -> Result<Verdict, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Verdict::Done)
}
