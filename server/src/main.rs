//! The program `openclaw-webhooks`: reads the command line, and ends with the command's status.

use std::process::ExitCode;

/// A delivery is hundreds of small allocations on many threads; the system's allocator spent a quarter of the
/// gateway's time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
