//! The generator of mastodon-sdk.
//!
//! Stages: load, check and lower (`mastodon-spec`), emit (`mastodon-emit`, `mastodon-openapi`). This crate
//! collects the outputs and compares them with the files of the project. The review tools are crates of their
//! own: `mastodon-spec-diff`, `mastodon-spec-drift`, `mastodon-spec-fmt` and `mastodon-site`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io, thread};

pub use mastodon_spec::Outputs;
use mastodon_spec::{model::Model, schema};

/// The folders that contain only generated files.
const FOLDERS: [&str; 5] = [
    "generated",
    "types/generated",
    "testserver/generated",
    "conform/generated",
    "tests/generated",
];

/// Every file that is generated from the specification.
///
/// # Errors
///
/// When an emitter produced invalid Rust, which is a bug of the emitter.
pub fn outputs(model: &Model<'_>) -> Result<Outputs, String> {
    // The OpenAPI document is by far the largest file, so it is emitted in parallel to all others.
    let (files, document, schema) = thread::scope(|scope| {
        let document = scope.spawn(|| mastodon_openapi::openapi(model));
        let schema = scope.spawn(schema::schema);
        (mastodon_emit::emit(model), document.join(), schema.join())
    });
    let mut files = files?;
    let panicked = |_| "an emitter panicked".to_owned();
    files.insert(
        "generated/openapi.json".into(),
        document.map_err(panicked)??,
    );
    files.insert("spec/schema.json".into(), schema.map_err(panicked)??);
    let required = mastodon_emit::required_fields(model);
    files.insert("conform/generated/required_fields.txt".into(), required);
    Ok(files)
}

/// The files that differ from the outputs and must be written or deleted.
///
/// # Errors
///
/// When a folder cannot be read.
pub fn stale(root: &Path, outputs: &Outputs) -> io::Result<Vec<PathBuf>> {
    let mut stale: BTreeSet<PathBuf> = outputs
        .iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path.clone())
        .collect();
    for folder in FOLDERS {
        let mut pending = vec![PathBuf::from(folder)];
        while let Some(folder) = pending.pop() {
            let entries = match fs::read_dir(root.join(&folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    pending.push(path);
                } else if !outputs.contains_key(&path) {
                    stale.insert(path);
                }
            }
        }
    }
    Ok(stale.into_iter().collect())
}

/// Writes changed files and deletes outdated ones. Returns their paths.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(root: &Path, outputs: &Outputs) -> io::Result<Vec<PathBuf>> {
    let stale = stale(root, outputs)?;
    for path in &stale {
        let target = root.join(path);
        match outputs.get(path) {
            Some(text) => {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(target, text)?;
            }
            None => fs::remove_file(target)?,
        }
    }
    Ok(stale)
}
