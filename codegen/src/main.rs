//! The command `cargo codegen`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mastodon_codegen::{check, emit, load, model::Model};

/// Turns the YAML description of the Mastodon API into Rust.
#[derive(Parser)]
#[command(name = "cargo codegen", version)]
struct Arguments {
    /// Only tell which generated files are stale, and fail if there are any.
    #[arg(long)]
    check: bool,
    /// The root of the project.
    #[arg(long, default_value_os_t = root())]
    root: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check the YAML alone; nothing is generated.
    Check {
        /// Print the problems as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the OpenAPI document of the API, which also stands in generated/openapi.json.
    Openapi {
        /// The file to write; without it, the document is printed.
        file: Option<PathBuf>,
    },
}

/// The workspace that this command was built in.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let folder = arguments.root.join("spec");
    let loaded = load::load(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let spec = match check::check(loaded) {
        Ok(spec) => spec,
        Err(problems) => {
            if matches!(arguments.command, Some(Command::Check { json: true })) {
                println!(
                    "{}",
                    serde_json::to_string_pretty(&problems).map_err(|error| error.to_string())?
                );
            } else {
                for problem in &problems {
                    eprintln!("{problem}\n");
                }
                eprintln!("{} problems in the specification", problems.len());
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let model = Model::new(&spec);
    match &arguments.command {
        Some(Command::Check { json: true }) => {
            println!("[]");
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Check { json: false }) => {
            println!(
                "the specification is sound: {} methods",
                model.methods().count()
            );
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Openapi { file }) => {
            let document = emit::openapi(&model)?;
            match file {
                Some(file) => std::fs::write(file, document)
                    .map_err(|error| format!("cannot write {}: {error}", file.display()))?,
                None => print!("{document}"),
            }
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let outputs = emit::emit(&model)?;
    if arguments.check {
        let stale = emit::stale(&arguments.root, &outputs).map_err(|error| error.to_string())?;
        for path in &stale {
            eprintln!("stale: {}", path.display());
        }
        if !stale.is_empty() {
            eprintln!(
                "{} generated files are stale; run `cargo codegen`",
                stale.len()
            );
            return Ok(ExitCode::FAILURE);
        }
        println!("{} generated files are fresh", outputs.len());
        return Ok(ExitCode::SUCCESS);
    }
    let written = emit::write(&arguments.root, &outputs).map_err(|error| error.to_string())?;
    for path in &written {
        println!("wrote {}", path.display());
    }
    println!(
        "{} of {} generated files changed",
        written.len(),
        outputs.len()
    );
    Ok(ExitCode::SUCCESS)
}
