//! `cargo codegen check`.

use std::path::Path;

use clap::{Args, ValueEnum};
use mastodon_spec::{check, load};

use super::{counted, files, json, placed, print};

#[derive(Args)]
pub(super) struct Options {
    /// How the problems are printed.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "json")]
    format: Format,
    /// Print the problems as JSON: `--format json`.
    #[arg(long)]
    json: bool,
}

/// Who reads the problems.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// People, with the line that is to blame.
    Text,
    /// Editors: a list of objects with file, line, column, width, message, hint and source.
    Json,
    /// GitHub, which shows them at the lines of a pull request.
    Github,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let files = files(&root.join("spec"))?;
    let prose = check::prose::check(&files);
    let found = check::check(load::read(files));
    let methods = found.as_ref().map_or(0, |spec| {
        spec.methods.values().map(|file| file.methods.len()).sum()
    });
    let problems = found.err().unwrap_or_default();
    let mut problems: Vec<_> = problems
        .into_iter()
        .chain(prose)
        .map(|problem| placed(problem, "spec"))
        .collect();
    problems.sort();
    let format = if options.json {
        Format::Json
    } else {
        options.format
    };
    match format {
        Format::Json => print(&json(&problems)?)?,
        Format::Github => {
            for problem in &problems {
                print(&format!("{}\n", problem.github()))?;
            }
        }
        Format::Text if problems.is_empty() => {
            print(&format!("the specification is sound: {methods} methods\n"))?;
        }
        Format::Text => {
            for problem in &problems {
                eprintln!("{problem}\n");
            }
            eprintln!(
                "{} in the specification",
                counted(problems.len(), "problem")
            );
        }
    }
    Ok(problems.is_empty())
}
