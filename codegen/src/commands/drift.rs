//! `cargo codegen drift`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use mastodon_spec::load::{self, Sources};
use mastodon_spec::yaml::Version;
use mastodon_spec_drift::{Source, drift};

use super::{counted, files, json, load_checked, print};

#[derive(Args)]
pub(super) struct Options {
    /// An OpenAPI 3.x document, a checkout of Mastodon's documentation, a checkout of Mastodon or its
    /// config/routes/api.rb, or one or more HAR recordings.
    #[arg(required = true)]
    source: Vec<PathBuf>,
    /// Print the differences as JSON.
    #[arg(long, conflicts_with = "draft")]
    json: bool,
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
    let report = drift(&spec, &Sources::new(texts.clone()), &source);
    if options.json {
        print(&json(&report)?)?;
        return Ok(report.is_clean());
    }
    print(&report.text("spec"))?;
    if options.draft {
        let drafted = report.draft(&spec, &texts, options.since.as_ref());
        for (file, text) in &drafted.files {
            let path = folder.join(file);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        for (file, subject) in &drafted.written {
            print(&format!("drafted {subject} in spec/{file}\n"))?;
        }
        for item in &drafted.manual {
            print(&format!("not drafted: {item}\n"))?;
        }
        print(&format!(
            "{} drafted; `cargo codegen check` lists the descriptions to be written\n",
            counted(drafted.written.len(), "item")
        ))?;
    }
    Ok(report.is_clean())
}
