//! Detects the kind of a source from its content.

use std::fs;
use std::path::{Path, PathBuf};

use super::external::ExternalApi;
use super::{documentation, openapi, routes};
use mastodon_har::Exchange;

/// A source to compare the specification with.
#[derive(Debug)]
pub enum Source {
    /// A description of the API.
    Described(Box<ExternalApi>),
    /// Recorded requests and responses.
    Recorded(Vec<Exchange>),
}

const KINDS: &str = "an OpenAPI or Swagger document, a checkout of Mastodon's documentation, its config/routes/api.rb, or HAR recordings";

impl Source {
    /// Reads files or a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or are not a known kind of source.
    pub fn read(paths: &[PathBuf]) -> Result<Self, String> {
        let [path] = paths else {
            return recordings(paths);
        };
        if path.is_dir() {
            return folder(path);
        }
        let text = text(path)?;
        if path.extension().is_some_and(|end| end == "rb") || is_ruby(&text) {
            return routes::parse(&text, &name(path), None).map(described);
        }
        let invalid =
            |what: &str| Err(format!("{} is {what}; a source is {KINDS}", path.display()));
        let document: serde_json::Value = if text.trim_start().starts_with('{') {
            match serde_json::from_str(&text) {
                Ok(document) => document,
                Err(error) => return invalid(&format!("not JSON: {error}")),
            }
        } else {
            // The files of others may use anchors and aliases, which the parser of the specification rejects.
            match serde_yaml::from_str(&text) {
                Ok(document) => document,
                Err(error) => return invalid(&format!("not YAML: {error}")),
            }
        };
        if document.pointer("/log/entries").is_some() {
            return recordings(paths);
        }
        if let Some(version) = document.get("openapi").and_then(serde_json::Value::as_str) {
            if !version.starts_with("3.") {
                return invalid(&format!(
                    "an OpenAPI document of version {version}; only 3.x is supported"
                ));
            }
            return openapi::parse(&document)
                .map(described)
                .map_err(|error| format!("{}: {error}", path.display()));
        }
        if let Some(version) = document.get("swagger") {
            // YAML reads the version without quotes as a number.
            if version != "2.0" && version.as_f64() != Some(2.0) {
                return invalid(&format!(
                    "a Swagger document of version {version}; only 2.0 is supported"
                ));
            }
            return openapi::parse_swagger(&document)
                .map(described)
                .map_err(|error| format!("{}: {error}", path.display()));
        }
        invalid("not a known kind of source")
    }
}

fn described(external: ExternalApi) -> Source {
    Source::Described(Box::new(external))
}

fn recordings(paths: &[PathBuf]) -> Result<Source, String> {
    let mut exchanges = Vec::new();
    for path in paths {
        exchanges.extend(mastodon_har::read(path)?);
    }
    Ok(Source::Recorded(exchanges))
}

/// A checkout of the documentation or of Mastodon.
fn folder(path: &Path) -> Result<Source, String> {
    for root in [path.to_path_buf(), path.join("content/en"), path.join("en")] {
        if root.join("methods").is_dir() {
            return documentation::read(path, &root).map(described);
        }
    }
    let file = path.join("config/routes/api.rb");
    if file.is_file() {
        let read = routes::parse(&text(&file)?, "config/routes/api.rb", Some(path));
        return read.map(described);
    }
    Err(format!(
        "{} has neither content/en/methods nor config/routes/api.rb; a source is {KINDS}",
        path.display()
    ))
}

pub(super) fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The files with an extension in a folder and its subfolders, sorted; empty where the folder does not
/// exist.
pub(super) fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    let mut out = Vec::new();
    if !folder.is_dir() {
        return Ok(out);
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            out.extend(files(&path, end)?);
        } else if path.extension().is_some_and(|own| own == end) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Whether the content is a routes file, by its first statement.
fn is_ruby(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        line.ends_with(" do")
            && ["namespace ", "scope ", "Rails.application.routes"]
                .iter()
                .any(|word| line.starts_with(word))
    })
}
