//! `cargo codegen fmt`.

use std::fs;
use std::path::Path;

use clap::Args;

use super::{counted, files, placed, print};

#[derive(Args)]
pub(super) struct Options {
    /// Only tell which files are not in their shape, and fail if there are any.
    #[arg(long = "check")]
    only_check: bool,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let folder = root.join("spec");
    let (mut refused, mut shaped) = (0, Vec::new());
    for (file, text) in files(&folder)? {
        match mastodon_spec_fmt::format(&file, &text) {
            Ok(new) if new != text => shaped.push((file, new)),
            Ok(_) => {}
            Err(problem) => {
                eprintln!("{}\n", placed(*problem, "spec"));
                refused += 1;
            }
        }
    }
    for (file, text) in &shaped {
        if options.only_check {
            eprintln!("not in its shape: spec/{file}");
        } else {
            let path = folder.join(file);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            print(&format!("wrote spec/{file}\n"))?;
        }
    }
    if refused > 0 {
        return Err(format!(
            "{} cannot be brought into shape",
            counted(refused, "file")
        ));
    }
    if options.only_check && !shaped.is_empty() {
        eprintln!(
            "{} not in shape; run `cargo codegen fmt`",
            counted(shaped.len(), "file")
        );
        return Ok(false);
    }
    Ok(true)
}
