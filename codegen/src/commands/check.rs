//! `cargo codegen check`.

use std::path::Path;

use clap::{Args, ValueEnum};
use mastodon_spec::{check, load};

use super::{counted, files, json, print, published, with_folder};

#[derive(Args)]
pub(super) struct Options {
    /// The output format of the problems.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "json")]
    format: Format,
    /// Print the problems as JSON, like `--format json`.
    #[arg(long)]
    json: bool,
}

/// The output formats of problems.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text with the source line.
    Text,
    /// A list of objects with file, line, column, width, message, hint and source.
    Json,
    /// Workflow commands that GitHub shows at the lines of a pull request.
    Github,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let files = files(&root.join("spec"))?;
    let prose = check::prose::check(&files);
    let checked = check::check_against(load::read(files), || published(root));
    let methods = checked.as_ref().map_or(0, |spec| {
        spec.methods.values().map(|file| file.methods.len()).sum()
    });
    let problems = checked.err().unwrap_or_default();
    let mut problems: Vec<_> = problems
        .into_iter()
        .chain(prose)
        .map(|problem| with_folder(problem, "spec"))
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
            print(&format!("no problems in {methods} methods\n"))?;
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
