//! `cargo codegen since`.

use std::path::Path;

use clap::Args;
use mastodon_spec::history::{self, Span};
use mastodon_spec::model::Model;

use super::{OutputFormat, specification};

#[derive(Args)]
pub(super) struct Options {
    /// The first version, such as 4.5. Default: all versions.
    version: Option<String>,
    /// The last version: `since 4.5 --to 4.5` lists 4.5.0 and all later 4.5.x versions.
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let span = Span::new(options.version.as_deref(), options.to.as_deref())?;
    let spec = specification(root)?;
    let releases = history::history(&Model::new(&spec), &span);
    options.format.print(
        &releases,
        || history::text(&releases),
        || history::markdown(&releases),
    )?;
    Ok(true)
}
