//! `cargo codegen site`.

use std::path::{Path, PathBuf};

use clap::Args;
use mastodon_spec::model::Model;

use super::{counted, print, specification};

#[derive(Args)]
pub(super) struct Options {
    /// The output folder. Outdated pages of an earlier run are deleted. Default: `target/site`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Keeps line breaks, quotes and end tags that HTML does not need, for readers and validators of the source.
    #[arg(long)]
    readable: bool,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| root.join("target/site"));
    let spec = specification(root)?;
    let model = Model::new(&spec);
    let pages = if options.readable {
        mastodon_site::readable(&model)?
    } else {
        mastodon_site::site(&model)?
    };
    let bytes: usize = pages.values().map(String::len).sum();
    mastodon_site::write(&out, &pages)
        .map_err(|error| format!("cannot write {}: {error}", out.display()))?;
    print(&format!(
        "{} in {}, {} kB; open {}\n",
        counted(pages.len(), "file"),
        out.display(),
        bytes / 1000,
        out.join("index.html").display()
    ))?;
    Ok(true)
}
