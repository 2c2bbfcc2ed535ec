//! The command `cargo conform`: checks recordings of real servers against the specification and the SDK's
//! decoders.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Checks recorded exchanges with real servers: the specification must contain the endpoint, every
/// parameter and every field, and the SDK must decode the response without loss.
#[derive(Parser)]
#[command(name = "cargo conform", version)]
struct Arguments {
    /// Recordings in the HAR format, as exported by browsers.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object per exchange instead of text.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match mastodon_conform::check_recordings(&arguments.files, arguments.json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
