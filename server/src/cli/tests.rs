//! The command line's own definition: that it holds together, and that every example in a help is one.

use super::*;
use clap::CommandFactory;

/// Every command that does something, by its words.
fn commands(command: &clap::Command, words: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let words = format!("{words} {}", sub.get_name());
        if sub.has_subcommands() {
            all.extend(commands(sub, &words));
        } else {
            let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            all.push((words, help));
        }
    }
    all
}

/// The words of an example, as a shell would pass them; what follows a pipe or stands before one is another program's.
fn words(example: &str) -> Vec<String> {
    let ours = example.split('|').find(|part| part.trim_start().starts_with("openclaw-webhooks")).unwrap();
    ours.split('>').next().unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_examples_that_it_takes() {
    for (command, help) in commands(&Cli::command(), "openclaw-webhooks") {
        assert!(help.starts_with("Examples:\n"), "{command}");
        let examples = help.lines().skip(1).take_while(|line| line.starts_with("  "));
        for example in examples {
            assert!(example.contains(&command), "{command}: {example}");
            if let Err(error) = Cli::try_parse_from(words(example)) {
                panic!("{example}: {error}");
            }
        }
    }
}

#[test]
fn the_word_webhooks_may_lead() {
    let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    let given = arguments(words("openclaw webhooks list --recent 20").into_iter());
    assert_eq!(given, words("openclaw list --recent 20"));
    assert!(matches!(Cli::try_parse_from(given).unwrap().command, Command::List(_)));
}

#[test]
fn every_line_of_the_readme_is_one() {
    let readme = include_str!("../../../README.md");
    let mut commands = std::collections::BTreeSet::new();
    for line in readme
        .lines()
        .map(|line| line.trim().trim_start_matches("target/debug/").trim_start_matches("source <("))
    {
        if !line.starts_with("openclaw-webhooks ") {
            continue;
        }
        let command = words(line.split('#').next().unwrap().trim_end().trim_end_matches(')'));
        if let Err(error) = Cli::try_parse_from(&command) {
            panic!("{line}: {error}");
        }
        commands.insert(command[1].clone());
    }
    let told = |name: &str| commands.contains(name) || matches!(name, "help" | "serve" | "demo" | "resume");
    for command in Cli::command().get_subcommands() {
        assert!(told(command.get_name()), "the README does not tell of {}", command.get_name());
    }
}
