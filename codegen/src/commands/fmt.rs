//! `cargo codegen fmt`.

use std::fs;
use std::path::Path;

use clap::Args;

use super::{counted, files, print, with_folder};

#[derive(Args)]
pub(super) struct Options {
    /// List unformatted files instead of writing them, and fail if there are any.
    #[arg(long = "check")]
    only_check: bool,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let folder = root.join("spec");
    let (mut failed, mut formatted) = (0, Vec::new());
    for (file, text) in files(&folder)? {
        match mastodon_spec_fmt::format(&file, &text) {
            Ok(new) if new != text => formatted.push((file, new)),
            Ok(_) => {}
            Err(problem) => {
                eprintln!("{}\n", with_folder(*problem, "spec"));
                failed += 1;
            }
        }
    }
    for (file, text) in &formatted {
        if options.only_check {
            eprintln!("unformatted: spec/{file}");
        } else {
            let path = folder.join(file);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            print(&format!("wrote spec/{file}\n"))?;
        }
    }
    if failed > 0 {
        return Err(format!("{} cannot be formatted", counted(failed, "file")));
    }
    if options.only_check && !formatted.is_empty() {
        eprintln!(
            "{} unformatted; run `cargo codegen fmt`",
            counted(formatted.len(), "file")
        );
        return Ok(false);
    }
    Ok(true)
}
