//! The `keystream` program, which runs the command line.

use std::{process::ExitCode, time::Duration};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long work that can't be cancelled may take once everything else has ended.
const LONGEST_GOODBYE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("keystream: threads could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(keystream::server::cli::run());
    // A name that is being looked up, or a disk that hangs, must not delay the end.
    runtime.shutdown_timeout(LONGEST_GOODBYE);
    code
}
