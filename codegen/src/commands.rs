//! The commands, a module each: what they are asked, and how their answer is printed. What they do
//! stands in the library.

mod check;
mod diff;
mod drift;
mod fmt;
mod generate;
mod openapi;
mod since;
mod site;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use mastodon_spec::problem::Problem;
use mastodon_spec::yaml::Spec;
use mastodon_spec::{check as checks, load};
use serde::Serialize;

/// Turns the YAML description of the Mastodon API into Rust.
#[derive(Parser)]
#[command(name = "cargo codegen", version)]
pub(crate) struct Arguments {
    /// Only tell which generated files are stale, and fail if there are any.
    #[arg(long)]
    check: bool,
    /// The root of the project.
    #[arg(long, global = true, default_value_os_t = root())]
    root: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Find everything that is wrong in the YAML; nothing is generated.
    Check(check::Options),
    /// Tell what changed between two specifications, and what it means for programs that use the SDK.
    Diff(diff::Options),
    /// Tell where the specification and another description of the API differ: OpenAPI, Mastodon's
    /// documentation or routes, recordings. Exit code 0: nowhere; 1: somewhere; 2: it could not be told.
    Drift(drift::Options),
    /// Bring the YAML into its one shape; comments stay.
    Fmt(fmt::Options),
    /// Tell what each version of Mastodon brought, deprecated and took away.
    Since(since::Options),
    /// Write the OpenAPI document of the API, which also stands in generated/openapi.json.
    Openapi(openapi::Options),
    /// Write the reference of the API as a site of static pages.
    Site(site::Options),
}

/// How a report is printed.
#[derive(Args)]
struct Form {
    /// Print it as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print it as Markdown.
    #[arg(long)]
    markdown: bool,
}

impl Form {
    fn print(
        &self,
        report: &impl Serialize,
        text: impl FnOnce() -> String,
        markdown: impl FnOnce() -> String,
    ) -> Result<(), String> {
        let out = match (self.json, self.markdown) {
            (true, _) => json(report)?,
            (_, true) => markdown(),
            _ => text(),
        };
        print(&out)
    }
}

/// The workspace that this command was built in.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Does what is asked: whether all is well, or why it could not be done.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let root = &arguments.root;
    let well = match &arguments.command {
        None => generate::run(root, arguments.check),
        Some(_) if arguments.check => {
            Err("`--check` stands by itself: it tells whether the generated files are fresh".into())
        }
        Some(Command::Check(options)) => check::run(root, options),
        Some(Command::Diff(options)) => diff::run(root, options),
        Some(Command::Drift(options)) => drift::run(root, options),
        Some(Command::Fmt(options)) => fmt::run(root, options),
        Some(Command::Since(options)) => since::run(root, options),
        Some(Command::Openapi(options)) => openapi::run(root, options),
        Some(Command::Site(options)) => site::run(root, options),
    };
    Ok(if well? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The project's specification, which has to be sound; what is wrong is printed.
fn specification(root: &Path) -> Result<Spec, String> {
    sound(load::read(files(&root.join("spec"))?), "spec")
}

fn files(folder: &Path) -> Result<load::Files, String> {
    load::files(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))
}

/// A specification without mistakes; those that it has are printed.
fn sound(loaded: load::Loaded, name: &str) -> Result<Spec, String> {
    checks::check(loaded).map_err(|problems| {
        let count = problems.len();
        for problem in problems {
            eprintln!("{}\n", placed(problem, name));
        }
        format!("{} in {name}", counted(count, "problem"))
    })
}

/// The problem with its file as a path from the root of the project, for terminals that open it.
fn placed(mut problem: Problem, folder: &str) -> Problem {
    problem.file = format!("{}/{}", folder.trim_end_matches('/'), problem.file);
    problem
}

/// "1 problem", "2 problems".
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn json(value: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// Prints; a reader that has seen enough is no failure.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot print: {error}"))
        }
        _ => Ok(()),
    }
}
