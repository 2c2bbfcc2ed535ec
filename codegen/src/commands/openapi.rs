//! `cargo codegen openapi`.

use std::path::{Path, PathBuf};

use clap::Args;
use mastodon_spec::model::Model;

use super::{print, specification};

#[derive(Args)]
pub(super) struct Options {
    /// The file to write. Default: standard output.
    file: Option<PathBuf>,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let spec = specification(root)?;
    let document = mastodon_openapi::openapi(&Model::new(&spec))?;
    match &options.file {
        Some(file) => std::fs::write(file, document)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?,
        None => print(&document)?,
    }
    Ok(true)
}
