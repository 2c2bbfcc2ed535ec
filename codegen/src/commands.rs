//! The commands, one module each: options and output. The other crates of the generator do the work.

mod check;
mod diff;
mod drift;
mod fmt;
mod generate;
mod openapi;
mod since;
mod site;

use std::fs;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::{Args, Parser, Subcommand};
use mastodon_spec::problem::Problem;
use mastodon_spec::published::Published;
use mastodon_spec::yaml::Spec;
use mastodon_spec::{check as checks, load};
use serde::Serialize;

/// Generates Rust code from the YAML description of the Mastodon API.
///
/// Without a command, writes all generated files that have changed and deletes outdated ones.
#[derive(Parser)]
#[command(name = "cargo codegen", bin_name = "cargo codegen", version)]
pub(crate) struct Arguments {
    /// List stale generated files instead of writing them, and fail if there are any.
    #[arg(long)]
    check: bool,
    /// The root of the project. Default: the workspace that contains this command.
    #[arg(long, global = true, value_name = "FOLDER", default_value_os_t = root(), hide_default_value = true)]
    root: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Report all problems in the YAML files without generating anything.
    Check(check::Options),
    /// Compare two versions of the specification and rate the effect of each change on applications.
    Diff(diff::Options),
    /// Compare the specification with OpenAPI, Mastodon's documentation or source code, or recordings.
    ///
    /// Exit code 0: no differences; 1: differences, or with `--strict` parts that were not understood; 2: an error.
    Drift(drift::Options),
    /// Format the YAML files. Comments are kept.
    Fmt(fmt::Options),
    /// List what each version of Mastodon added, deprecated and removed.
    Since(since::Options),
    /// Write the OpenAPI document, which is also in generated/openapi.json.
    Openapi(openapi::Options),
    /// Write the API reference as a static website.
    Site(site::Options),
}

/// The output format of a report.
#[derive(Args)]
struct OutputFormat {
    /// Print JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown.
    #[arg(long)]
    markdown: bool,
}

impl OutputFormat {
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

/// The workspace in which this command was built.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Runs the command. Returns success or failure, or an error message.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let root = &arguments.root;
    let ok = match &arguments.command {
        None => generate::run(root, arguments.check),
        Some(_) if arguments.check => Err("`--check` cannot be combined with a command".into()),
        Some(Command::Check(options)) => check::run(root, options),
        Some(Command::Diff(options)) => diff::run(root, options),
        Some(Command::Drift(options)) => drift::run(root, options),
        Some(Command::Fmt(options)) => fmt::run(root, options),
        Some(Command::Since(options)) => since::run(root, options),
        Some(Command::Openapi(options)) => openapi::run(root, options),
        Some(Command::Site(options)) => site::run(root, options),
    };
    Ok(if ok? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Like [`specification`], and reports what is new since the last generation and states no version.
fn specification_with_new_items(root: &Path) -> Result<Spec, String> {
    let loaded = files(&root.join("spec")).map(load::read)?;
    let checked = thread::scope(|scope| {
        // Parsed meanwhile, because only the last check needs it.
        let published = scope.spawn(|| published(root));
        let published = || {
            published
                .join()
                .unwrap_or_else(|panic| resume_unwind(panic))
        };
        checks::check_against(loaded, published)
    });
    checked.map_err(|problems| report(problems, "spec"))
}

/// The OpenAPI document of the last generation; `None` before the first one.
fn published(root: &Path) -> Option<Published> {
    let text = fs::read_to_string(root.join(PUBLISHED)).ok()?;
    match Published::parse(&text) {
        Ok(published) => Some(published),
        Err(error) => {
            eprintln!(
                "warning: {PUBLISHED} is not JSON ({error}), so new items without `since` are not reported"
            );
            None
        }
    }
}

/// The generated document that lists what the specification contained at the last generation.
const PUBLISHED: &str = "generated/openapi.json";

/// Loads and checks the project's specification; problems are printed.
fn specification(root: &Path) -> Result<Spec, String> {
    load_checked(load::read(files(&root.join("spec"))?), "spec")
}

fn files(folder: &Path) -> Result<load::Files, String> {
    load::files(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))
}

/// Checks a specification; problems are printed.
fn load_checked(loaded: load::Loaded, name: &str) -> Result<Spec, String> {
    checks::check(loaded).map_err(|problems| report(problems, name))
}

/// Prints the problems of a specification, and returns how many there are.
fn report(problems: Vec<Problem>, name: &str) -> String {
    let count = problems.len();
    for problem in problems {
        eprintln!("{}\n", with_folder(problem, name));
    }
    format!("{} in {name}", counted(count, "problem"))
}

/// The problem with its file relative to the root of the project, so that terminals can open it.
fn with_folder(mut problem: Problem, folder: &str) -> Problem {
    let related = problem.related.as_mut().map(|related| &mut related.file);
    for file in [&mut problem.file].into_iter().chain(related) {
        *file = format!("{}/{file}", folder.trim_end_matches('/'));
    }
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

/// Prints to standard output; a closed pipe is not an error.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot print: {error}"))
        }
        _ => Ok(()),
    }
}
