//! `cargo codegen openapi`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mastodon_openapi::OpenApiVersion;

use super::{print, specification};

#[derive(Args)]
pub(super) struct Options {
    /// The file to write. Default: standard output.
    file: Option<PathBuf>,
    /// Omit what only servers other than Mastodon have.
    #[arg(long)]
    mastodon_only: bool,
    /// The version of OpenAPI. 3.0 is for tools that do not read 3.1.
    #[arg(long, value_enum, default_value_t = Version::V3_1)]
    openapi_version: Version,
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    #[value(name = "3.0")]
    V3_0,
    #[value(name = "3.1")]
    V3_1,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let spec = specification(root)?;
    let how = mastodon_openapi::Options {
        mastodon_only: options.mastodon_only,
        version: match options.openapi_version {
            Version::V3_0 => OpenApiVersion::V3_0,
            Version::V3_1 => OpenApiVersion::V3_1,
        },
    };
    let document = mastodon_openapi::openapi_with(&spec, how)?;
    match &options.file {
        Some(file) => std::fs::write(file, document)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?,
        None => print(&document)?,
    }
    Ok(true)
}
