//! The command `cargo conform`: recordings of real servers against the specification and the SDK.

mod decode;
#[rustfmt::skip]
#[path = "../generated/decoders.rs"]
mod decoders;
mod har;
mod report;
mod request;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use mastodon_codegen::{check, load, model::Model};

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
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let loaded = load::load(&root.join("spec")).map_err(|error| error.to_string())?;
    let spec = check::check(loaded).map_err(|problems| {
        format!(
            "the specification has {} problems; run `cargo codegen`",
            problems.len()
        )
    })?;
    let model = Model::new(&spec);
    let mut report = report::Report::new(arguments.json);
    for file in &arguments.files {
        for exchange in har::read(file)? {
            report.add(&model, &exchange);
        }
    }
    Ok(report.finish())
}
