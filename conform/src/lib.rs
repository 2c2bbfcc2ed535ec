//! Checks recorded responses of real servers and the examples of the documentation against the
//! specification and the SDK's decoders.

mod decode;
#[rustfmt::skip]
#[path = "../generated/decoders.rs"]
mod decoders;
pub mod examples;
mod foreign;
mod placeholders;
mod report;

use std::path::{Path, PathBuf};

use mastodon_spec::yaml::Spec;
use mastodon_spec::{check, load, model::Model};

/// Checks recordings, prints a report and returns whether every exchange conforms.
///
/// # Errors
///
/// Fails if a recording or the specification cannot be read.
pub fn check_recordings(files: &[PathBuf], json: bool) -> Result<bool, String> {
    let spec = load_specification()?;
    let model = Model::new(&spec);
    let mut report = report::Report::new(json);
    for file in files {
        for exchange in mastodon_har::read(file)? {
            report.add(&model, &exchange);
        }
    }
    Ok(report.finish())
}

fn load_specification() -> Result<Spec, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let loaded = load::load(&root.join("spec")).map_err(|error| error.to_string())?;
    check::check(loaded).map_err(|problems| {
        format!(
            "the specification has {} problems; run `cargo codegen`",
            problems.len()
        )
    })
}
