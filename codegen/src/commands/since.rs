//! `cargo codegen since`.

use std::path::Path;

use clap::Args;
use mastodon_spec::model::Model;
use mastodon_spec_diff::history::{self, Span};

use super::{Form, specification};

#[derive(Args)]
pub(super) struct Options {
    /// The first version to tell of, such as 4.5; all of them without it.
    version: Option<String>,
    /// The last version to tell of: `since 4.5 --to 4.5` tells of 4.5.0 and what followed it until 4.6.
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    form: Form,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let span = Span::new(options.version.as_deref(), options.to.as_deref())?;
    let spec = specification(root)?;
    let releases = history::history(&Model::new(&spec), &span);
    options.form.print(
        &releases,
        || history::text(&releases),
        || history::markdown(&releases),
    )?;
    Ok(true)
}
