//! The program `openclaw-webhooks`: reads the command line, and ends with the command's status.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
