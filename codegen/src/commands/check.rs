//! `cargo codegen check`.

use std::path::Path;

use clap::Args;
use mastodon_codegen::{check, load};

use super::{counted, files, json, placed, print};

#[derive(Args)]
pub(super) struct Options {
    /// Print the problems as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let found = check::check(load::read(files(&root.join("spec"))?));
    let methods = found.as_ref().map_or(0, |spec| {
        spec.methods.values().map(|file| file.methods.len()).sum()
    });
    let problems = found.err().unwrap_or_default();
    let problems: Vec<_> = problems
        .into_iter()
        .map(|problem| placed(problem, "spec"))
        .collect();
    if options.json {
        print(&json(&problems)?)?;
    } else if problems.is_empty() {
        print(&format!("the specification is sound: {methods} methods\n"))?;
    } else {
        for problem in &problems {
            eprintln!("{problem}\n");
        }
        eprintln!(
            "{} in the specification",
            counted(problems.len(), "problem")
        );
    }
    Ok(problems.is_empty())
}
