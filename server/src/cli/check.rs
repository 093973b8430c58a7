//! `config check`: says all that is wrong with the configuration at once.

use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(flag: Option<&Path>) -> ExitCode {
    let Some((config, _)) = super::load(flag) else { return ExitCode::from(1) };
    let file = config.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
    let mut status = ExitCode::SUCCESS;
    for endpoint in &config.endpoints {
        if let Some(fault) = &endpoint.fault {
            eprintln!("{file}: {fault}");
            status = ExitCode::from(1);
        }
    }
    println!(
        "{file}: {} endpoints, {} inbound endpoints",
        config.endpoints.len(),
        config.inbound.endpoints.len()
    );
    status
}
