//! The command `cargo conform`: recordings of real servers against the specification and the SDK.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Checks recorded exchanges: is the endpoint known, every parameter, every field; does the typed
/// decoder accept the answer and give back the same?
#[derive(Parser)]
#[command(name = "cargo conform", version)]
struct Arguments {
    /// Recordings in the HAR format, as browsers export it.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object an exchange, for machines.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match mastodon_conform::recordings(&arguments.files, arguments.json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
