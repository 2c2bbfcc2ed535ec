//! `cargo codegen drift`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use mastodon_spec::load::{self, Sources};
use mastodon_spec::yaml::Version;
use mastodon_spec_drift::{Source, SourceKind, drift, unseen};

use super::{counted, files, json, load_checked, print};

#[derive(Args)]
pub(super) struct Options {
    /// An OpenAPI 3.x or Swagger 2.0 document, a checkout of Mastodon's documentation, a checkout of Mastodon or its
    /// config/routes/api.rb, or one or more HAR recordings.
    #[arg(required = true)]
    source: Vec<PathBuf>,
    /// Print the differences as JSON.
    #[arg(long, conflicts_with = "draft")]
    json: bool,
    /// Also fail if parts of the source were not understood.
    #[arg(long)]
    strict: bool,
    /// Write missing items into the specification, with `?` for each description. `cargo codegen check` lists
    /// the descriptions to be written.
    #[arg(long)]
    draft: bool,
    /// The first version of drafted items for which the source contains none.
    #[arg(long, requires = "draft", value_name = "VERSION")]
    since: Option<Version>,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let source = Source::read(&options.source)?;
    let folder = root.join("spec");
    let texts = files(&folder)?;
    let spec = load_checked(load::read(texts.clone()), "spec")?;
    let sources = Sources::new(texts.clone());
    let mut report = drift(&spec, &sources, &source);
    if let [checkout] = &options.source[..]
        && report.source == SourceKind::Routes
        && checkout.is_dir()
    {
        report.findings.extend(unseen(&spec, &sources, checkout));
    }
    let is_ok = report.is_clean() && (!options.strict || report.unread.is_empty());
    if options.json {
        print(&json(&report)?)?;
        return Ok(is_ok);
    }
    if options.draft {
        let drafted = report.draft(&spec, &texts, options.since.as_ref());
        for (file, text) in &drafted.files {
            let path = folder.join(file);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        print(&report.text_of_draft(&drafted, "spec"))?;
        print(&format!(
            "{} drafted; `cargo codegen check` lists the descriptions to be written\n",
            counted(drafted.written.len(), "item")
        ))?;
    } else {
        print(&report.text("spec"))?;
    }
    Ok(is_ok)
}
